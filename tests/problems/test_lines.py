"""The line of a key, for every way to write it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from asbuilt.content import folder
from asbuilt.problems.lines import Key, Lines

TOML = '''\
text = """
[[claim]]
key = 1
x""""
raw = \'\'\'
[x]
y = 2\'\'\'
list = [
  ["[x]"],
  { d = 1, "e.f" = [1,
  2] },
] # [[claim]]
[[claim]]
q.r = 1 # = [
[[claim]]
"q".\'s t\' = { z = "}" }
[claim.sub]
y = 07:32:00
[[claim.more]]
w = "a \\" [[claim]]"
[[claim.more]]
w = 2
'''
EXPECTED = {
    ("text",): 1,
    ("raw",): 5,
    ("list",): 8,
    ("list", 0): 9,
    ("list", 1, "d"): 10,
    ("list", 1, "e.f"): 10,
    ("claim", 0): 13,
    ("claim", 0, "q"): 14,
    ("claim", 0, "q", "r"): 14,
    ("claim", 1, "q", "s t"): 16,
    ("claim", 1, "q", "s t", "z"): 16,
    ("claim", 1, "sub"): 17,
    ("claim", 1, "sub", "y"): 18,
    ("claim", 1, "more", 0, "w"): 20,
    ("claim", 1, "more", 1, "w"): 22,
    ("claim", 1, "missing"): 15,
    ("missing",): 1,
}


@pytest.mark.parametrize(("key", "line"), EXPECTED.items())
def test_a_key_is_found_on_its_line(key: Key, line: int) -> None:
    """Multi-line texts, nested lists and quoted keys shift no line; a missing key gets the line of its table."""
    tomllib.loads(TOML)
    assert Lines(TOML).of(key) == line


def test_what_is_set_twice_is_listed() -> None:
    """The list has both lines."""
    assert Lines("a = 1\n[b]\nc = 2\nc = 3\n[[d]]\ne = 1\n[[d]]\ne = 2\n").repeated == [(4, 3, ("b", "c"))]


def test_json_is_read_as_well() -> None:
    """Objects in lists, and strings that hold brackets, shift no line."""
    text = json.dumps({"a": [{"b": 1}, {"c": {"d": [1, 2]}}], "t": 'x": {'}, indent=1)
    lines = Lines(text, is_json=True)
    keys: list[Key] = [("a",), ("a", 0, "b"), ("a", 1), ("a", 1, "c", "d"), ("t",)]
    assert [lines.of(key) for key in keys] == [2, 4, 6, 8, 15]


@pytest.mark.parametrize(
    "text", ["[", "[[", 'a = "', 'a = """', "a = [{", "a = ]", "=", "a = {b}", '"', "\n]\n}", "[a]]]"]
)
def test_a_text_that_does_not_parse_is_read_as_far_as_it_goes(text: str) -> None:
    """Lines can be found in a text with mistakes, and no text raises an error."""
    assert Lines(text).of(("a",)) == 1
    assert Lines(text, is_json=True).of(("a",)) == 1


def _keys(value: Any, key: Key = ()) -> Iterator[Key]:
    yield key
    for at, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _keys(item, (*key, at))


@pytest.mark.parametrize("path", [*folder("specs").glob("*/*.toml"), *folder("loadtests").glob("*/*.toml")], ids=str)
def test_every_key_of_the_shipped_files_stands_on_the_line_that_is_told(path: Any) -> None:
    """The line of each key holds its name."""
    text = path.read_text(encoding="utf-8")
    lines, written = Lines(text), text.split("\n")
    for key in _keys(tomllib.loads(text)):
        if key and isinstance(key[-1], str):
            assert key[-1] in written[lines.of(key) - 1]
