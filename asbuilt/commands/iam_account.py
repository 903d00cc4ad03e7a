"""What `asbuilt iam who-can` reads of an account: its roles, its managed policies and its organization."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from asbuilt.account import Account
from asbuilt.evidence import TargetError, Trace
from asbuilt.iam.records.organization import READS
from asbuilt.sources import identity
from asbuilt.sources.row import Plan
from asbuilt.sources.table import SourceClients
from asbuilt.targets import choose

_PARTS = {"RoleDetailList": "iam:role", "Policies": "iam:policy"}
_REGION = "us-east-1"  # IAM has one endpoint for all regions


def details(account: str, endpoint_url: str, accounts_file: Path) -> tuple[dict[str, Any], Account]:
    """The roles and policies of a target (`iam:GetAccountAuthorizationDetails`), and the account as it is read.

    Raises `TargetError` where the target cannot be used, and `Unknown` where it does not answer.
    """
    if not account and not endpoint_url:
        raise TargetError("name the account of the role: give --account, --endpoint-url or --details")
    target = choose(account, endpoint_url, accounts_file)
    kinds = frozenset({*_PARTS.values(), *READS})
    now = datetime.datetime.now(datetime.UTC)
    snapshot = identity.read(SourceClients(target, _REGION), target, Plan(kinds), now)
    found = {name: [entry.data for entry in snapshot.entries(kind)] for name, kind in _PARTS.items()}
    return found, Account(snapshot, Trace(), READS, {})
