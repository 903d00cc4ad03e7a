"""Questions about log groups (`logs:DescribeLogGroups` and what is asked of each)."""

from __future__ import annotations

import datetime

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

_STREAMS = "logs:log-group.streams"
_LINES = "logs:log-group.streams.lines"


@check(
    "logs:log-group",
    severity="medium",
    controls=["AWS FSBP CloudWatch.16"],
    fix="aws logs put-retention-policy --log-group-name {name} --retention-in-days 90",
)
def retention_days(group: Record) -> int | None:
    """How long events are kept; nothing where they are kept for ever, which is AWS's default."""
    return group.get("retentionInDays")


@check(
    "logs:log-group",
    severity="high",
    reads=[_STREAMS],
    fix="Find out why nothing writes to {name}: the log driver and the role's logs:PutLogEvents.",
)
def last_event_hours(group: Record, account: Account, now: datetime.datetime) -> float | None:
    """Hours since the last event of the latest streams; nothing where none ever came."""
    # a stream that was made and never written to has no last event
    times = [stream.get("lastEventTimestamp", 0) for stream in account.details(_STREAMS, group)]
    latest = max(times, default=0)
    return round(max(now.timestamp() - latest / 1000, 0) / 3600, 1) if latest else None


@check(
    "logs:log-group", severity="low", reads=[_STREAMS, _LINES], fix="Let the application write one JSON object a line."
)
def structured_percent(group: Record, account: Account) -> float:
    """How many of a hundred of the latest lines are one JSON object each."""
    streams = account.details(_STREAMS, group)
    lines = [line["isObject"] for stream in streams for line in account.details(_LINES, stream)]
    if not lines:
        raise Unknown(f"the latest streams of {group['logGroupName']!r} hold no line to look at")
    return round(100 * sum(lines) / len(lines), 1)


@check(
    "logs:log-group",
    severity="medium",
    reads=["logs:log-group.filters"],
    fix="aws logs put-metric-filter --log-group-name {name} --filter-name errors --filter-pattern ERROR "
    "--metric-transformations metricName=Errors,metricNamespace=Application,metricValue=1",
)
def metric_filters(group: Record, account: Account) -> int:
    """How many filters turn lines of the group into metrics."""
    return len(account.details("logs:log-group.filters", group))
