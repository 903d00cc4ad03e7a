"""Who can reach what: security groups read as reachability between subjects."""

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

from ..data.elasticache import endpoints, members
from .interfaces import READS, others_wearing

# How each kind of thing says which security groups it wears. Some wear none: an ECS service that shares its
# host's network, a network load balancer without groups, a function outside of any VPC.
_GROUPS: Mapping[str, Callable[[Record, Account], Iterable[str]]] = {
    # the groups of the first interface, then of all: a stopped instance keeps them, a terminated one has none
    "ec2:instance": lambda instance, _: (
        group["GroupId"]
        for place in (instance["SecurityGroups"], *(item["Groups"] for item in instance.get("NetworkInterfaces", ())))
        for group in place
    ),
    "ec2:vpc-endpoint": lambda endpoint, _: (group["GroupId"] for group in endpoint.get("Groups", ())),
    "ecs:service": lambda service, _: (
        service["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"]
        if "networkConfiguration" in service
        else ()
    ),
    "elasticache:cache": lambda cache, account: (
        group["SecurityGroupId"] for member in members(cache, account) for group in member["SecurityGroups"]
    ),
    "elbv2:load-balancer": lambda balancer, _: balancer.get("SecurityGroups", ()),
    "lambda:function": lambda function, _: function.get("VpcConfig", {}).get("SecurityGroupIds", ()),
    "rds:db": lambda db, _: (group["VpcSecurityGroupId"] for group in db["VpcSecurityGroups"]),
    "rds:proxy": lambda proxy, _: proxy["VpcSecurityGroupIds"],
}
# The port that each kind of thing serves on.
_PORTS: Mapping[str, Callable[[Record, Account], Iterable[int]]] = {
    "ecs:service": lambda service, _: (target["containerPort"] for target in service["loadBalancers"]),
    "elasticache:cache": lambda cache, _: (endpoint["Port"] for endpoint in endpoints(cache)),
    "rds:db": lambda db, _: [db["Endpoint"]["Port"]],
}
WEARERS = tuple(dict.fromkeys((*_GROUPS, *READS, "elasticache:cluster", "ec2:security-group")))
_IDS = (
    "networkConfiguration.awsvpcConfiguration.securityGroups || VpcSecurityGroupIds || VpcConfig.SecurityGroupIds || "
    "(VpcSecurityGroups || SecurityGroups || Groups)[].[VpcSecurityGroupId || GroupId || @][]"
)
_FIX = (
    f"aws ec2 describe-security-groups --group-ids {{{_IDS} ?? <groups>}}, "
    "then revoke or authorize ingress as documented."
)


def groups_of(record: Record, account: Account) -> list[str]:
    """The ids of the security groups that a thing wears, each once."""
    return list(dict.fromkeys(_GROUPS[record.entry.kind](record, account)))


def _ports_of(record: Record, account: Account) -> list[int]:
    found = list(dict.fromkeys(_PORTS[record.entry.kind](record, account)))
    if not found:
        raise Unknown(f"{record.entry.label!r} does not say on which port it serves")
    return found


def _rules(record: Record, account: Account) -> Iterator[Record]:
    """Every ingress rule of every group that a thing wears."""
    ids = groups_of(record, account)
    if not ids:
        raise Unknown(f"{record.entry.label!r} wears no security group, so none says who reaches it")
    for group_id in ids:
        yield from account.get("ec2:security-group", group_id)["IpPermissions"]


def admits_port(rule: Record, port: int) -> bool:
    """Whether a rule covers a TCP port: -1 stands for every protocol and port."""
    if rule["IpProtocol"] == "-1":
        return True
    return rule["IpProtocol"] in ("tcp", "6") and rule["FromPort"] <= port <= rule["ToPort"]


def _ranges(rule: Record) -> list[str]:
    # a rule leaves out, or leaves empty, the kinds of source that it does not use
    return [item["CidrIp"] for item in rule.get("IpRanges", ())] + [
        item["CidrIpv6"] for item in rule.get("Ipv6Ranges", ())
    ]


def _group_ids(rule: Record) -> list[str]:
    return [pair["GroupId"] for pair in rule.get("UserIdGroupPairs", ())]


