"""File systems and who reaches them, what buckets were given, and the watch over threats."""

from __future__ import annotations

import datetime

import pytest

from asbuilt.evidence import Entry, Unknown
from asbuilt_content.checks.account import guardduty
from asbuilt_content.checks.data import s3_objects
from asbuilt_content.checks.ec2 import efs, reachability
from tests.records import account, entry, record

NOW = datetime.datetime(2030, 6, 3, 12, tzinfo=datetime.UTC)
SYSTEM = record({"Encrypted": True}, "efs:file-system", ["files"])


def mount(zone, groups=(), state="available"):
    """A mount target, and the groups that it wears."""
    data = {"AvailabilityZoneName": zone, "LifeCycleState": state}
    target = entry(data, "efs:file-system.mount-target", [zone], parent=SYSTEM.entry.id)
    worn = entry({"SecurityGroups": list(groups)}, "efs:file-system.mount-target.groups", [zone], parent=target.id)
    return target, worn


def seen(*mounts, groups=(), subjects=None):
    """An account with these mount targets and security groups, in which nothing else wears one."""
    kinds: dict[str, list[Entry]] = {kind: [] for kind in reachability.WEARERS}
    kinds |= {
        "efs:file-system.mount-target": [target for target, _ in mounts],
        "efs:file-system.mount-target.groups": [worn for _, worn in mounts],
        "ec2:security-group": list(groups),
    }
    return account(kinds, subjects)


def group(name, *sources, port=2049):
    """A security group that admits others, or address ranges, to a port."""
    pairs = [{"GroupId": source} for source in sources if "/" not in source]
    ranges = [{"CidrIp": source} for source in sources if "/" in source]
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": pairs, "IpRanges": ranges}
    return entry({"GroupId": name, "GroupName": f"the {name}", "IpPermissions": [rule]}, "ec2:security-group", [name])


def test_encryption_is_the_systems_own():
    """As it was created."""
    assert efs.encrypted_at_rest(SYSTEM)
    assert not efs.encrypted_at_rest(record({"Encrypted": False}))


def test_zones_count_where_a_mount_target_answers():
    """One that is being made or deleted does not."""
    assert efs.mounted_zones(SYSTEM, seen(mount("a"), mount("b"), mount("c", state="deleting"))) == 2
    assert efs.mounted_zones(SYSTEM, seen()) == 0


def test_who_reaches_files_is_read_from_the_mount_targets_groups():
    """By subject where one is named, on the port of NFS alone."""
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


def test_files_that_nothing_mounts_are_not_judged():
    """No group says who reaches them."""
    with pytest.raises(Unknown):
        efs.reachable_only_from(SYSTEM, seen())


def test_the_newest_object_tells_when_a_bucket_was_last_written_to():
    """Nothing where it holds none."""
    bucket = record({"Name": "kept"}, "s3:bucket", ["kept"])
    times = [NOW - datetime.timedelta(hours=30), NOW - datetime.timedelta(minutes=90)]
    held = [entry({"LastModified": time}, "s3:bucket.objects", [str(time)], parent=bucket.entry.id) for time in times]
    assert s3_objects.newest_object_hours(bucket, account({"s3:bucket.objects": held}), NOW) == 1.5
    assert s3_objects.newest_object_hours(bucket, account({"s3:bucket.objects": []}), NOW) is None


def test_a_suspended_detector_watches_nothing():
    """Only enabled ones count."""
    held = [entry({"Status": state}, "guardduty:detector", [state]) for state in ("ENABLED", "DISABLED")]
    assert guardduty.threat_detectors(record({}), account({"guardduty:detector": held})) == 1
    assert guardduty.threat_detectors(record({}), account({"guardduty:detector": held[1:]})) == 0
