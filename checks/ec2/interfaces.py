"""Network interfaces: which of them have a security group, beside the resources that name their own groups."""

from __future__ import annotations

from collections.abc import Iterable

from asbuilt.account import Account
from asbuilt.evidence import Record, Unknown

from ..ecs.service import belongs_to

_INTERFACE, _TASK, _SERVICE = "ec2:network-interface", "ecs:task", "ecs:service"
READS = (_INTERFACE, _TASK, _SERVICE)
# The descriptions of interfaces that AWS services create for the kinds of resources that name their own groups.
_CREATED_FOR = {
    "ELB app/": "elbv2:load-balancer",
    "ELB net/": "elbv2:load-balancer",
    "ELB gwy/": "elbv2:load-balancer",
    "RDSNetworkInterface": "rds:db",
    "Network interface for DBProxy ": "rds:proxy",
    "ElastiCache ": "elasticache:cache",
    "AWS Lambda VPC ENI-": "lambda:function",
    "VPC Endpoint Interface ": "ec2:vpc-endpoint",
}


def others_with(group_id: str, resources: Iterable[Record], account: Account) -> frozenset[str]:
    """The ids of further entries that have a security group through an interface, beyond the given resources.

    Such an entry is the ECS service or task of a task's interface, or an interface that belongs to no resource that
    was read. Raises `Unknown` where an interface's task was not read.
    """
    kinds = {record.entry.kind for record in resources}
    found = [item for item in account.all(_INTERFACE) if group_id in [group["GroupId"] for group in item["Groups"]]]
    return frozenset(_owner(interface, account) for interface in found if _created_for(interface) not in kinds)


def _created_for(interface: Record) -> str:
    """The kind of resource that an interface was created for, if resources of that kind name their groups; else ""."""
    if interface.get("Attachment", {}).get("InstanceId"):  # decided first, because users can write descriptions
        return "ec2:instance"
    # a description is AWS's own only where AWS marks the interface as created by a service
    described = interface.get("Description", "") if interface.get("RequesterManaged", False) else ""
    return next((kind for start, kind in _CREATED_FOR.items() if described.startswith(start)), "")


def _owner(interface: Record, account: Account) -> str:
    for task in account.all(_TASK):
        if interface["NetworkInterfaceId"] in _interfaces(task):
            return _service(task, account) or task.entry.id
    described = interface.get("Description", "")
    if described.startswith("arn:") and ":ecs:" in described:
        raise Unknown(f"{interface['NetworkInterfaceId']} belongs to an ECS task that was not among those read")
    return interface.entry.id


def _interfaces(task: Record) -> list[str]:
    # a task in host network mode has no attachments
    details = [detail for item in task.get("attachments", ()) for detail in item["details"]]
    return [detail["value"] for detail in details if detail["name"] == "networkInterfaceId"]


def _service(task: Record, account: Account) -> str:
    """The id of the entry of a task's service; "" for a standalone task."""
    for service in account.all(_SERVICE) if task.get("group", "").startswith("service:") else ():
        if belongs_to(task, service):
            return service.entry.id
    return ""
