"""Checks of log groups (`logs:DescribeLogGroups` and the calls that describe each group)."""

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
    """The retention of log events in days; nothing if they never expire, which is AWS's default."""
    return group.get("retentionInDays")


@check("logs:log-group", severity="low", fix="A log group's class is fixed at creation: create a new group.")
def log_class(group: Record) -> str:
    """The class of the log group: STANDARD or INFREQUENT_ACCESS."""
    return group["logGroupClass"]


@check("logs:log-group", severity="low", fix="Find out why nothing writes to {name}.")
def stored_bytes(group: Record) -> int:
    """The stored bytes, as CloudWatch Logs last counted them."""
    return group["storedBytes"]


@check(
    "logs:log-group",
    severity="high",
    reads=[_STREAMS],
    fix="Find out why nothing writes to {name}: check the log driver and the role's logs:PutLogEvents permission.",
)
def last_event_hours(group: Record, account: Account, now: datetime.datetime) -> float | None:
    """Hours since the last event of its latest streams; nothing if they hold no event."""
    # a stream that was never written to has no last event
    times = [stream.get("lastEventTimestamp", 0) for stream in account.details(_STREAMS, group)]
    latest = max(times, default=0)
    return round(max(now.timestamp() - latest / 1000, 0) / 3600, 1) if latest else None


@check(
    "logs:log-group",
    severity="low",
    reads=[_STREAMS, _LINES],
    fix="Let the application write one JSON object per line.",
)
def structured_percent(group: Record, account: Account) -> float:
    """The percentage of the latest lines that are a JSON object each."""
    streams = account.details(_STREAMS, group)
    lines = [line["isObject"] for stream in streams for line in account.details(_LINES, stream)]
    if not lines:
        raise Unknown(f"the latest streams of {group['logGroupName']!r} hold no lines")
    return round(100 * sum(lines) / len(lines), 1)


@check(
    "logs:log-group",
    severity="medium",
    reads=["logs:log-group.filters"],
    fix="aws logs put-metric-filter --log-group-name {name} --filter-name errors --filter-pattern ERROR "
    "--metric-transformations metricName=Errors,metricNamespace=Application,metricValue=1",
)
def metric_filters(group: Record, account: Account) -> int:
    """How many metric filters the log group has."""
    return len(account.details("logs:log-group.filters", group))
