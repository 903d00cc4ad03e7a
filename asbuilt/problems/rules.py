"""Rules for input files: which keys a table can have, and which values each key can have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any


@dataclass(frozen=True)
class Rule:
    """The rule of one key.

    - `type`: the type of its value.
    - `needed`: the key is required.
    - `choices`: the valid values; empty where any value of the type is valid.
    - `keys`: the rules of the keys of a table.
    - `each`: the rule of every entry of a list, or of a table whose keys the file chooses.
    """

    type: ValueType
    _: KW_ONLY
    needed: bool = False
    choices: Callable[[], Iterable[str]] | Sequence[str] = ()
    keys: Mapping[str, Rule] | None = None
    each: Rule | None = None


@dataclass(frozen=True)
class ValueType:
    """A type of value: its name in messages, a test whether a value has the type, and the Python type."""

    words: str
    fits: Callable[[Any], bool]
    of: type = object


def number(value: Any) -> bool:
    """Whether a value is a finite number. A boolean is not a number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) and item.strip() for item in value)


TEXT = ValueType("a text", lambda value: isinstance(value, str) and bool(value.strip()), str)
ANY_TEXT = ValueType("a text", lambda value: isinstance(value, str), str)
LINE = ValueType("a text of one line", lambda value: TEXT.fits(value) and "\n" not in value, str)
FLAG = ValueType("true or false", lambda value: isinstance(value, bool), bool)
COUNT = ValueType(
    "a whole number from 1", lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 1, int
)
POSITIVE = ValueType("a number above 0", lambda value: number(value) and value > 0, float)
AMOUNT = ValueType("a number from 0", lambda value: number(value) and value >= 0, float)
TEXTS = ValueType("a list of texts", _texts, list)
NAMES = ValueType(
    "a list of one or more different names",
    lambda value: _texts(value) and len(set(value)) == len(value) and all(map(is_name, value)),
    list,
)
TABLE = ValueType("a table", lambda value: isinstance(value, dict), dict)
TABLES = ValueType("a list of tables", lambda value: isinstance(value, list) and all(map(TABLE.fits, value)), list)
ANY = ValueType("any value", lambda value: True)


def is_name(text: str) -> bool:
    """Whether a text can be a name in a fact's id: letters, digits, `_` and `-`, not beginning with `-`."""
    return re.fullmatch(r"\w[\w-]*", text) is not None
