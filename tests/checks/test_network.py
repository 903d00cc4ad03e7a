"""Checks of VPCs, security groups, endpoints, flow logs and instances, both ways."""

from __future__ import annotations

import pytest

from asbuilt.evidence import Unknown
from asbuilt_content.checks import any as any_kind
from asbuilt_content.checks.ec2 import vpc as network
from tests.records import account, entry, record

VPC = entry({"VpcId": "vpc-1"}, "ec2:vpc", ["v"])


def _with(kind, *items):
    seen = account({"ec2:vpc": [VPC], kind: [entry(item, kind, [str(i)]) for i, item in enumerate(items)]})
    return seen.find("ec2:vpc", "v"), seen


def test_a_vpc_of_ones_own():
    """Its block, and whether somebody made it."""
    assert network.cidr(record({"CidrBlock": "10.0.0.0/16"})) == "10.0.0.0/16"
    assert network.purpose_built(record({"IsDefault": False}))
    assert not network.purpose_built(record({"IsDefault": True}))
    with pytest.raises(Unknown):
        network.purpose_built(record({}))


def test_subnet_cidrs_of_this_vpc():
    """Other VPCs may hold the same blocks."""
    items = [{"VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24"}, {"VpcId": "vpc-2", "CidrBlock": "10.0.2.0/24"}]
    assert network.subnet_cidrs(*_with("ec2:subnet", *items)) == {"10.0.1.0/24"}


def test_endpoints_that_work():
    """The service's short name, wherever the partition; pending, foreign and unconnected ones do not count."""
    placed: list[tuple[str, str, str, dict[str, list[str]]]] = [
        ("vpc-1", "s3", "available", {"RouteTableIds": ["rtb-1"]}),
        ("vpc-1", "ecr.api", "Available", {"RouteTableIds": [], "SubnetIds": ["subnet-1"]}),
        ("vpc-1", "logs", "pending", {"SubnetIds": ["subnet-1"]}),
        ("vpc-2", "ecr.dkr", "available", {"SubnetIds": ["subnet-1"]}),
        ("vpc-1", "dynamodb", "available", {"RouteTableIds": []}),
    ]
    items = [
        {"VpcId": vpc, "ServiceName": f"com.amazonaws.us-east-1.{name}", "State": state, **leads}
        for vpc, name, state, leads in placed
    ]
    assert network.endpoints(*_with("ec2:vpc-endpoint", *items)) == {"s3", "ecr.api"}


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
    """Active, delivering, and of the whole VPC."""
    log = {"ResourceId": "vpc-1", "FlowLogStatus": "ACTIVE", "DeliverLogsStatus": "SUCCESS", "TrafficType": "ALL"}
    assert network.flow_logs(*_with("ec2:flow-log", {**log, **change})) == traffic


def test_self_managed_instances():
    """Stopped ones are one's own to keep as well; terminated ones are gone."""
    states = ["running", "stopped", "terminated", "shutting-down", "pending"]
    items = [entry({"State": {"Name": state}}, "ec2:instance", [state]) for state in states]
    assert network.self_managed_instances(record({}), account({"ec2:instance": items})) == 3
    assert network.self_managed_instances(record({}), account({"ec2:instance": []})) == 0


def test_description():
    """As the group says it."""
    assert network.description(record({"Description": "Web"})) == "Web"


def test_region_is_read_from_the_arn():
    """Of the field that holds the record's own ARN; what is no ARN has no region."""
    arn = "arn:aws:rds:eu-west-1:123456789012:db:x"
    assert any_kind.region(record({"DBInstanceArn": arn}, "rds:db")) == "eu-west-1"
    assert any_kind.region(record({"DBInstanceArn": "x"}, "rds:db")) == ""
    with pytest.raises(Unknown):
        any_kind.region(record({}, "rds:db"))


def test_exists_and_count():
    """A record is there; how many are."""
    assert any_kind.exists(record({"Name": "x"}))
    assert any_kind.count((record({}), record({}))) == 2
    assert any_kind.count(()) == 0


@pytest.mark.parametrize(
    ("kind", "there", "given_up"),
    [
        ("ec2:instance", {"State": {"Name": "stopped"}}, {"State": {"Name": "terminated"}}),
        ("ec2:vpc-endpoint", {"State": "Available"}, {"State": "Deleting"}),
        ("ecs:service", {"status": "ACTIVE"}, {"status": "DRAINING"}),
        ("rds:db", {"DBInstanceStatus": "backing-up"}, {"DBInstanceStatus": "deleting"}),
        ("elbv2:load-balancer", {"State": {"Code": "active"}}, {"State": {"Code": "failed"}}),
    ],
)
def test_what_is_given_up_is_neither_there_nor_counted(kind, there, given_up):
    """AWS goes on listing it for a while."""
    held = [record(data, kind, ["x"]) for data in (there, given_up)]
    assert [any_kind.exists(one) for one in held] == [True, False]
    assert any_kind.count(tuple(held)) == 1
