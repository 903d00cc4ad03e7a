"""Reachability by security groups: every kind of source, protocol and port."""

from __future__ import annotations

import pytest

from asbuilt.evidence import ResourceId, Unknown
from asbuilt_content.checks.ec2 import reachability
from tests.checks.security_groups import EMPTY, OTHER_WEB, WEB, database, from_group, from_range, group, look, rule
from tests.records import account, entry


@pytest.mark.parametrize(
    ("rule", "sources"),
    [
        (from_group("sg-web"), {"web"}),
        (from_group("sg-web", first=5000, last=6000), {"web"}),
        (from_group("sg-web", protocol="-1"), {"web"}),
        (from_group("sg-web", protocol="6"), {"web"}),
        (from_group("sg-web", protocol="udp"), set()),
        (from_group("sg-web", first=22, last=22), set()),
        (from_group("sg-web", first=0, last=5431), set()),
        (from_group("sg-other"), {"name of sg-other"}),
        (from_group("sg-db"), {"name of sg-db"}),
        (from_group("sg-of-a-peer"), {"sg-of-a-peer"}),
        (from_range("10.0.0.0/16"), {"10.0.0.0/16"}),
        (rule(Ipv6Ranges=[{"CidrIpv6": "::/0"}]), {"::/0"}),
        (rule(PrefixListIds=[{"PrefixListId": "pl-1"}]), {"pl-1"}),
    ],
)
def test_reachable_only_from_each_kind_of_source(rule, sources):
    """A source counts if its rule covers the port; a group is a subject only if the spec names that subject."""
    db, seen = look(database("sg-db"), [group("sg-db", rule), group("sg-web"), group("sg-other")])
    assert reachability.reachable_only_from(db, seen) == sources


def test_reachable_only_from_counts_every_group():
    """A second group with wider rules counts as well."""
    groups = [group("sg-a", from_group("sg-web")), group("sg-b", from_range("0.0.0.0/0")), group("sg-web")]
    db, seen = look(database("sg-a", "sg-b"), groups)
    assert reachability.reachable_only_from(db, seen) == {"web", "0.0.0.0/0"}


def test_without_groups_the_answer_is_unknown():
    """Without a security group nothing shows who can reach the resource."""
    db, seen = look(database(), [])
    with pytest.raises(Unknown):
        reachability.reachable_only_from(db, seen)
    with pytest.raises(Unknown):
        reachability.closed_to_internet(db, seen)


def test_a_group_that_was_not_read_is_unknown():
    """A group of the resource that is missing from the answer is not an empty one."""
    db, seen = look(database("sg-db"), [])
    with pytest.raises(Unknown):
        reachability.reachable_only_from(db, seen)


@pytest.mark.parametrize(
    ("rule", "admitted"),
    [(from_group("sg-web"), True), (from_group("sg-other"), False), (from_group("sg-web", first=1, last=2), False)],
)
def test_admits(rule, admitted):
    """The subject's group must be admitted to the port."""
    db, seen = look(database("sg-db"), [group("sg-db", rule), group("sg-web"), group("sg-other")])
    assert reachability.admits(db, seen, "web") is admitted


def test_admits_all_resources_of_a_subject():
    """Both of two services must be admitted."""
    groups = [group("sg-db", from_group("sg-web")), group("sg-web"), group("sg-other")]
    assert not reachability.admits(*look(database("sg-db"), groups, {"web": [WEB, OTHER_WEB]}), "web")
    assert reachability.admits(*look(database("sg-db"), groups, {"web": [WEB]}), "web")
    assert not reachability.admits(*look(database("sg-db"), groups, {"web": []}), "web")


def test_open_ports_names_ranges_and_protocols():
    """Each rule's ports as text, whatever their source."""
    rules = [
        from_range("10.0.0.0/8"),
        from_range("10.0.0.0/8", first=8000, last=8100),
        from_range("10.0.0.0/8", first=53, last=53, protocol="udp"),
        from_range("10.0.0.0/8", protocol="-1"),
    ]
    db, seen = look(database("sg-db"), [group("sg-db", *rules)])
    assert reachability.open_ports(db, seen) == {"5432", "8000-8100", "udp 53", "all"}


