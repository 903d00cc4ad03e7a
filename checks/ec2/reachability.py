"""Checks of reachability between subjects, derived from security groups."""

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, ResourceId, Unknown

from ..data.elasticache import endpoints, members
from .interfaces import READS, others_with


def _of_function(function: Record) -> list[ResourceId]:
    # AWS omits the configuration of a function outside any VPC
    return function["VpcConfig"].references("SecurityGroupIds", optional=True) if "VpcConfig" in function else []


# How to find the ids of the security groups of each kind of resource. Some resources have none: an ECS service in
# host network mode, a network load balancer without groups, a function outside any VPC.
_GROUPS: Mapping[str, Callable[[Record, Account], Iterable[ResourceId]]] = {
    # the groups of the first interface, then of all: a stopped instance keeps them, a terminated one has none
    "ec2:instance": lambda instance, _: (
        group.reference("GroupId")
        for place in (instance["SecurityGroups"], *(item["Groups"] for item in instance.get("NetworkInterfaces", ())))
        for group in place
    ),
    "ec2:vpc-endpoint": lambda endpoint, _: (group.reference("GroupId") for group in endpoint.get("Groups", ())),
    "ecs:service": lambda service, _: (
        service["networkConfiguration"]["awsvpcConfiguration"].references("securityGroups")
        if "networkConfiguration" in service
        else ()
    ),
    "elasticache:cache": lambda cache, account: (
        group.reference("SecurityGroupId") for member in members(cache, account) for group in member["SecurityGroups"]
    ),
    "elbv2:load-balancer": lambda balancer, _: balancer.references("SecurityGroups", optional=True),
    "lambda:function": lambda function, _: _of_function(function),
    "rds:db": lambda db, _: (group.reference("VpcSecurityGroupId") for group in db["VpcSecurityGroups"]),
    "rds:proxy": lambda proxy, _: proxy.references("VpcSecurityGroupIds"),
}
# How to find the ports that each kind of resource serves on.
_PORTS: Mapping[str, Callable[[Record, Account], Iterable[int]]] = {
    "ecs:service": lambda service, _: (target["containerPort"] for target in service["loadBalancers"]),
    "elasticache:cache": lambda cache, _: (endpoint["Port"] for endpoint in endpoints(cache)),
    "rds:db": lambda db, _: [db["Endpoint"]["Port"]],
}
GROUP_READS = tuple(dict.fromkeys((*_GROUPS, *READS, "elasticache:cluster", "ec2:security-group")))
_IDS = (
    "networkConfiguration.awsvpcConfiguration.securityGroups || VpcSecurityGroupIds || VpcConfig.SecurityGroupIds || "
    "(VpcSecurityGroups || SecurityGroups || Groups)[].[VpcSecurityGroupId || GroupId || @][]"
)
_FIX = (
    f"aws ec2 describe-security-groups --group-ids {{{_IDS} ?? <groups>}}, "
    "then revoke or authorize ingress as documented."
)


def groups_of(record: Record, account: Account) -> list[ResourceId]:
    """The ids of the security groups of a resource, each once."""
    return list(dict.fromkeys(_GROUPS[record.entry.kind](record, account)))


def _ports_of(record: Record, account: Account) -> list[int]:
    found = list(dict.fromkeys(_PORTS[record.entry.kind](record, account)))
    if not found:
        raise Unknown(f"the record of {record.entry.label!r} names no port that it serves on")
    return found


def _rules(record: Record, account: Account) -> Iterator[Record]:
    """The ingress rules of all security groups of a resource. Raises `Unknown` where it has no group."""
    ids = groups_of(record, account)
    if not ids:
        raise Unknown(f"{record.entry.label!r} has no security group that shows who can reach it")
    for group_id in ids:
        yield from account.get("ec2:security-group", group_id)["IpPermissions"]


def admits_port(rule: Record, port: int) -> bool:
    """Whether a rule covers a TCP port: protocol -1 stands for all protocols and ports."""
    if rule["IpProtocol"] == "-1":
        return True
    return rule["IpProtocol"] in ("tcp", "6") and rule["FromPort"] <= port <= rule["ToPort"]


def address_ranges(rule: Record) -> list[str]:
    """The IPv4 and IPv6 ranges of a rule."""
    # a rule omits, or leaves empty, the types of source and destination that it does not use
    ranges = [item["CidrIp"] for item in rule.get("IpRanges", ())]
    return ranges + [item["CidrIpv6"] for item in rule.get("Ipv6Ranges", ())]


def _group_ids(rule: Record) -> list[ResourceId]:
    return [pair.reference("GroupId") for pair in rule.get("UserIdGroupPairs", ())]


