"""Expectations: the one place that compares what a spec expects with what a check found."""

from __future__ import annotations

import operator
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from asbuilt.check import Check, Expects
from asbuilt.problems import hint, shown
from asbuilt.problems.rules import number

COMPARISON = re.compile(r"(>=|<=|==|!=|>|<)\s*(-?\d+(?:\.\d+)?)")
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
}
_NUMBERS = (int, float)
_COLLECTIONS = (frozenset, tuple)


class BadExpectation(ValueError):  # noqa: N818  # named for the expectation, not for an error of the program
    """An expectation that cannot be compared with the type of the check's answer. The message says what to write."""


@dataclass(frozen=True)
class Expectation:
    """What a spec expects of an answer.

    - `text`: for messages; `raw`: as the spec writes it.
    - `holds`: whether an answer meets the expectation.
    - `asked`: the argument `expected` of a check with `expects`; `subjects`: the names of the subjects in it.
    """

    text: str
    raw: Any
    holds: Callable[[Any], bool]
    asked: Any = None
    subjects: frozenset[str] = frozenset()


def _words(value: Any) -> str:
    """A value as a message shows it: `true`, `7`, `"postgres"`, `a, b`."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, frozenset | set):
        return _words(tuple(sorted(value, key=str)))
    if isinstance(value, list | tuple):
        return ", ".join(_words(item) for item in value) if value else "none"
    return str(value) if isinstance(value, _NUMBERS) else repr(value)


words = _words


def plain(value: Any) -> Any:
    """An answer as JSON values. Sets become sorted lists."""
    if isinstance(value, frozenset | set):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _typed(value: Any, wanted: type, check: Check, how: str = "answers with") -> Any:
    """The value, where an answer of type `wanted` can equal it. Raises `BadExpectation` where it cannot."""
    fits = (
        number(value)
        if wanted in _NUMBERS
        else isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
    )
    if not fits:
        several = isinstance(value, list) and len(value) > 1 and wanted not in _COLLECTIONS
        instead = ": write { any_of = [...] } for one of several values" if several else hint(value, wanted)
        answer = _TYPE_NAMES.get(wanted, wanted.__name__)
        raise BadExpectation(f"{check.name} {how} {answer}, found {shown(value)}{instead}")
    return value


_TYPE_NAMES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    frozenset: "a set",
    tuple: "a list",
}


def _items(value: Any, check: Check) -> list[str]:
    if not isinstance(value, list):
        raise BadExpectation(f"{check.name} takes a list here, found {shown(value)}{hint(value, list)}")
    if check.answers in _COLLECTIONS:
        for item in value:
            _typed(item, _item_type(check.ask), check, "answers with a set of")
    return value


@cache
def _item_type(ask: Callable[..., Any]) -> type:
    """The type of the items in a check's answer: numbers where its annotation says so, else text."""
    answers = str(typing.get_type_hints(ask)["return"])
    return float if "[float" in answers or "[int" in answers else str


def _one_of(value: Any, check: Check) -> tuple[str, Callable[[Any], bool]]:
    if value == [] or check.answers in _COLLECTIONS:
        raise BadExpectation(
            "any_of lists alternatives for a single value: name them, or write includes or only for sets"
        )
    options = [_typed(item, check.answers, check) for item in _items(value, check)]
    return f"any of {_words(options)}", lambda found: found in options


def _between(value: Any, check: Check) -> tuple[str, Callable[[Any], bool]]:
    limits = [_typed(item, check.answers, check) for item in _items(value, check)]
    if check.answers not in _NUMBERS or len(limits) != 2 or limits[0] > limits[1]:
        raise BadExpectation(f"between takes [lowest, highest] for a number, found {_words(value)}")
    return f"between {limits[0]} and {limits[1]}", lambda found: limits[0] <= found <= limits[1]


def _matches(value: Any, check: Check) -> tuple[str, Callable[[Any], bool]]:
    if check.answers is not str or not isinstance(value, str):
        raise BadExpectation(f"matches takes a regular expression and compares a text; {check.name} answers otherwise")
    try:
        pattern = re.compile(value)
    except re.error as error:
        raise BadExpectation(f"matches takes a regular expression, found {value!r}: {error}") from None
    return f"a text matching {value}", lambda found: pattern.fullmatch(found) is not None


