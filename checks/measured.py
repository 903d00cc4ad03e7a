"""Questions about what an application measures itself: metrics of its own namespaces."""

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

_MONTH = "cloudwatch:metric.month"


@check(
    "cloudwatch:metric",
    severity="medium",
    reads=[_MONTH],
    fix="aws cloudwatch get-metric-statistics --namespace {Namespace} --metric-name {MetricName} --period 86400 "
    "--statistics Average: which days are out of line?",
)
def month_average(metric: Record, account: Account) -> float:
    """The average of all that was measured in the last 30 days."""
    days = account.details(_MONTH, metric)
    samples = sum(day["SampleCount"] for day in days)
    if not samples:
        raise Unknown(f"{metric['MetricName']!r} was not measured in the last 30 days")
    return round(sum(day["Average"] * day["SampleCount"] for day in days) / samples, 4)
