"""Checks of alarms on log groups: a metric filter counts log lines, and an alarm watches its metric."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_FILTERS, _ALARMS = "logs:log-group.filters", "cloudwatch:alarm"


@check(
    "logs:log-group",
    severity="medium",
    reads=[_FILTERS, _ALARMS],
    fix="aws logs put-metric-filter --log-group-name {name} --filter-name {parameter} --filter-pattern <pattern> "
    "--metric-transformations <metric>, then aws cloudwatch put-metric-alarm on that metric",
)
def alarms_on(group: Record, account: Account, word: str) -> bool:
    """Whether an alarm watches the metric of a filter that has this word in its pattern or name."""
    counted = {
        (item["metricNamespace"], item["metricName"])
        for found in account.details(_FILTERS, group)
        if word.lower() in f"{found['filterName']} {found['filterPattern']}".lower()
        for item in found["metricTransformations"]
    }
    # an alarm on an expression has no single metric
    watched = {(alarm.get("Namespace"), alarm.get("MetricName")) for alarm in account.all(_ALARMS)}
    return bool(counted & watched)
