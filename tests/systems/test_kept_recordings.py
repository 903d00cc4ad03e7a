"""Recordings of earlier versions, kept to be read by every later one.

A schema gets its recording when it is introduced, and keeps it:
`asbuilt verify campushub360 --variant tier1 --record fixtures/recordings/campushub360-tier1-schema-N.json.gz`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from asbuilt.recording import SCHEMA, read
from asbuilt.results.exit_codes import outcome
from asbuilt.targets import replayed
from asbuilt.verification import verify
from tests.accounts import ROOT, spec_of

KEPT = sorted((ROOT / "fixtures" / "recordings").glob("*.json.gz"))


def test_each_schema_has_its_recording() -> None:
    """A new schema without one would not be read by the versions after it."""
    assert {read(path).schema for path in KEPT} == set(range(1, SCHEMA + 1))


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_a_kept_recording_gives_its_verdicts(path: Path) -> None:
    """Every fact that the spec still states as it did then; a fact that came later may be unknown, never passed."""
    found = read(path)
    for (system, variant), about in found.deployments.items():
        now = verify(spec_of(system), variant, replayed(path, None))
        facts = {fact["id"]: fact for fact in now["facts"]}
        then = {fact["id"]: fact for fact in about["facts"]}
        kept = [key for key in then if key in facts and facts[key]["expected"]["text"] == then[key]["expected"]]
        assert len(kept) > 200
        assert {key: outcome(facts[key]) for key in kept} == {key: then[key]["outcome"] for key in kept}
        assert now["deployments"][0]["account"] == about["account"]


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_a_kept_recording_can_fail(path: Path) -> None:
    """The records decide: without those of the databases, their facts fail."""
    target = replayed(path, None)
    found = target.recording
    assert found is not None
    for system, variant in found.deployments:
        snapshots = {name: {**raw, "answers": dict(raw["answers"])} for name, raw in found.snapshots.items()}
        for raw in snapshots.values():
            raw["answers"]["rds:db"] = {}
        results = verify(spec_of(system), variant, replace(target, recording=replace(found, snapshots=snapshots)))
        status = {fact["fact"]: fact["status"] for fact in results["facts"]}
        assert status["database.multi_az"] == "failed"
