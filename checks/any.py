"""Questions that can be asked of a subject of any kind."""

from collections.abc import Mapping
from typing import Any

from asbuilt.check import check
from asbuilt.evidence import Record
from asbuilt.sources.rows import rows_by_kind

_DELETED = frozenset({"deleting", "deleted", "failed"})
_REFUSED = _DELETED | {"rejected", "expired"}
# Where a kind of thing says its state, and in which it is none to rely on.
_GIVEN_UP: Mapping[str, tuple[str, frozenset[str]]] = {
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


@check("*", severity="high", fix="Create it as the document says, or name it under [accounts.NAME.subjects].")
def exists(record: Record) -> bool:
    """Whether the account holds it, and not as one that failed or is on its way out."""
    return bool(record.plain()) and _lasts(record)


@check("*", severity="medium", each=False, fix="Create what is missing, or name all of them in accounts.toml.")
def count(records: tuple[Record, ...]) -> int:
    """How many of them the account holds, without those that failed or are on their way out."""
    return sum(map(_lasts, records))


def _lasts(record: Record) -> bool:
    """Whether it is not among those that AWS still lists, some for an hour, after they were given up."""
    path, given_up = _GIVEN_UP.get(record.entry.kind, ("", frozenset()))
    if not path:
        return True
    value: Any = record
    for step in path.split("."):
        value = value[step]
    return value.lower() not in given_up


@check("*", severity="medium", fix="Create it anew in the documented region.")
def region(record: Record) -> str:
    """The region in its ARN."""
    rows = rows_by_kind()[record.entry.kind]
    own = [row.arn for row in rows if record.entry.operation.lower().endswith(row.operation.replace("_", ""))]
    return "".join(record[own[0] if own else rows[0].arn].split(":")[3:4])
