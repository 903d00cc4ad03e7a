"""Questions about money: budgets, billing alarms, Cost Explorer, Savings Plans."""

from __future__ import annotations

import datetime

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

from ..watch.alarms import reaches_somebody

_BUDGETS, _NOTICES = "budgets:budget", "budgets:budget.notifications"
_ALARMS, _SUBSCRIPTIONS = "cloudwatch:billing-alarm", "sns:billing-subscription"


@check(
    "aws:account",
    severity="medium",
    reads=[_BUDGETS, _NOTICES, _ALARMS, _SUBSCRIPTIONS],
    fix="aws budgets create-budget --account-id {Account} --budget file://budget.json "
    "--notifications-with-subscribers file://notifications.json",
)
def billing_alerts(caller: Record, account: Account, now: datetime.datetime) -> int:
    """How many budgets that have not ended, and billing alarms, tell somebody when the charges grow."""
    lasting = [item for item in account.all(_BUDGETS) if item["TimePeriod"]["End"] > now]
    budgets = [item for item in lasting if account.details(_NOTICES, item)]
    alarms = [item for item in account.all(_ALARMS) if reaches_somebody(item, account, _SUBSCRIPTIONS)]
    return len(budgets) + len(alarms)


@check(
    "aws:account",
    severity="low",
    reads=["cloudwatch:billing-metric"],
    fix="Switch on billing alerts under Billing preferences: CloudWatch has no charges before.",
)
def publishes_charges(caller: Record, account: Account) -> bool:
    """Whether CloudWatch is given the account's estimated charges."""
    return len(account.all("cloudwatch:billing-metric")) > 0


@check(
    "aws:account",
    severity="low",
    reads=["ce:month"],
    fix="Open Cost Explorer once in the Billing console: that enables it.",
)
def analyses_costs(caller: Record, account: Account) -> bool:
    """Whether Cost Explorer is enabled: it answers what the last month cost."""
    return any("UnblendedCost" in month["Total"] for month in account.all("ce:month"))


@check(
    "aws:account",
    severity="low",
    reads=["savingsplans:plan"],
    fix="Buy the documented kind of Savings Plan, as far as the load is steady.",
)
def savings_plans(caller: Record, account: Account) -> frozenset[str]:
    """The kinds of the Savings Plans in force: only `Compute` covers Fargate."""
    return frozenset(item["savingsPlanType"] for item in account.all("savingsplans:plan") if item["state"] == "active")
