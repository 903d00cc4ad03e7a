"""Checks of VPCs, security groups, endpoints, flow logs and instances, and of any kind."""

from __future__ import annotations

from typing import Any

import pytest

from asbuilt.evidence import ResourceId, Unknown
from asbuilt_content.checks import any as any_kind
from asbuilt_content.checks.ec2 import vpc as vpc_checks
from tests.records import account, entry, record

VPC = entry({"VpcId": "vpc-1"}, "ec2:vpc", ["v"])


def _with(kind, *items):
    seen = account({"ec2:vpc": [VPC], kind: [entry(item, kind, [str(i)]) for i, item in enumerate(items)]})
    return seen.find("ec2:vpc", ResourceId("v")), seen


def test_cidr_and_default_vpc():
    """The CIDR block, and whether it is the default VPC."""
    assert vpc_checks.cidr(record({"CidrBlock": "10.0.0.0/16"})) == "10.0.0.0/16"
    assert vpc_checks.purpose_built(record({"IsDefault": False}))
    assert not vpc_checks.purpose_built(record({"IsDefault": True}))
    with pytest.raises(Unknown):
        vpc_checks.purpose_built(record({}))


def test_subnet_cidrs_of_this_vpc():
    """Subnets of other VPCs do not count."""
    items = [{"VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24"}, {"VpcId": "vpc-2", "CidrBlock": "10.0.2.0/24"}]
    assert vpc_checks.subnet_cidrs(*_with("ec2:subnet", *items)) == {"10.0.1.0/24"}


def test_available_endpoints():
    """Endpoints are short service names in any partition; pending, other VPCs' and unconnected ones do not count."""
    cases: list[tuple[str, str, str, dict[str, Any]]] = [
        ("vpc-1", "s3", "available", {"RouteTableIds": ["rtb-1"]}),
        ("vpc-1", "ecr.api", "Available", {"RouteTableIds": [], "SubnetIds": ["subnet-1"]}),
        ("vpc-1", "logs", "pending", {"SubnetIds": ["subnet-1"]}),
        ("vpc-2", "ecr.dkr", "available", {"SubnetIds": ["subnet-1"]}),
        ("vpc-1", "dynamodb", "available", {"RouteTableIds": []}),
    ]
    items: list[dict[str, Any]] = [
        {**leads, "VpcId": vpc, "State": state, "ServiceName": f"com.amazonaws.us-east-1.{name}"}
        for vpc, name, state, leads in cases
    ]
    assert vpc_checks.endpoints(*_with("ec2:vpc-endpoint", *items)) == {"s3", "ecr.api"}


@pytest.mark.parametrize(
    ("change", "traffic"),
    [
        ({}, {"ALL"}),
        ({"TrafficType": "REJECT"}, {"REJECT"}),
        ({"DeliverLogsStatus": "FAILED"}, set()),
        ({"DeliverLogsStatus": None}, {"ALL"}),
        ({"FlowLogStatus": "INACTIVE"}, set()),
        ({"ResourceId": "subnet-1"}, set()),
    ],
)
def test_flow_logs_that_record_now(change, traffic):
    """Only active flow logs of the VPC that deliver count."""
    log = {"ResourceId": "vpc-1", "FlowLogStatus": "ACTIVE", "DeliverLogsStatus": "SUCCESS", "TrafficType": "ALL"}
    assert vpc_checks.flow_logs(*_with("ec2:flow-log", {**log, **change})) == traffic


def test_self_managed_instances():
    """Stopped instances count, terminated ones do not."""
    states = ["running", "stopped", "terminated", "shutting-down", "pending"]
    items = [entry({"State": {"Name": state}}, "ec2:instance", [state]) for state in states]
    assert vpc_checks.self_managed_instances(record({}), account({"ec2:instance": items})) == 3
    assert vpc_checks.self_managed_instances(record({}), account({"ec2:instance": []})) == 0


def test_description():
    """The description is the group's field."""
    assert vpc_checks.description(record({"Description": "Web"})) == "Web"


def test_region_is_read_from_the_arn():
    """The region comes from the record's own ARN; a value that is no ARN has none."""
    arn = "arn:aws:rds:eu-west-1:123456789012:db:x"
    assert any_kind.region(record({"DBInstanceArn": arn}, "rds:db")) == "eu-west-1"
    assert any_kind.region(record({"DBInstanceArn": "x"}, "rds:db")) == ""
    with pytest.raises(Unknown):
        any_kind.region(record({}, "rds:db"))


def test_exists_and_count():
    """A record exists, and records are counted."""
    assert any_kind.exists(record({"Name": "x"}))
    assert any_kind.count((record({}), record({}))) == 2
    assert any_kind.count(()) == 0


@pytest.mark.parametrize(
    ("kind", "there", "gone"),
    [
        ("ec2:instance", {"State": {"Name": "stopped"}}, {"State": {"Name": "terminated"}}),
        ("ec2:vpc-endpoint", {"State": "Available"}, {"State": "Deleting"}),
        ("ecs:service", {"status": "ACTIVE"}, {"status": "DRAINING"}),
        ("rds:db", {"DBInstanceStatus": "backing-up"}, {"DBInstanceStatus": "deleting"}),
        ("elbv2:load-balancer", {"State": {"Code": "active"}}, {"State": {"Code": "failed"}}),
    ],
)
def test_failed_and_deleted_resources_do_not_count(kind, there, gone):
    """AWS lists such resources for a while."""
    held = [record(data, kind, ["x"]) for data in (there, gone)]
    assert [any_kind.exists(one) for one in held] == [True, False]
    assert any_kind.count(tuple(held)) == 1
