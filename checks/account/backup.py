"""Checks of AWS Backup (`backup:ListBackupPlans`, `backup:ListBackupSelections`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record


@check(
    "aws:account",
    severity="medium",
    reads=["backup:plan", "backup:plan.selections"],
    fix="aws backup create-backup-plan --backup-plan file://plan.json, then create-backup-selection for its resources.",
)
def backup_plans(caller: Record, account: Account) -> int:
    """How many backup plans have at least one selection of resources: a plan without one backs up nothing."""
    return sum(bool(account.details("backup:plan.selections", plan)) for plan in account.all("backup:plan"))
