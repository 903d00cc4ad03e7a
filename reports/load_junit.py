"""JUnit of a load run: each load fact is a test case, for pipelines that read nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from asbuilt.load.verdict.result import JUNIT
from asbuilt.results.exit_codes import outcome
from asbuilt.results.writers import Night

_OUTCOMES = {
    "disputed": "skipped",
    "failed": "failure",
    "unknown": "error",
    "untested": "skipped",
    "not applicable": "skipped",
}


def write(night: Night, folder: Path) -> None:
    """Write one file for each load run."""
    for result in night.load:
        text = junit(result, night.architecture(result["system"]))
        (folder / night.load_file(JUNIT, result)).write_text(text, encoding="utf-8")


def junit(result: Mapping[str, Any], architecture: str) -> str:
    """The XML text."""
    facts = result["facts"]
    suite = Xml.Element(
        "testsuite",
        name=f"load of {architecture} {result['variant']}".strip(),
        tests=str(len(facts)),
        failures=str(sum(_outcome(fact) == "failure" for fact in facts)),
        errors=str(sum(_outcome(fact) == "error" for fact in facts)),
        skipped=str(sum(_outcome(fact) == "skipped" for fact in facts)),
        timestamp=result["finished"],
        time=str(result["settings"]["seconds"]),
    )
    for fact in facts:
        case = Xml.SubElement(suite, "testcase", classname=f"load.{result['system']}", name=fact["id"])
        kind = _outcome(fact)
        if kind:
            found = fact["reason"] or f"found {fact['found']}"
            message = f"{fact['section']}: {fact['says']} Expected {fact['expected']['text']}, {found}."
            Xml.SubElement(case, kind, message=message)
    Xml.indent(suite)
    return Xml.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _outcome(fact: Mapping[str, Any]) -> str:
    return _OUTCOMES.get(outcome(fact), "")
