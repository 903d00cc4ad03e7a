"""Load results as a source of evidence: the files that `asbuilt load` writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from asbuilt.evidence import Unknown, Untested
from asbuilt.problems import InputError
from asbuilt.problems.parsing import json_text, text_of
from asbuilt.problems.rules import ANY_TEXT, FLAG, TABLE, TABLES, Rule, ValueType
from asbuilt.sources.provenance import Provenance
from asbuilt.sources.row import Row
from asbuilt.sources.source import Clients, EvidenceRequest, FileClients, Option, Source

FORMAT = 3
_FORMAT = ValueType(
    f"{FORMAT}, as `asbuilt load` of this version writes it (earlier formats do not say when and from what they were "
    "made: run `asbuilt load` again)",
    lambda value: value == FORMAT,
)
_RESULT = {
    "format": Rule(_FORMAT, needed=True),
    "system": Rule(ANY_TEXT, needed=True),
    "variant": Rule(ANY_TEXT, needed=True),
    "target": Rule(TABLE, needed=True, keys={"host": Rule(ANY_TEXT, needed=True), "stand_in": Rule(FLAG, needed=True)}),
    **{name: Rule(ANY_TEXT, needed=True) for name in ("started", "finished", "version")},
    "inputs": Rule(TABLE, needed=True, each=Rule(ANY_TEXT)),
    "runs": Rule(TABLES, needed=True),
    "flows": Rule(TABLES, needed=True),
}

OPERATIONS = {"read_runs": ("Run", "runs"), "read_flows": ("Flow", "flows")}


def read_result(path: Path) -> dict[str, Any]:
    """The content of a load-result.json. Raises `Unknown` with all its mistakes, or where its format is another."""
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

    Raises `Untested` where no file is a result of its system and variant. Raises `Unknown` where a file cannot be read,
    or where several are results of the deployment.
    """
    results = [(path, read_result(Path(path))) for path in request.given]
    matching = [
        (path, item) for path, item in results if (item["system"], item["variant"]) == (request.system, request.variant)
    ]
    who = f"{request.system} {request.variant}".strip()
    if not matching:
        raise Untested(f"no load result of {who} was given (--load-result FILE, as `asbuilt load` writes it)")
    if len(matching) > 1:
        raise Unknown(f"{len(matching)} load results of {who} were given: give one")
    [(path, result)] = matching
    return FileClients(LoadResults(result), _about(path, result))


def _about(path: str, result: Mapping[str, Any]) -> Provenance:
    url = str(result["target"]["host"])
    return Provenance(
        file=path,
        what="load result",
        host=urlsplit(url).hostname or url,
        stand_in=result["target"]["stand_in"],
        digests=result["inputs"],
        **{name: result[name] for name in ("started", "finished", "version")},
    )


class LoadResults:
    """A load result with the interface of a boto3 client that reading needs."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        self._result = result
        self.meta = SimpleNamespace(method_to_api_mapping={name: api for name, (api, _) in OPERATIONS.items()})

    def can_paginate(self, operation: str) -> bool:
        """False: a file has one page."""
        return False

    def read_runs(self) -> dict[str, Any]:
        """The record of the whole run, under `runs`."""
        return {"runs": self._result["runs"]}

    def read_flows(self) -> dict[str, Any]:
        """The records of the flows, under `flows`."""
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
    about="The measurements of `asbuilt load`, from its load-result.json.",
    untested="no load result was given: add --load-result FILE, as `asbuilt load` writes it",
    options=(
        Option("--load-result", "read a load-result.json that `asbuilt load` wrote", "FILE", many=True, file=True),
    ),
)
