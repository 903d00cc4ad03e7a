"""The result of a load run: its files, its part in `asbuilt verify`, and its comparison with another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import jsonschema
import pytest

from asbuilt.evidence import Unknown, Untested
from asbuilt.load.measure.histogram import Histogram
from asbuilt.load.verdict import judging
from asbuilt.load.verdict.comparison import compare, ratios
from asbuilt.load.verdict.evidence import records
from asbuilt.load.verdict.result import SCHEMA, clear, document, write
from asbuilt.sources.load import LoadResults
from tests.load.measured import measured, settings_of
from tests.programs import verify


def test_files_keep_to_their_schema_and_show_nothing_unescaped(spec: Any, tmp_path: Path) -> None:
    """JSON by its schema, JUnit as XML, a page that loads nothing from elsewhere."""
    result = document(
        spec, settings_of(), judging.load_facts(spec, "tier1"), measured(settings_of(), ms=250.0), strict=False
    )
    write(result, "Camps<Hub>", tmp_path)
    written = json.loads((tmp_path / "load-result.json").read_text(encoding="utf-8"))
    assert written["target"] == {"host": "http://127.0.0.1:1", "stand_in": False}
    jsonschema.validate(written, json.loads(SCHEMA.read_text(encoding="utf-8")))
    suite = Xml.parse(tmp_path / "load-junit.xml").getroot()  # noqa: S314  # our own file
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("6", "1", "1")
    page = (tmp_path / "load.html").read_text(encoding="utf-8")
    assert "Camps&lt;Hub&gt;" in page
    assert "&lt;b&gt;local" in page
    assert not any(text in page for text in ("<b>local", "http://www", "https://", "<script", "@import", "url("))


def test_a_run_removes_what_an_earlier_one_left(spec: Any, tmp_path: Path) -> None:
    """Otherwise a run that measured nothing would stand beside the figures of another."""
    write(
        document(spec, settings_of(), judging.load_facts(spec, "tier1"), measured(settings_of()), strict=False),
        "",
        tmp_path,
    )
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    before = {path.name for path in tmp_path.iterdir()}
    clear(tmp_path)
    clear(tmp_path)  # where there is nothing, too
    after = {path.name for path in tmp_path.iterdir()}
    assert before - after == {"load-result.json", "load.html", "load-junit.xml"}


def test_verify_joins_a_load_result(spec: Any, tmp_path: Path) -> None:
    """Its verdicts stand beside the account's; the facts of the other tier stay untested."""
    write(
        document(spec, settings_of(), judging.load_facts(spec, "tier1"), measured(settings_of(), ms=250.0), False),
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
    """A broken file, one that names no target, one of another system, or two of the same."""
    whole, flows = records(measured(settings_of()))
    good = {"format": 2, "system": "campushub360", "variant": "tier1", "runs": [whole], "flows": flows}
    good["target"] = {"host": "http://127.0.0.1:1", "stand_in": True}
    broken, fine, nobodys = (tmp_path / f"{name}.json" for name in ("broken", "fine", "nobodys"))
    broken.write_text("{", encoding="utf-8")
    nobodys.write_text(json.dumps({key: good[key] for key in good.keys() - {"target"}}), encoding="utf-8")
    fine.write_text(json.dumps(good), encoding="utf-8")
    assert LoadResults([fine], "campushub360", "tier1").read_runs()["runs"][0]["samples"] == 2000
    for paths, system, error in (
        ([broken], "campushub360", Unknown),
        ([nobodys], "campushub360", Unknown),
        ([fine], "apranova", Untested),
        ([], "campushub360", Untested),
        ([fine, fine], "campushub360", Unknown),
    ):
        with pytest.raises(error):
            LoadResults(paths, system, "tier1")


def test_two_runs_are_compared_only_if_alike(spec: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same settings; else it says in what they differ."""
    facts = judging.load_facts(spec, "tier1")
    for name, settings, ms in (
        ("a", settings_of(), 20.0),
        ("b", settings_of(), 40.0),
        ("c", settings_of(users=99), 20.0),
    ):
        write(document(spec, settings, facts, measured(settings, ms=ms), strict=False), "x", tmp_path / name)
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
