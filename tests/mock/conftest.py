"""The account of a module's system, built once a process and restored for each test.

A module names its system and variant in `DEPLOYMENT`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace

import pytest

from asbuilt.mock.account import DEFAULT_ACCOUNT, DEFAULT_REGION, account_of, builder, mock_account
from asbuilt_content.fixtures import state
from asbuilt_content.fixtures.aws import Aws


@cache
def _saved(system: str, variant: str) -> state.State:
    """The state of an account as built."""
    with mock_account(system, variant):
        return state.save()


@contextmanager
def documented(system: str, variant: str) -> Iterator[tuple[Aws, state.State]]:
    """An account as documented, and its state, which is built on first use and restored from then on."""
    saved, module = _saved(system, variant), builder(system, variant)
    restored = SimpleNamespace(
        ACCOUNT_ID=getattr(module, "ACCOUNT_ID", DEFAULT_ACCOUNT),
        REGION=getattr(module, "REGION", DEFAULT_REGION),
        build=lambda session, variant: state.restore(saved),
    )
    with account_of(restored, variant) as session:
        yield Aws(session), saved


@pytest.fixture(scope="module")
def built(request):
    """The account of the module's system, and its state as built."""
    with documented(*request.module.DEPLOYMENT) as found:
        yield found


@pytest.fixture
def aws(built):
    """The account, restored to its state as built."""
    aws, saved = built
    state.restore(saved)
    return aws
