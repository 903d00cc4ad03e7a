"""Questions about EC2 instances (`ec2:DescribeInstances`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

from .placement import route_table_of, subnets_of
from .reachability import admits_port, everyone, groups_of

_KIND = "ec2:instance"
_WAYS = {
    "NatGatewayId": "NAT gateway",
    "GatewayId": "internet gateway",
    "TransitGatewayId": "transit gateway",
    "VpcPeeringConnectionId": "peering",
    "NetworkInterfaceId": "network interface",
    "EgressOnlyInternetGatewayId": "egress-only internet gateway",
}


@check(_KIND, severity="high", fix="aws ec2 describe-instance-status --instance-ids {InstanceId}")
def state(instance: Record) -> str:
    """Its state: running while it works."""
    return instance["State"]["Name"]


@check(_KIND, severity="high", controls=["AWS FSBP EC2.9"], fix="Launch it anew without a public address.")
def without_public_address(instance: Record) -> bool:
    """Whether none of its interfaces has a public IPv4 address; AWS leaves the field out of one that has none."""
    interfaces = list(instance.get("NetworkInterfaces", ()))
    addresses = [address for item in interfaces for address in (item, *item.get("PrivateIpAddresses", ()))]
    public = [address.get("Association", {}).get("PublicIp", "") for address in addresses]
    return not any((instance.get("PublicIpAddress", ""), *public))


@check(_KIND, severity="low", fix="Change the instance type in the launch template, and replace it.")
def family(instance: Record) -> str:
    """The family of its type: `t3` of t3.medium."""
    return instance["InstanceType"].partition(".")[0]


@check(
    _KIND,
    severity="high",
    reads=["ec2:volume"],
    controls=["AWS FSBP EC2.3"],
    fix="Encrypt the volumes in the launch template, then replace it: aws ec2 enable-ebs-encryption-by-default",
)
def volumes_encrypted(instance: Record, account: Account) -> bool:
    """Whether it has volumes, and every one is encrypted."""
    ids = [item["Ebs"]["VolumeId"] for item in instance["BlockDeviceMappings"]]
    return bool(ids) and all(account.get("ec2:volume", name)["Encrypted"] for name in ids)


@check(
    _KIND,
    severity="high",
    reads=["iam:role"],
    names_subjects=True,
    fix="aws ec2 associate-iam-instance-profile --instance-id {InstanceId} --iam-instance-profile Name=<profile>",
)
def acts_as(instance: Record, account: Account) -> str | None:
    """The subject (else the role's name) that it may act as; nothing where it has no instance profile."""
    arn = instance.get("IamInstanceProfile", {}).get("Arn", "")
    known = {record.entry.id: name for name, record in account.subjects()}
    for role in account.all("iam:role") if arn else ():
        if any(item["Arn"] == arn for item in role["InstanceProfileList"]):
            return known.get(role.entry.id, role["RoleName"])
    return None


@check(
    _KIND,
    severity="high",
    reads=["ec2:subnet", "ec2:route-table"],
    fix="aws ec2 create-route --route-table-id <table> --destination-cidr-block 0.0.0.0/0 --nat-gateway-id <gateway>",
)
def ways_out(instance: Record, account: Account) -> frozenset[str]:
    """What leads to the internet from its subnet: `NAT gateway`, `internet gateway`; none where nothing does."""
    tables = [route_table_of(subnet, account) for subnet in subnets_of(instance, account)]
    routes = [route for table in tables if table is not None for route in table["Routes"]]
    default = [route for route in routes if _is_default(route) and route["State"] == "active"]
    return frozenset(way for route in default for field, way in _WAYS.items() if field in route)


def _is_default(route: Record) -> bool:
    """Whether it is for the whole internet, or a part of it: two halves are all of it."""
    # a route names a block of either version, or a prefix list
    block = route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock", "")
    return bool(block) and everyone(block)


@check(
    _KIND,
    severity="high",
    reads=["ec2:security-group"],
    fix="aws ec2 revoke-security-group-egress --group-id {SecurityGroups[0].GroupId ?? <group>} "
    "--ip-permissions <permission>",
)
def keeps_inside(instance: Record, account: Account, port: str) -> bool:
    """Whether its security groups let it reach a TCP port only at addresses that they name, not anywhere at all."""
    groups = [account.get("ec2:security-group", name) for name in groups_of(instance, account)]
    rules = [rule for group in groups for rule in group["IpPermissionsEgress"]]
    return bool(groups) and not any(admits_port(rule, int(port)) and _anywhere(rule) for rule in rules)


def _anywhere(rule: Record) -> bool:
    # a rule leaves out, or leaves empty, the kinds of destination that it does not use
    blocks = [item["CidrIp"] for item in rule.get("IpRanges", ())]
    blocks += [item["CidrIpv6"] for item in rule.get("Ipv6Ranges", ())]
    return any(everyone(block) for block in blocks)
