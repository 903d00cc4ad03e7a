"""Checks of trails, recorders, logs, dashboards and backup plans."""

from __future__ import annotations

import datetime

import pytest

from asbuilt.evidence import Unknown
from asbuilt_content.checks.account import backup, cloudtrail, config
from asbuilt_content.checks.watch import dashboards, logs
from tests.records import account, entry, record

ACCOUNT = record({}, "aws:account")
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def _trails(*trails):
    named = [entry(data, "cloudtrail:trail", [str(n)]) for n, (data, _) in enumerate(trails)]
    states = [entry(state, "cloudtrail:trail.status", ["s"], named[n].id) for n, (_, state) in enumerate(trails)]
    return account({"cloudtrail:trail": named, "cloudtrail:trail.status": states})


def test_a_trail_counts_while_it_records_and_delivers():
    """A trail that is off, or whose deliveries fail, does not count."""
    whole = {"IsMultiRegionTrail": True, "LogFileValidationEnabled": True}
    seen = _trails(
        (whole, {"IsLogging": True}),
        (whole | {"LogFileValidationEnabled": False}, {"IsLogging": True, "LatestDeliveryError": ""}),
        (whole, {"IsLogging": False}),
        (whole, {"IsLogging": True, "LatestDeliveryError": "AccessDenied"}),
    )
    assert cloudtrail.logging_trails(ACCOUNT, seen) == 2
    assert cloudtrail.tamper_evident_trails(ACCOUNT, seen) == 1
    assert cloudtrail.logging_trails(ACCOUNT, _trails()) == 0


@pytest.mark.parametrize(
    ("recorders", "records"),
    [
        ([{"recording": True, "lastStatus": "SUCCESS"}], True),
        ([{"recording": True}], True),
        ([{"recording": True, "lastStatus": "FAILURE"}], False),
        ([{"recording": False, "lastStatus": "SUCCESS"}], False),
        ([], False),
    ],
)
def test_configuration_is_recorded(recorders, records):
    """A recorder that is stopped, or whose delivery failed, does not count."""
    seen = account({"config:recorder": [entry(item, "config:recorder", ["default"]) for item in recorders]})
    assert config.records_configuration(ACCOUNT, seen) is records


def test_retention():
    """AWS omits the field of a group whose events never expire."""
    assert logs.retention_days(record({"retentionInDays": 90})) == 90
    assert logs.retention_days(record({})) is None


GROUP = record({"logGroupName": "/g"}, "logs:log-group", ["/g"])
STREAMS, LINES = "logs:log-group.streams", "logs:log-group.streams.lines"


def _streams(*ages):
    milliseconds = NOW.timestamp() * 1000
    data = [{} if age is None else {"lastEventTimestamp": int(milliseconds - age * 3.6e6)} for age in ages]
    return [entry(item, STREAMS, [str(n)], GROUP.entry.id) for n, item in enumerate(data)]


def test_the_latest_event_of_any_stream():
    """A stream without an event does not count; nothing without any event."""
    assert logs.last_event_hours(GROUP, account({STREAMS: _streams(30, 2, None)}), NOW) == 2
    assert logs.last_event_hours(GROUP, account({STREAMS: _streams(None)}), NOW) is None
    assert logs.last_event_hours(GROUP, account({STREAMS: []}), NOW) is None


def test_structured_share_of_the_latest_lines():
    """Three of four lines are 75 percent; without lines the answer is unknown."""
    streams = _streams(1)
    lines = [entry({"isObject": n > 0}, LINES, [str(n)], streams[0].id) for n in range(4)]
    assert logs.structured_percent(GROUP, account({STREAMS: streams, LINES: lines})) == 75
    with pytest.raises(Unknown):
        logs.structured_percent(GROUP, account({STREAMS: streams, LINES: []}))


def test_metric_filters_are_counted():
    """All filters of the group count."""
    kind = "logs:log-group.filters"
    assert logs.metric_filters(GROUP, account({kind: [entry({}, kind, ["errors"], GROUP.entry.id)]})) == 1
    assert logs.metric_filters(GROUP, account({kind: []})) == 0


@pytest.mark.parametrize(
    ("metric", "shown"),
    [("AWS/ECS", True), ("MemoryUtilization", True), ("AWS/RDS", True), ("ReadLatency", True), ("AWS/Billing", False)],
)
def test_metrics_on_dashboards(metric, shown):
    """Lines, abbreviated lines and searches count; values of dimensions and text do not."""
    lines = [["AWS/ECS", "CPUUtilization", "ServiceName", "AWS/Billing"], [".", "MemoryUtilization"]]
    search = [[{"expression": "SEARCH('{AWS/RDS,DBInstanceIdentifier} MetricName=\"ReadLatency\"', 'Average')"}]]
    widgets = [
        {"type": "text", "properties": {"markdown": "AWS/Billing"}},
        {"type": "metric", "properties": {"metrics": lines}},
        {"type": "metric", "properties": {"metrics": search}},
    ]
    board = record({}, "cloudwatch:dashboard", ["d"])
    kind = "cloudwatch:dashboard.body"
    seen = account({kind: [entry({"DashboardBody": {"widgets": widgets}}, kind, ["b"], board.entry.id)]})
    assert dashboards.shows((board,), seen, metric) is shown
    assert dashboards.shows((), seen, metric) is False


def test_a_backup_plan_without_a_selection_protects_nothing():
    """Only plans with a selection count."""
    plans = [entry({}, "backup:plan", [name]) for name in ("a", "b")]
    selected = [entry({}, "backup:plan.selections", ["s"], plans[0].id)]
    assert backup.backup_plans(ACCOUNT, account({"backup:plan": plans, "backup:plan.selections": selected})) == 1
    assert backup.backup_plans(ACCOUNT, account({"backup:plan": [], "backup:plan.selections": []})) == 0
