"""A source of evidence is added with two files and a report format with one; nothing else changes.

Each test adds the files to a copy of the suite in a temporary folder and runs the program there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.accounts import ROOT

SOURCE = '''
"""A weather report as a source of evidence."""

import json
from pathlib import Path
from types import SimpleNamespace

from asbuilt.sources.row import Row
from asbuilt.sources.source import Clients, Option, EvidenceRequest, Source


def connect(request: EvidenceRequest) -> Clients:
    """The report that the command line names."""
    reports = [json.loads(Path(path).read_text(encoding="utf-8")) for path in request.given]
    client = SimpleNamespace(
        meta=SimpleNamespace(method_to_api_mapping={"read_reports": "ReadReports"}),
        can_paginate=lambda operation: False,
        read_reports=lambda: {"reports": reports},
    )
    return lambda service, region: client


SOURCE = Source(
    name="weather",
    services=("weather",),
    rows=(Row("weather:report", "weather", "read_reports", "reports[]", ids="[place]"),),
    connect=connect,
    about="Weather reports.",
    untested="no weather report was given: add --weather FILE",
    options=(Option("--weather", "a weather report", "FILE", many=True, file=True),),
)
'''
CHECK = '''
"""Questions about the weather."""

from asbuilt.check import check
from asbuilt.evidence import Record


@check("weather:report", severity="low", fix="Wait.")
def degrees(report: Record) -> int:
    """How warm it is, in degrees Celsius."""
    return report["degrees"]
'''
SPEC = """
[architecture]
name = "Garden"
document = "Garden"
region = "us-east-1"

[subjects]
garden = { kind = "weather:report", name = "garden" }
bucket = { kind = "s3:bucket", name = "seeds" }

[[claim]]
section = "1"
says = "It is warm, and there are seeds."
garden.degrees = ">= 20"
bucket.exists = true
"""
FORMAT = '''
"""A line of text for each fact."""

from pathlib import Path

from asbuilt.results.writers import Night


def write(night: Night, folder: Path) -> None:
    """Write facts.txt."""
    if night.results is not None:
        lines = [f"{fact['fact']} {fact['status']}" for fact in night.results["facts"]]
        (folder / "facts.txt").write_text("\\n".join(lines), encoding="utf-8")
'''


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A copy of the suite."""
    for name in ("asbuilt", "checks", "reports", "specs", "fixtures", "loadtests"):
        left_out = shutil.ignore_patterns("__pycache__", "out")
        shutil.copytree(ROOT / name, tmp_path / "suite" / name, ignore=left_out)
    return tmp_path / "suite"


def _run(suite: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    folder = suite.parent / "here"
    folder.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "asbuilt", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(suite)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_a_source_is_one_module_and_one_module_of_checks(suite: Path) -> None:
    """Options, facts, the reason of untested facts and the page of checks are derived from the two modules."""
    (suite / "asbuilt" / "sources" / "weather.py").write_text(SOURCE, encoding="utf-8")
    (suite / "checks" / "weather.py").write_text(CHECK, encoding="utf-8")
    spec, report, out = suite.parent / "garden.toml", suite.parent / "report.json", suite.parent / "out"
    spec.write_text(SPEC, encoding="utf-8")
    report.write_text('{"place": "garden", "degrees": 12}', encoding="utf-8")

    done = _run(suite, "verify", str(spec), "--weather", str(report), "--out", str(out))
    facts = {fact["fact"]: fact for fact in json.loads((out / "results.json").read_text(encoding="utf-8"))["facts"]}
    assert done.returncode == 1, done.stdout + done.stderr
    assert (facts["garden.degrees"]["status"], facts["garden.degrees"]["found"]) == ("failed", 12)
    assert (facts["garden.degrees"]["source"], facts["bucket.exists"]["status"]) == ("weather", "untested")
    assert "--weather FILE" in _run(suite, "verify", "--help").stdout
    assert "| weather | Weather reports. | `--weather` |" in _run(suite, "schema", "--checks").stdout
    missing = _run(suite, "verify", str(spec), "--weather", "nowhere.json")
    assert (missing.returncode, "there is no file nowhere.json" in missing.stderr) == (4, True), missing.stderr


def test_a_source_that_was_not_given_is_untested(suite: Path) -> None:
    """The reason names the option. The facts of the account are judged all the same."""
    (suite / "asbuilt" / "sources" / "weather.py").write_text(SOURCE, encoding="utf-8")
    (suite / "checks" / "weather.py").write_text(CHECK, encoding="utf-8")
    spec, out = suite / "specs" / "campuslearn" / "spec.toml", suite.parent / "out"
    claim = '\n[[claim]]\nsection = "1"\nsays = "It is warm."\ngarden.degrees = ">= 20"\n'
    subject = '[subjects]\ngarden = { kind = "weather:report", name = "garden" }\n'
    spec.write_text(spec.read_text(encoding="utf-8").replace("[subjects]\n", subject) + claim, encoding="utf-8")
    _run(suite, "verify", "campuslearn", "-k", "garden or account_id", "--out", str(out))
    facts = {fact["fact"]: fact for fact in json.loads((out / "results.json").read_text(encoding="utf-8"))["facts"]}
    assert facts["garden.degrees"]["status"] == "untested"
    assert facts["garden.degrees"]["reason"] == "no weather report was given: add --weather FILE"


def test_a_report_format_is_one_module(suite: Path) -> None:
    """The new format is written together with all others."""
    (suite / "reports" / "text.py").write_text(FORMAT, encoding="utf-8")
    out = suite.parent / "out"
    _run(suite, "verify", "campuslearn", "-k", "log_group or alarm", "--out", str(out))
    facts = json.loads((out / "results.json").read_text(encoding="utf-8"))["facts"]
    assert (out / "facts.txt").read_text(encoding="utf-8").splitlines() == [
        f"{fact['fact']} {fact['status']}" for fact in facts
    ]


def test_a_report_format_that_fails_costs_no_other(suite: Path) -> None:
    """The exit code is 3, the message names the format, and results.json is there."""
    (suite / "reports" / "broken.py").write_text(FORMAT.replace("night.results is not None", "1 / 0"), encoding="utf-8")
    out = suite.parent / "out"
    done = _run(suite, "verify", "campuslearn", "-k", "log_group or alarm", "--out", str(out))
    assert done.returncode == 3
    assert "the report format 'broken' failed: ZeroDivisionError" in done.stdout + done.stderr
    assert json.loads((out / "results.json").read_text(encoding="utf-8"))["run"]["exit_code"] == 3
