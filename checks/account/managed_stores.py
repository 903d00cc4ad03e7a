"""How many databases and caches AWS runs for the account: where a document keeps its data elsewhere, none."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record


@check(
    "aws:account",
    severity="low",
    reads=["rds:db", "rds:cluster"],
    fix="Move its data where the document keeps it, and delete it.",
)
def managed_databases(caller: Record, account: Account) -> int:
    """How many RDS instances the account holds in the region, and clusters that need none (Aurora Serverless)."""
    alone = [cluster for cluster in account.all("rds:cluster") if not cluster["DBClusterMembers"]]
    return len(account.all("rds:db")) + len(alone)


@check(
    "aws:account",
    severity="low",
    reads=["elasticache:cache"],
    fix="Point the application at the documented cache, and delete it.",
)
def managed_caches(caller: Record, account: Account) -> int:
    """How many ElastiCache caches the account holds in the region."""
    return len(account.all("elasticache:cache"))
