"""On which line of a TOML file a key stands: the parser of the standard library does not tell."""

from __future__ import annotations

import re

Key = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_ASSIGNMENT = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


def _parts(dotted: str) -> Key:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


class Lines:
    """The lines of a TOML text by the keys that they set.

    A key is a path such as ("subjects", "database") or, in the third `[[claim]]`, ("claim", 2, "database", "engine").
    """

    def __init__(self, text: str) -> None:
        self._exact: dict[Key, int] = {}  # what a line sets, whole
        self._within: dict[Key, int] = {}  # what it lies in: the first line of every table or prefix
        table: Key = ()
        arrays: dict[str, int] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            header = _HEADER.match(line)
            if header:
                table = _parts(header[2])
                if header[1] == "[[":
                    arrays[header[2]] = arrays.get(header[2], -1) + 1
                    table = (*table, arrays[header[2]])
                key = table
            elif assignment := _ASSIGNMENT.match(line):
                key = (*table, *_parts(assignment[1]))
            else:
                continue
            self._exact.setdefault(key, number)
            for length in range(1, len(key)):
                self._within.setdefault(key[:length], number)

    def of(self, key: Key) -> int:
        """The line (from 1) where `key` is set, or of the nearest table above it; 1 where nothing fits."""
        if key in self._within and key not in self._exact:
            return self._within[key]
        for length in range(len(key), 0, -1):
            # a line may set less than the key names: an inline table, or a header above it
            if key[:length] in self._exact:
                return self._exact[key[:length]]
        return 1
