"""Records note the fields that are read, and a missing field is never a false one."""

from __future__ import annotations

import pytest

from asbuilt.evidence import ABSENT, Record, Trace, Unknown, path_text
from tests.records import entry


def _record(data):
    trace = Trace()
    return Record(entry(data), trace), trace


def _looked_at(trace):
    return {path_text(read.path): read.value for read in trace.reads.values()}


def test_a_leaf_is_noted_with_its_path_and_value():
    """Reading nested structures and lists gives one note for each leaf."""
    record, trace = _record({"Subnets": [{"Zone": {"Name": "a"}}, {"Zone": {"Name": "b"}}]})
    assert [subnet["Zone"]["Name"] for subnet in record["Subnets"]] == ["a", "b"]
    noted = _looked_at(trace)
    assert noted["Subnets[0].Zone.Name"] == "a"
    assert noted["Subnets[1].Zone.Name"] == "b"


@pytest.mark.parametrize("data", [{}, {"MultiAZ": None}])
def test_a_missing_field_is_unknown_and_not_false(data):
    """The reason names the operation and the field."""
    record, _ = _record(data)
    with pytest.raises(Unknown, match=r"test:thing:Read .* has no field MultiAZ"):
        record["MultiAZ"]


def test_get_notes_the_absence():
    """A missing field whose absence is documented is evidence as well."""
    record, trace = _record({})
    assert record.get("Policy", "none") == "none"
    assert "Policy" not in record
    assert _looked_at(trace) == {"Policy": ABSENT}


def test_an_entry_beyond_a_list_is_unknown():
    """An index that the answer lacks raises `Unknown`, not IndexError."""
    record, _ = _record({"Items": ["one"]})
    assert record["Items"][0] == "one"
    with pytest.raises(Unknown, match="has no entry 1"):
        record["Items"][1]


def test_a_supplied_field_is_marked():
    """Reads below a supplied field are marked as supplied."""
    import dataclasses

    trace = Trace()
    taught = dataclasses.replace(entry({"A": {"B": 1}, "C": 2}), supplied=("A",))
    record = Record(taught, trace)
    assert (record["A"]["B"], record["C"]) == (1, 2)
    assert {path_text(read.path): read.supplied for read in trace.reads.values()} == {"A.B": True, "C": False}
