"""The algebra of patterns compared with greenery, an independent library for regular languages."""

from __future__ import annotations

import re
from functools import reduce
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asbuilt.iam.language.patterns import CLASSES, Pattern, glob, tidy
from asbuilt.iam.proof.pattern_algebra import disjoint, included, witness

greenery = pytest.importorskip("greenery", reason="greenery, with which patterns are compared, is not installed")

CHARACTER_CLASSES = {"any": ".", "nocolon": "[^:]", "noslash": "[^:/]", "digit": "[0-9]", "lower": r"[a-z0-9\-]"}
SYMBOLS = [*CHARACTER_CLASSES, "a", "b", "1", ":", "/", "aA", "."]
TOKENS = st.tuples(st.sampled_from(SYMBOLS), st.sampled_from([False, False, True]))
PATTERNS = st.one_of(
    st.lists(TOKENS, max_size=5).map(tidy),
    st.text(alphabet="ab1:/*?", max_size=6).map(glob),
    st.text(alphabet="abB*", max_size=4).map(lambda text: glob(text, ignore_case=True)),
)
EXAMPLES = 100


def automaton(pattern: Pattern) -> Any:
    """The language of a pattern as an automaton of greenery, made from the pattern's tokens."""

    def regex(symbol: str) -> str:
        if symbol in CHARACTER_CLASSES:
            return CHARACTER_CLASSES[symbol]
        return f"[{symbol}]" if len(symbol) == 2 else re.escape(symbol)

    text = "".join(regex(symbol) + ("*" if repeats else "") for symbol, repeats in pattern.tokens)
    return greenery.parse(text).to_fsm()


def test_every_character_class_is_compared() -> None:
    """A new character class of patterns needs a regular expression here."""
    assert CHARACTER_CLASSES.keys() == CLASSES.keys()


@settings(deadline=None, max_examples=EXAMPLES)
@given(one=PATTERNS, other=PATTERNS)
def test_patterns_are_disjoint_if_their_intersection_is_empty(one: Pattern, other: Pattern) -> None:
    """`disjoint` answers as the emptiness of the intersection."""
    assert disjoint(one, other) is (automaton(one) & automaton(other)).empty()


@settings(deadline=None, max_examples=EXAMPLES)
@given(inner=PATTERNS, outer=PATTERNS)
def test_a_pattern_is_included_if_it_is_a_subset(inner: Pattern, outer: Pattern) -> None:
    """`included` answers as the subset relation; patterns of this size do not reach its limit."""
    assert included(inner, outer) is automaton(inner).issubset(automaton(outer))


@settings(deadline=None, max_examples=EXAMPLES)
@given(inside=st.lists(PATTERNS, min_size=1, max_size=2), outside=st.lists(PATTERNS, max_size=2))
def test_a_witness_is_a_shortest_text_of_the_difference(inside: list[Pattern], outside: list[Pattern]) -> None:
    """`witness` finds a text exactly where the difference is not empty, and no shorter text is in the difference."""
    difference = reduce(lambda left, right: left & right, map(automaton, inside))
    for pattern in outside:
        difference = difference.difference(automaton(pattern))
    found = witness(inside, outside)
    assert (found is None) is difference.empty()
    if found is not None:
        assert difference.accepts(found)
        shortest = next(difference.strings(["é"]))  # stands for the characters that no pattern names
        assert len(found) == len(shortest)
