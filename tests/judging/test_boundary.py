"""An error anywhere in judging leaves the fact unknown with the error: no fact is lost, and none passes."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from asbuilt.check import checks_of
from asbuilt.judging import judge as judging
from asbuilt.results.record import fact_record
from asbuilt.results.terminal import failure_text
from asbuilt.results.writers import Night, write
from asbuilt.snapshot import Answer, Snapshot
from asbuilt.spec.expectation import expectation
from tests.accounts import facts_of, spec_of
from tests.records import entry

NOW = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
KIND = "ecs:cluster"


def _raises(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("by zero")


def _judged(asked: Any = None, **change: Any) -> judging.Verdict:
    """The verdict that a cluster exists, of an account with two clusters; the subject is changed so."""
    fact = next(fact for fact in facts_of("campuslearn", "") if fact.subject.kind == KIND)
    check = checks_of(KIND)["exists"]
    subject = replace(fact.subject, called="*", many=True, **change)
    fact = replace(fact, subject=subject, check=asked or check, parameter="", expected=expectation(False, check))
    snapshot = Snapshot()
    snapshot.add(KIND, "", Answer(tuple(entry({"status": "ACTIVE"}, KIND, [name]) for name in "ab")))
    return judging.judge(fact, {**spec_of("campuslearn").subjects[""], subject.name: subject}, snapshot, NOW)


def test_without_an_error_the_fact_is_judged() -> None:
    """The control: both clusters exist, and none is expected."""
    assert _judged().status == "failed"


@pytest.mark.parametrize("part", ["bind", "named_subjects", "fix_for"])
def test_an_error_in_a_part_of_judging_is_unknown(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """In binding, in the named subjects and in the fix."""
    monkeypatch.setattr(judging, part, _raises)
    verdict = _judged()
    assert verdict.status == "unknown"
    assert "ZeroDivisionError: by zero" in verdict.findings[0].reason


def test_an_error_in_a_check_that_selects_the_subject_is_unknown() -> None:
    """A subject that is found by an answer of a check."""
    check = replace(checks_of(KIND)["exists"], ask=_raises)
    verdict = _judged(where={"exists": (check, "", expectation(True, check))})
    assert verdict.status == "unknown"
    assert "ZeroDivisionError: by zero" in verdict.findings[0].reason


class _Wordless(Exception):  # noqa: N818  # named for what it lacks
    """An error that cannot say what it is."""

    def __str__(self) -> str:
        raise ValueError


def _recursion(*_: Any, **__: Any) -> Any:
    return _recursion()


def _wordless(*_: Any, **__: Any) -> Any:
    raise _Wordless


def _exits(*_: Any, **__: Any) -> Any:
    raise SystemExit(0)


def _skips(*_: Any, **__: Any) -> Any:
    pytest.skip("not today")


def _deep() -> list[Any]:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    return value


@pytest.mark.parametrize(
    "raises",
    [_raises, _recursion, _wordless, _exits, _skips],
    ids=["division", "recursion", "wordless", "exit", "skip of pytest"],
)
def test_whatever_a_check_raises_is_unknown(raises: Any) -> None:
    """The reason names the check."""
    verdict = _judged(replace(checks_of(KIND)["exists"], ask=raises))
    assert verdict.status == "unknown"
    assert "exists could not judge this record: " in verdict.findings[0].reason


@pytest.mark.parametrize(
    "answer",
    [object(), float("inf"), float("nan"), 10**5000, {object(): 1}, _deep(), "\ud800", b"bytes", {1, "a"}],
    ids=["object", "infinite", "no number", "huge", "odd key", "deep", "half a character", "bytes", "mixed set"],
)
def test_an_odd_answer_ends_nothing(answer: Any) -> None:
    """The record can be written as JSON; what cannot be written makes the fact unknown."""
    verdict = _judged(replace(checks_of(KIND)["exists"], ask=lambda *_, **__: answer))
    spec = spec_of("campuslearn")
    record = fact_record(spec, verdict, "x", False)
    assert json.loads(json.dumps(record, allow_nan=False))["status"] in ("failed", "unknown")
    failure_text(record, spec.name).encode()


def test_half_a_character_is_no_part_of_results(tmp_path: Path) -> None:
    """Before, results.json held a lone surrogate, which strict parsers of JSON refuse; whole characters stay."""
    write(Night({"facts": [{"found": "\ud800 \U0001f600"}]}), tmp_path, only=("results_json",))
    facts = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["facts"]
    assert facts == [{"found": "\ufffd \U0001f600"}]
