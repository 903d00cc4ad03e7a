"""Checks of EC2 instances (`ec2:DescribeInstances`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

from .placement import route_table_of, subnets_of
from .reachability import address_ranges, admits_port, groups_of, is_public_range

_KIND = "ec2:instance"
_ROUTE_TARGETS = {
    "NatGatewayId": "NAT gateway",
    "GatewayId": "internet gateway",
    "TransitGatewayId": "transit gateway",
    "VpcPeeringConnectionId": "peering",
    "NetworkInterfaceId": "network interface",
    "EgressOnlyInternetGatewayId": "egress-only internet gateway",
}


@check(_KIND, severity="high", fix="aws ec2 describe-instance-status --instance-ids {InstanceId}")
def state(instance: Record) -> str:
    """The state of the instance: `running` in operation."""
    return instance["State"]["Name"]


@check(_KIND, severity="high", controls=["AWS FSBP EC2.9"], fix="Launch a replacement without a public address.")
def without_public_address(instance: Record) -> bool:
    """Whether none of its interfaces has a public IPv4 address."""
    # AWS omits the field of an interface that has none
    interfaces = list(instance.get("NetworkInterfaces", ()))
    addresses = [address for item in interfaces for address in (item, *item.get("PrivateIpAddresses", ()))]
    public = [address.get("Association", {}).get("PublicIp", "") for address in addresses]
    return not any((instance.get("PublicIpAddress", ""), *public))


@check(_KIND, severity="low", fix="Change the instance type in the launch template, and replace it.")
def family(instance: Record) -> str:
    """The family of its instance type: `t3` for t3.medium."""
    return instance["InstanceType"].partition(".")[0]


@check(
    _KIND,
    severity="high",
    reads=["ec2:volume"],
    controls=["AWS FSBP EC2.3"],
    fix="Encrypt the volumes in the launch template, then replace the instance: "
    "aws ec2 enable-ebs-encryption-by-default",
)
def volumes_encrypted(instance: Record, account: Account) -> bool:
    """Whether the instance has volumes, and all of them are encrypted."""
    ids = [item["Ebs"].reference("VolumeId") for item in instance["BlockDeviceMappings"]]
    return bool(ids) and all(account.get("ec2:volume", volume_id)["Encrypted"] for volume_id in ids)


@check(
    _KIND,
    severity="high",
    reads=["iam:role"],
    names_subjects=True,
    fix="aws ec2 associate-iam-instance-profile --instance-id {InstanceId} --iam-instance-profile Name=<profile>",
)
def acts_as(instance: Record, account: Account) -> str | None:
    """The subject (else the name) of its role; nothing if it has no instance profile."""
    arn = instance.get("IamInstanceProfile", {}).get("Arn", "")
    known = {record.entry.id: name for name, record in account.subjects()}
    for role in account.all("iam:role") if arn else ():
        if any(item["Arn"] == arn for item in role["InstanceProfileList"]):
            return known.get(role.entry.id) or account.unnamed(role["RoleName"], role.entry.arn)
    return None


@check(
    _KIND,
    severity="high",
    reads=["ec2:subnet", "ec2:route-table"],
    fix="aws ec2 create-route --route-table-id <table> --destination-cidr-block 0.0.0.0/0 --nat-gateway-id <gateway>",
)
def ways_out(instance: Record, account: Account) -> frozenset[str]:
    """The targets of its subnet's active default routes: `NAT gateway`, `internet gateway`; empty if there is none."""
    tables = [route_table_of(subnet, account) for subnet in subnets_of(instance, account)]
    routes = [route for table in tables if table is not None for route in table["Routes"]]
    default = [route for route in routes if _is_default(route) and route["State"] == "active"]
    return frozenset(target for route in default for field, target in _ROUTE_TARGETS.items() if field in route)


def _is_default(route: Record) -> bool:
    """Whether a route is for the whole internet or a large part of it: two halves make the whole."""
    # a route names an IPv4 block, an IPv6 block or a prefix list
    block = route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock", "")
    return bool(block) and is_public_range(block)


@check(
    _KIND,
    severity="high",
    reads=["ec2:security-group"],
    fix="aws ec2 revoke-security-group-egress --group-id {SecurityGroups[0].GroupId ?? <group>} "
    "--ip-permissions <permission>",
)
def keeps_inside(instance: Record, account: Account, port: str) -> bool:
    """Whether its security groups let it reach a TCP port at named addresses only, not on the whole internet."""
    groups = [account.get("ec2:security-group", group_id) for group_id in groups_of(instance, account)]
    rules = [rule for group in groups for rule in group["IpPermissionsEgress"]]
    ranges = [cidr for rule in rules if admits_port(rule, int(port)) for cidr in address_ranges(rule)]
    return bool(groups) and not any(map(is_public_range, ranges))
