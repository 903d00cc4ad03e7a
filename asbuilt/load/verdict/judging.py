"""Judges the load facts of a spec, by the same comparison as all other facts."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from asbuilt.evidence import Entry
from asbuilt.judging.judge import Verdict, judge
from asbuilt.load.measure.gate import QUANTILES, Objective
from asbuilt.load.plan.scenario import Scenario
from asbuilt.results.exit_codes import ExitCode
from asbuilt.results.record import fact_record
from asbuilt.snapshot import Answer, Snapshot
from asbuilt.spec.model import Fact, Spec

KINDS = ("load:run", "load:flow")
_METRICS = (*QUANTILES, "mean_ms", "error_percent", "requests_per_second")


def load_facts(spec: Spec, variant: str) -> list[Fact]:
    """The facts that a load run can judge, in the document's order."""
    return [fact for fact in spec.facts if fact.variant == variant and fact.subject.kind in KINDS]


def objectives(facts: Sequence[Fact]) -> tuple[Objective, ...]:
    """The facts that set a limit to a metric, as objectives that the run itself watches."""
    found = []
    for fact in facts:
        raw = fact.expected.raw
        if fact.check.name in _METRICS and isinstance(raw, str):
            comparison = raw.strip()[:2].rstrip("0123456789. ")
            limit = float(raw.strip()[len(comparison) :])
            flow = fact.subject.called if fact.subject.kind == "load:flow" else ""
            found.append(Objective(fact.name, flow, fact.check.name, comparison, limit))
    return tuple(found)


def snapshot_of(runs: Sequence[Mapping[str, Any]], flows: Sequence[Mapping[str, Any]]) -> Snapshot:
    """The records of a run as evidence."""
    snapshot = Snapshot()
    for kind, operation, items in ((KINDS[0], "load:Run", runs), (KINDS[1], "load:Flow", flows)):
        entries = tuple(
            Entry(f"{kind}|{item['name']}", kind, operation, dict(item), names=(str(item["name"]),)) for item in items
        )
        snapshot.add(kind, "", Answer(entries))
    return snapshot


def judged(spec: Spec, variant: str, facts: Sequence[Fact], snapshot: Snapshot) -> list[Verdict]:
    """A verdict for each fact."""
    now = datetime.datetime.now(datetime.UTC)
    return [judge(fact, spec.subjects[variant], snapshot, now) for fact in facts]


def fact_records(spec: Spec, verdicts: Sequence[Verdict], strict: bool) -> list[dict[str, Any]]:
    """The verdicts as records of the result."""
    return [fact_record(spec, verdict, f"{spec.path}::{verdict.fact.id}", strict) for verdict in verdicts]


def smoke_code(endpoints: Sequence[Mapping[str, Any]], untried: Sequence[str]) -> ExitCode:
    """The exit code of a smoke run: whether every route works. A route that never answered is not known to."""
    if any(slot["counts"]["failed"] for one in endpoints for slot in one["slots"].values()):
        return ExitCode.FAILED
    return ExitCode.UNKNOWN if untried else ExitCode.PASSED


def untried(scenario: Scenario, endpoints: Sequence[Mapping[str, Any]], writes: bool) -> list[str]:
    """The routes that never answered; those that write only where the run sends them (`writes`)."""
    answered = {one["name"] for one in endpoints if any(slot["counts"]["answered"] for slot in one["slots"].values())}
    return [name for name, route in scenario.routes.items() if name not in answered and (writes or not route.writes)]
