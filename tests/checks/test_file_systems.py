"""Checks of EFS file systems, of the newest object of buckets, and of GuardDuty."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from asbuilt.evidence import Unknown
from asbuilt_content.checks.account import guardduty
from asbuilt_content.checks.data import s3_objects
from asbuilt_content.checks.ec2 import efs, reachability
from tests.records import account, entry, record

NOW = datetime.datetime(2030, 6, 3, 12, tzinfo=datetime.UTC)
SYSTEM = record({"Encrypted": True}, "efs:file-system", ["files"])


def mount(zone, groups=(), state="available"):
    """A mount target and its security groups."""
    data = {"AvailabilityZoneName": zone, "LifeCycleState": state}
    target = entry(data, "efs:file-system.mount-target", [zone], parent=SYSTEM.entry.id)
    attached = entry({"SecurityGroups": list(groups)}, "efs:file-system.mount-target.groups", [zone], parent=target.id)
    return target, attached


def seen(*mounts, groups=(), subjects=None):
    """An account with these mount targets and security groups, which no other resource has."""
    kinds: dict[str, list[Any]] = {kind: [] for kind in reachability.GROUP_READS}
    kinds |= {
        "efs:file-system.mount-target": [target for target, _ in mounts],
        "efs:file-system.mount-target.groups": [attached for _, attached in mounts],
        "ec2:security-group": list(groups),
    }
    return account(kinds, subjects)


def group(name, *sources, port=2049):
    """A security group that admits groups or address ranges to a port."""
    pairs = [{"GroupId": source} for source in sources if "/" not in source]
    ranges = [{"CidrIp": source} for source in sources if "/" in source]
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": pairs, "IpRanges": ranges}
    return entry({"GroupId": name, "GroupName": f"the {name}", "IpPermissions": [rule]}, "ec2:security-group", [name])


def test_encryption_is_the_systems_own():
    """The file system's field decides."""
    assert efs.encrypted_at_rest(SYSTEM)
    assert not efs.encrypted_at_rest(record({"Encrypted": False}))


def test_zones_of_available_mount_targets():
    """A mount target that is being created or deleted does not count."""
    assert efs.mounted_zones(SYSTEM, seen(mount("a"), mount("b"), mount("c", state="deleting"))) == 2
    assert efs.mounted_zones(SYSTEM, seen()) == 0


def test_reachability_by_the_mount_targets_groups():
    """Sources are subjects where named, on the NFS port only."""
    clients = group("clients")
    mounts = [mount("a", ["files"]), mount("b", ["files"])]
    subjects = {"clients": [clients]}
    open_to = seen(*mounts, groups=[group("files", "clients"), clients], subjects=subjects)
    assert efs.reachable_only_from(SYSTEM, open_to) == {"clients"}
    world = seen(*mounts, groups=[group("files", "clients", "0.0.0.0/0"), clients], subjects=subjects)
    assert efs.reachable_only_from(SYSTEM, world) == {"clients", "0.0.0.0/0"}
    coming = mount("c", ["open"], state="creating")
    half_open = seen(*mounts, coming, groups=[group("files"), group("open", "0.0.0.0/0")], subjects=subjects)
    assert efs.reachable_only_from(SYSTEM, half_open) == {"0.0.0.0/0"}
    other = seen(*mounts, groups=[group("files", "0.0.0.0/0", port=22)])
    assert efs.reachable_only_from(SYSTEM, other) == set()


def test_reachability_without_groups_is_unknown():
    """Without a security group nothing shows who can reach the files."""
    with pytest.raises(Unknown):
        efs.reachable_only_from(SYSTEM, seen())


def test_newest_object_hours():
    """Nothing if the bucket is empty."""
    bucket = record({"Name": "kept"}, "s3:bucket", ["kept"])
    times = [NOW - datetime.timedelta(hours=30), NOW - datetime.timedelta(minutes=90)]
    held = [entry({"LastModified": time}, "s3:bucket.objects", [str(time)], parent=bucket.entry.id) for time in times]
    assert s3_objects.newest_object_hours(bucket, account({"s3:bucket.objects": held}), NOW) == 1.5
    assert s3_objects.newest_object_hours(bucket, account({"s3:bucket.objects": []}), NOW) is None


def test_threat_detectors():
    """Only enabled detectors count."""
    held = [entry({"Status": state}, "guardduty:detector", [state]) for state in ("ENABLED", "DISABLED")]
    assert guardduty.threat_detectors(record({}), account({"guardduty:detector": held})) == 1
    assert guardduty.threat_detectors(record({}), account({"guardduty:detector": held[1:]})) == 0
