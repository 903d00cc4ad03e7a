"""Checks of identifiers, of public and private subnets, and of routes to the internet."""

from __future__ import annotations

import pytest

from asbuilt_content.checks import identifiers
from asbuilt_content.checks.ec2 import egress
from tests.records import account, entry, record

SUBNETS, TABLES, NAT, GROUPS = "ec2:subnet", "ec2:route-table", "ec2:nat-gateway", "ec2:security-group"
THROUGH_GATEWAY = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}
THROUGH_NAT = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}
EVERYTHING = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def _tcp(first, last, cidr="0.0.0.0/0"):
    return {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, "IpRanges": [{"CidrIp": cidr}]}


def _network(private_route=THROUGH_NAT, nat="available", nat_in="public", egress_rules=(EVERYTHING,)):
    """A public and a private subnet, each with its own route table."""
    sides = {"public": THROUGH_GATEWAY, "private": private_route}
    return account(
        {
            SUBNETS: [entry({"SubnetId": name, "VpcId": "v"}, SUBNETS, [name]) for name in sides],
            TABLES: [
                entry({"VpcId": "v", "Associations": [{"SubnetId": name}], "Routes": [route]}, TABLES, [name])
                for name, route in sides.items()
            ],
            NAT: [entry({"NatGatewayId": "nat-1", "State": nat, "SubnetId": nat_in}, NAT, ["nat-1"])],
            GROUPS: [entry({"GroupId": "g", "IpPermissionsEgress": list(egress_rules)}, GROUPS, ["g"])],
        }
    )


VPC = record({"VpcId": "v"}, "ec2:vpc", ["v"])


def test_public_and_private_subnets():
    """A subnet is public by its route to an internet gateway; subnets of another VPC do not count."""
    assert (egress.public_subnets(VPC, _network()), egress.private_subnets(VPC, _network())) == (1, 1)
    opened = _network(THROUGH_GATEWAY)
    assert (egress.public_subnets(VPC, opened), egress.private_subnets(VPC, opened)) == (2, 0)
    elsewhere = record({"VpcId": "w"}, "ec2:vpc", ["w"])
    assert (egress.public_subnets(elsewhere, opened), egress.private_subnets(elsewhere, opened)) == (0, 0)


@pytest.mark.parametrize(
    ("state", "subnet", "found"), [("available", "public", 1), ("deleted", "public", 0), ("available", "private", 0)]
)
def test_nat_gateways(state, subnet, found):
    """Only available gateways in a public subnet count."""
    assert egress.nat_gateways(VPC, _network(nat=state, nat_in=subnet)) == found


def _service(subnet, public="DISABLED"):
    placed = {"subnets": [subnet], "securityGroups": ["g"], "assignPublicIp": public}
    return record({"networkConfiguration": {"awsvpcConfiguration": placed}}, "ecs:service", ["web"])


@pytest.mark.parametrize(
    ("service", "network", "reaches"),
    [
        (_service("private"), {}, True),
        (_service("private"), {"nat": "deleted"}, False),
        (_service("private"), {"private_route": {"DestinationCidrBlock": "10.0.0.0/8", "GatewayId": "local"}}, False),
        (_service("private"), {"egress_rules": [_tcp(443, 443)]}, True),
        (_service("private"), {"egress_rules": [_tcp(80, 80)]}, False),
        (_service("private"), {"egress_rules": [{**_tcp(443, 443), "IpProtocol": "udp"}]}, False),
        (_service("private"), {"egress_rules": [_tcp(443, 443, "10.0.0.0/8")]}, False),
        (_service("private"), {"egress_rules": []}, False),
        (_service("public"), {}, False),
        (_service("public", "ENABLED"), {}, True),
    ],
)
def test_reaches_internet(service, network, reaches):
    """A NAT gateway or a public address is needed, and security groups that allow the traffic."""
    assert egress.reaches_internet(service, _network(**network)) is reaches


@pytest.mark.parametrize(("subnets", "public"), [(["public"], True), (["public", "private"], False), ([], False)])
def test_in_public_subnets(subnets, public):
    """All subnets must be public, and there must be one."""
    balancer = record({"AvailabilityZones": [{"SubnetId": name} for name in subnets]}, "elbv2:load-balancer", ["lb"])
    assert egress.in_public_subnets(balancer, _network()) is public


def test_identifiers():
    """The answers are AWS's fields."""
    arn = "arn:aws:elasticloadbalancing:r:1:targetgroup/g/0a1b"
    group = record({"TargetGroupArn": arn}, "elbv2:target-group", ["g"], arn)
    assert identifiers.resource_id(group) == "targetgroup/g/0a1b"
    assert identifiers.account_id(record({"Account": "1"})) == "1"
    balancer = record({"DNSName": "lb.example.org", "AvailabilityZones": [{"ZoneName": "a"}, {"ZoneName": "b"}]})
    assert identifiers.dns_name(balancer) == "lb.example.org"
    assert identifiers.zone_names(balancer) == {"a", "b"}


def test_subnets():
    """Zone, VPC and route of a subnet; without a route table it is not routed to the internet."""
    subnet = record({"SubnetId": "public", "VpcId": "v", "AvailabilityZone": "a"}, SUBNETS, ["public"])
    named = {"network": [entry({"VpcId": "v"}, "ec2:vpc", ["v"])]}
    assert identifiers.availability_zone(subnet) == "a"
    assert identifiers.of_vpc(subnet, account({}, named)) == "network"
    assert identifiers.of_vpc(subnet, account({})) == "v"
    assert identifiers.routed_to_internet(subnet, _network()) is True
    private = record({"SubnetId": "private", "VpcId": "v"}, SUBNETS, ["private"])
    assert identifiers.routed_to_internet(private, _network()) is False
    assert identifiers.routed_to_internet(subnet, account({TABLES: []})) is False
