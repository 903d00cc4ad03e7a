"""Checks of Auto Scaling groups: sizes, policies with their alarms, and use of instances."""

from __future__ import annotations

import pytest

from asbuilt.evidence import Unknown
from asbuilt_content.checks.beanstalk import autoscaling
from tests.records import account, entry, record

KIND, POLICIES, ALARMS = "autoscaling:group", "autoscaling:group.policies", "cloudwatch:alarm"
DATA = {
    "AutoScalingGroupName": "g",
    "MinSize": 1,
    "MaxSize": 4,
    "DesiredCapacity": 2,
    "Instances": [
        {"LifecycleState": "InService", "HealthStatus": "Healthy"},
        {"LifecycleState": "InService", "HealthStatus": "Unhealthy"},
        {"LifecycleState": "Pending", "HealthStatus": "Healthy"},
    ],
}
GROUP = entry(DATA, KIND, ["g"])


def group():
    """A record of the group."""
    return record(DATA, KIND, ["g"])


def test_sizes():
    """Sizes are the group's fields; an instance is healthy if it is in service and healthy."""
    assert (autoscaling.min_instances(group()), autoscaling.max_instances(group())) == (1, 4)
    assert autoscaling.desired_instances(group()) == 2
    assert autoscaling.healthy_instances(group()) == 1


def scaling(change=1, alarm=None, **policy):
    """An account with one policy and one alarm that triggers it."""
    of = {"PolicyARN": "arn:p", "AdjustmentType": "ChangeInCapacity", "ScalingAdjustment": change, **policy}
    fires = {
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "AutoScalingGroupName", "Value": "g"}],
        "Threshold": 70.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "ActionsEnabled": True,
        "AlarmActions": ["arn:p"],
        **(alarm or {}),
    }
    return account({POLICIES: [entry(of, POLICIES, ["p"], parent=GROUP.id)], ALARMS: [entry(fires, ALARMS, ["a"])]})


def test_what_adds_and_removes_an_instance():
    """The answer is the threshold of the alarm whose action is a policy with that change."""
    down = {"ComparisonOperator": "LessThanThreshold", "Threshold": 30.0}
    assert autoscaling.adds_an_instance_above(group(), scaling(), "CPUUtilization") == {70}
    assert autoscaling.removes_an_instance_below(group(), scaling(-1, down), "CPUUtilization") == {30}


@pytest.mark.parametrize(
    "seen",
    [
        scaling(2),
        scaling(AdjustmentType="ExactCapacity"),
        scaling(alarm={"MetricName": "NetworkOut"}),
        scaling(alarm={"Dimensions": [{"Name": "AutoScalingGroupName", "Value": "other"}]}),
        scaling(alarm={"ComparisonOperator": "LessThanThreshold"}),
        scaling(alarm={"ActionsEnabled": False}),
        scaling(alarm={"AlarmActions": ["arn:topic"]}),
        scaling(Enabled=False),
    ],
)
def test_what_does_not_add_an_instance(seen):
    """Another step, metric, group or direction, a disabled alarm, or one that only notifies, does not count."""
    assert autoscaling.adds_an_instance_above(group(), seen, "CPUUtilization") == frozenset()


def test_scaling_policies():
    """Disabled policies do not count."""
    assert autoscaling.scaling_policies(group(), scaling()) == 1
    assert autoscaling.scaling_policies(group(), scaling(Enabled=False)) == 0


@pytest.mark.parametrize(("question", "detail"), [("metrics", "metrics"), ("agent_metrics", "agent-metrics")])
def test_published_metrics(question, detail):
    """The metrics published by EC2 or by the agent."""
    kind = f"{KIND}.{detail}"
    seen = account({kind: [entry({"MetricName": "m"}, kind, ["m"], parent=GROUP.id)]})
    assert getattr(autoscaling, question)(group(), seen) == {"m"}
    assert getattr(autoscaling, question)(group(), account({kind: []})) == frozenset()


@pytest.mark.parametrize("detail", ["cpu", "memory", "disk"])
def test_averages(detail):
    """The mean of the day's hours; without samples it is unknown."""
    kind = f"{KIND}.{detail}"
    points = [entry({"Average": value}, kind, [str(value)], parent=GROUP.id) for value in (40.0, 60.0)]
    question = getattr(autoscaling, f"{detail}_percent")
    assert question(group(), account({kind: points})) == 50
    with pytest.raises(Unknown):
        question(group(), account({kind: []}))


@pytest.mark.parametrize(
    ("process", "policies", "adds", "removes"),
    [
        ("HealthCheck", 1, {70}, {70}),
        ("Launch", 1, set(), {70}),
        ("Terminate", 1, {70}, set()),
        ("AlarmNotification", 0, set(), set()),
    ],
)
def test_what_a_suspended_group_does_not_do(process, policies, adds, removes):
    """An enabled policy has no effect while a process that it needs is suspended."""
    held = record({**DATA, "SuspendedProcesses": [{"ProcessName": process}]}, KIND, ["g"])
    fewer = scaling(-1, {"ComparisonOperator": "LessThanThreshold"})
    assert autoscaling.scaling_policies(held, scaling()) == policies
    assert autoscaling.adds_an_instance_above(held, scaling(), "CPUUtilization") == adds
    assert autoscaling.removes_an_instance_below(held, fewer, "CPUUtilization") == removes
