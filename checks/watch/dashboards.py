"""Checks of all CloudWatch dashboards together: the metrics, statistics and dimensions of their widgets.

The format of dashboards is described in "Dashboard body structure and syntax" of the CloudWatch API reference
(`cloudwatch:GetDashboard`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_BODY = "cloudwatch:dashboard.body"
_FIX = (
    "Add it where {parameter} is shown: aws cloudwatch put-dashboard --dashboard-name <dashboard> "
    "--dashboard-body file://dashboard.json"
)


@check(
    "cloudwatch:dashboard",
    severity="low",
    each=False,
    reads=[_BODY],
    fix="Add a widget with {parameter} to a dashboard: aws cloudwatch put-dashboard --dashboard-name <dashboard> "
    "--dashboard-body file://dashboard.json",
)
def shows(dashboards: tuple[Record, ...], account: Account, metric: str) -> bool:
    """Whether any dashboard has a widget with a metric, or with any metric of a namespace."""
    bodies = (body["DashboardBody"] for item in dashboards for body in account.details(_BODY, item))
    return any(metric in _words(widget) for body in bodies for widget in body.get("widgets", ()))


def _words(widget: Record) -> set[str]:
    """The namespaces and metrics of a widget, and the words of its search expressions."""
    words: set[str] = set()
    for line in widget.get("properties", {}).get("metrics", ()):
        for part in line[:2]:  # `[namespace, metric, dimensions ...]`, or first an object with an expression
            words |= {part} if isinstance(part, str) else _searched(part.get("expression", ""))
    return words


def _searched(expression: str) -> set[str]:
    """The words of an expression: `SEARCH('{AWS/ECS,ServiceName} MetricName="CPUUtilization"', 'Average')`."""
    return set(re.findall(r"[\w/.-]+", expression))


@check("cloudwatch:dashboard", severity="low", each=False, reads=[_BODY], fix=_FIX)
def statistics_shown(dashboards: tuple[Record, ...], account: Account, metric: str) -> frozenset[str]:
    """The statistics of a metric that any dashboard shows: `Average`, `p95`."""
    return frozenset(statistic for _, statistic in _lines(dashboards, account, metric))


@check("cloudwatch:dashboard", severity="low", each=False, reads=[_BODY], fix=_FIX)
def shown_by(dashboards: tuple[Record, ...], account: Account, metric: str) -> frozenset[str]:
    """The dimensions of a metric that any dashboard shows: `ServiceName`."""
    return frozenset(name for dimensions, _ in _lines(dashboards, account, metric) for name in dimensions)


def _lines(dashboards: tuple[Record, ...], account: Account, metric: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The dimensions and the statistic of every line of a widget that shows a metric."""
    for dashboard in dashboards:
        for body in account.details(_BODY, dashboard):
            for widget in body["DashboardBody"].plain().get("widgets", ()):
                properties = widget.get("properties", {})
                for line in _expanded(properties.get("metrics", ())):
                    if line[1:2] == [metric]:
                        yield _read(line, properties.get("stat", "Average"))  # CloudWatch's default


def _read(line: list[Any], statistic: str) -> tuple[tuple[str, ...], str]:
    parts = [part for part in line[2:] if isinstance(part, str)]
    options = next((part for part in line if isinstance(part, dict)), {})
    return tuple(parts[::2]), str(options.get("stat", statistic))


def _expanded(lines: list[list[Any]]) -> Iterator[list[Any]]:
    """The lines without abbreviations: `.` repeats the word above, a leading `...` all words before the given ones."""
    above: list[Any] = []
    for line in lines:
        if line[:1] == ["..."]:
            rest = line[1:]
            words = above[: len(above) - sum(isinstance(part, str) for part in rest)] + rest
        else:
            words = [above[i] if part == "." and i < len(above) else part for i, part in enumerate(line)]
        yield words
        above = [part for part in words if isinstance(part, str)]
