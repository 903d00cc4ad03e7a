"""Load results as a source of evidence: the files that `asbuilt load` writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from asbuilt.evidence import Unknown, Untested
from asbuilt.problems import InputError
from asbuilt.problems.parsing import json_text, text_of
from asbuilt.problems.rules import ANY_TEXT, FLAG, TABLE, TABLES, Rule, ValueType
from asbuilt.sources.row import Row
from asbuilt.sources.source import Clients, EvidenceRequest, Option, Source
from asbuilt.targets import Target

FORMAT = 2
_FORMAT = ValueType(f"{FORMAT}, as `asbuilt load` of this version writes it", lambda value: value == FORMAT)
_RESULT = {
    "format": Rule(_FORMAT, needed=True),
    "system": Rule(ANY_TEXT, needed=True),
    "variant": Rule(ANY_TEXT, needed=True),
    "target": Rule(TABLE, needed=True, keys={"host": Rule(ANY_TEXT, needed=True), "stand_in": Rule(FLAG, needed=True)}),
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


def connect(request: EvidenceRequest) -> Clients:
    """The load result of the deployment that is verified.

    Raises `Untested` where no file tells of its system and variant, and where the result tells of something other
    than the target: a stand-in's result goes with the mock account, and with nothing else. Raises `Unknown` where a
    file cannot be read, or several tell of one deployment.
    """
    results = [(path, read_result(Path(path))) for path in request.given]
    ours = [
        (path, item) for path, item in results if (item["system"], item["variant"]) == (request.system, request.variant)
    ]
    who = f"{request.system} {request.variant}".strip()
    if not ours:
        raise Untested(f"no load result of {who} was given (--load-result FILE, as `asbuilt load` writes it)")
    if len(ours) > 1:
        raise Unknown(f"{len(ours)} load results of {who} were given where one is meant")
    [(path, result)] = ours
    _fits(path, result["target"], request.target)
    client = LoadResults(result)
    return lambda service, region: client


def _fits(path: str, measured: Mapping[str, Any], target: Target) -> None:
    if measured["stand_in"] and target.kind in ("account", "endpoint"):
        raise Untested(
            f"{path} measures a stand-in application, which tells nothing of {target.name}: "
            "run `asbuilt load` with the --host of what is deployed"
        )
    if target.kind == "mock" and not measured["stand_in"]:
        raise Untested(f"{path} measures {measured['host']}, which a mock account does not serve: name an account")


class LoadResults:
    """A load result in as much of the form of a boto3 client as reading needs."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        self._result = result
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


ROWS = (
    Row("load:run", "load", "read_runs", "runs[]", names="[name]"),
    Row("load:flow", "load", "read_flows", "flows[]", names="[name]"),
)
SOURCE = Source(
    name="load",
    services=("load",),
    rows=ROWS,
    connect=connect,
    about="What `asbuilt load` measured, from its load-result.json.",
    untested="no load result was given: add --load-result FILE, as `asbuilt load` writes it",
    options=(Option("--load-result", "what `asbuilt load` wrote", "FILE", many=True, file=True),),
)
