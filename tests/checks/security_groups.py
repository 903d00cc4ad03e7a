"""Databases, services and security groups for the tests of reachability."""

from __future__ import annotations

from typing import Any

from asbuilt.evidence import ResourceId
from asbuilt_content.checks.ec2 import reachability
from tests.records import account, entry

WEB, OTHER_WEB = (
    entry(
        {
            "networkConfiguration": {"awsvpcConfiguration": {"securityGroups": [group]}},
            "loadBalancers": [{"containerPort": 8000}],
        },
        "ecs:service",
        [name],
    )
    for name, group in (("web", "sg-web"), ("other", "sg-other"))
)
EMPTY: dict[str, list[Any]] = {kind: [] for kind in reachability.GROUP_READS}


def database(*groups, port=5432):
    """A database with these security groups."""
    attached = [{"VpcSecurityGroupId": group} for group in groups]
    return entry({"VpcSecurityGroups": attached, "Endpoint": {"Port": port}}, "rds:db", ["db"])


def rule(first=5432, last=5432, protocol="tcp", **sources):
    """An ingress rule."""
    ports = {} if protocol == "-1" else {"FromPort": first, "ToPort": last}
    lists: dict[str, list[Any]] = {"IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}
    return {"IpProtocol": protocol, **ports, **lists, **sources}


def from_group(group_id, **about):
    """An ingress rule whose source is a security group."""
    return rule(UserIdGroupPairs=[{"GroupId": group_id}], **about)


def from_range(cidr, **about):
    """An ingress rule whose source is an address range."""
    return rule(IpRanges=[{"CidrIp": cidr}], **about)


def group(group_id, *rules, vpc="vpc-1"):
    """A security group with ingress rules."""
    data = {"GroupId": group_id, "GroupName": f"name of {group_id}", "IpPermissions": list(rules), "VpcId": vpc}
    return entry(data, "ec2:security-group", [group_id])


def look(db, groups, subjects=None, **more):
    """The record of a database, and an account with it, both services and these security groups."""
    kinds = {**EMPTY, "rds:db": [db], "ecs:service": [WEB, OTHER_WEB], "ec2:security-group": groups, **more}
    seen = account(kinds, subjects or {"web": [WEB]})
    return seen.find("rds:db", ResourceId("db")), seen
