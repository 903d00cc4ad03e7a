"""From a load run to verdicts: by bounds, never by luck, and joined to those of the account."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import jsonschema
import pytest

from asbuilt.check import all_checks
from asbuilt.evidence import Unknown, Untested
from asbuilt.judging.estimate import Estimate
from asbuilt.load.measure.gate import Counts
from asbuilt.load.measure.histogram import Histogram
from asbuilt.load.plan.arrivals import Stage
from asbuilt.load.plan.settings import Settings
from asbuilt.load.verdict import judging
from asbuilt.load.verdict.comparison import compare, ratios
from asbuilt.load.verdict.evidence import records
from asbuilt.load.verdict.result import SCHEMA, clear, document, write
from asbuilt.sources.load import LoadResults
from asbuilt.spec.expectation import expectation
from asbuilt.spec.loading import load
from asbuilt_content.reports.load_html import page
from tests.programs import verify
from tests.records import record

SPEC = """
[architecture]
name = "CampsHub360"
document = "CampsHub360"
region = "us-east-1"
variants = ["tier1", "tier2"]

[subjects]
load = { kind = "load:run", name = "campushub360" }
reading = { kind = "load:flow", name = "read" }

[[claim]]
section = "Performance"
says = "The stated load is served within the stated time."
load.requests_per_second = { tier1 = ">= 90", tier2 = ">= 900" }
load.p95_ms = "< 200"
load.concurrent_users = ">= 50"
load.error_percent = "< 1"
load.failed_during_deployment = 0
reading.slowest_ms = "< 5000"
"""


def _settings(**change: Any) -> Settings:
    plain = Settings("campushub360", "tier1", "http://127.0.0.1:1", (), "target", (Stage(100, 100, 20),), 50)
    scenario = '[routes.page]\npath = "/"\nflow = "read"\n'
    return dataclasses.replace(plain, scenario=scenario, **change)


def _raw(settings: Settings, ms: float = 20.0, failed: int = 0, dropped: int = 0, **change: Any) -> dict[str, Any]:
    """What a generator leaves: 100 requests in each of 20 seconds, each of which took `ms`."""
    slots = {}
    for number in range(20):
        histogram = Histogram()
        histogram.add(ms, 100)
        histogram.unanswered = dropped
        counts = Counts(sent=100, answered=100, failed=failed + dropped, dropped=dropped)
        slots[str(number)] = {"response": histogram.plain(), "counts": dataclasses.asdict(counts)}
    endpoint = {"name": "page", "method": "GET", "flow": "read", "counted": True, "slots": slots}
    endpoint |= {"service": Histogram.of([ms]).plain(), "lag": Histogram.of([0.1]).plain(), "errors": {}, "received": 9}
    health: dict[str, object] = dict.fromkeys(("scheduled", "started", "sent", "counted"), 2000)
    health |= {"dropped": 20 * dropped, "left": 0, "lag_p99_ms": 0.1, "cpu": 0.1, "workers_lost": []}
    point = dict.fromkeys(("due", "sent", "answered", "failed", "in_flight", "users", "open"), 1)
    worker = {"name": "<b>local</b>", "lost": "", "cpu": 0.1, "scheduled": 2000, "memory_mib": 9.0, "cpu_seconds": 1.0}
    return {
        "settings": json.loads(settings.dumps()),
        "began": "2026-11-02T10:00:00+00:00",
        "invalid": [],
        "stopped": "",
        "aborted": "",
        "health": {**health, "clock_error_ms": 0.0, "problems": []},
        "endpoints": [endpoint],
        "timeline": [{"second": 1.0, "p95_ms": None, "lag_ms": 0.1, "cpu": 0.1, **point}],
        "workers": [{**worker, "clock_error_ms": 0.0}],
        "users": {"asked": 50, "steady": 50},
        **change,
    }


@pytest.fixture
def spec(tmp_path: Path) -> Any:
    """The spec above, loaded."""
    path = tmp_path / "campushub360" / "spec.toml"
    path.parent.mkdir()
    path.write_text(SPEC, encoding="utf-8")
    return load(path)


def _statuses(spec: Any, raw: dict[str, Any], settings: Settings | None = None) -> tuple[dict[str, str], int]:
    facts = judging.load_facts(spec, "tier1")
    result = document(spec, settings or _settings(), facts, raw, strict=False)
    return {fact["fact"]: fact["status"] for fact in result["facts"]}, result["exit_code"]


def test_a_good_run_passes(spec: Any) -> None:
    """All objectives hold; what needs a deployment is untested."""
    statuses, code = _statuses(spec, _raw(_settings()))
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
    statuses, code = _statuses(spec, _raw(_settings(), **change))
    assert {name for name, status in statuses.items() if status == "failed"} == fails
    assert code == 1


def test_an_invalid_run_says_nothing(spec: Any) -> None:
    """Whatever its figures are: all is unknown, and the exit code says so."""
    statuses, code = _statuses(spec, _raw(_settings(), invalid=["worker a was lost"]))
    assert set(statuses.values()) == {"unknown"}
    assert code == 6


def test_a_run_that_was_stopped_for_its_target_s_failure_fails(spec: Any) -> None:
    """What failed so far has failed; nothing else is settled, least of all what looks good."""
    statuses, code = _statuses(spec, _raw(_settings(), ms=250.0, aborted="load.p95_ms is out of reach"))
    assert statuses.pop("load.p95_ms") == "failed"
    assert set(statuses.values()) <= {"unknown", "untested"}
    assert code == 1


def test_a_run_of_nothing_says_nothing(spec: Any) -> None:
    """No request, no verdict."""
    raw = _raw(_settings(), endpoints=[], invalid=["no request was sent"])
    assert _statuses(spec, raw) == (dict.fromkeys(_statuses(spec, raw)[0], "unknown"), 6)


def test_dropped_arrivals_leave_a_good_latency_open(spec: Any) -> None:
    """2 of 100 could not be sent: the errors fail, and of the latency nothing is known."""
    statuses, code = _statuses(spec, _raw(_settings(), dropped=2))
    assert (statuses["load.error_percent"], statuses["load.p95_ms"]) == ("failed", "unknown")
    assert code == 1


def test_a_smoke_run_proves_no_promise(spec: Any) -> None:
    """It passes where every route works; its facts stay untested."""
    settings = _settings(profile="smoke")
    statuses, code = _statuses(spec, _raw(settings), settings)
    assert (set(statuses.values()), code) == ({"untested"}, 0)
    assert _statuses(spec, _raw(settings, failed=1), settings)[1] == 1


def test_a_smoke_run_does_not_pass_routes_that_it_never_asked(spec: Any) -> None:
    """They are named; one that changes data may be left out where that was not allowed."""
    settings = _settings(profile="smoke")
    more = settings.scenario + '[routes.other]\npath = "/other"\nchanges = true\n'
    settings = dataclasses.replace(settings, scenario=more)
    facts = judging.load_facts(spec, "tier1")
    result = document(spec, settings, facts, _raw(settings), strict=False)
    assert (result["untried"], result["exit_code"]) == (["other"], 6)
    assert "<b>Not known to work" in page(result, "CampsHub360")
    reading = dataclasses.replace(settings, writes=False)
    result = document(spec, reading, facts, _raw(reading), strict=False)
    assert (result["untried"], result["exit_code"]) == ([], 0)


def test_a_smoke_run_fails_for_what_counts_for_no_objective_too(spec: Any) -> None:
    """A step that failed is a step that does not work."""
    settings = _settings(profile="smoke")
    raw = _raw(settings)
    step = _raw(settings, failed=1)["endpoints"][0] | {"name": "launch", "counted": False}
    raw["endpoints"].append(step)
    assert _statuses(spec, raw, settings)[1] == 1


def test_a_run_during_a_deployment_counts_its_failures(spec: Any) -> None:
    """Only then."""
    settings = _settings(profile="deployment")
    assert _statuses(spec, _raw(settings), settings)[0]["load.failed_during_deployment"] == "passed"
    assert _statuses(spec, _raw(settings, failed=1), settings)[0]["load.failed_during_deployment"] == "failed"


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


def test_files_keep_to_their_schema_and_show_nothing_unescaped(spec: Any, tmp_path: Path) -> None:
    """JSON by its schema, JUnit as XML, a page that loads nothing from elsewhere."""
    result = document(spec, _settings(), judging.load_facts(spec, "tier1"), _raw(_settings(), ms=250.0), strict=False)
    write(result, "Camps<Hub>", tmp_path)
    written = json.loads((tmp_path / "load-result.json").read_text(encoding="utf-8"))
    jsonschema.validate(written, json.loads(SCHEMA.read_text(encoding="utf-8")))
    suite = Xml.parse(tmp_path / "load-junit.xml").getroot()  # noqa: S314  # our own file
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("6", "1", "1")
    page = (tmp_path / "load.html").read_text(encoding="utf-8")
    assert "Camps&lt;Hub&gt;" in page
    assert "&lt;b&gt;local" in page
    assert not any(text in page for text in ("<b>local", "http://www", "https://", "<script", "@import", "url("))


def test_a_run_removes_what_an_earlier_one_left(spec: Any, tmp_path: Path) -> None:
    """Else a run that measured nothing would stand beside another's figures."""
    write(document(spec, _settings(), judging.load_facts(spec, "tier1"), _raw(_settings()), strict=False), "", tmp_path)
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    before = {path.name for path in tmp_path.iterdir()}
    clear(tmp_path)
    clear(tmp_path)  # where there is nothing, too
    after = {path.name for path in tmp_path.iterdir()}
    assert before - after == {"load-result.json", "load.html", "load-junit.xml"}


