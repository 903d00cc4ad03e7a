"""The result of a load run: its files, its part in `asbuilt verify`, and its comparison with another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import jsonschema
import pytest

from asbuilt.load.measure.histogram import Histogram
from asbuilt.load.verdict import judging
from asbuilt.load.verdict.comparison import compare, ratios
from asbuilt.load.verdict.result import SCHEMA, document, write
from asbuilt.results.run_folder import LOAD, RunFolder
from tests.load.measured import measured, settings_of


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
    for _ in range(2):  # where there is nothing, too
        folder = RunFolder(tmp_path, LOAD)
        folder.open()
        folder.begin()
        folder.publish(4)
    after = {path.name for path in tmp_path.iterdir()}
    assert before - after == set(LOAD.known)
    assert after - before == {"load-run.json"}


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
