"""Read a plan from a target whose account is confirmed first: a wrong account ends the run before more is read."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from asbuilt.evidence import TargetError, Unknown
from asbuilt.snapshot import Snapshot
from asbuilt.sources.reader import WORKERS, Reader
from asbuilt.sources.row import IDENTITY, Plan
from asbuilt.sources.table import SourceClients
from asbuilt.targets import Target


def read(
    clients: SourceClients, target: Target, plan: Plan, now: datetime.datetime, workers: int = WORKERS
) -> Snapshot:
    """Read the plan. Of an account of accounts.toml, the caller's identity is read first and alone.

    Raises `TargetError` where the target cannot be used at all, or where the account is not the one that is meant.
    """
    reader = Reader(clients.client, now, workers)
    if target.kind == "account":
        confirm(target, reader.read(Plan(frozenset({IDENTITY}))), clients.access)
        plan = dataclasses.replace(plan, kinds=plan.kinds - {IDENTITY})
    snapshot = reader.read(plan)
    snapshot.access = clients.access
    return snapshot


def confirm(target: Target, snapshot: Snapshot, access: Mapping[str, Any]) -> None:
    """Raise `TargetError` where the snapshot's identity is not of the account and partition that the target means."""
    where = f"[accounts.{target.name}]"
    pinned = f"account_id is {target.account_id}"
    try:
        identity: Mapping[str, Any] = next((entry.data for entry in snapshot.entries(IDENTITY)), {})
    except Unknown as unknown:
        if not target.account_id:
            return
        raise TargetError(f"{where} {pinned}, and which account answers is not known: {unknown.reason}") from None
    account, arn = str(identity.get("Account", "")), str(identity.get("Arn", ""))
    if target.account_id and account != target.account_id:
        raise TargetError(
            f"{where} {pinned}, and the credentials are of account {account or 'without an id'} ({arn or 'no ARN'}): "
            "name another profile or role, or correct account_id; nothing else was read"
        )
    partition, of_region = arn.split(":")[1] if arn.count(":") >= 5 else "", str(access.get("partition", ""))
    if partition and of_region and partition != of_region and not target.endpoint_url:
        raise TargetError(
            f"{where} the credentials are of partition {partition} ({arn}), and the region that is read is one of "
            f"{of_region}: correct the region or the profile; nothing else was read"
        )
