"""Each drift makes exactly the facts that it names fail."""

from __future__ import annotations

import pytest

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
        self.before = self.statuses()

    def statuses(self):
        deployment = read(self.spec, self.variant, MOCK, self.now, clients=self.clients)
        return {fact.name: deployment.judge(fact).status for fact in facts_of(self.spec.system, self.variant)}

    def turned(self, drift):
        state.restore(self.saved)
        drift.apply(self.aws)
        after = self.statuses()
        return {name: status for name, status in after.items() if status != self.before[name]}


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
