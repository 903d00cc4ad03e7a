"""The shipped specs and their mock accounts, read once a process: what the proofs over every fact share."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

from asbuilt.mock import mock_account
from asbuilt.planning import plan
from asbuilt.reading import Reader
from asbuilt.snapshot import Snapshot
from asbuilt.spec import Fact, Spec
from asbuilt.spec_loading import load
from asbuilt.target import MOCK, Connection

ROOT = Path(__file__).parent.parent
SYSTEMS = sorted(path.parent.name for path in (ROOT / "specs").glob("*/spec.toml"))


@cache
def spec_of(system: str) -> Spec:
    """The shipped spec of a system."""
    return load(ROOT / "specs" / system / "spec.toml")


DEPLOYMENTS = [(system, variant) for system in SYSTEMS for variant in spec_of(system).variants or ("",)]


def facts_of(system: str, variant: str) -> list[Fact]:
    """The facts of one variant, in the document's order."""
    return [fact for fact in spec_of(system).facts if fact.variant == variant]


def judged_at() -> datetime.datetime:
    """When to judge a mock account that is built now: never while a timetable, which works by the hour, changes over.

    A pool that is to follow it may be as before for ten minutes, in which no drift of it would show.
    """
    now = datetime.datetime.now(datetime.UTC)
    return now if now.minute >= 10 else now + datetime.timedelta(minutes=10)


@cache
def documented(system: str, variant: str) -> tuple[Snapshot, datetime.datetime]:
    """The evidence of the account as documented, and when it was read."""
    spec = spec_of(system)
    with mock_account(system, variant) as session:
        connection, now = Connection(MOCK, spec.region, session), judged_at()
        return Reader(connection.client, now).read(plan(facts_of(system, variant), spec.subjects[variant])), now
