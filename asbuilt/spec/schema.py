"""The JSON Schema of spec.toml, made from the checks, with which editors complete and validate a spec."""

from __future__ import annotations

import json
from typing import Any

from asbuilt.check import SEVERITIES, Check, all_checks
from asbuilt.sources.table import rows_by_kind
from asbuilt.spec.expectation import TABLES
from asbuilt.spec.loading import ARCHITECTURE
from asbuilt.spec.subjects import subject_kinds

_TYPES: dict[type, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": ["number", "string"]},
    float: {"type": ["number", "string"]},
    str: {"type": "string"},
    frozenset: {"type": "array"},
    tuple: {"type": "array"},
    list: {"type": "array"},
}
_TEXT = {"type": "string", "minLength": 1}


def schema() -> dict[str, Any]:
    """The schema as data (JSON Schema 2020-12). The names of subjects are each spec's own, so any name is accepted."""
    questions: dict[str, list[Check]] = {}
    for (_, name), check in sorted(all_checks().items()):
        questions.setdefault(name, []).append(check)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "asbuilt architecture specification",
        "type": "object",
        "additionalProperties": False,
        "required": ["architecture", "subjects", "claim"],
        "properties": {
            "architecture": _architecture(),
            "subjects": {"type": "object", "additionalProperties": {"$ref": "#/$defs/subject_or_variants"}},
            "claim": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/claim"}},
        },
        "$defs": {
            "subject": _subject(),
            "subject_or_variants": _subject_or_variants(),
            "questions": {
                "type": "object",
                "additionalProperties": False,
                "properties": {name: _question(asked) for name, asked in questions.items()},
            },
            "claim": _claim(),
            "expectation": {
                "type": "object",
                "description": f"one of {', '.join(TABLES)}, or an expectation for each variant",
            },
        },
    }


def _architecture() -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "document", "region"],
        "properties": dict.fromkeys((key for key in ARCHITECTURE if key != "variants"), _TEXT)
        | {"variants": {"type": "array", "items": _TEXT}},
    }


def _subject() -> dict[str, Any]:
    narrowing = sorted({attribute for rows in rows_by_kind().values() for row in rows for attribute in row.within})
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["kind"],
        "properties": {
            "kind": {"enum": sorted(subject_kinds())},
            "name": _TEXT,
            "arn": _TEXT,
            "tags": {"type": "object", "additionalProperties": {"type": "string"}},
            "where": {"$ref": "#/$defs/questions"},
            "many": {"type": "boolean"},
            "region": {**_TEXT, "description": "where it is, if not in the architecture's region"},
        }
        | dict.fromkeys(narrowing, _TEXT),
    }


def _subject_or_variants() -> dict[str, Any]:
    one = {"$ref": "#/$defs/subject"}
    return {"anyOf": [one, {"type": "object", "additionalProperties": one, "not": {"required": ["kind"]}}]}


def _claim() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["section", "says"],
        "properties": {
            "section": {**_TEXT, "description": "the document's headings, outermost first, joined by >"},
            "says": {**_TEXT, "description": "the promise in one sentence"},
            "severity": {"enum": list(SEVERITIES)},
            "optional": {"type": "boolean", "description": "an absent subject is not applicable"},
            "note": _TEXT,
            "fix": _TEXT,
            "disputed": {"type": ["string", "object"], "description": "the id of a contradiction"},
            "variants": {"type": "array", "items": _TEXT},
            "strict": {"type": "object", "additionalProperties": {"$ref": "#/$defs/questions"}},
        },
        "additionalProperties": {"$ref": "#/$defs/questions"},
    }


def _question(asked: list[Check]) -> dict[str, Any]:
    kinds = ", ".join(sorted({check.kind for check in asked}))
    described = f"{asked[0].question} ({kinds})"
    written = {check.expects.takes if check.expects else check.answers for check in asked}
    plain = [_TYPES[kind] for kind in sorted(written, key=lambda kind: kind.__name__)]
    value = {"anyOf": [*plain, {"$ref": "#/$defs/expectation"}]}
    if any(check.parameter for check in asked):
        return {"description": described, "type": "object", "additionalProperties": value}
    return {"description": described, **value}


def text() -> str:
    """The text of the schema's file."""
    return json.dumps(schema(), indent=1, sort_keys=True) + "\n"
