"""One verification without pytest, as the commands, the plugin and a distributed run make it."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from asbuilt.evidence import TargetError
from asbuilt.results.record import SCHEMA
from asbuilt.targets import MOCK, NONE
from asbuilt.verification import verify
from tests.accounts import documented, facts_of, spec_of
from tests.programs import verify as run_verify

SYSTEM = "campuslearn"


def test_it_returns_what_the_program_writes(tmp_path: Path) -> None:
    """The same facts with the same verdicts, as a document of the same schema that a process can send to another."""
    found = verify(spec_of(SYSTEM), "", MOCK)
    jsonschema.validate(found, json.loads(SCHEMA.read_text(encoding="utf-8")))
    written = run_verify(tmp_path, SYSTEM).results
    assert [(fact["id"], fact["status"]) for fact in found["facts"]] == [
        (fact["id"], fact["status"]) for fact in written["facts"]
    ]
    assert found["run"]["exit_code"] == written["run"]["exit_code"] == 0
    assert found["deployments"][0]["counts"] == written["deployments"][0]["counts"]
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301  # our own bytes


def test_it_judges_every_fact_of_the_variant_and_no_other() -> None:
    """Without an account every fact is untested; none is lost."""
    found = verify(spec_of("campushub360"), "tier2", NONE)
    assert len(found["facts"]) == len(facts_of("campushub360", "tier2"))
    assert {fact["status"] for fact in found["facts"]} == {"untested"}
    assert found["run"]["exit_code"] == 5


def test_it_judges_at_the_time_that_it_is_given() -> None:
    """Checks of age answer for that time, which results.json states."""
    _, now = documented(SYSTEM, "")
    assert verify(spec_of(SYSTEM), "", NONE, now)["run"]["started"] == now.isoformat(timespec="seconds")


def test_a_target_that_cannot_be_used_is_an_error() -> None:
    """A system without a mock account, and a subject that the spec does not have."""
    with pytest.raises(TargetError, match="no mock account for 'elsewhere'"):
        verify(replace(spec_of(SYSTEM), system="elsewhere"), "", MOCK)
    with pytest.raises(TargetError, match="has no subject 'clutser'"):
        verify(spec_of(SYSTEM), "", replace(MOCK, subjects={"clutser": {"name": "x"}}))
