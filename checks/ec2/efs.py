"""Checks of EFS file systems and their mount targets."""

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

from .reachability import GROUP_READS, admitted

_TARGETS, _GROUPS = "efs:file-system.mount-target", "efs:file-system.mount-target.groups"
_NFS = 2049


def _mounts(system: Record, account: Account) -> list[Record]:
    """The mount targets that are available now."""
    return [item for item in account.details(_TARGETS, system) if item["LifeCycleState"] == "available"]


@check(
    "efs:file-system",
    severity="high",
    controls=["AWS FSBP EFS.1"],
    fix="It is fixed when the file system is created: create an encrypted one and copy the files with DataSync.",
)
def encrypted_at_rest(system: Record) -> bool:
    """Whether the file system is encrypted at rest."""
    return system["Encrypted"]


@check(
    "efs:file-system",
    severity="high",
    reads=[_TARGETS],
    fix="aws efs create-mount-target --file-system-id {FileSystemId} --subnet-id <subnet>",
)
def mounted_zones(system: Record, account: Account) -> int:
    """In how many Availability Zones the file system can be mounted."""
    return len({target["AvailabilityZoneName"] for target in _mounts(system, account)})


@check(
    "efs:file-system",
    severity="critical",
    reads=[_TARGETS, _GROUPS, *GROUP_READS],
    names_subjects=True,
    fix="aws ec2 describe-security-groups --group-ids "
    "{efs:file-system.mount-target.groups[].SecurityGroups[] ?? <groups>}, then revoke what is not documented.",
)
def reachable_only_from(system: Record, account: Account) -> frozenset[str]:
    """The subjects (else security groups, address ranges) that its mount targets' security groups admit to NFS."""
    # a mount target that is being created or changed admits traffic as well
    mounts = [item for item in account.details(_TARGETS, system) if item["LifeCycleState"] != "deleted"]
    listed = [item.references("SecurityGroups") for mount in mounts for item in account.details(_GROUPS, mount)]
    ids = {group_id for of_mount in listed for group_id in of_mount}
    if not ids:
        raise Unknown(f"no mount target of {system.entry.label!r} has a security group that shows who can reach it")
    rules = [rule for group_id in ids for rule in account.get("ec2:security-group", group_id)["IpPermissions"]]
    return admitted(rules, [_NFS], account)