def test_verify_joins_a_load_result(spec: Any, tmp_path: Path) -> None:
    """Its verdicts stand beside the account's; of the other tier, which it does not tell of, nothing is tested."""
    write(
        document(spec, _settings(), judging.load_facts(spec, "tier1"), _raw(_settings(), ms=250.0), False),
        "x",
        tmp_path,
    )
    path = str(spec.path)
    joined = verify(tmp_path, path, "--load-result", str(tmp_path / "load-result.json"))
    assert joined.code == 1
    assert joined.statuses["load.p95_ms[tier1]"] == "failed"
    assert joined.statuses["load.requests_per_second[tier1]"] == "passed"
    other = next(
        fact for fact in joined.results["facts"] if fact["fact"] == "load.p95_ms" and fact["variant"] == "tier2"
    )
    assert (other["status"], "--load-result" in other["reason"]) == ("untested", True)
    assert next(fact for fact in joined.results["facts"] if fact["fact"] == "load.p95_ms")["source"] == "load"


def test_a_load_result_that_is_none_is_no_evidence(tmp_path: Path) -> None:
    """A broken file, one of another system, or two of the same."""
    whole, flows = records(_raw(_settings()))
    good = {"format": 1, "system": "campushub360", "variant": "tier1", "runs": [whole], "flows": flows}
    broken, fine = tmp_path / "broken.json", tmp_path / "fine.json"
    broken.write_text("{", encoding="utf-8")
    fine.write_text(json.dumps(good), encoding="utf-8")
    assert LoadResults([fine], "campushub360", "tier1").read_runs()["runs"][0]["samples"] == 2000
    for paths, system, error in (
        ([broken], "campushub360", Unknown),
        ([fine], "apranova", Untested),
        ([], "campushub360", Untested),
        ([fine, fine], "campushub360", Unknown),
    ):
        with pytest.raises(error):
            LoadResults(paths, system, "tier1")


def test_two_runs_are_compared_only_if_alike(spec: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same settings; else it says in what they differ."""
    facts = judging.load_facts(spec, "tier1")
    for name, settings, ms in (("a", _settings(), 20.0), ("b", _settings(), 40.0), ("c", _settings(users=99), 20.0)):
        write(document(spec, settings, facts, _raw(settings, ms=ms), strict=False), "x", tmp_path / name)
    files = {name: tmp_path / name / "load-result.json" for name in "abc"}
    assert compare(files["a"], files["b"]) == 1
    assert "slower" in capsys.readouterr().out
    assert compare(files["a"], files["a"]) == 0
    assert compare(files["a"], files["c"]) == 4
    assert "users: 50 and 99" in capsys.readouterr().err


def test_the_same_target_shows_no_difference() -> None:
    """Two samples of one distribution: the interval of each ratio holds 1."""
    import random

    draw = random.Random(5)
    one, other = (Histogram.of([draw.lognormvariate(3, 0.4) for _ in range(3000)]) for _ in range(2))
    assert all(low <= 1 <= high for _, (_, _, _, low, high) in ratios(one, other))
