"""Network interfaces: who else wears a security group, beyond the things that say which groups they wear."""

from __future__ import annotations

from collections.abc import Iterable

from asbuilt.account import Account
from asbuilt.evidence import Record, Unknown

_INTERFACE, _TASK, _SERVICE = "ec2:network-interface", "ecs:task", "ecs:service"
READS = (_INTERFACE, _TASK, _SERVICE)
# How AWS describes the interfaces that it makes for the kinds of things that say themselves what they wear.
_MADE_FOR = {
    "ELB app/": "elbv2:load-balancer",
    "ELB net/": "elbv2:load-balancer",
    "ELB gwy/": "elbv2:load-balancer",
    "RDSNetworkInterface": "rds:db",
    "Network interface for DBProxy ": "rds:proxy",
    "ElastiCache ": "elasticache:cache",
    "AWS Lambda VPC ENI-": "lambda:function",
    "VPC Endpoint Interface ": "ec2:vpc-endpoint",
}


def others_wearing(group_id: str, wearers: Iterable[Record], account: Account) -> frozenset[str]:
    """The ids of entries that wear a group by an interface and are not among its wearers by their own account.

    That is the service or task that an ECS task's interface belongs to, and an interface that belongs to none of the
    things that were read. Raises `Unknown` where its task was not among those read.
    """
    kinds = {record.entry.kind for record in wearers}
    worn = [item for item in account.all(_INTERFACE) if group_id in [group["GroupId"] for group in item["Groups"]]]
    return frozenset(_owner(interface, account) for interface in worn if _made_for(interface) not in kinds)


def _made_for(interface: Record) -> str:
    """The kind of thing that it was made for, where all of that kind say which groups they wear."""
    if interface.get("Attachment", {}).get("InstanceId"):  # whatever its description says, which anybody may write
        return "ec2:instance"
    # AWS says so of what its services made; beside any other interface somebody else wrote the description
    described = interface.get("Description", "") if interface.get("RequesterManaged", False) else ""
    return next((kind for start, kind in _MADE_FOR.items() if described.startswith(start)), "")


def _owner(interface: Record, account: Account) -> str:
    for task in account.all(_TASK):
        if interface["NetworkInterfaceId"] in _interfaces(task):
            return _service(task, account) or task.entry.id
    described = interface.get("Description", "")
    if described.startswith("arn:") and ":ecs:" in described:
        raise Unknown(f"{interface['NetworkInterfaceId']} is of an ECS task that was not among those read")
    return interface.entry.id


def _interfaces(task: Record) -> list[str]:
    # a task that shares its host's network has no attachments
    details = [detail for item in task.get("attachments", ()) for detail in item["details"]]
    return [detail["value"] for detail in details if detail["name"] == "networkInterfaceId"]


def _service(task: Record, account: Account) -> str:
    """The id of the service's entry that runs a task; "" for a task of its own."""
    group = task.get("group", "")
    for service in account.all(_SERVICE) if group.startswith("service:") else ():
        if group == f"service:{service['serviceName']}" and service["clusterArn"] == task["clusterArn"]:
            return service.entry.id
    return ""
