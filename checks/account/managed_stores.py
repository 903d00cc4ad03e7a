"""Counts of managed databases and caches, for architectures that keep their data elsewhere and expect none."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record


@check(
    "aws:account",
    severity="low",
    reads=["rds:db", "rds:cluster"],
    fix="Move its data to the documented store, then delete it.",
)
def managed_databases(caller: Record, account: Account) -> int:
    """How many RDS instances, and clusters without instances (Aurora Serverless), the account has in the region."""
    without_instances = [cluster for cluster in account.all("rds:cluster") if not cluster["DBClusterMembers"]]
    return len(account.all("rds:db")) + len(without_instances)


@check(
    "aws:account",
    severity="low",
    reads=["elasticache:cache"],
    fix="Point the application at the documented cache, then delete this one.",
)
def managed_caches(caller: Record, account: Account) -> int:
    """How many ElastiCache caches the account has in the region."""
    return len(account.all("elasticache:cache"))
