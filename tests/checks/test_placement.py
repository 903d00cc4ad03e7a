"""Checks of placement: subnets, zones, VPCs, and routes to the internet."""

from __future__ import annotations

import pytest

from asbuilt.evidence import ResourceId
from asbuilt_content.checks.ec2 import placement
from tests.records import account, entry

PLACES = {
    "ec2:instance": {"SubnetId": "s-a"},
    "ecs:service": {"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s-a"]}}},
    "elasticache:cache": {"CacheClusterId": "lone", "CacheSubnetGroupName": "g"},
    "elasticache:subnet-group": {"Subnets": [{"SubnetIdentifier": "s-a"}]},
    "elbv2:load-balancer": {"AvailabilityZones": [{"SubnetId": "s-a"}]},
    "rds:db": {"DBSubnetGroup": {"Subnets": [{"SubnetIdentifier": "s-a"}]}},
    "rds:proxy": {"VpcSubnetIds": ["s-a"]},
    "rds:subnet-group": {"Subnets": [{"SubnetIdentifier": "s-a"}]},
}
CACHE_GROUP = entry({"Subnets": [{"SubnetIdentifier": "s-a"}]}, "elasticache:subnet-group", ["g"])


def _subnet(name, zone="a", vpc="vpc-1"):
    return entry({"SubnetId": name, "AvailabilityZone": zone, "VpcId": vpc}, "ec2:subnet", [name])


def _table(*associations, routes=(), vpc="vpc-1"):
    data = {"VpcId": vpc, "Associations": list(associations), "Routes": list(routes)}
    return entry(data, "ec2:route-table", [str(id(data))])


def _group(*subnets, tables=(), subjects=None, known=None):
    group = entry({"Subnets": [{"SubnetIdentifier": name} for name in subnets]}, "rds:subnet-group", ["g"])
    known = known or [_subnet("s-a", "a"), _subnet("s-b", "b"), _subnet("s-c", "b", "vpc-2")]
    seen = account({"rds:subnet-group": [group], "ec2:subnet": known, "ec2:route-table": list(tables)}, subjects)
    return seen.find("rds:subnet-group", ResourceId("g")), seen


@pytest.mark.parametrize("kind", PLACES)
def test_subnets_of_every_kind(kind):
    """Every kind has a row in the table of subnets."""
    thing = entry(PLACES[kind], kind, ["x"])
    kinds = {"elasticache:subnet-group": [CACHE_GROUP], "elasticache:cluster": [], "ec2:subnet": [_subnet("s-a")]}
    seen = account({**kinds, kind: [thing, *([CACHE_GROUP] if kind == CACHE_GROUP.kind else [])]})
    assert [subnet["SubnetId"] for subnet in placement.subnets_of(seen.find(kind, ResourceId("x")), seen)] == ["s-a"]


def test_subnets_of_a_vpc():
    """Subnets of another VPC do not count."""
    vpc = entry({"VpcId": "vpc-1"}, "ec2:vpc", ["v"])
    seen = account({"ec2:vpc": [vpc], "ec2:subnet": [_subnet("s-a"), _subnet("s-c", vpc="vpc-2")]})
    assert placement.subnets(seen.find("ec2:vpc", ResourceId("v")), seen) == 1


def test_subnets_and_zones():
    """Two subnets in one zone are one zone."""
    assert (placement.subnets(*_group("s-a", "s-b")), placement.zones(*_group("s-a", "s-b"))) == (2, 2)
    same = [_subnet("s-a", "a"), _subnet("s-b", "a")]
    assert placement.zones(*_group("s-a", "s-b", known=same)) == 1


IGW = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1"}
NAT = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}
EGRESS = {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1"}
LOCAL = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"}


@pytest.mark.parametrize(
    ("tables", "private"),
    [
        ([_table({"SubnetId": "s-a"}, routes=[LOCAL])], True),
        ([_table({"SubnetId": "s-a"}, routes=[LOCAL, NAT])], True),
        ([_table({"SubnetId": "s-a"}, routes=[LOCAL, IGW])], False),
        ([_table({"SubnetId": "s-a"}, routes=[{"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1"}])], False),
        ([_table({"SubnetId": "s-a"}, routes=[{"DestinationCidrBlock": "0.0.0.0/1", "GatewayId": "igw-1"}])], False),
        ([_table({"SubnetId": "s-a"}, routes=[EGRESS])], True),
        ([_table({"Main": True}, routes=[IGW])], False),
        ([_table({"Main": True}, routes=[LOCAL])], True),
        ([_table({"Main": True}, routes=[IGW]), _table({"SubnetId": "s-a"}, routes=[LOCAL])], True),
        ([_table({"Main": True}, routes=[LOCAL]), _table({"SubnetId": "s-a"}, routes=[IGW])], False),
        ([_table({"Main": True}, routes=[LOCAL], vpc="vpc-2")], False),
        ([], False),
    ],
)  # fmt: skip
def test_in_private_subnets(tables, private):
    """The subnet's own table decides, else its VPC's main one; without a table the answer is no."""
    assert placement.in_private_subnets(*_group("s-a", tables=tables)) is private


def test_one_public_subnet_is_enough():
    """A group with one public subnet is not private, nor is one without subnets."""
    tables = [_table({"SubnetId": "s-a"}, routes=[LOCAL]), _table({"SubnetId": "s-b"}, routes=[IGW])]
    assert placement.in_private_subnets(*_group("s-a", "s-b", tables=tables)) is False
    assert placement.in_private_subnets(*_group(tables=tables)) is False


def test_vpc_is_a_subject_or_an_id():
    """The VPC comes from the subnets or from the record's field; several VPCs are all named."""
    vpc = entry({"VpcId": "vpc-1"}, "ec2:vpc", ["vpc-1"])
    assert placement.vpc(*_group("s-a", subjects={"network": [vpc]})) == "network"
    assert placement.vpc(*_group("s-a")) == "vpc-1"
    assert placement.vpc(*_group("s-a", "s-c", subjects={"network": [vpc]})) == "network, vpc-2"
    targets = entry({"VpcId": "vpc-1"}, "elbv2:target-group", ["t"])
    seen = account({"elbv2:target-group": [targets]}, {"network": [vpc]})
    assert placement.vpc(seen.find("elbv2:target-group", ResourceId("t")), seen) == "network"
