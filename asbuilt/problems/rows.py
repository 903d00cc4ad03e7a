"""What a key of an input file may hold: kinds of value, and the rows of which tables of keys are made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """What may stand under a key: a kind of value, and whether it must be there.

    `choices` are the valid values; `rows` are the keys of a table; `each` is the row of every entry of a list, or of a
    table whose keys are names of the file's own.
    """

    kind: Kind
    _: KW_ONLY
    needed: bool = False
    choices: Callable[[], Iterable[str]] | Sequence[str] = ()
    rows: Mapping[str, Row] | None = None
    each: Row | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of value: the words for it, whether a value is one, and the plain type that it is made of."""

    words: str
    fits: Callable[[Any], bool]
    of: type = object


def number(value: Any) -> bool:
    """Whether it is a finite number, and no boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) and item.strip() for item in value)


TEXT = Kind("a text", lambda value: isinstance(value, str) and bool(value.strip()), str)
ANY_TEXT = Kind("a text", lambda value: isinstance(value, str), str)
LINE = Kind("a text of one line", lambda value: TEXT.fits(value) and "\n" not in value, str)
FLAG = Kind("true or false", lambda value: isinstance(value, bool), bool)
COUNT = Kind(
    "a whole number from 1", lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 1, int
)
POSITIVE = Kind("a number above 0", lambda value: number(value) and value > 0, float)
AMOUNT = Kind("a number from 0", lambda value: number(value) and value >= 0, float)
TEXTS = Kind("a list of texts", _texts, list)
NAMES = Kind(
    "a list of different names",
    lambda value: _texts(value) and len(set(value)) == len(value) and all(map(is_name, value)),
    list,
)
TABLE = Kind("a table", lambda value: isinstance(value, dict), dict)
TABLES = Kind("a list of tables", lambda value: isinstance(value, list) and all(map(TABLE.fits, value)), list)
ANY = Kind("any value", lambda value: True)


def is_name(text: str) -> bool:
    """Whether a text can be a name in a fact's id: letters, digits, `_` and `-`."""
    return re.fullmatch(r"\w[\w-]*", text) is not None
