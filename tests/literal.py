"""The status of each fact on a literal account."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType

from asbuilt.check import checks_of
from asbuilt.mock.account import account_of
from asbuilt.sources.table import SourceClients
from asbuilt.spec.expectation import expectation
from asbuilt.spec.model import Subject
from asbuilt.targets import MOCK
from asbuilt.verification import read
from tests.accounts import facts_of, spec_of


def statuses(module: ModuleType, variant: str) -> dict[str, str]:
    """Fact → status on the account that a module of `fixtures.literal` builds, judged when it is built."""
    system = module.__name__.rpartition(".")[2]
    spec = spec_of(system)
    subjects = {**spec.subjects[variant], **_found_by(module, spec.subjects[variant])}
    spec = replace(spec, subjects={**spec.subjects, variant: subjects})
    with account_of(module, variant) as session:
        clients = SourceClients(MOCK, spec.region, session)
        deployment = read(spec, variant, MOCK, datetime.datetime.now(datetime.UTC), clients=clients)
    return {fact.name: deployment.judge(fact).status for fact in facts_of(system, variant)}


def _found_by(module: ModuleType, subjects: Mapping[str, Subject]) -> dict[str, Subject]:
    """The subjects that the commands give no name. They are found by a check's answer, as an id would find them."""
    found = {}
    for name, answers in getattr(module, "FOUND_BY", {}).items():
        known = checks_of(subjects[name].kind)
        where = {check: (known[check], "", expectation(answer, known[check])) for check, answer in answers.items()}
        found[name] = replace(subjects[name], called="*", where=where)
    return found


def contradictions(system: str) -> set[str]:
    """The ids of the contradictions of a system's spec."""
    return {entry["id"] for entry in spec_of(system).contradictions}
