"""Checks of single alarms: their condition and their subscribers (`cloudwatch:DescribeAlarms`)."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, search
from asbuilt.sources.rows.watch import MEASURED

from .alarms import metrics_of

_KIND, _SUBSCRIPTIONS = "cloudwatch:alarm", "sns:subscription"
_FIX = "aws cloudwatch put-metric-alarm --alarm-name {name} ..., with the documented settings"
# The dimension that identifies a resource of each further kind, beside those of `MEASURED`.
_IDENTIFIED = {
    "ec2:instance": "[{Name: 'InstanceId', Value: InstanceId}]",
    "ecs:cluster": "[{Name: 'ClusterName', Value: clusterName}]",
    "efs:file-system": "[{Name: 'FileSystemId', Value: FileSystemId}]",
    "elbv2:target-group": "[{Name: 'TargetGroup', "
    "Value: join('', ['targetgroup/', after(TargetGroupArn, ':targetgroup/')])}]",
    "lambda:function": "[{Name: 'FunctionName', Value: FunctionName}]",
    "s3:bucket": "[{Name: 'BucketName', Value: Name}]",
}
_SIDES = {
    "GreaterThanThreshold": "above",
    "GreaterThanOrEqualToThreshold": "at or above",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "at or below",
}


@check(_KIND, severity="medium", fix=_FIX)
def watches(alarm: Record) -> frozenset[str]:
    """The metrics of the alarm, with their namespaces: `AWS/RDS CPUUtilization`."""
    return frozenset(f"{metric['Namespace']} {metric['MetricName']}" for metric in metrics_of(alarm))


@check(_KIND, severity="high", names_subjects=True, fix=_FIX)
def measures(alarm: Record, account: Account) -> frozenset[str]:
    """The subjects that its metrics are measured on, else the values of the metrics' dimensions."""
    known = [(name, dimensions) for name, record in account.subjects() if (dimensions := _dimensions(record))]
    found: set[str] = set()
    for metric in metrics_of(alarm):
        held = {pair["Name"]: pair["Value"] for pair in metric.get("Dimensions", ())}
        for own, value in held.items():
            names = {name for name, all_of in known if own == [*all_of][-1] and all_of.items() <= held.items()}
            found |= names or {account.unnamed(value)}
    return frozenset(found)


def _dimensions(record: Record) -> dict[str, str]:
    """The dimensions that identify a resource together; the last is its own, as a service's is beside its cluster's."""
    kind = record.entry.kind
    path = MEASURED[kind][1] if kind in MEASURED else _IDENTIFIED.get(kind)
    return {item["Name"]: item["Value"] for item in search(path, record.entry.data)} if path else {}


@check(_KIND, severity="medium", fix=_FIX)
def formula(alarm: Record) -> str | None:
    """The alarm's expression, with metric names in place of ids: `100 * Errors / Requests`; nothing if it has none."""
    queries = list(alarm.get("Metrics", ()))
    names = {item["Id"]: item["MetricStat"]["Metric"]["MetricName"] for item in queries if "MetricStat" in item}
    # the alarm compares the query that returns data, which AWS documents as the default
    shown = [item["Expression"] for item in queries if "Expression" in item and item.get("ReturnData", True)]
    return re.sub(r"\b[a-z]\w*\b", lambda word: names.get(word[0], word[0]), shown[0]) if len(shown) == 1 else None


@check(_KIND, severity="high", fix=_FIX)
def threshold(alarm: Record) -> float:
    """The threshold of the alarm."""
    return float(alarm["Threshold"])


@check(_KIND, severity="high", fix=_FIX)
def fires(alarm: Record) -> str:
    """Where it fires, relative to its threshold: above, at or above, below, at or below; `outside` an expected band."""
    return _SIDES.get(alarm["ComparisonOperator"], "outside")


@check(_KIND, severity="medium", fix=_FIX)
def minutes(alarm: Record) -> float:
    """How long the threshold must be breached before it fires."""
    # by default, all evaluated periods must breach the threshold
    periods = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    return periods * max(_periods(alarm)) / 60


def _periods(alarm: Record) -> Iterator[int]:
    if "Period" in alarm:
        yield alarm["Period"]
    else:
        yield from (item["MetricStat"]["Period"] for item in alarm["Metrics"] if "MetricStat" in item)


@check(
    _KIND,
    severity="high",
    reads=[_SUBSCRIPTIONS],
    controls=["AWS FSBP CloudWatch.15", "AWS FSBP CloudWatch.17"],
    fix="aws sns subscribe --topic-arn {AlarmActions[?contains(@, ':sns:')] | [0] ?? <topic>} "
    "--protocol <protocol> --notification-endpoint <endpoint>",
)
def tells(alarm: Record, account: Account) -> frozenset[str]:
    """The protocols of its topics' confirmed subscriptions, with the host for HTTP and HTTPS."""
    topics = set(alarm["AlarmActions"]) if alarm["ActionsEnabled"] else set()
    return frozenset(
        _channel(item)
        for item in account.all(_SUBSCRIPTIONS)
        if item["TopicArn"] in topics and item["SubscriptionArn"].startswith("arn:")
    )


def _channel(subscription: Record) -> str:
    if subscription["Protocol"] in ("http", "https"):
        return f"{subscription['Protocol']} {urlsplit(subscription['Endpoint']).hostname}"
    return subscription["Protocol"]
