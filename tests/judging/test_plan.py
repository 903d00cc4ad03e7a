"""What a fact needs in full is read in full, whatever other facts need a part of."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest

from asbuilt.judging.plan import plan, whole_kinds
from asbuilt.sources.row import Row

A, B, C = "s:a", "s:a.b", "s:a.b.c"
ROWS = {
    "aws:account": (Row("aws:account", "sts", "get_caller_identity", "@"),),
    A: (Row(A, "s", "list_a", "A[]"),),
    B: (Row(B, "s", "list_b", "B[]", per=A),),
    C: (Row(C, "s", "list_c", "C[]", per=B),),
    "s:other": (Row("s:other", "s", "list_other", "O[]"),),
}


def _fact(kind: str, *reads: str, region: str = "") -> Any:
    subject = SimpleNamespace(kind=kind, where={}, region=region)
    check = SimpleNamespace(reads=reads, of_named=(), names_subjects=False, compares=(), parameter="")
    return SimpleNamespace(subject=subject, check=check, parameter="")


PART = _fact(A, B)  # the details of one subject
WHOLE = {
    "details of details": _fact("s:other", C),
    "details": _fact("s:other", B),
    "a detail as the subject": _fact(B),
    "a detail of a detail as the subject": _fact(C),
}


@pytest.mark.parametrize("whole", WHOLE.values(), ids=WHOLE)
def test_a_part_for_one_fact_is_no_limit_for_another(whole: Any) -> None:
    """In whatever order the facts come: no record is missing because another fact needs some only."""
    for facts in itertools.permutations([PART, whole]):
        planned = plan(facts, {}, ROWS)
        assert planned.parents.get(B) is None
        assert B in whole_kinds(planned, ROWS)


def test_a_part_stays_a_part_where_no_fact_needs_more() -> None:
    """Only the details of the subject's records are read."""
    planned = plan([PART, _fact(A, C)], {}, ROWS)
    assert planned.parents[B] is not None
    assert whole_kinds(planned, ROWS) == {"aws:account", A}


def test_what_is_read_in_full_elsewhere_is_told_by_region() -> None:
    """A recording of a part of another region's records does not pass for all of them."""
    assert f"{B} in eu-west-1" not in whole_kinds(plan([_fact(A, B, region="eu-west-1")], {}, ROWS), ROWS)
    assert f"{B} in eu-west-1" in whole_kinds(plan([_fact("s:other", B, region="eu-west-1")], {}, ROWS), ROWS)
