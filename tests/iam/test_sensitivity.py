"""The comparison of prover and evaluator finds wrong readings of rules within a normal run."""

from __future__ import annotations

import json

import pytest

from benchmarks.iam_agreement import PAIRS, REQUESTS, check
from benchmarks.iam_faults import FAULTS
from benchmarks.iam_sensitivity import SIDES, TELLING, noticed

QUESTIONS: dict[str, int] = json.loads(TELLING.read_text(encoding="utf-8"))


def test_every_fault_has_its_telling_question() -> None:
    """A normal run asks the question; after a change, run `python -m benchmarks.iam_sensitivity --write`."""
    assert len(SIDES) == 2
    assert set(QUESTIONS) == set(FAULTS)
    assert all(seed < PAIRS // REQUESTS for seed in QUESTIONS.values())


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_noticed(name: str) -> None:
    """Prover and evaluator disagree on the question with the fault, and agree without it."""
    assert check(QUESTIONS[name], REQUESTS)[3] == []
    assert noticed(name, QUESTIONS[name])
