"""Questions about one alarm: when it fires, and whom it tells (`cloudwatch:DescribeAlarms`)."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

from .alarms import watched

_KIND, _SUBSCRIPTIONS = "cloudwatch:alarm", "sns:subscription"
_FIX = "aws cloudwatch put-metric-alarm --alarm-name {name} ..., with the documented settings"
_SIDES = {
    "GreaterThanThreshold": "above",
    "GreaterThanOrEqualToThreshold": "at or above",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "at or below",
}


@check(_KIND, severity="medium", fix=_FIX)
def watches(alarm: Record) -> frozenset[str]:
    """The metrics that it watches, with their namespaces: `AWS/RDS CPUUtilization`."""
    return frozenset(f"{metric['Namespace']} {metric['MetricName']}" for metric in watched(alarm))


@check(_KIND, severity="high", names_subjects=True, fix=_FIX)
def measures(alarm: Record, account: Account) -> frozenset[str]:
    """The subjects that its metrics are measured on; what stands for none of them as the dimension's value."""
    known = {name: subject for subject, record in account.subjects() for name in _as_dimension(record)}
    pairs = [pair for metric in watched(alarm) for pair in metric.get("Dimensions", ())]
    return frozenset(known.get(pair["Value"], pair["Value"]) for pair in pairs)


def _as_dimension(record: Record) -> set[str]:
    """What CloudWatch calls a thing: its name, or the end of its ARN for load balancers and their target groups."""
    arn = record.entry.arn.partition(":loadbalancer/")[2] or record.entry.arn.rpartition(":")[2]
    return {*record.entry.names, arn}


@check(_KIND, severity="medium", fix=_FIX)
def formula(alarm: Record) -> str | None:
    """What it computes, metrics in the place of their ids: `100 * Errors / Requests`; nothing for a lone metric."""
    queries = list(alarm.get("Metrics", ()))
    names = {item["Id"]: item["MetricStat"]["Metric"]["MetricName"] for item in queries if "MetricStat" in item}
    # what is returned is what is compared; AWS documents that as the default
    shown = [item["Expression"] for item in queries if "Expression" in item and item.get("ReturnData", True)]
    return re.sub(r"\b[a-z]\w*\b", lambda word: names.get(word[0], word[0]), shown[0]) if len(shown) == 1 else None


@check(_KIND, severity="high", fix=_FIX)
def threshold(alarm: Record) -> float:
    """The value at which it fires."""
    return float(alarm["Threshold"])


@check(_KIND, severity="high", fix=_FIX)
def fires(alarm: Record) -> str:
    """Where it fires: above, at or above, below, at or below its threshold; outside a band of expected values."""
    return _SIDES.get(alarm["ComparisonOperator"], "outside")


@check(_KIND, severity="medium", fix=_FIX)
def minutes(alarm: Record) -> float:
    """How long its condition must last until it fires: as many periods as must breach."""
    # as many periods must breach as are looked at, unless said otherwise
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
    """Whom it tells when it fires: the protocols of its topics' confirmed subscriptions, for HTTPS with the host."""
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