def everyone(cidr: str) -> bool:
    """Whether an address range is the internet, or so large a part of it that a few of them are."""
    network = ipaddress.ip_network(cidr, strict=False)
    return network.prefixlen < (8 if network.version == 4 else 16)


def _open_to_everyone(rule: Record) -> bool:
    return any(everyone(cidr) for cidr in _ranges(rule))


def wearing(account: Account, group_id: str) -> frozenset[str]:
    """The named subjects that a group stands for: those who wear it, if nobody else does; else the group's name."""
    named = {record.entry.id: name for name, record in account.subjects()}
    group = account.find("ec2:security-group", group_id)
    if group is not None and group.entry.id in named:
        return frozenset([named[group.entry.id]])
    worn = [record for kind in _GROUPS for record in account.all(kind) if group_id in groups_of(record, account)]
    wearers = {record.entry.id for record in worn} | others_wearing(group_id, worn, account)
    if wearers and wearers <= named.keys():
        return frozenset(named[wearer] for wearer in wearers)
    return frozenset([group["GroupName"] if group else group_id])


def admitted(rules: Iterable[Record], ports: Iterable[int], account: Account) -> frozenset[str]:
    """The subjects (else security groups, address ranges, prefix lists) that rules admit to any of the ports."""
    ports, sources = list(ports), set[str]()
    for rule in rules:
        if any(admits_port(rule, port) for port in ports):
            sources.update(_ranges(rule), (item["PrefixListId"] for item in rule.get("PrefixListIds", ())))
            sources.update(*(wearing(account, group_id) for group_id in _group_ids(rule)))
    return frozenset(sources)


@check(*_PORTS, severity="critical", reads=WEARERS, names_subjects=True, fix=_FIX)
def reachable_only_from(record: Record, account: Account) -> frozenset[str]:
    """The subjects (else security groups, address ranges, prefix lists) that its groups admit to its port."""
    return admitted(_rules(record, account), _ports_of(record, account), account)


@check(*_PORTS, severity="high", reads=WEARERS, names_subjects=True, fix=_FIX)
def admits(record: Record, account: Account, subject: str) -> bool:
    """Whether its security groups admit another subject to each of its ports: all that go by that name."""
    theirs = [set(groups_of(other, account)) for name, other in account.subjects() if name == subject]
    rules, ports = list(_rules(record, account)), _ports_of(record, account)
    return bool(theirs) and all(
        any(admits_port(rule, port) and groups & set(_group_ids(rule)) for rule in rules)
        for groups in theirs
        for port in ports
    )


@check(*_GROUPS, severity="high", reads=["ec2:security-group", "elasticache:cluster"], fix=_FIX)
def open_ports(record: Record, account: Account) -> frozenset[str]:
    """The ports that its security groups open to anybody at all: `443`, `8000-8100`, `udp 53`, `all`."""
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
    """Whether no rule of its security groups admits the whole internet, on any port."""
    return not any(_open_to_everyone(rule) for rule in _rules(record, account))


@check("ec2:vpc", severity="critical", reads=WEARERS, names_subjects=True, fix=_FIX)
def closed_to_internet_except(vpc: Record, account: Account, subject: str) -> bool:
    """Whether every group in it that admits the whole internet is worn by that subject and by nothing else."""
    groups = [group for group in account.all("ec2:security-group") if group["VpcId"] == vpc["VpcId"]]
    opened = [group["GroupId"] for group in groups if any(_open_to_everyone(rule) for rule in group["IpPermissions"])]
    return bool(groups) and all(wearing(account, group_id) == {subject} for group_id in opened)


@check(
    *_GROUPS,
    severity="high",
    reads=["ec2:security-group", "elasticache:cluster"],
    names_subjects=True,
    fix="Replace its security groups by the documented ones.",
)
def security_groups(record: Record, account: Account) -> frozenset[str]:
    """The subjects that are the security groups it wears, else the groups' names."""
    named = {found["GroupId"]: name for name, found in account.subjects() if found.entry.kind == "ec2:security-group"}
    return frozenset(
        named.get(group_id) or account.get("ec2:security-group", group_id)["GroupName"]
        for group_id in groups_of(record, account)
    )
