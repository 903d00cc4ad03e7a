"""Checks of EC2 Auto Scaling groups: their sizes, their scaling policies and the use of their instances."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

_KIND, _POLICIES, _ALARMS = "autoscaling:group", "autoscaling:group.policies", "cloudwatch:alarm"
_SCALING = (_POLICIES, _ALARMS)
_UPDATE = "aws autoscaling update-auto-scaling-group --auto-scaling-group-name {name}"
_POLICY = "aws autoscaling put-scaling-policy --auto-scaling-group-name {name} --policy-type SimpleScaling"


@check(_KIND, severity="high", fix=f"{_UPDATE} --min-size {{wanted ?? <number>}}")
def min_instances(group: Record) -> int:
    """The minimum size of the group."""
    return group["MinSize"]


@check(_KIND, severity="high", fix=f"{_UPDATE} --max-size {{wanted ?? <number>}}")
def max_instances(group: Record) -> int:
    """The maximum size of the group."""
    return group["MaxSize"]


@check(_KIND, severity="medium", fix=f"{_UPDATE} --desired-capacity {{wanted ?? <number>}}")
def desired_instances(group: Record) -> int:
    """The desired capacity of the group."""
    return group["DesiredCapacity"]


@check(_KIND, severity="high", fix="aws autoscaling describe-scaling-activities --auto-scaling-group-name {name}")
def healthy_instances(group: Record) -> int:
    """How many instances are in service and healthy."""
    return sum(
        item["LifecycleState"] == "InService" and item["HealthStatus"] == "Healthy" for item in group["Instances"]
    )


@check(_KIND, severity="high", reads=[_POLICIES], fix=_POLICY)
def scaling_policies(group: Record, account: Account) -> int:
    """How many scaling policies are in force."""
    return len(_in_force(group, account))


@check(
    _KIND, severity="high", reads=_SCALING, fix=f"{_POLICY} --adjustment-type ChangeInCapacity --scaling-adjustment 1"
)
def adds_an_instance_above(group: Record, account: Account, metric: str) -> frozenset[float]:
    """The thresholds of a metric above which an alarm adds one instance."""
    return _limits(group, account, metric, "Greater", 1)


@check(
    _KIND,
    severity="medium",
    reads=_SCALING,
    fix=f"{_POLICY} --adjustment-type ChangeInCapacity --scaling-adjustment -1",
)
def removes_an_instance_below(group: Record, account: Account, metric: str) -> frozenset[float]:
    """The thresholds of a metric below which an alarm removes one instance."""
    return _limits(group, account, metric, "Less", -1)


def _limits(group: Record, account: Account, metric: str, comparison: str, change: int) -> frozenset[float]:
    """The thresholds of alarms on a metric of the group whose action is a policy that makes this change."""
    process = "Launch" if change > 0 else "Terminate"
    arns = {item["PolicyARN"] for item in _in_force(group, account, process) if _changes_by(item, change)}
    wanted = {"Name": "AutoScalingGroupName", "Value": group["AutoScalingGroupName"]}
    return frozenset(
        float(alarm["Threshold"])
        for alarm in account.all(_ALARMS)
        if alarm.get("MetricName") == metric  # an alarm on an expression has no metric of its own
        and any(dict(item) == wanted for item in alarm["Dimensions"])
        and alarm["ComparisonOperator"].startswith(comparison)
        and alarm["ActionsEnabled"]
        and arns & set(alarm["AlarmActions"])
    )


def _in_force(group: Record, account: Account, *processes: str) -> list[Record]:
    """The enabled policies that alarms can trigger: none where a process that they need is suspended."""
    suspended = {item["ProcessName"] for item in group.get("SuspendedProcesses", ())}
    if suspended & {"AlarmNotification", *processes}:
        return []
    return [item for item in account.details(_POLICIES, group) if item.get("Enabled", True)]  # enabled by default


def _changes_by(policy: Record, change: int) -> bool:
    # only simple scaling policies have a single adjustment
    return policy.get("AdjustmentType") == "ChangeInCapacity" and policy.get("ScalingAdjustment") == change


@check(_KIND, severity="medium", reads=["autoscaling:group.metrics"], fix="Find out why {name} publishes no metrics.")
def metrics(group: Record, account: Account) -> frozenset[str]:
    """The metrics that EC2 published about its instances in the last two weeks."""
    return frozenset(metric["MetricName"] for metric in account.details("autoscaling:group.metrics", group))


@check(
    _KIND,
    severity="medium",
    reads=["autoscaling:group.agent-metrics"],
    fix="Install the CloudWatch agent on the instances of {name}, with AutoScalingGroupName in append_dimensions.",
)
def agent_metrics(group: Record, account: Account) -> frozenset[str]:
    """The metrics that the CloudWatch agent published about its instances in the last two weeks."""
    return frozenset(metric["MetricName"] for metric in account.details("autoscaling:group.agent-metrics", group))


@check(_KIND, severity="medium", reads=[f"{_KIND}.cpu"], fix="Scale {name} out earlier, or use larger instances.")
def cpu_percent(group: Record, account: Account) -> float:
    """The average CPU utilization of its instances over the last day."""
    return _average(group, account, "cpu")


@check(_KIND, severity="medium", reads=[f"{_KIND}.memory"], fix="Use instances with more memory in {name}.")
def memory_percent(group: Record, account: Account) -> float:
    """The average memory use of its instances over the last day, as reported by the CloudWatch agent."""
    return _average(group, account, "memory")


@check(_KIND, severity="medium", reads=[f"{_KIND}.disk"], fix="Attach larger volumes to the instances of {name}.")
def disk_percent(group: Record, account: Account) -> float:
    """The average disk use of its instances over the last day, as reported by the CloudWatch agent."""
    return _average(group, account, "disk")


def _average(group: Record, account: Account, detail: str) -> float:
    points = [point["Average"] for point in account.details(f"{_KIND}.{detail}", group)]
    if not points:
        raise Unknown(f"{group['AutoScalingGroupName']!r} published no {detail} metric in the last day")
    return round(sum(points) / len(points), 1)
