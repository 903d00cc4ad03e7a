"""Checks of the alarms on a resource (`cloudwatch:DescribeAlarms`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, search
from asbuilt.sources.rows.watch import MEASURED

_ALARMS, _SUBSCRIPTIONS = "cloudwatch:alarm", "sns:subscription"
_KINDS = (
    "ecs:service",
    "rds:db",
    "elbv2:load-balancer",
    "cloudfront:distribution",
    "autoscaling:group",
    "elasticbeanstalk:environment",
)
_ABOVE = ("GreaterThanThreshold", "GreaterThanOrEqualToThreshold")
_SERVER_ERRORS = ("HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count", "5xxErrorRate")


@check(
    *_KINDS,
    severity="medium",
    reads=[_ALARMS],
    fix="aws cloudwatch put-metric-alarm --alarm-name {name}-{parameter} --metric-name {parameter} "
    "--comparison-operator GreaterThanThreshold --threshold {wanted ?? <limit>} --statistic Average --period 300 "
    "--evaluation-periods 2 --namespace <namespace> --dimensions <dimensions> --alarm-actions <topic>",
)
def alarms_above(record: Record, account: Account, metric: str) -> frozenset[float]:
    """The thresholds above which an alarm on a metric of this resource fires."""
    alarms = [alarm for alarm in _alarms(record, account) if metric in _names(alarm)]
    return frozenset(float(alarm["Threshold"]) for alarm in alarms if alarm["ComparisonOperator"] in _ABOVE)


@check(
    *_KINDS,
    severity="medium",
    reads=[_ALARMS],
    fix="Create an alarm on the documented metric of {name}: aws cloudwatch put-metric-alarm.",
)
def alarmed_metrics(record: Record, account: Account) -> frozenset[str]:
    """The metrics of this resource that have an alarm."""
    return frozenset(name for alarm in _alarms(record, account) for name in _names(alarm))


@check(
    *_KINDS,
    severity="medium",
    reads=[_ALARMS],
    fix="Create an alarm on the server errors of {name}: aws cloudwatch put-metric-alarm.",
)
def alarms_on_errors(record: Record, account: Account) -> bool:
    """Whether there is an alarm on the number or rate of server errors."""
    return any(name in _SERVER_ERRORS for alarm in _alarms(record, account) for name in _names(alarm))


@check(
    *_KINDS,
    severity="high",
    reads=[_ALARMS, _SUBSCRIPTIONS],
    controls=["AWS FSBP CloudWatch.15", "AWS FSBP CloudWatch.17"],
    fix="Enable the actions of the alarms on {name} and confirm a subscription of their topic.",
)
def alarms_notify(record: Record, account: Account) -> bool:
    """Whether the resource has alarms, and each of them notifies a confirmed subscriber."""
    alarms = _alarms(record, account)
    return bool(alarms) and all(has_subscriber(alarm, account, _SUBSCRIPTIONS) for alarm in alarms)


def has_subscriber(alarm: Record, account: Account, subscriptions: str) -> bool:
    """Whether the alarm's actions are enabled, and one of them is a topic with a confirmed subscription."""
    confirmed = {item["TopicArn"] for item in account.all(subscriptions) if item["SubscriptionArn"].startswith("arn:")}
    return alarm["ActionsEnabled"] and any(topic in confirmed for topic in alarm["AlarmActions"])


def _alarms(record: Record, account: Account) -> list[Record]:
    """The alarms on a resource, without those of scaling policies."""
    namespace, path = MEASURED[record.entry.kind]
    wanted = {item["Name"]: item["Value"] for item in search(path, record.entry.data)}
    alarms = [
        alarm
        for alarm in account.all(_ALARMS)
        if any(_is_on(metric, namespace, wanted) for metric in metrics_of(alarm))
    ]
    return [alarm for alarm in alarms if not _only_scales(alarm)]


def _only_scales(alarm: Record) -> bool:
    actions = list(alarm["AlarmActions"])
    return bool(actions) and all(":autoscaling:" in action for action in actions)


def metrics_of(alarm: Record) -> Iterator[Record]:
    """The metrics of an alarm: its only one, or those in its expression."""
    if "MetricName" in alarm:
        yield alarm
    else:
        yield from (item["MetricStat"]["Metric"] for item in alarm["Metrics"] if "MetricStat" in item)


def _names(alarm: Record) -> set[str]:
    return {metric["MetricName"] for metric in metrics_of(alarm)}


def _is_on(metric: Record, namespace: str, wanted: dict[str, Any]) -> bool:
    found = {item["Name"]: item["Value"] for item in metric.get("Dimensions", ())}
    return metric["Namespace"] == namespace and wanted.items() <= found.items()


@check(
    "rds:db",
    severity="medium",
    reads=[_ALARMS],
    fix="aws cloudwatch put-metric-alarm --alarm-name {name}-disk --namespace AWS/RDS --metric-name FreeStorageSpace "
    "--comparison-operator LessThanThreshold --threshold <bytes>",
)
def free_storage_alarms_percent(db: Record, account: Account) -> frozenset[float]:
    """The percentages of its storage below which an alarm on the free space fires."""
    alarms = [alarm for alarm in _alarms(db, account) if _names(alarm) == {"FreeStorageSpace"}]
    low = [alarm["Threshold"] for alarm in alarms if alarm["ComparisonOperator"].startswith("LessThan")]
    return frozenset(round(100 * limit / (db["AllocatedStorage"] * 1024**3), 1) for limit in low)
