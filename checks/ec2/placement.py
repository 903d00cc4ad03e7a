"""Checks of placement: the subnets, Availability Zones and VPCs of resources."""

from collections.abc import Callable, Iterable, Mapping

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, ResourceId

from ..data.elasticache import members

CACHE_READS = ("elasticache:cluster", "elasticache:subnet-group")


def _of_cache(cache: Record, account: Account) -> list[ResourceId]:
    ids = {member.reference("CacheSubnetGroupName") for member in members(cache, account)}
    groups = [account.get("elasticache:subnet-group", group_id) for group_id in ids]
    return [subnet_id for group in groups for subnet_id in _of_group(group)]


def _of_group(group: Record) -> list[ResourceId]:
    """The ids of the subnets of a subnet group."""
    return [subnet.reference("SubnetIdentifier") for subnet in group["Subnets"]]


def _of_vpc(vpc: Record, account: Account) -> list[ResourceId]:
    return [subnet.reference("SubnetId") for subnet in account.all("ec2:subnet") if subnet["VpcId"] == vpc["VpcId"]]


def _of_task(task: Record, account: Account) -> list[ResourceId]:
    details = [detail for attachment in task["attachments"] for detail in attachment["details"]]
    return [detail.reference("value") for detail in details if detail["name"] == "subnetId"]


# How to find the ids of the subnets of each kind of resource.
_SUBNETS: Mapping[str, Callable[[Record, Account], Iterable[ResourceId]]] = {
    "ec2:instance": lambda instance, _: [instance.reference("SubnetId")],
    "ec2:vpc": _of_vpc,
    "ecs:service": lambda service, _: service["networkConfiguration"]["awsvpcConfiguration"].references("subnets"),
    "ecs:task": _of_task,
    "elasticache:cache": _of_cache,
    "elasticache:subnet-group": lambda group, _: _of_group(group),
    "elbv2:load-balancer": lambda balancer, _: (zone.reference("SubnetId") for zone in balancer["AvailabilityZones"]),
    "rds:db": lambda db, _: _of_group(db["DBSubnetGroup"]),
    "rds:proxy": lambda proxy, _: proxy.references("VpcSubnetIds"),
    "rds:subnet-group": lambda group, _: _of_group(group),
}
_PLACED = tuple(kind for kind in _SUBNETS if kind != "elasticache:cache")
_IN_VPC_THEMSELVES = ("ec2:security-group", "elbv2:target-group")


def subnets_of(record: Record, account: Account) -> list[Record]:
    """The subnets of a resource, each once."""
    found = _SUBNETS[record.entry.kind](record, account)
    return [account.get("ec2:subnet", subnet_id) for subnet_id in dict.fromkeys(found)]


def route_table_of(subnet: Record, account: Account) -> Record | None:
    """The route table of a subnet: the one associated with it, else its VPC's main one; None where there is none."""
    tables = [table for table in account.all("ec2:route-table") if table["VpcId"] == subnet["VpcId"]]
    own = [table for table in tables if _associated(table, "SubnetId", subnet["SubnetId"])]
    return next(iter(own or [table for table in tables if _associated(table, "Main", True)]), None)


def _associated(table: Record, field: str, value: object) -> bool:
    # an association names a subnet or a gateway, or is the main one; it omits the other fields
    return any(association.get(field) == value for association in table["Associations"])


def routes_to_the_internet(table: Record) -> bool:
    """Whether a table has a route to an internet gateway, including one whose gateway is detached now."""
    # any route counts, not only a default one: routes for two halves of the internet cover all of it
    return any(route.get("GatewayId", "").startswith("igw-") for route in table["Routes"])


def reaches_the_internet(table: Record) -> bool:
    """Whether a table has an active route to an internet gateway: a route is a blackhole if its gateway is gone."""
    routes = [route for route in table["Routes"] if route.get("GatewayId", "").startswith("igw-")]
    return any(route["State"] == "active" for route in routes)


@check(*_PLACED, severity="medium", reads=["ec2:subnet"], fix="Add a subnet to it.")
@check(
    "elasticache:cache", severity="medium", reads=["ec2:subnet", *CACHE_READS], fix="Add a subnet to its subnet group."
)
def subnets(record: Record, account: Account) -> int:
    """The number of subnets that it is in or can be placed in."""
    return len(subnets_of(record, account))


@check(*_PLACED, severity="high", reads=["ec2:subnet"], fix="Add a subnet in another Availability Zone to it.")
@check(
    "elasticache:cache",
    severity="high",
    reads=["ec2:subnet", *CACHE_READS],
    fix="Add a subnet in another Availability Zone to its subnet group.",
)
def zones(record: Record, account: Account) -> int:
    """The number of Availability Zones of its subnets."""
    return len({subnet["AvailabilityZone"] for subnet in subnets_of(record, account)})


@check(
    *_PLACED,
    severity="high",
    reads=["ec2:subnet", "ec2:route-table"],
    fix="Move it to subnets whose route table has no route to an internet gateway.",
)
@check(
    "elasticache:cache",
    severity="high",
    reads=["ec2:subnet", "ec2:route-table", *CACHE_READS],
    fix="Move it to a subnet group whose subnets have no route to an internet gateway.",
)
def in_private_subnets(record: Record, account: Account) -> bool:
    """Whether none of its subnets has a route to an internet gateway."""
    tables = [route_table_of(subnet, account) for subnet in subnets_of(record, account)]
    return bool(tables) and not any(table is None or routes_to_the_internet(table) for table in tables)


@check(*_PLACED, severity="high", reads=["ec2:subnet"], names_subjects=True, fix="Recreate it in that VPC.")
@check(
    "elasticache:cache",
    severity="high",
    reads=["ec2:subnet", *CACHE_READS],
    names_subjects=True,
    fix="Recreate it in that VPC.",
)
@check(*_IN_VPC_THEMSELVES, severity="high", names_subjects=True, fix="Recreate it in that VPC.")
def vpc(record: Record, account: Account) -> str:
    """The subject that is its VPC, else the VPC's id."""
    itself = record.entry.kind in _IN_VPC_THEMSELVES
    ids = (
        {record.reference("VpcId")} if itself else {subnet.reference("VpcId") for subnet in subnets_of(record, account)}
    )
    return ", ".join(sorted(account.named(vpc_id, "ec2:vpc", "VpcId") for vpc_id in ids))
