"""Load results as a source of evidence: the files that `asbuilt load` writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from asbuilt.evidence import Unknown, Untested
from asbuilt.problems import InputError
from asbuilt.problems.parsing import json_text, text_of
from asbuilt.problems.rules import ANY_TEXT, TABLES, Rule, ValueType

FORMAT = 1
_FORMAT = ValueType(f"{FORMAT}, as `asbuilt load` of this version writes it", lambda value: value == FORMAT)
_RESULT = {
    "format": Rule(_FORMAT, needed=True),
    "system": Rule(ANY_TEXT, needed=True),
    "variant": Rule(ANY_TEXT, needed=True),
    "runs": Rule(TABLES, needed=True),
    "flows": Rule(TABLES, needed=True),
}
OPERATIONS = {"read_runs": ("Run", "runs"), "read_flows": ("Flow", "flows")}


def read_result(path: Path) -> dict[str, Any]:
    """A load-result.json. Raises `Unknown` with all that is wrong, where it is none that this version knows."""
    try:
        file = json_text(text_of(path), path)
        file.top_table(_RESULT, others=True)
        file.finish()
    except InputError as error:
        raise Unknown("; ".join(error.problems)) from None
    result: dict[str, Any] = file.data
    return result


class LoadResults:
    """Load results as a source of evidence, in as much of the form of a boto3 client as reading needs.

    Raises `Untested` where none of the files tells of this system and variant.
    """

    def __init__(self, paths: Sequence[Path], system: str, variant: str) -> None:
        results = [read_result(path) for path in paths]
        ours = [item for item in results if (item["system"], item["variant"]) == (system, variant)]
        who = f"{system} {variant}".strip()
        if not ours:
            raise Untested(f"no load result of {who} was given (--load-result FILE, as `asbuilt load` writes it)")
        if len(ours) > 1:
            raise Unknown(f"{len(ours)} load results of {who} were given where one is meant")
        self._result = ours[0]
        self.meta = SimpleNamespace(method_to_api_mapping={name: api for name, (api, _) in OPERATIONS.items()})

    def can_paginate(self, operation: str) -> bool:
        """No: a file is read whole."""
        return False

    def read_runs(self) -> dict[str, Any]:
        """The record of the whole run."""
        return {"runs": self._result["runs"]}

    def read_flows(self) -> dict[str, Any]:
        """The records of the flows."""
        return {"flows": self._result["flows"]}
