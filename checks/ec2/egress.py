"""Routes in and out of a VPC: public and private subnets, internet and NAT gateways, peerings."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

from .placement import reaches_the_internet, route_table_of, routes_to_the_internet, subnets_of
from .reachability import admits_port, groups_of

_CLOUDFRONT, _AWS = "com.amazonaws.global.cloudfront.origin-facing", "AWS"
_OTHER_SOURCES = ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs")
_NETWORK = ("ec2:subnet", "ec2:route-table")
_EVERYWHERE, _HTTPS = "0.0.0.0/0", 443
_NAT, _GATEWAYS, _PEERINGS = "ec2:nat-gateway", "ec2:internet-gateway", "ec2:vpc-peering"


def _subnets(vpc: Record, account: Account, public: bool) -> list[tuple[Record, Record]]:
    """The public or the private subnets of a VPC, each with its route table."""
    found = []
    for subnet in account.all("ec2:subnet"):
        table = route_table_of(subnet, account) if subnet["VpcId"] == vpc["VpcId"] else None
        if table is not None and (reaches_the_internet(table) if public else not routes_to_the_internet(table)):
            found.append((subnet, table))
    return found


@check("ec2:vpc", severity="high", reads=_NETWORK, fix="Create the documented public subnets in {name}.")
def public_subnets(vpc: Record, account: Account) -> int:
    """How many subnets of the VPC have an active route to an internet gateway."""
    return len(_subnets(vpc, account, public=True))


@check("ec2:vpc", severity="high", reads=_NETWORK, fix="Create the documented private subnets in {name}.")
def private_subnets(vpc: Record, account: Account) -> int:
    """How many subnets of the VPC have no route to an internet gateway."""
    return len(_subnets(vpc, account, public=False))


@check(
    "ec2:vpc",
    severity="high",
    reads=[*_NETWORK, _NAT],
    fix="aws ec2 create-nat-gateway --subnet-id <subnet> --allocation-id <address>",
)
def nat_gateways(vpc: Record, account: Account) -> int:
    """How many available NAT gateways are in its public subnets."""
    public = {subnet["SubnetId"] for subnet, _ in _subnets(vpc, account, public=True)}
    return sum(gateway["State"] == "available" and gateway["SubnetId"] in public for gateway in account.all(_NAT))


@check(
    "ec2:vpc",
    severity="high",
    reads=[_GATEWAYS],
    fix="aws ec2 attach-internet-gateway --vpc-id {VpcId} --internet-gateway-id <gateway>",
)
def internet_gateways(vpc: Record, account: Account) -> int:
    """How many internet gateways are attached to the VPC."""
    attached = [item for gateway in account.all(_GATEWAYS) for item in gateway["Attachments"]]
    # AWS calls the state `available` for an internet gateway and `attached` for other gateways
    return sum(item["VpcId"] == vpc["VpcId"] and item["State"] in ("available", "attached") for item in attached)


@check(
    "ec2:vpc",
    severity="high",
    reads=[_PEERINGS],
    fix="aws ec2 accept-vpc-peering-connection --vpc-peering-connection-id "
    "{ec2:vpc-peering[?Status.Code=='pending-acceptance'].VpcPeeringConnectionId | [0] ?? <peering>}",
)
def active_peerings(vpc: Record, account: Account) -> int:
    """How many peerings with VPCs of other accounts are in force."""
    return len(_active(vpc, account))


@check(
    "ec2:vpc",
    severity="high",
    reads=[*_NETWORK, _PEERINGS],
    fix="aws ec2 create-route --route-table-id <table> --destination-cidr-block <block> "
    "--vpc-peering-connection-id {ec2:vpc-peering[?Status.Code=='active'].VpcPeeringConnectionId | [0] ?? <peering>}",
)
def private_subnets_reach_peers(vpc: Record, account: Account) -> bool:
    """Whether the VPC has private subnets, and each has a route to an active peering."""
    active = {peering["VpcPeeringConnectionId"] for peering in _active(vpc, account)}
    private = _subnets(vpc, account, public=False)
    return bool(private) and all(
        any(route.get("VpcPeeringConnectionId") in active and route["State"] == "active" for route in table["Routes"])
        for _, table in private
    )


def _active(vpc: Record, account: Account) -> list[Record]:
    ours, found = vpc["OwnerId"], []
    for peering in account.all(_PEERINGS):
        sides = (peering["AccepterVpcInfo"], peering["RequesterVpcInfo"])
        theirs = [side for side in sides if side["VpcId"] != vpc["VpcId"]]
        if len(theirs) == 1 and theirs[0]["OwnerId"] != ours and peering["Status"]["Code"] == "active":
            found.append(peering)
    return found


@check(
    "elbv2:load-balancer",
    severity="high",
    reads=["ec2:security-group", "ec2:managed-prefix-list"],
    fix=f"Admit the prefix list {_CLOUDFRONT}, and nothing else, to its security groups.",
)
def admits_only_cloudfront(balancer: Record, account: Account) -> bool:
    """Whether its security groups admit CloudFront's servers only."""
    groups = [account.get("ec2:security-group", group_id) for group_id in balancer.references("SecurityGroups")]
    rules = [rule for group in groups for rule in group["IpPermissions"]]
    # a rule omits, or leaves empty, the types of source that it does not use
    others = [item for rule in rules for kind in _OTHER_SOURCES for item in rule.get(kind, ())]
    ids = [item.reference("PrefixListId") for rule in rules for item in rule.get("PrefixListIds", ())]
    lists = [account.find("ec2:managed-prefix-list", list_id) for list_id in ids]
    return bool(lists) and not others and all(item is not None and _is_cloudfronts(item) for item in lists)


