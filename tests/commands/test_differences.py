"""What `asbuilt diff` compares: marks of secrets differ in each run, and are no difference."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from asbuilt.results.difference import differences, side


def _results(folder: Path, digest: str, multi_az: bool = True) -> Path:
    mark = f"[redacted: named-secret {digest}, 16 characters]"
    read: list[dict[str, Any]] = [
        {"operation": "ecs:Describe", "resource": f"task-{mark}", "field": "environment[0].value", "value": mark},
        {"operation": "ecs:Describe", "resource": "task", "field": f"labels.{mark}", "value": [{"Value": mark}]},
        {"operation": "rds:Describe", "resource": "db", "field": "MultiAZ", "value": multi_az},
    ]
    fact: dict[str, Any] = {"id": "s/web.x", "system": "s", "variant": "", "subject": "web", "kind": "ecs:service"}
    fact |= {"status": "failed", "disputed": "", "findings": [{"resource": f"web-{mark}", "evidence": read}]}
    path = folder / f"{digest}.json"
    path.write_text(json.dumps({"facts": [fact], "deployments": [{"system": "s", "variant": ""}]}), encoding="utf-8")
    return path


def test_marks_of_two_runs_are_no_difference(tmp_path: Path) -> None:
    """The digest in a mark is another one in each run, in values, in names of resources and in names of fields."""
    before = side(_results(tmp_path, "c616eb3596"))
    assert list(differences(before, side(_results(tmp_path, "d7194329f9")))) == []
    drift = list(differences(before, side(_results(tmp_path, "d7194329fa", multi_az=False))))
    assert [line for line in drift if "MultiAZ" in line] == ["          rds:Describe MultiAZ: true -> false"]
