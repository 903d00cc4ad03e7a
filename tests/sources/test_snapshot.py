"""A snapshot as text: nothing that an account can hold is lost or changed."""

from __future__ import annotations

import datetime

import pytest

from asbuilt.evidence import Entry
from asbuilt.snapshot import Answer, Call, Snapshot, from_plain, loads

HOSTILE = [
    {"__time__": "2026-01-01T00:00:00+00:00"},
    {"__time__": "no time"},
    {"__bytes__": "00"},
    {"__dict__": {"__time__": "x"}},
    {"__dict__": {"__dict__": {}}},
    {"__time__": "x", "more": 1},
    datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    b"\x00\xff",
    [{"a": [None, True, 1, 1.5, "\u202e"]}],
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_comes_back_as_it_was(value: object) -> None:
    """Also where a tag or a document of the account looks like our own mark of a time or of bytes."""
    entry = Entry("1", "k", "o", {"field": value, "Tags": [value]}, names=("n",), supplied=("*",))
    call = Call("o", "", "{}", 1, 0.5)
    snapshot = Snapshot({"k": {"": [Answer((entry,), "o")]}}, [call], provenance={"load": {"file": "f"}})
    assert loads(snapshot.dumps()) == snapshot


def test_what_an_earlier_version_did_not_write_gets_its_default() -> None:
    """And what a later one adds is left out."""
    raw = {
        "answers": {"k": {"": [{"entries": [{"id": "1", "kind": "k", "operation": "o", "data": {}, "later": 1}]}]}},
        "calls": [],
        "later": {},
    }
    assert from_plain(raw) == Snapshot({"k": {"": [Answer((Entry("1", "k", "o", {}),))]}})


def test_a_value_that_is_no_json_is_an_error() -> None:
    """Nothing is stored as something else."""
    with pytest.raises(TypeError, match="cannot store complex"):
        Snapshot({"k": {"": [Answer((Entry("1", "k", "o", {"x": 1j}),))]}}).dumps()
