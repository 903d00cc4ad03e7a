"""Checks of cost control: budgets, billing alarms, Cost Explorer, Savings Plans."""

from __future__ import annotations

import datetime

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

from ..watch.alarms import has_subscriber

_BUDGETS, _NOTIFICATIONS = "budgets:budget", "budgets:budget.notifications"
_ALARMS, _SUBSCRIPTIONS = "cloudwatch:billing-alarm", "sns:billing-subscription"


@check(
    "aws:account",
    severity="medium",
    reads=[_BUDGETS, _NOTIFICATIONS, _ALARMS, _SUBSCRIPTIONS],
    fix="aws budgets create-budget --account-id {Account} --budget file://budget.json "
    "--notifications-with-subscribers file://notifications.json",
)
def billing_alerts(caller: Record, account: Account, now: datetime.datetime) -> int:
    """How many current budgets and billing alarms notify a subscriber when charges grow."""
    current = [item for item in account.all(_BUDGETS) if item["TimePeriod"]["End"] > now]
    budgets = [item for item in current if account.details(_NOTIFICATIONS, item)]
    alarms = [item for item in account.all(_ALARMS) if has_subscriber(item, account, _SUBSCRIPTIONS)]
    return len(budgets) + len(alarms)


@check(
    "aws:account",
    severity="low",
    reads=["cloudwatch:billing-metric"],
    fix="Enable billing alerts under Billing preferences: CloudWatch receives no charges until then.",
)
def publishes_charges(caller: Record, account: Account) -> bool:
    """Whether CloudWatch receives the account's estimated charges."""
    return len(account.all("cloudwatch:billing-metric")) > 0


@check(
    "aws:account",
    severity="low",
    reads=["ce:month"],
    fix="Open Cost Explorer once in the Billing console: that enables it.",
)
def analyses_costs(caller: Record, account: Account) -> bool:
    """Whether Cost Explorer is enabled and returns the cost of the last month."""
    return any("UnblendedCost" in month["Total"] for month in account.all("ce:month"))


@check(
    "aws:account",
    severity="low",
    reads=["savingsplans:plan"],
    fix="Buy a Savings Plan of the documented kind for the part of the load that is steady.",
)
def savings_plans(caller: Record, account: Account) -> frozenset[str]:
    """The types of the active Savings Plans: only `Compute` covers Fargate."""
    return frozenset(item["savingsPlanType"] for item in account.all("savingsplans:plan") if item["state"] == "active")
