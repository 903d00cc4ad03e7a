"""Questions about alarms, asked of the resource that they watch (`cloudwatch:DescribeAlarms`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, search
from asbuilt.sources.rows.watch import MEASURED

_ALARMS, _SUBSCRIPTIONS = "cloudwatch:alarm", "sns:subscription"
_WATCHED = (
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
    *_WATCHED,
    severity="medium",
    reads=[_ALARMS],
    fix="aws cloudwatch put-metric-alarm --alarm-name {name}-{parameter} --metric-name {parameter} "
    "--comparison-operator GreaterThanThreshold --threshold {wanted ?? <limit>} --statistic Average --period 300 "
    "--evaluation-periods 2 --namespace <namespace> --dimensions <dimensions> --alarm-actions <topic>",
)
def alarms_above(record: Record, account: Account, metric: str) -> frozenset[float]:
    """The limits above which an alarm on a metric of this resource fires."""
    alarms = [alarm for alarm in _alarms(record, account) if metric in _metrics(alarm)]
    return frozenset(float(alarm["Threshold"]) for alarm in alarms if alarm["ComparisonOperator"] in _ABOVE)


@check(
    *_WATCHED,
    severity="medium",
    reads=[_ALARMS],
    fix="Create an alarm on the documented metric of {name}: aws cloudwatch put-metric-alarm.",
)
def alarmed_metrics(record: Record, account: Account) -> frozenset[str]:
    """The metrics of this resource that an alarm watches."""
    return frozenset(name for alarm in _alarms(record, account) for name in _metrics(alarm))


@check(
    *_WATCHED,
    severity="medium",
    reads=[_ALARMS],
    fix="Create an alarm on the server errors of {name}: aws cloudwatch put-metric-alarm.",
)
def alarms_on_errors(record: Record, account: Account) -> bool:
    """Whether an alarm watches how often callers are answered with a server error."""
    return any(name in _SERVER_ERRORS for alarm in _alarms(record, account) for name in _metrics(alarm))


@check(
    *_WATCHED,
    severity="high",
    reads=[_ALARMS, _SUBSCRIPTIONS],
    controls=["AWS FSBP CloudWatch.15", "AWS FSBP CloudWatch.17"],
    fix="Enable the actions of the alarms on {name} and confirm a subscription of their topic.",
)
def alarms_notify(record: Record, account: Account) -> bool:
    """Whether there are alarms on this resource and each of them tells somebody."""
    alarms = _alarms(record, account)
    return bool(alarms) and all(reaches_somebody(alarm, account, _SUBSCRIPTIONS) for alarm in alarms)


def reaches_somebody(alarm: Record, account: Account, subscriptions: str) -> bool:
    """Whether the alarm's actions are on, and one of them is a topic to which somebody has confirmed to listen."""
    listened = {item["TopicArn"] for item in account.all(subscriptions) if item["SubscriptionArn"].startswith("arn:")}
    return alarm["ActionsEnabled"] and any(topic in listened for topic in alarm["AlarmActions"])


def _alarms(record: Record, account: Account) -> list[Record]:
    """The alarms on this resource, without those by which a scaling policy counts tasks."""
    namespace, path = MEASURED[record.entry.kind]
    wanted = {item["Name"]: item["Value"] for item in search(path, record.entry.data)}
    alarms = [
        alarm for alarm in account.all(_ALARMS) if any(_is_on(metric, namespace, wanted) for metric in watched(alarm))
    ]
    return [alarm for alarm in alarms if not _only_scales(alarm)]


def _only_scales(alarm: Record) -> bool:
    actions = list(alarm["AlarmActions"])
    return bool(actions) and all(":autoscaling:" in action for action in actions)


def watched(alarm: Record) -> Iterator[Record]:
    """The metrics that an alarm watches: its own one, or those that its expression is made of."""
    if "MetricName" in alarm:
        yield alarm
    else:
        yield from (item["MetricStat"]["Metric"] for item in alarm["Metrics"] if "MetricStat" in item)


def _metrics(alarm: Record) -> set[str]:
    return {metric["MetricName"] for metric in watched(alarm)}


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
    """The shares of its storage, in percent, below which an alarm on the free space fires."""
    alarms = [alarm for alarm in _alarms(db, account) if _metrics(alarm) == {"FreeStorageSpace"}]
    low = [alarm["Threshold"] for alarm in alarms if alarm["ComparisonOperator"].startswith("LessThan")]
    return frozenset(round(100 * limit / (db["AllocatedStorage"] * 1024**3), 1) for limit in low)