def _collection(check: Check) -> None:
    if check.answers not in _COLLECTIONS:
        raise BadExpectation(f"{check.name} answers with one value; includes, only and excludes compare sets and lists")


def _includes(value: Any, check: Check) -> tuple[str, Callable[[Any], bool]]:
    _collection(check)
    wanted = _items(value, check)
    if not wanted:
        raise BadExpectation("includes needs one value or more: an empty list would always hold")
    return f"at least {_words(wanted)}", lambda found: set(wanted) <= set(found)


def _only(value: Any, check: Check) -> tuple[str, Callable[[Any], bool]]:
    """The answer holds listed values only, and at least one value: an empty answer proves nothing."""
    _collection(check)
    allowed = _items(value, check)
    return f"only {_words(allowed)}", lambda found: bool(found) and set(found) <= set(allowed)


def _excludes(value: Any, check: Check) -> tuple[str, Callable[[Any], bool]]:
    _collection(check)
    banned = _items(value, check)
    if not banned:
        raise BadExpectation("excludes needs one value or more: an empty list would always hold")
    return f"none of {_words(banned)}", lambda found: not set(banned) & set(found)


TABLES: Mapping[str, Callable[[Any, Check], tuple[str, Callable[[Any], bool]]]] = {
    "includes": _includes,
    "only": _only,
    "excludes": _excludes,
    "matches": _matches,
    "between": _between,
    "any_of": _one_of,
}


def expectation(raw: Any, check: Check, subjects: Mapping[str, str] | None = None) -> Expectation:
    """Read what a spec expects of a check's answer. `subjects` are the kinds of the spec's subjects by name.

    A value means equal; a text with a comparison (`">= 7"`) compares a number; a table holds one of `includes`,
    `only`, `excludes`, `matches`, `between`, `any_of`. An expectation of a check with `expects` holds where the check
    finds no departures. Raises `BadExpectation` where the expectation cannot be compared with the type of the answer.
    """
    if check.expects:
        return _asked(raw, check.expects, subjects or {})
    if isinstance(raw, dict):
        if len(raw) != 1 or next(iter(raw)) not in TABLES:
            raise BadExpectation(f"an expectation table holds one of {', '.join(TABLES)}, found {shown(list(raw))}")
        [(word, value)] = raw.items()
        text, holds = TABLES[word](value, check)
    elif isinstance(raw, str) and check.answers in _NUMBERS:
        match = COMPARISON.fullmatch(raw.strip())
        if not match:
            raise BadExpectation(f'{check.name} answers with a number: write 7, ">= 7" or "< 200", not {raw!r}')
        compare, limit = _OPERATORS[match[1]], float(match[2])
        text, holds = f"{match[1]} {match[2]}", lambda found: compare(found, limit)
    elif isinstance(raw, list) and check.answers in _COLLECTIONS:
        _items(raw, check)
        text = f"exactly {_words(raw)}"
        same = frozenset if check.answers is frozenset else tuple
        holds = lambda found: same(found) == same(raw)  # noqa: E731  # as the rules beside it
    else:
        value = _typed(raw, check.answers, check)
        text, holds = _words(value), lambda found: found == value and isinstance(found, bool) == isinstance(value, bool)
    return Expectation(text=text, raw=raw, holds=lambda found: found is not None and holds(found))


def _asked(raw: Any, expects: Expects, subjects: Mapping[str, str]) -> Expectation:
    try:
        asked, named = expects.read(raw, subjects)
    except ValueError as wrong:
        raise BadExpectation(str(wrong)) from None
    return Expectation(_words(raw), raw, lambda departures: departures is not None and not departures, asked, named)


def would_do(raw: Any) -> str | None:
    """A value that meets the expectation, as a command takes it; None where it names no single value: `< 200`."""
    if isinstance(raw, dict):
        word, raw = next(iter(raw.items()))
        if word not in ("includes", "only", "between", "any_of"):
            return None
        raw = raw[:1] if word in ("between", "any_of") else raw
    if isinstance(raw, list):
        return str(raw[0]) if len(raw) == 1 and isinstance(raw[0], str | int | float) else None
    limit = COMPARISON.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if limit:
        return limit[2] if limit[1] in (">=", "<=", "==") else None
    return str(raw).lower() if isinstance(raw, bool) else str(raw)
