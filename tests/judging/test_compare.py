"""Expectations: each form holds and fails, and an expectation that can never hold is refused."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asbuilt.spec.expectation import BadExpectation, expectation


def _check(answers):
    def ask() -> frozenset[str]:
        """Return a set or list whose annotation states the type of the items."""

    return SimpleNamespace(name="question", answers=answers, expects=None, ask=ask)


@pytest.mark.parametrize(
    ("answers", "raw", "holds", "fails"),
    [
        (bool, True, True, False),
        (bool, False, False, True),
        (int, 7, 7, 8),
        (int, ">= 7", 7, 6),
        (int, "< 200", 199.5, 200),
        (float, "> 0.5", 0.6, 0.5),
        (int, "!= 3", 4, 3),
        (str, "postgres", "postgres", "mysql"),
        (str, ">= 7", ">= 7", "7"),
        (str, {"matches": "1[0-9]"}, "15", "150"),
        (str, {"any_of": ["a", "b"]}, "b", "c"),
        (int, {"between": [2, 10]}, 10, 11),
        (frozenset, ["web"], frozenset({"web"}), frozenset({"web", "0.0.0.0/0"})),
        (frozenset, [], frozenset(), frozenset({"web"})),
        (tuple, ["a", "b"], ("a", "b"), ("b", "a")),
        (frozenset, {"includes": ["a"]}, frozenset({"a", "b"}), frozenset({"b"})),
        (frozenset, {"only": ["a", "b"]}, frozenset({"a"}), frozenset({"a", "c"})),
        (frozenset, {"excludes": ["a"]}, frozenset({"b"}), frozenset({"a"})),
    ],
)
def test_every_form_holds_and_fails(answers, raw, holds, fails):
    """Each form holds for a matching answer and fails for the nearest other one."""
    expected = expectation(raw, _check(answers))
    assert expected.holds(holds)
    assert not expected.holds(fails)


@pytest.mark.parametrize(
    ("answers", "raw"), [(int, ">= 0"), (str, {"matches": ".*"}), (frozenset, []), (frozenset, {"excludes": ["a"]})]
)
def test_nothing_found_never_holds(answers, raw):
    """An answer of None meets no expectation."""
    assert not expectation(raw, _check(answers)).holds(None)


def test_only_needs_something():
    """`only` does not hold for an empty answer."""
    assert not expectation({"only": ["a"]}, _check(frozenset)).holds(frozenset())


@pytest.mark.parametrize("found", [1, 1.0, "true"])
def test_a_truth_is_not_a_number(found):
    """True and 1 are different answers, although they are equal in Python."""
    assert not expectation(True, _check(bool)).holds(found)


@pytest.mark.parametrize(
    ("answers", "raw", "message"),
    [
        (bool, "true", "true or false"),
        (int, True, "whole number"),
        (int, "seven", '">= 7"'),
        (int, "> = 7", '">= 7"'),
        (str, 7, "a text"),
        (int, {"between": [10, 2]}, "lowest, highest"),
        (str, {"matches": "("}, "takes a regular expression, found"),
        (str, {"includes": ["a"]}, "answers with one value"),
        (frozenset, {"includes": []}, "would always hold"),
        (frozenset, {"excludes": []}, "would always hold"),
        (frozenset, {"include": ["a"]}, "one of includes"),
        (frozenset, {"includes": ["a"], "excludes": ["b"]}, "one of includes"),
        (frozenset, "web", "a set"),
    ],
)
def test_an_expectation_that_could_never_be_compared_is_refused(answers, raw, message):
    """An expectation of the wrong type is a mistake in the spec, found before anything is read."""
    with pytest.raises(BadExpectation, match=message):
        expectation(raw, _check(answers))


@given(st.integers(), st.integers())
def test_comparisons_are_exhaustive(found, limit):
    """Exactly one of <, = and > holds, and >= and <= agree with them."""
    one = {
        word: expectation(f"{word} {limit}", _check(int)).holds(found) for word in ("<", "==", ">", ">=", "<=", "!=")
    }
    assert [one["<"], one["=="], one[">"]].count(True) == 1
    assert one[">="] == (one[">"] or one["=="])
    assert one["<="] == (one["<"] or one["=="])
    assert one["!="] != one["=="]