def is_public_range(cidr: str) -> bool:
    """Whether an address range is the internet, or so large a part of it that a few such ranges cover it."""
    network = ipaddress.ip_network(cidr, strict=False)
    return network.prefixlen < (8 if network.version == 4 else 16)


def _is_public(rule: Record) -> bool:
    return any(map(is_public_range, address_ranges(rule)))


def subjects_with(account: Account, group_id: ResourceId) -> frozenset[str]:
    """The named subjects that are or have a security group, if no other resource has it; else the group's name.

    The name is that of a subject for the subject only: a group that somebody called so is named by its id.
    """
    named = {record.entry.id: name for name, record in account.subjects()}
    group = account.find("ec2:security-group", group_id)
    if group is not None and group.entry.id in named:
        return frozenset([named[group.entry.id]])
    members = [record for kind in _GROUPS for record in account.all(kind) if group_id in groups_of(record, account)]
    ids = {record.entry.id for record in members} | others_with(group_id, members, account)
    if ids and ids <= named.keys():
        return frozenset(named[found] for found in ids)
    return frozenset([account.unnamed(group["GroupName"], group_id) if group else group_id])


def admitted(rules: Iterable[Record], ports: Iterable[int], account: Account) -> frozenset[str]:
    """The subjects (else security groups, address ranges, prefix lists) that the rules admit to any of the ports."""
    ports, sources = list(ports), set[str]()
    for rule in rules:
        if any(admits_port(rule, port) for port in ports):
            sources.update(address_ranges(rule), (item["PrefixListId"] for item in rule.get("PrefixListIds", ())))
            sources.update(*(subjects_with(account, group_id) for group_id in _group_ids(rule)))
    return frozenset(sources)


@check(*_PORTS, severity="critical", reads=GROUP_READS, names_subjects=True, fix=_FIX)
def reachable_only_from(record: Record, account: Account) -> frozenset[str]:
    """The subjects (else security groups, address ranges, prefix lists) that its security groups admit to its port."""
    return admitted(_rules(record, account), _ports_of(record, account), account)


@check(*_PORTS, severity="high", reads=GROUP_READS, names_subjects=True, fix=_FIX)
def admits(record: Record, account: Account, subject: str) -> bool:
    """Whether its security groups admit another subject, with all its resources, to each of its ports."""
    theirs = [set(groups_of(other, account)) for name, other in account.subjects() if name == subject]
    rules, ports = list(_rules(record, account)), _ports_of(record, account)
    return bool(theirs) and all(
        any(admits_port(rule, port) and groups & set(_group_ids(rule)) for rule in rules)
        for groups in theirs
        for port in ports
    )


@check(*_GROUPS, severity="high", reads=["ec2:security-group", "elasticache:cluster"], fix=_FIX)
def open_ports(record: Record, account: Account) -> frozenset[str]:
    """The ports that its security groups open to any source: `443`, `8000-8100`, `udp 53`, `all`."""
    return frozenset(_port_text(rule) for rule in _rules(record, account))


def _port_text(rule: Record) -> str:
    protocol = rule["IpProtocol"]
    if protocol == "-1":
        return "all"
    first, last = rule["FromPort"], rule["ToPort"]
    ports = str(first) if first == last else f"{first}-{last}"
    return ports if protocol in ("tcp", "6") else f"{protocol} {ports}"


@check(*_GROUPS, severity="critical", reads=["ec2:security-group", "elasticache:cluster"], fix=_FIX)
def closed_to_internet(record: Record, account: Account) -> bool:
    """Whether no rule of its security groups admits the whole internet to any port."""
    return not any(_is_public(rule) for rule in _rules(record, account))


@check("ec2:vpc", severity="critical", reads=GROUP_READS, names_subjects=True, fix=_FIX)
def closed_to_internet_except(vpc: Record, account: Account, subject: str) -> bool:
    """Whether each of its security groups that admits the whole internet belongs to that subject alone."""
    groups = [group for group in account.all("ec2:security-group") if group["VpcId"] == vpc["VpcId"]]
    opened = [
        group.reference("GroupId") for group in groups if any(_is_public(rule) for rule in group["IpPermissions"])
    ]
    return bool(groups) and all(subjects_with(account, group_id) == {subject} for group_id in opened)


@check(
    *_GROUPS,
    severity="high",
    reads=["ec2:security-group", "elasticache:cluster"],
    names_subjects=True,
    fix="Replace its security groups with the documented ones.",
)
def security_groups(record: Record, account: Account) -> frozenset[str]:
    """The subjects that are its security groups, else the groups' names."""
    named = {found["GroupId"]: name for name, found in account.subjects() if found.entry.kind == "ec2:security-group"}
    return frozenset(
        named.get(group_id) or account.unnamed(account.get("ec2:security-group", group_id)["GroupName"], group_id)
        for group_id in groups_of(record, account)
    )
