"""The account in which tests build their situations."""

import pytest

from tests.field.empty_account import empty_account


@pytest.fixture
def account(tmp_path):
    """An empty account in us-east-1."""
    with empty_account(tmp_path) as built:
        yield built
