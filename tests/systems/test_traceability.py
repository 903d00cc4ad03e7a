"""Every statement of the documents is traced to the facts that prove it, or to the reason why none can."""

from __future__ import annotations

import csv
import re

import pytest

from tests.accounts import ROOT, SYSTEMS, spec_of

SOURCES = {"load", "host", "iac", "endpoint", "price", "document", "atlas", "dns"}
PROVEN_SHARE = 0.97  # of the statements that AWS's APIs can show


def _rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _traced(system):
    return _rows(ROOT / "specs" / system / "traceability.csv")


def _statements(system):
    return {row["claim"]: row["verifiable"] for row in _rows(ROOT / "tests" / "statements" / f"{system}.csv")}


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_statement_is_traced_exactly_once(system):
    """No statement is missing, invented or repeated."""
    traced = [row["claim"] for row in _traced(system)]
    assert sorted(traced) == sorted(_statements(system))


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_proof_exists(system):
    """A proof is a fact of the spec, a source that does not exist yet, or a reason in words."""
    facts = {fact.name for fact in spec_of(system).facts}
    wrong = []
    for row in _traced(system):
        kind, _, rest = row["proof"].partition(":")
        if kind == "needs" and rest:
            wrong += [row] if rest not in SOURCES else []
        elif kind == "no" and rest:
            wrong += [row] if len(rest.split()) < 4 else []
        else:
            wrong += [row] if not row["proof"] or set(row["proof"].split()) - facts else []
    assert wrong == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_statements_that_aws_can_show_are_proven(system):
    """At least 97 % of the statements that AWS's APIs can show are facts."""
    shown = {claim for claim, verifiable in _statements(system).items() if verifiable == "api"}
    proven = {row["claim"] for row in _traced(system) if not re.match(r"(needs|no):", row["proof"])}
    assert len(shown & proven) >= PROVEN_SHARE * len(shown), sorted(shown - proven)


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_fact_proves_a_statement(system):
    """A fact without a statement would be a promise that the document does not make."""
    named = {name for row in _traced(system) for name in row["proof"].split()}
    assert sorted({fact.name for fact in spec_of(system).facts} - named) == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_contradictions_name_statements(system):
    """Each entry of contradictions.toml is about statements of this document."""
    known = _statements(system)
    for entry in spec_of(system).contradictions:
        assert entry["claims"]
        assert [claim for claim in entry["claims"] if claim.startswith(system) and claim not in known] == []
