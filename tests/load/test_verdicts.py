"""Verdicts on the measurements of a load run, by the bounds of each figure."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from asbuilt.check import all_checks
from asbuilt.evidence import Unknown
from asbuilt.judging.estimate import Estimate
from asbuilt.load.plan.settings import Settings
from asbuilt.load.verdict import judging
from asbuilt.load.verdict.result import document
from asbuilt.spec.expectation import expectation
from asbuilt_content.reports.load_html import page
from tests.load.measured import measured, settings_of
from tests.records import record


def _statuses(spec: Any, raw: dict[str, Any], settings: Settings | None = None) -> tuple[dict[str, str], int]:
    facts = judging.load_facts(spec, "tier1")
    result = document(spec, settings or settings_of(), facts, raw, strict=False)
    return {fact["fact"]: fact["status"] for fact in result["facts"]}, result["exit_code"]


def test_a_good_run_passes(spec: Any) -> None:
    """All objectives hold; what needs a deployment is untested."""
    statuses, code = _statuses(spec, measured(settings_of()))
    assert statuses.pop("load.failed_during_deployment") == "untested"
    assert set(statuses.values()) == {"passed"}
    assert code == 0


@pytest.mark.parametrize(
    ("change", "fails"),
    [
        ({"ms": 250.0}, {"load.p95_ms"}),
        ({"ms": 9000.0}, {"load.p95_ms", "reading.slowest_ms"}),
        ({"failed": 5}, {"load.error_percent"}),
        ({"failed": 20}, {"load.error_percent", "load.requests_per_second"}),
        ({"users": {"asked": 50, "steady": 40}}, {"load.concurrent_users"}),
    ],
)
def test_each_objective_fails_when_it_is_broken(spec: Any, change: dict[str, Any], fails: set[str]) -> None:
    """And only those that are."""
    statuses, code = _statuses(spec, measured(settings_of(), **change))
    assert {name for name, status in statuses.items() if status == "failed"} == fails
    assert code == 1


def test_an_invalid_run_says_nothing(spec: Any) -> None:
    """Whatever its figures are: all is unknown, and the exit code says so."""
    statuses, code = _statuses(spec, measured(settings_of(), invalid=["worker a was lost"]))
    assert set(statuses.values()) == {"unknown"}
    assert code == 6


def test_a_run_that_was_stopped_for_its_target_s_failure_fails(spec: Any) -> None:
    """What failed so far has failed; nothing else is settled, least of all what looks good."""
    statuses, code = _statuses(spec, measured(settings_of(), ms=250.0, aborted="load.p95_ms is out of reach"))
    assert statuses.pop("load.p95_ms") == "failed"
    assert set(statuses.values()) <= {"unknown", "untested"}
    assert code == 1


def test_a_run_of_nothing_says_nothing(spec: Any) -> None:
    """No request, no verdict."""
    raw = measured(settings_of(), endpoints=[], invalid=["no request was sent"])
    assert _statuses(spec, raw) == (dict.fromkeys(_statuses(spec, raw)[0], "unknown"), 6)


def test_dropped_arrivals_leave_a_good_latency_open(spec: Any) -> None:
    """2 of 100 could not be sent: the errors fail, and of the latency nothing is known."""
    statuses, code = _statuses(spec, measured(settings_of(), dropped=2))
    assert (statuses["load.error_percent"], statuses["load.p95_ms"]) == ("failed", "unknown")
    assert code == 1


def test_a_smoke_run_proves_no_promise(spec: Any) -> None:
    """It passes where every route works; its facts stay untested."""
    settings = settings_of(profile="smoke", writes=True)
    statuses, code = _statuses(spec, measured(settings), settings)
    assert (set(statuses.values()), code) == ({"untested"}, 0)
    assert _statuses(spec, measured(settings, failed=1), settings)[1] == 1


def test_a_smoke_run_does_not_pass_routes_that_it_never_asked(spec: Any) -> None:
    """They are named; one that changes data may be left out where that was not allowed."""
    settings = settings_of(profile="smoke", writes=True)
    more = settings.scenario + '[routes.other]\npath = "/other"\nchanges = true\n'
    settings = dataclasses.replace(settings, scenario=more)
    facts = judging.load_facts(spec, "tier1")
    result = document(spec, settings, facts, measured(settings), strict=False)
    assert (result["untried"], result["exit_code"]) == (["other"], 6)
    assert "<b>Not tested" in page(result, "CampsHub360")
    reading = dataclasses.replace(settings, writes=False)
    result = document(spec, reading, facts, measured(reading), strict=False)
    assert (result["untried"], result["exit_code"]) == ([], 0)


def test_a_smoke_run_fails_for_what_counts_for_no_objective_too(spec: Any) -> None:
    """A step that failed is a step that does not work."""
    settings = settings_of(profile="smoke", writes=True)
    raw = measured(settings)
    step = measured(settings, failed=1)["endpoints"][0] | {"name": "launch", "counted": False}
    raw["endpoints"].append(step)
    assert _statuses(spec, raw, settings)[1] == 1


def test_a_run_during_a_deployment_counts_its_failures(spec: Any) -> None:
    """Only then."""
    settings = settings_of(profile="deployment")
    assert _statuses(spec, measured(settings), settings)[0]["load.failed_during_deployment"] == "passed"
    assert _statuses(spec, measured(settings, failed=1), settings)[0]["load.failed_during_deployment"] == "failed"


def test_objectives_are_read_from_the_spec(spec: Any) -> None:
    """With their flow, comparison and limit; what is no metric is none."""
    found = {item.fact: item for item in judging.objectives(judging.load_facts(spec, "tier1"))}
    assert set(found) == {"load.requests_per_second", "load.p95_ms", "load.error_percent"}
    assert (found["load.p95_ms"].comparison, found["load.p95_ms"].limit) == ("<", 200.0)


@pytest.mark.parametrize(
    ("low", "value", "high", "open"),
    [(180, 190, 199.9, False), (201, 210, 220, False), (190, 195, 200.0, True), (190, None, None, True)],
)
def test_an_estimate_is_judged_by_both_its_bounds(low: float, value: Any, high: Any, open: bool) -> None:
    """It is settled only where both say the same."""
    expected = expectation("< 200", all_checks()["load:run", "p95_ms"])
    estimate = Estimate(value, low, high, 10, lambda limit: 7)
    assert bool(estimate.open_question(expected)) == open
    if open and value:
        assert "about 7 more" in estimate.open_question(expected)


@pytest.mark.parametrize("name", ["p50_ms", "p95_ms", "p99_ms", "mean_ms", "error_percent", "requests_per_second"])
def test_a_metric_that_was_not_measured_is_unknown(name: str) -> None:
    """A record without it, or without a sample."""
    ask = all_checks()["load:run", name].ask
    base = {"invalid": [], "profile": "target", "dropped": 0, "samples": 5, "aborted": ""}
    with pytest.raises(Unknown):
        ask(record(base))
    with pytest.raises(Unknown, match="nothing was measured"):
        ask(record({**base, "samples": 0, name: {"value": None, "low": None, "high": None}}))
    assert ask(record({**base, name: {"value": 3.0, "low": 2.0, "high": 4.0}})) == 3.0


@pytest.mark.parametrize("name", ["slowest_ms", "failures", "profile", "concurrent_users", "failed_during_deployment"])
def test_an_invalid_run_answers_no_question(name: str) -> None:
    """Not even those that need no bounds."""
    ask = all_checks()["load:run", name].ask
    base = {"profile": "deployment", "samples": 5, "failed": 2, "slowest_ms": 7.5, "concurrent_users": 9, "aborted": ""}
    with pytest.raises(Unknown, match="worker lost"):
        ask(record({**base, "invalid": ["worker lost"]}))
    assert (
        ask(record({**base, "invalid": []}))
        == {
            "slowest_ms": 7.5,
            "failures": 2,
            "profile": "deployment",
            "concurrent_users": 9,
            "failed_during_deployment": 2,
        }[name]
    )
