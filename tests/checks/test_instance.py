"""Checks of instances and of the routes in and out of a VPC."""

from __future__ import annotations

import pytest

from asbuilt_content.checks import identifiers
from asbuilt_content.checks.ec2 import egress, instance
from tests.records import account, entry, record

SUBNET, TABLE, GROUP = "ec2:subnet", "ec2:route-table", "ec2:security-group"
EVERYWHERE = "0.0.0.0/0"
CLOUDFRONT = "com.amazonaws.global.cloudfront.origin-facing"
VPC = record({"VpcId": "v", "OwnerId": "1"}, "ec2:vpc", ["v"])


def made(**data):
    """A record of an instance."""
    return record(
        {"InstanceId": "i", "SubnetId": "s", "SecurityGroups": [{"GroupId": "g"}], **data}, "ec2:instance", ["i"]
    )


def routed(*routes):
    """An account with one subnet `s` that has these routes."""
    table = {
        "VpcId": "v",
        "Associations": [{"SubnetId": "s"}],
        "Routes": [{"State": "active", **one} for one in routes],
    }
    return {SUBNET: [entry({"SubnetId": "s", "VpcId": "v"}, SUBNET, ["s"])], TABLE: [entry(table, TABLE, ["t"])]}


NAT = {"DestinationCidrBlock": EVERYWHERE, "NatGatewayId": "nat-1"}
INTERNET = {"DestinationCidrBlock": EVERYWHERE, "GatewayId": "igw-1"}
PEER = {"DestinationCidrBlock": "192.168.0.0/21", "VpcPeeringConnectionId": "pcx-1"}


def test_plain_properties():
    """State, family and public address come from the instance's fields."""
    assert instance.state(made(State={"Name": "running"})) == "running"
    assert instance.family(made(InstanceType="t3.medium")) == "t3"
    assert instance.without_public_address(made()) is True
    assert instance.without_public_address(made(PublicIpAddress="203.0.113.9")) is False
    private = {"PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.4"}]}
    assert instance.without_public_address(made(NetworkInterfaces=[private])) is True
    second = {"PrivateIpAddresses": [{"Association": {"PublicIp": "203.0.113.9"}}]}
    assert instance.without_public_address(made(NetworkInterfaces=[{}, second])) is False


def test_volumes_encrypted():
    """All volumes must be encrypted, and there must be one."""
    kind = "ec2:volume"
    seen = account({kind: [entry({"Encrypted": True}, kind, ["a"]), entry({"Encrypted": False}, kind, ["b"])]})
    disks = {name: {"DeviceName": name, "Ebs": {"VolumeId": name}} for name in "ab"}
    assert instance.volumes_encrypted(made(BlockDeviceMappings=[disks["a"]]), seen) is True
    assert instance.volumes_encrypted(made(BlockDeviceMappings=list(disks.values())), seen) is False
    assert instance.volumes_encrypted(made(BlockDeviceMappings=[]), seen) is False


def test_acts_as():
    """The role of the instance profile, by subject or name; nothing without a profile."""
    role = entry({"RoleName": "web", "InstanceProfileList": [{"Arn": "arn:p"}]}, "iam:role", ["web"])
    profile = {"IamInstanceProfile": {"Arn": "arn:p"}}
    assert instance.acts_as(made(**profile), account({"iam:role": [role]}, {"role": [role]})) == "role"
    assert instance.acts_as(made(**profile), account({"iam:role": [role]})) == "web"
    assert instance.acts_as(made(), account({"iam:role": [role]})) is None