@pytest.mark.parametrize(
    ("rule", "closed"),
    [
        (from_range("0.0.0.0/0", first=22, last=22), False),
        (from_range("128.0.0.0/1"), False),
        (rule(Ipv6Ranges=[{"CidrIpv6": "::/0"}]), False),
        (from_range("203.0.113.0/24"), True),
        (from_group("sg-web"), True),
    ],
)
def test_closed_to_internet(rule, closed):
    """The whole internet or half of it on any port opens it; a small range does not."""
    db, seen = look(database("sg-db"), [group("sg-db", rule)])
    assert reachability.closed_to_internet(db, seen) is closed


def _vpc(groups, attached=("sg-alb",)):
    alb = entry({"SecurityGroups": list(attached)}, "elbv2:load-balancer", ["alb"])
    vpc = entry({"VpcId": "vpc-1"}, "ec2:vpc", ["vpc"])
    kinds = {**EMPTY, "rds:db": [], "ecs:service": [WEB], "elbv2:load-balancer": [alb], "ec2:vpc": [vpc]}
    seen = account({**kinds, "ec2:security-group": groups}, {"load_balancer": [alb]})
    return seen.find("ec2:vpc", ResourceId("vpc")), seen


def test_closed_to_internet_except_one_subject():
    """Only the load balancer's own group may be open, not one of others, an unused or a shared one."""
    opened = group("sg-alb", from_range("0.0.0.0/0"))
    elsewhere = group("sg-else", from_range("0.0.0.0/0"), vpc="vpc-2")
    assert reachability.closed_to_internet_except(*_vpc([opened, elsewhere, group("sg-web")]), "load_balancer")
    for other in ("sg-web", "sg-unused"):
        groups = [opened, group(other, from_range("0.0.0.0/0", first=22, last=22))]
        assert not reachability.closed_to_internet_except(*_vpc(groups), "load_balancer")
    shared = group("sg-web", from_range("0.0.0.0/0"))
    assert not reachability.closed_to_internet_except(*_vpc([shared], attached=["sg-web"]), "load_balancer")


def test_a_vpc_without_groups_is_not_closed():
    """Every VPC has a default group, so an empty answer is no evidence."""
    assert not reachability.closed_to_internet_except(*_vpc([]), "load_balancer")


def test_security_groups_are_subjects_or_names():
    """A group that the spec names is that subject; any other is its own name."""
    named = group("sg-db")
    db, seen = look(database("sg-db", "sg-x"), [named, group("sg-x")], {"database_group": [named]})
    assert reachability.security_groups(db, seen) == {"database_group", "name of sg-x"}


def test_groups_of_every_kind():
    """Each kind names its groups in its own fields; some resources have none."""
    member = {"CacheClusterId": "m", "SecurityGroups": [{"SecurityGroupId": "sg-1"}]}
    resources = {
        "ec2:instance": {"SecurityGroups": [{"GroupId": "sg-1"}]},
        "ec2:vpc-endpoint": {"Groups": [{"GroupId": "sg-1"}]},
        "ecs:service": {"networkConfiguration": {"awsvpcConfiguration": {"securityGroups": ["sg-1"]}}},
        "elasticache:cache": {"ReplicationGroupId": "g", "MemberClusters": ["m"]},
        "elbv2:load-balancer": {"SecurityGroups": ["sg-1"]},
        "rds:db": {"VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}]},
        "rds:proxy": {"VpcSecurityGroupIds": ["sg-1"]},
    }
    members = {"elasticache:cluster": [entry(member, "elasticache:cluster", ["m"])]}
    for kind, data in resources.items():
        seen = account({kind: [entry(data, kind, ["x"])], **members})
        assert reachability.groups_of(seen.find(kind, ResourceId("x")), seen) == ["sg-1"]
    for kind in ("ec2:vpc-endpoint", "ecs:service", "elbv2:load-balancer"):
        seen = account({kind: [entry({"Other": 1}, kind, ["x"])]})
        assert reachability.groups_of(seen.find(kind, ResourceId("x")), seen) == []
