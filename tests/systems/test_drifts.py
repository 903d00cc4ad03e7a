"""Each drift makes exactly the facts that it names fail."""

from __future__ import annotations

import pytest

from asbuilt.judging.binding import named_in
from asbuilt.sources.table import SourceClients
from asbuilt.targets import MOCK
from asbuilt.verification import read
from asbuilt_content.fixtures import state
from asbuilt_content.fixtures.aws import Aws
from asbuilt_content.fixtures.drifts import drifts
from tests.accounts import DEPLOYMENTS, built, facts_of, spec_of

MINIMUM = 25


def _tried(system, variant):
    """The drifts to try on a variant: its own, and its share of those for all variants."""
    variants = spec_of(system).variants or ("",)
    turn = variants.index(variant)
    shared = [each for each in drifts(system) if not each.variants]
    return [each for each in drifts(system) if variant in each.variants] + shared[turn :: len(variants)]


class Account:
    """A deployment on its mock account, which is restored, changed and judged for each drift."""

    def __init__(self, system, variant, session, now):
        self.spec, self.variant = spec_of(system), variant
        self.aws, self.now = Aws(session), now
        self.clients = SourceClients(MOCK, self.spec.region, session)
        self.saved = state.save()
        self.facts = facts_of(system, variant)
        self.documented = self.read()
        self.before = {fact.name: self.documented.judge(fact).status for fact in self.facts}

    def read(self):
        return read(self.spec, self.variant, MOCK, self.now, clients=self.clients)

    def turned(self, drift):
        """The facts whose status the drift changes. A check is a pure function of the kinds that it declares, so a fact
        is judged again only where the answers for one of its kinds differ from those of the documented account."""
        state.restore(self.saved)
        drift.apply(self.aws)
        present = self.read()
        before, after = self.documented.snapshot.answers, present.snapshot.answers
        changed = {kind for kind in before.keys() | after.keys() if before.get(kind) != after.get(kind)}
        asked = [fact for fact in self.facts if changed & set(self._kinds(fact))]
        statuses = {fact.name: present.judge(fact).status for fact in asked}
        return {name: status for name, status in statuses.items() if status != self.before[name]}

    def _kinds(self, fact):
        """The kinds that a fact depends on: those of its subject, of its check and of the subjects that it names."""
        subjects = self.documented.subjects
        bound = [subjects[fact.subject.name], *(subjects[name] for name in named_in(fact, subjects))]
        for subject in bound:
            yield subject.kind
            yield from (kind for check, _, _ in subject.where.values() for kind in check.reads)
        yield from fact.check.reads


@pytest.mark.parametrize(("system", "variant"), DEPLOYMENTS)
def test_a_drift_fails_exactly_its_facts(system, variant):
    """The facts that a drift names fail; every other fact keeps its status."""
    wrong = {}
    with built(system, variant) as (session, now):
        account = Account(system, variant, session, now)
        for drift in _tried(system, variant):
            turned = account.turned(drift)
            if turned != dict.fromkeys(drift.facts, "failed"):
                wrong[drift.name] = {"named": sorted(drift.facts), "turned": turned}
    assert wrong == {}


@pytest.mark.parametrize("system", sorted({system for system, _ in DEPLOYMENTS}))
def test_there_are_enough_drifts(system):
    """Drifts have unique names and stories, and name facts of the spec."""
    found = drifts(system)
    assert len(found) >= MINIMUM
    assert len({drift.name for drift in found}) == len({drift.story for drift in found}) == len(found)
    assert all(drift.facts and len(drift.story) > 20 for drift in found)
    known = {fact.name for fact in spec_of(system).facts}
    assert {name for drift in found for name in drift.facts} - known == set()


@pytest.mark.parametrize("system", sorted({system for system, _ in DEPLOYMENTS}))
def test_every_drift_is_tried(system):
    """Each drift is tried once, on one variant."""
    tried = [each.name for variant in spec_of(system).variants or ("",) for each in _tried(system, variant)]
    assert sorted(tried) == sorted(each.name for each in drifts(system))