def _is_cloudfronts(prefix_list: Record) -> bool:
    # a customer may name a list almost freely, but AWS alone owns the lists that it manages
    return prefix_list["PrefixListName"] == _CLOUDFRONT and prefix_list["OwnerId"] == _AWS


@check(
    "elbv2:load-balancer",
    severity="high",
    reads=_NETWORK,
    fix="aws elbv2 set-subnets --load-balancer-arn {arn} --subnets <subnets>",
)
def in_public_subnets(balancer: Record, account: Account) -> bool:
    """Whether every subnet of the load balancer has an active route to an internet gateway."""
    tables = [route_table_of(subnet, account) for subnet in subnets_of(balancer, account)]
    return bool(tables) and all(table is not None and reaches_the_internet(table) for table in tables)


@check(
    "ecs:service",
    severity="high",
    reads=[*_NETWORK, _NAT, "ec2:security-group"],
    fix="Route the subnets of {name} through an available NAT gateway, and let its groups send to port 443.",
)
def reaches_internet(service: Record, account: Account) -> bool:
    """Whether its tasks can reach the internet over HTTPS: by the routes of all subnets and by the security groups."""
    public = service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "ENABLED"
    tables = [route_table_of(subnet, account) for subnet in subnets_of(service, account)]
    groups = [account.get("ec2:security-group", group) for group in groups_of(service, account)]
    allowed = any(_sends_https(rule) for group in groups for rule in group["IpPermissionsEgress"])
    return allowed and bool(tables) and all(_routes_out(table, public, account) for table in tables)


def _routes_out(table: Record | None, public: bool, account: Account) -> bool:
    """Whether the default route uses an available NAT gateway, or, for a public address, an internet gateway."""
    for route in table["Routes"] if table is not None else ():
        if route.get("DestinationCidrBlock") != _EVERYWHERE:
            continue
        if "NatGatewayId" in route:
            return account.get(_NAT, route.reference("NatGatewayId"))["State"] == "available"
        return public and route.get("GatewayId", "").startswith("igw-") and route["State"] == "active"
    return False


def _sends_https(rule: Record) -> bool:
    everywhere = any(item["CidrIp"] == _EVERYWHERE for item in rule.get("IpRanges", ()))
    return everywhere and admits_port(rule, _HTTPS)
