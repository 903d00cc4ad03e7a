"""Checks that apply to subjects of any kind."""

from collections.abc import Mapping
from typing import Any

from asbuilt.check import check
from asbuilt.evidence import Record
from asbuilt.sources.table import rows_by_kind

_DELETED = frozenset({"deleting", "deleted", "failed"})
_REFUSED = _DELETED | {"rejected", "expired"}
# The field that holds a kind's state, and the states in which the resource has failed or is being deleted.
_GONE: Mapping[str, tuple[str, frozenset[str]]] = {
    "cloudformation:stack": ("StackStatus", frozenset({"create_failed", "rollback_complete", "delete_in_progress"})),
    "ec2:instance": ("State.Name", frozenset({"shutting-down", "terminated"})),
    "ec2:nat-gateway": ("State", _DELETED),
    "ec2:vpc-endpoint": ("State", _REFUSED),
    "ec2:vpc-peering": ("Status.Code", _REFUSED),
    "ecs:cluster": ("status", frozenset({"deprovisioning", "failed", "inactive"})),
    "ecs:service": ("status", frozenset({"draining", "inactive"})),
    "ecs:task": ("lastStatus", frozenset({"deactivating", "stopping", "deprovisioning", "stopped", "deleted"})),
    "efs:file-system": ("LifeCycleState", _DELETED | {"error"}),
    "elasticbeanstalk:environment": ("Status", frozenset({"terminating", "terminated"})),
    "elbv2:load-balancer": ("State.Code", _DELETED),
    "rds:db": ("DBInstanceStatus", _DELETED | {"inaccessible-encryption-credentials", "restore-error"}),
    "rds:proxy": ("Status", _DELETED | {"insufficient-resource-limits", "incompatible-network"}),
}


@check("*", severity="high", fix="Create it as documented, or name it under [accounts.NAME.subjects].")
def exists(record: Record) -> bool:
    """Whether the account has the resource, in a state other than failed or being deleted."""
    return bool(record.plain()) and _usable(record)


@check("*", severity="medium", each=False, fix="Create the missing ones, or name all of them in accounts.toml.")
def count(records: tuple[Record, ...]) -> int:
    """How many of these resources the account has, without those that have failed or are being deleted."""
    return sum(map(_usable, records))


def _usable(record: Record) -> bool:
    """Whether the resource is more than a failed or deleted one that AWS still lists, in some cases for an hour."""
    path, gone = _GONE.get(record.entry.kind, ("", frozenset()))
    if not path:
        return True
    value: Any = record
    for step in path.split("."):
        value = value[step]
    return value.lower() not in gone


@check("*", severity="medium", fix="Recreate it in the documented region.")
def region(record: Record) -> str:
    """The region named in its ARN."""
    rows = rows_by_kind()[record.entry.kind]
    own = [row.arn for row in rows if record.entry.operation.lower().endswith(row.operation.replace("_", ""))]
    return "".join(record[own[0] if own else rows[0].arn].split(":")[3:4])