@pytest.mark.parametrize(
    ("routes", "ways"),
    [
        ([NAT, PEER], {"NAT gateway"}),
        ([INTERNET], {"internet gateway"}),
        ([{**NAT, "State": "blackhole"}], set()),
        ([PEER], set()),
        ([NAT, {**INTERNET, "DestinationCidrBlock": "128.0.0.0/1"}], {"NAT gateway", "internet gateway"}),
        ([{"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1"}], set()),
    ],
)
def test_ways_out(routes, ways):
    """The targets of active default routes."""
    assert instance.ways_out(made(), account(routed(*routes))) == ways


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ({"IpProtocol": "tcp", "FromPort": 27017, "ToPort": 27017, "IpRanges": [{"CidrIp": "192.168.0.0/21"}]}, True),
        ({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": EVERYWHERE}]}, True),
        ({"IpProtocol": "tcp", "FromPort": 27015, "ToPort": 27020, "IpRanges": [{"CidrIp": EVERYWHERE}]}, False),
        ({"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}, False),
    ],
)
def test_keeps_inside(rule, kept):
    """A port is kept inside unless a rule for it admits the whole internet."""
    group = entry({"GroupId": "g", "IpPermissionsEgress": [rule]}, GROUP, ["g"])
    assert instance.keeps_inside(made(), account({GROUP: [group]}), "27017") is kept


def test_public_and_private_subnets():
    """A subnet is public by its route, whatever its name is."""
    assert egress.public_subnets(VPC, account(routed(INTERNET))) == 1
    assert egress.private_subnets(VPC, account(routed(INTERNET))) == 0
    assert egress.private_subnets(VPC, account(routed(NAT))) == 1


def test_a_subnet_with_a_blackhole_route_is_neither_public_nor_private():
    """The route has no effect now, but leads to the internet once the gateway is back."""
    gone = account(routed({**INTERNET, "State": "blackhole"}))
    assert (egress.public_subnets(VPC, gone), egress.private_subnets(VPC, gone)) == (0, 0)
    subnet = gone.all(SUBNET)[0]
    assert not identifiers.routed_to_internet(subnet, gone)
    assert identifiers.routed_to_internet(subnet, account(routed(INTERNET)))


@pytest.mark.parametrize(
    ("state", "routes", "count"), [("available", INTERNET, 1), ("deleted", INTERNET, 0), ("available", NAT, 0)]
)
def test_nat_gateways(state, routes, count):
    """Only available gateways in a public subnet count."""
    gateway = entry({"State": state, "SubnetId": "s"}, "ec2:nat-gateway", ["n"])
    assert egress.nat_gateways(VPC, account({**routed(routes), "ec2:nat-gateway": [gateway]})) == count


@pytest.mark.parametrize(
    ("vpc", "state", "count"), [("v", "available", 1), ("other", "available", 0), ("v", "detaching", 0)]
)
def test_internet_gateways(vpc, state, count):
    """Only gateways attached to this VPC count."""
    gateway = entry({"Attachments": [{"VpcId": vpc, "State": state}]}, "ec2:internet-gateway", ["g"])
    assert egress.internet_gateways(VPC, account({"ec2:internet-gateway": [gateway]})) == count


def peering(status="active", owner="2", vpc="v"):
    """A peering between the VPC and another one."""
    sides = {"AccepterVpcInfo": {"VpcId": vpc, "OwnerId": "1"}, "RequesterVpcInfo": {"VpcId": "w", "OwnerId": owner}}
    data = {"VpcPeeringConnectionId": "pcx-1", "Status": {"Code": status}, **sides}
    return {"ec2:vpc-peering": [entry(data, "ec2:vpc-peering", ["pcx-1"])]}


@pytest.mark.parametrize(
    ("made_of", "count"),
    [
        ({}, 1),
        ({"status": "deleted"}, 0),
        ({"status": "pending-acceptance"}, 0),
        ({"owner": "1"}, 0),
        ({"vpc": "x"}, 0),
    ],
)
def test_active_peerings(made_of, count):
    """Only active peerings of this VPC with another account count."""
    assert egress.active_peerings(VPC, account(peering(**made_of))) == count


@pytest.mark.parametrize(
    ("routes", "status", "reached"),
    [
        ([PEER], "active", True),
        ([PEER], "deleted", False),
        ([NAT], "active", False),
        ([INTERNET, PEER], "active", False),
    ],
)
def test_private_subnets_reach_peers(routes, status, reached):
    """Each private subnet needs an active route to an active peering; without private subnets the answer is no."""
    seen = account({**routed(*routes), **peering(status)})
    assert egress.private_subnets_reach_peers(VPC, seen) is reached


@pytest.mark.parametrize(
    ("rules", "only"),
    [
        ([{"PrefixListIds": [{"PrefixListId": "pl-1"}]}], True),
        ([{"PrefixListIds": [{"PrefixListId": "pl-2"}]}], False),
        ([{"PrefixListIds": [{"PrefixListId": "pl-3"}]}], False),
        ([{"PrefixListIds": [{"PrefixListId": "pl-4"}]}], False),
        ([{"PrefixListIds": [{"PrefixListId": "pl-1"}], "IpRanges": [{"CidrIp": "203.0.113.0/24"}]}], False),
        ([{"PrefixListIds": [{"PrefixListId": "pl-1"}], "UserIdGroupPairs": [{"GroupId": "h"}]}], False),
        ([], False),
    ],
)
def test_admits_only_cloudfront(rules, only):
    """The only source must be CloudFront's prefix list; without any source the answer is no."""
    kind = "ec2:managed-prefix-list"
    lists = [
        entry({"PrefixListId": f"pl-{n}", "PrefixListName": name, "OwnerId": owner}, kind, [f"pl-{n}"], names=[name])
        for n, name, owner in ((1, CLOUDFRONT, "AWS"), (2, "pl-1", "123456789012"), (3, CLOUDFRONT, "123456789012"))
    ]
    seen = account({kind: lists, GROUP: [entry({"IpPermissions": rules}, GROUP, ["g"])]})
    assert egress.admits_only_cloudfront(record({"SecurityGroups": ["g"]}), seen) is only
