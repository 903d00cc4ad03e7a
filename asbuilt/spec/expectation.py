"""Expected against found: the one place where anything is judged."""

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


class BadExpectation(ValueError):  # noqa: N818  # reads as the sentence that it is
    """An expectation that the check's answer can never be compared with."""


@dataclass(frozen=True)
class Expectation:
    """What a document promises: `text` as a person reads it, `raw` as the spec writes it.

    `asked` is what a check that takes the expectation for its question is given, `subjects` whom it names in there.
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
    """An answer as JSON holds it: sets become sorted lists."""
    if isinstance(value, frozenset | set):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _typed(value: Any, wanted: type, check: Check, how: str = "answers with") -> Any:
    """The value, if an answer of type `wanted` could equal it; else an error that says what would fit."""
    fits = (
        number(value)
        if wanted in _NUMBERS
        else isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
    )
    if not fits:
        several = isinstance(value, list) and len(value) > 1 and wanted not in _COLLECTIONS
        instead = ": write { any_of = [...] } where one of several is meant" if several else hint(value, wanted)
        answer = _TYPE_NAMES.get(wanted, wanted.__name__)
        raise BadExpectation(f"{check.name} {how} {answer}; {shown(value)} is not one{instead}")
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
        raise BadExpectation(f"{check.name} needs a list here, found {shown(value)}{hint(value, list)}")
    if check.answers in _COLLECTIONS:
        for item in value:
            _typed(item, _item_type(check.ask), check, "answers with a set of")
    return value


@cache
def _item_type(ask: Callable[..., Any]) -> type:
    """What the set or list holds that a check answers with: text, unless its annotation says numbers."""
    answers = str(typing.get_type_hints(ask)["return"])
    return float if "[float" in answers or "[int" in answers else str


def _one_of(value: Any, check: Check) -> tuple[str, Callable[[Any], bool]]:
    if value == [] or check.answers in _COLLECTIONS:
        raise BadExpectation("any_of lists the answers that one value may have; of several values say includes or only")
    options = [_typed(item, check.answers, check) for item in _items(value, check)]
    return f"any of {_words(options)}", lambda found: found in options


def _between(value: Any, check: Check) -> tuple[str, Callable[[Any], bool]]:
    limits = [_typed(item, check.answers, check) for item in _items(value, check)]
    if check.answers not in _NUMBERS or len(limits) != 2 or limits[0] > limits[1]:
        raise BadExpectation(f"between takes [lowest, highest] of a number, found {_words(value)}")
    return f"between {limits[0]} and {limits[1]}", lambda found: limits[0] <= found <= limits[1]


def _matches(value: Any, check: Check) -> tuple[str, Callable[[Any], bool]]:
    if check.answers is not str or not isinstance(value, str):
        raise BadExpectation(f"matches takes a regular expression for a text; {check.name} does not answer with one")
    try:
        pattern = re.compile(value)
    except re.error as error:
        raise BadExpectation(f"matches has a broken regular expression {value!r}: {error}") from None
    return f"a text matching {value}", lambda found: pattern.fullmatch(found) is not None


def _collection(check: Check) -> None:
    if check.answers not in _COLLECTIONS:
        raise BadExpectation(f"{check.name} does not answer with several values, so includes/only/excludes cannot hold")


def _includes(value: Any, check: Check) -> tuple[str, Callable[[Any], bool]]:
    _collection(check)
    wanted = _items(value, check)
    if not wanted:
        raise BadExpectation("includes of nothing always holds: name what must be there")
    return f"at least {_words(wanted)}", lambda found: set(wanted) <= set(found)


def _only(value: Any, check: Check) -> tuple[str, Callable[[Any], bool]]:
    """Nothing beyond the listed; and something, since nothing found proves nothing."""
    _collection(check)
    allowed = _items(value, check)
    return f"only {_words(allowed)}", lambda found: bool(found) and set(found) <= set(allowed)


def _excludes(value: Any, check: Check) -> tuple[str, Callable[[Any], bool]]:
    _collection(check)
    banned = _items(value, check)
    if not banned:
        raise BadExpectation("excludes of nothing always holds: name what must not be there")
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
    """Read what a spec expects of a check's answer; `subjects` are the kinds of the spec's subjects by name.

    A value means equal; a text with a comparison (`">= 7"`) compares a number; a table is one of `includes`,
    `only`, `excludes`, `matches`, `between`, `any_of`. Raises `BadExpectation` where the check's type of answer
    could never be compared so. A check that takes the expectation for its question answers with what departs
    from it: nothing may.
    """
    if check.expects:
        return _asked(raw, check.expects, subjects or {})
    if isinstance(raw, dict):
        if len(raw) != 1 or next(iter(raw)) not in TABLES:
            raise BadExpectation(f"an expectation table holds one of {', '.join(TABLES)}; found {shown(list(raw))}")
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
        holds = lambda found: same(found) == same(raw)  # noqa: E731  # one of several small rules side by side
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
    """A value that would be as expected, as a command takes it; None where no one value is named: `< 200`."""
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
