"""A legal change of its own evidence makes every fact of every shipped spec fail."""

from __future__ import annotations

import pytest

from asbuilt.judging.judge import judge
from asbuilt.judging.mutation import prove
from asbuilt.sources import shapes
from tests.accounts import DEPLOYMENTS, documented, facts_of, spec_of

PARTS = 3  # of a deployment's facts, so that several processes can test them


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(("system", "variant"), DEPLOYMENTS)
def test_every_fact_can_fail(system, variant, part, record_property):
    """Each fact has a mutant that fails; without one it would pass on any account."""
    subjects, (snapshot, now) = spec_of(system).subjects[variant], documented(system, variant)
    survivors, tried, proved = [], 0, 0
    for fact in facts_of(system, variant)[part::PARTS]:
        if judge(fact, subjects, snapshot, now).status != "passed":
            continue  # it fails already (disputed), or has no source on a mock
        proof = prove(fact, subjects, snapshot, now, shapes)
        tried, proved = tried + proof.tried, proved + 1
        if not proof.killed_by:
            survivors.append(proof.fact)
    for name, value in {"facts": proved, "mutants": tried, "survivors": len(survivors)}.items():
        record_property(name, value)
    assert proved
    assert survivors == []


@pytest.mark.parametrize(("system", "variant"), DEPLOYMENTS)
def test_the_documented_account_is_as_documented(system, variant):
    """On the documented account each fact passes, is disputed, or has no source there."""
    subjects, (snapshot, now) = spec_of(system).subjects[variant], documented(system, variant)
    verdicts = [judge(fact, subjects, snapshot, now) for fact in facts_of(system, variant)]
    wrong = {v.fact.id: v.status for v in verdicts if v.status != "passed" and not v.fact.disputed}
    assert set(wrong.values()) <= {"untested", "not applicable"}, wrong


@pytest.mark.parametrize(("system", "variant"), DEPLOYMENTS)
def test_each_call_is_made_once(system, variant):
    """No operation is called twice with the same parameters."""
    calls = documented(system, variant)[0].calls
    assert len(calls) == len({(call.operation, call.region, call.asked) for call in calls})
