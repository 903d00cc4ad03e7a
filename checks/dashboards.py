"""Questions about CloudWatch dashboards, all together (`cloudwatch:GetDashboard`)."""

from __future__ import annotations

import re

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_BODY = "cloudwatch:dashboard.body"


@check(
    "cloudwatch:dashboard",
    severity="low",
    each=False,
    reads=[_BODY],
    fix="Add a widget with {parameter} to a dashboard: aws cloudwatch put-dashboard --dashboard-name <dashboard> "
    "--dashboard-body file://dashboard.json",
)
def shows(dashboards: tuple[Record, ...], account: Account, metric: str) -> bool:
    """Whether any of them has a widget with a metric, or with any metric of a namespace."""
    bodies = (body["DashboardBody"] for item in dashboards for body in account.details(_BODY, item))
    return any(metric in _shown(widget) for body in bodies for widget in body.get("widgets", ()))


def _shown(widget: Record) -> set[str]:
    """The namespaces and metrics of a widget: those of its lines, and the words of its searches."""
    words: set[str] = set()
    for line in widget.get("properties", {}).get("metrics", ()):
        for part in line[:2]:  # `[namespace, metric, dimensions ...]`, or a search in the first place
            words |= {part} if isinstance(part, str) else _searched(part.get("expression", ""))
    return words


def _searched(expression: str) -> set[str]:
    """The words of a search: `SEARCH('{AWS/ECS,ServiceName} MetricName="CPUUtilization"', 'Average')`."""
    return set(re.findall(r"[\w/.-]+", expression))
