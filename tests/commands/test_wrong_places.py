"""Options whose values cannot be used, and what an earlier run left: one line, the right exit code, nothing stale."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs import asbuilt, verify

FEW = ("campuslearn", "-k", "log_group")
OWN = """
from asbuilt.check import check

@check("*", severity="low", fix="None.")
def broken(record) -> bool:
    \"\"\"Raises an error.\"\"\"
    raise ZeroDivisionError("by zero")
"""


def test_a_file_cannot_hold_results(tmp_path: Path) -> None:
    """`--out` names a folder."""
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    ended = verify(tmp_path, *FEW)
    assert ended.code == 4
    assert "name a folder" in ended.out + ended.err
    assert "Traceback" not in ended.out + ended.err


def test_a_run_that_verifies_nothing_leaves_no_earlier_results(tmp_path: Path) -> None:
    """Neither a selection without facts nor an account that cannot be used."""
    for arguments, code in ((("campuslearn", "-k", "nosuch"), 5), (("campuslearn", "--account", "nosuch"), 4)):
        assert verify(tmp_path, *FEW).code == 0
        assert verify(tmp_path, *arguments).code == code
        assert not (tmp_path / "out" / "results.json").exists()


def test_a_schema_that_cannot_be_written_is_wrong_usage(tmp_path: Path) -> None:
    """The message names the file."""
    ended = asbuilt(tmp_path, "schema", "--out", str(tmp_path / "nowhere" / "x.json"))
    assert (ended.code, "cannot be written" in ended.err, "Traceback" in ended.err) == (4, True, False)


def test_a_pyproject_of_another_shape_is_no_mistake(tmp_path: Path) -> None:
    """Its `tool` may be anything where it says nothing to asbuilt."""
    (tmp_path / "pyproject.toml").write_text("tool = 5\n", encoding="utf-8")
    assert verify(tmp_path, *FEW).code == 0


def test_a_check_that_raises_leaves_its_fact_unknown(tmp_path: Path) -> None:
    """The fact is in the results with the error, and the other facts are judged."""
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "own.py").write_text(OWN, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.asbuilt]\nchecks = "checks"\n', encoding="utf-8")
    spec = tmp_path / "campuslearn" / "spec.toml"
    spec.parent.mkdir()
    spec.write_text(
        '[architecture]\nname = "C"\ndocument = "C"\nregion = "af-south-1"\n[subjects]\n'
        'cluster = { kind = "ecs:cluster", name = "*" }\n[[claim]]\nsection = "S"\nsays = "s"\n'
        "cluster.broken = true\ncluster.exists = true\n",
        encoding="utf-8",
    )
    ended = verify(tmp_path, str(spec))
    facts = {fact["fact"]: fact for fact in ended.results["facts"]}
    assert (ended.code, facts["cluster.exists"]["status"], facts["cluster.broken"]["status"]) == (
        6,
        "passed",
        "unknown",
    )
    assert "ZeroDivisionError" in facts["cluster.broken"]["reason"]


@pytest.mark.parametrize(
    ("option", "value"),
    [("--seconds", "0"), ("--rate", "-5"), ("--users", "0"), ("--workers", "-3"), ("--expect-workers", "x")],
)
def test_a_size_that_cannot_be_is_wrong_usage(tmp_path: Path, option: str, value: str) -> None:
    """The message names the option and what it takes; nothing is sent."""
    ended = asbuilt(tmp_path, "load", "campuslearn", "--profile", "smoke", option, value)
    assert ended.code == 4
    assert f"argument {option}: must be a" in ended.err


def test_a_folder_in_the_place_of_a_file_is_wrong_usage(tmp_path: Path) -> None:
    """The message names it, and no results say that all is well."""
    (tmp_path / "out" / "results.schema.json").mkdir(parents=True)
    ended = verify(tmp_path, *FEW)
    assert (ended.code, "results.schema.json" in ended.err) == (4, True)
    assert not (tmp_path / "out" / "results.json").exists()
