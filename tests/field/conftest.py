"""The account in which tests build their situations."""

import pytest

from asbuilt_content.fixtures import state
from tests.field.empty_account import empty_account


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """An empty account in us-east-1 for all tests of a module, and its empty state."""
    with empty_account(tmp_path_factory.mktemp("account")) as built:
        yield built, state.save()


@pytest.fixture
def account(opened):
    """An empty account in us-east-1, without the resources and answers of other tests."""
    built, empty = opened
    state.restore(empty)
    built.forget()
    return built
