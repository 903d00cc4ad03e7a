"""The shipped specs and their mock accounts, read once per process and shared by all tests that judge them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from asbuilt import verification
from asbuilt.mock.account import mock_account
from asbuilt.snapshot import Snapshot
from asbuilt.sources.table import SourceClients
from asbuilt.spec.loading import load
from asbuilt.spec.model import Fact, Spec
from asbuilt.targets import MOCK
from asbuilt.verification import read

ROOT = Path(__file__).parent.parent
SYSTEMS = sorted(path.parent.name for path in (ROOT / "specs").glob("*/spec.toml"))


@cache
def spec_of(system: str) -> Spec:
    """The shipped spec of a system."""
    return load(ROOT / "specs" / system / "spec.toml")


DEPLOYMENTS = [(system, variant) for system in SYSTEMS for variant in spec_of(system).variants or ("",)]


def facts_of(system: str, variant: str) -> list[Fact]:
    """The facts of one variant, in the document's order."""
    return verification.facts_of(spec_of(system), variant)


@contextmanager
def built(system: str, variant: str) -> Iterator[tuple[Any, datetime.datetime]]:
    """A session on the documented account, and the time at which to judge it, in the hour in which it was built.

    Schedules work by the hour. A scheduled capacity can be late by ten minutes, and early by one; the time avoids these
    minutes, in which a drift of the capacity would not fail.
    """
    while True:
        hour = _hour()
        with mock_account(system, variant) as session:
            if _hour() == hour:  # else the hour changed while the account was built
                now, minute = datetime.datetime.now(datetime.UTC), datetime.timedelta(minutes=1)
                yield session, min(max(now, hour + 10 * minute), hour + 58 * minute)
                return


def _hour() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(minute=0, second=0, microsecond=0)


@cache
def documented(system: str, variant: str) -> tuple[Snapshot, datetime.datetime]:
    """The evidence of the documented account, and the time at which to judge it."""
    spec = spec_of(system)
    with built(system, variant) as (session, now):
        return read(spec, variant, MOCK, now, clients=SourceClients(MOCK, spec.region, session)).snapshot, now
