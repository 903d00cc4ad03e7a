"""The line of each key in a TOML or JSON text. The parsers of the standard library do not report lines."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

Key = tuple[str | int, ...]

_STRING = r"""(?:"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|'[^'\n]*+')"""
_PART = rf"(?:[\w-]++|{_STRING})"
_DOTTED = rf"{_PART}(?:[ \t]*\.[ \t]*{_PART})*+"
_PARTS = re.compile(_PART)
_STATEMENT = re.compile(rf"\s*+(?:(?P<header>\[\[?)[ \t]*(?P<table>{_DOTTED})[ \t]*\]|(?P<key>{_DOTTED})[ \t]*=)")
# Values that end on the line where they begin: scalars, and lists and tables two levels deep.
_INNER = rf"""[\[{{](?:[^\[\]{{}}"'\#\n]++|{_STRING})*+[\]}}]"""
_OUTER = rf"""[\[{{](?:[^\[\]{{}}"'\#\n]++|{_STRING}|{_INNER})*+[\]}}]"""
_ON_ITS_LINE = re.compile(rf"""[ \t]*+(?:{_STRING}|{_OUTER}|[^"'\[{{\#\n]++)[ \t]*+(?=[\#\n]|\Z)""")
_TOKEN = re.compile(
    rf"""\"{{3}}(?:\\.|[^\\])*?\"{{3,5}} | '{{3}}.*?'{{3,5}} | (?P<key>{_DOTTED})\s*[=:]
    | (?P<space>\s++|\#[^\n]*+) | {_STRING} | [\[\]{{}},] | [^\s\[\]{{}},"'\#]++ | .""",
    re.DOTALL | re.VERBOSE,
)


def _parts(dotted: str) -> tuple[str, ...]:
    if dotted.replace(".", "").isidentifier():
        return tuple(dotted.split("."))
    return tuple(_unquoted(part) for part in _PARTS.findall(dotted))


def _unquoted(part: str) -> str:
    if part[0] == '"' and "\\" in part:
        try:
            return str(json.loads(part))
        except ValueError:  # an escape that TOML has and JSON lacks: the key gets the line of the table above it
            return part
    return part.strip("\"'")


@dataclass
class _Open:
    """A list or inline table that is being read; `entries` counts the entries that were read."""

    key: Key
    mark: str
    entries: int = 0


class Lines:
    """The line (from 1) of each key of a text. A text that does not parse is read as far as possible.

    A key is a path such as ("subjects", "database") or, in the third `[[claim]]`, ("claim", 2, "database", "engine").

    - `repeated`: the keys that are set twice, as (line, first line, key).
    - `headers`: the lines of `[table]` and `[[list]]`.
    - `last`: the last line.
    """

    def __init__(self, text: str, is_json: bool = False) -> None:
        self.repeated: list[tuple[int, int, Key]] = []
        self.headers: list[int] = []
        self.last = text.count("\n") + 1
        self._text = text
        self._exact: dict[Key, int] = {}  # keys that the text sets
        self._within: dict[Key, int] = {}  # tables that only keys and headers below them create: their first line
        self._lists: dict[Key, int] = {}  # the last index of every `[[list]]`
        self._counted = (0, 1)  # the last position, and its line
        if is_json:
            self._value((), 0)
        else:
            self._statements()

    def of(self, key: Key) -> int:
        """The line (from 1) where `key` is set, or of the nearest table above it; 1 where there is neither."""
        if key in self._within and key not in self._exact:
            return self._within[key]
        for length in range(len(key), 0, -1):
            if key[:length] in self._exact:
                return self._exact[key[:length]]
        return 1

    def _line(self, position: int) -> int:
        """The line of a position. Positions must be asked for in ascending order."""
        last, line = self._counted
        self._counted = (position, line + self._text.count("\n", last, position))
        return self._counted[1]

    def _set(self, key: Key, position: int) -> None:
        line = self._line(position)
        if key in self._exact:
            self.repeated.append((line, self._exact[key], key))
        else:
            self._exact[key] = line
        for length in range(len(key) - 1, 0, -1):
            if self._within.setdefault(key[:length], line) != line:
                break  # the tables above have a line already

    def _statements(self) -> None:
        table: Key = ()
        position = 0
        while position < len(self._text):
            found = _STATEMENT.match(self._text, position)
            if found and found["header"]:
                table = self._header(_parts(found["table"]), found["header"] == "[[")
                self._set(table, found.start("header"))
                self.headers.append(self._line(found.start("header")))
                position = found.end()
            elif found:
                key = (*table, *_parts(found["key"]))
                self._set(key, found.start("key"))
                position = self._value(key, found.end())
            position = _next_line(self._text, position)

    def _header(self, parts: tuple[str, ...], of_list: bool) -> Key:
        """The key of a header. A list in its path stands for the last entry of that list."""
        key: Key = ()
        for number, part in enumerate(parts, start=1):
            key = (*key, part)
            if of_list and number == len(parts):
                self._lists[key] = self._lists.get(key, -1) + 1
            if key in self._lists:
                key = (*key, self._lists[key])
        return key

    def _value(self, key: Key, position: int) -> int:
        """Read the value of `key`. Returns the position after it."""
        if whole := _ON_ITS_LINE.match(self._text, position):
            return whole.end()
        opened: list[_Open] = []
        awaited = False  # whether the next token can be a key of an inline table
        for found in _TOKEN.finditer(self._text, position):
            word = found[0]
            if found["space"]:
                continue
            if found["key"] and awaited:
                key, awaited = (*opened[-1].key, *_parts(found["key"])), False
                self._set(key, found.start("key"))
                continue
            if opened and opened[-1].mark == "[" and word not in "],":
                self._exact.setdefault(key, self._line(found.start()))
            if word in "[{":
                opened.append(_Open(key, word))
                key, awaited = ((*key, 0), False) if word == "[" else (key, True)
            elif word in "]}":
                opened[-1:] = []
                awaited = False
            elif word == "," and opened:
                opened[-1].entries += 1
                awaited = opened[-1].mark == "{"
                key = (*opened[-1].key, opened[-1].entries) if not awaited else key
            if not opened:
                return found.end()
        return len(self._text)


def _next_line(text: str, position: int) -> int:
    return text.find("\n", position) + 1 or len(text)
