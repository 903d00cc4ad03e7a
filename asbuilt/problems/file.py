"""One parsed input file, and the mistakes that are found in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from asbuilt.problems import UNPRINTABLE, InputError, hint, nearest, shown
from asbuilt.problems.lines import Key, Lines
from asbuilt.problems.rules import TABLE, TABLES, Rule

_ESCAPED = re.compile(r"\\[bferuUx]")  # escapes that can write a control character in TOML


class InputFile:
    """One parsed input file and the mistakes that were found in it so far.

    `data` is the parsed text; `error` is the class of the exception that `finish` raises.
    """

    def __init__(self, path: Path | str, text: str, data: Any, error: type[InputError], is_json: bool = False) -> None:
        self.path, self.text, self.data, self.error = path, text, data, error
        self._is_json = is_json
        self._problems: dict[tuple[int, str], None] = {}  # a dictionary, so that each is reported once

    @cached_property
    def lines(self) -> Lines:
        """The line of every key."""
        return Lines(self.text, self._is_json)

    def wrong(self, key: Key, message: str) -> None:
        """Note a mistake on the line where `key` is set, or of the nearest table above it."""
        self.wrong_in(self.lines.of(key), message)

    def wrong_in(self, line: int, message: str) -> None:
        """Note a mistake on a line (from 1)."""
        self._problems[line, UNPRINTABLE.sub("?", " ".join(message.splitlines()))] = None

    @property
    def is_right(self) -> bool:
        """Whether no mistake was found so far."""
        return not self._problems

    def finish(self) -> None:
        """Raise the file's `error` with all mistakes, sorted by line, if there are any."""
        if self._problems:
            raise self.error(f"{self.path}:{line}: {message}" for line, message in sorted(self._problems))

    def top_table(self, rules: Mapping[str, Rule], others: bool = False) -> dict[str, Any]:
        """The valid entries of the whole file. A JSON file that holds no object is noted as a mistake."""
        if isinstance(self.data, dict):
            return self.table((), rules, self.data, others)
        self.wrong((), f"must hold an object, found {shown(self.data)}")
        return {}

    def table(self, key: Key, rules: Mapping[str, Rule], value: Any, others: bool = False) -> dict[str, Any]:
        """The valid entries of a table; the others are noted as mistakes. `others` allows keys without a rule."""
        for name in value if not others else ():
            if name not in rules:
                what = "table" if not key and isinstance(value[name], dict | list) else "key"
                self.wrong((*key, name), f"{self.place(key)}unknown {what} {name!r}: {nearest(name, rules)}")
        found = {}
        for name, rule in rules.items():
            if name in value:
                item = self.value((*key, name), rule, value[name])
                if item is not None:
                    found[name] = item
            elif rule.needed:
                within = f" with {', '.join(at for at, of in rule.keys.items() if of.needed)}" if rule.keys else ""
                self.wrong(key, f"{self.place(key)}needs {name}: {rule.type.words}{within}")
        return found

    def value(self, key: Key, rule: Rule, value: Any) -> Any:
        """The value with only its valid entries; None where the value itself is not valid. Mistakes are noted."""
        if rule.type is TABLES:
            kept = [self.value(at, rule.each or Rule(TABLE), item) for at, item in self.tables(key, value)]
            return [item for item in kept if item is not None]
        if rule.type is TABLE and TABLES.fits(value) and value:
            self.wrong((*key, 0), f"write [{dotted(key)}], not [[{dotted(key)}]]: there is only one")
            key, value = (*key, 0), value[0]
        if not rule.type.fits(value):
            found = f"found {shown(value)}{hint(value, rule.type.of)}"
            self.wrong(key, f"{self.place(key[:-1])}{_last(key)} must be {rule.type.words}, {found}")
            return None
        if rule.choices:
            choices = rule.choices() if callable(rule.choices) else rule.choices
            if value not in choices:
                self.wrong(key, f"{self.place(key[:-1])}unknown {_last(key)} {value!r}: {nearest(value, choices)}")
                return None
        if rule.keys is not None:
            return self.table(key, rule.keys, value)
        if rule.each is not None:
            entries = ((at, self.value((*key, at), rule.each, item)) for at, item in value.items())
            return {at: item for at, item in entries if item is not None}
        return value

    def tables(self, key: Key, value: Any) -> Iterator[tuple[Key, dict[str, Any]]]:
        """The tables of a list, each with its key. An entry that is not a table is noted as a mistake."""
        name = dotted(key)
        if isinstance(value, dict):
            self.wrong(key, f"write [[{name}]], not [{name}]: there can be several")
            yield key, value
        elif not isinstance(value, list):
            self.wrong(key, f"{name} must be a list of tables, each under [[{name}]], found {shown(value)}")
        else:
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    yield (*key, index), item
                else:
                    self.wrong((*key, index), f"{name} must hold tables, found {shown(item)}")

    def place(self, key: Key) -> str:
        """A table's name in messages: `[routes.page] `, `[[claim]] `, in JSON `flows[0] `; "" for the whole file."""
        if self._is_json:
            parts = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key)
            return f"{parts.removeprefix('.')} " if key else ""
        if not key:
            return ""
        return f"[[{dotted(key)}]] " if isinstance(key[-1], int) else f"[{dotted(key)}] "

    def no_control_characters(self) -> None:
        """Note texts and keys with control characters, which could change how a terminal or a page shows other text."""
        if not _ESCAPED.search(self.text) and not UNPRINTABLE.search(self.text):
            return
        todo: list[tuple[Key, Any]] = [((), self.data)]
        while todo:
            key, value = todo.pop()
            if isinstance(value, dict):
                todo += [((*key, name), item) for name, item in value.items()]
            elif isinstance(value, list):
                todo += [((*key, index), item) for index, item in enumerate(value)]
            for text in (value, key[-1] if key else ""):
                if isinstance(text, str) and (found := UNPRINTABLE.search(text)):
                    self.wrong(key, f"{dotted(key)!r} holds the control character {found[0]!r}: remove it")


def dotted(key: Key) -> str:
    """A key as it is written, without the indexes of lists."""
    return ".".join(part for part in key if isinstance(part, str))


def _last(key: Key) -> str:
    return str(key[-1]) if isinstance(key[-1], str) else f"entry {key[-1] + 1}"
