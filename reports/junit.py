"""JUnit: each fact of a verification, and each load fact, is a test case, for pipelines that read nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from asbuilt.results.exit_codes import outcome
from asbuilt.results.writers import Night

NAME, LOAD_NAME = "junit.xml", "load-junit.xml"
_OUTCOMES = {
    "disputed": "skipped",
    "failed": "failure",
    "unknown": "error",
    "untested": "skipped",
    "not applicable": "skipped",
}
_PROPERTIES = ("status", "severity", "section", "says", "disputed", "reason", "fix")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(night: Night, folder: Path) -> None:
    """Write one file for the facts of all deployments, and one for each load run."""
    if night.results is not None:
        (folder / NAME).write_text(_text(_suites(night, night.results)), encoding="utf-8")
    for result in night.load:
        name = f"load of {night.architecture(result['system'])} {result['variant']}".strip()
        suite = _suite(name, result["facts"], result["finished"], result["settings"]["seconds"])
        for fact, case in zip(result["facts"], suite, strict=True):
            case.attrib |= {"classname": f"load.{result['system']}", "name": fact["id"]}
        (folder / night.load_file(LOAD_NAME, result)).write_text(_text(suite), encoding="utf-8")


def _suites(night: Night, results: Mapping[str, Any]) -> Xml.Element:
    """One suite for each deployment."""
    suites = Xml.Element("testsuites", name="asbuilt")
    for deployment in results["deployments"]:
        system, variant = deployment["system"], deployment["variant"]
        facts = [fact for fact in results["facts"] if (fact["system"], fact["variant"]) == (system, variant)]
        name = f"{night.architecture(system)} {variant}".strip()
        suites.append(_suite(name, facts, deployment["started"], sum(fact["duration_seconds"] for fact in facts)))
    return suites


def _suite(name: str, facts: Sequence[Mapping[str, Any]], timestamp: str, seconds: float) -> Xml.Element:
    kinds = [_OUTCOMES.get(outcome(fact), "") for fact in facts]
    suite = Xml.Element(
        "testsuite",
        name=_xml(name),
        tests=str(len(facts)),
        failures=str(kinds.count("failure")),
        errors=str(kinds.count("error")),
        skipped=str(kinds.count("skipped")),
        timestamp=timestamp,
        time=f"{seconds:.3f}",
    )
    for fact, kind in zip(facts, kinds, strict=True):
        suite.append(_case(fact, kind))
    return suite


def _case(fact: Mapping[str, Any], kind: str) -> Xml.Element:
    """The test case of a fact, named by its spec file and its name there."""
    file, _, name = fact["nodeid"].partition("::")
    case = Xml.Element(
        "testcase",
        classname=_xml(file.replace("/", ".")),
        name=_xml(name),
        file=_xml(file),
        line=str(fact["spec"]["line"]),
        time=f"{fact.get('duration_seconds', 0):.3f}",
    )
    properties = Xml.SubElement(case, "properties")
    for key, value in _properties(fact):
        Xml.SubElement(properties, "property", name=key, value=_xml(value))
    if kind:
        found = fact["reason"] or f"found {fact['found']}"
        message = f"{fact['section']}: {fact['says']} Expected {fact['expected']['text']}, {found}."
        Xml.SubElement(case, kind, message=_xml(message))
    return case


def _properties(fact: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "claim", fact["fact"]
    yield from ((name, fact[name]) for name in _PROPERTIES if fact.get(name))
    yield "expected", fact["expected"]["text"]
    yield "found", json.dumps(fact["found"])


def _xml(text: str) -> str:
    """The text with each character that XML 1.0 forbids as its code, since an account chooses names and tags."""
    return _NOT_XML.sub(lambda found: f"#x{ord(found[0]):02X}", str(text))


def _text(root: Xml.Element) -> str:
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
