"""Compares two recordings, or two results.json, subject by subject and fact by fact."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asbuilt.evidence import Entry, TargetError
from asbuilt.recording import MAGIC, name_of, read
from asbuilt.results.exit_codes import outcome
from asbuilt.results.volatile import in_any_order, steady
from asbuilt.snapshot import Snapshot
from asbuilt.sources.redaction import undigested

_SHOWN = 60  # characters of a value


@dataclass(frozen=True)
class Side:
    """One of the two things to compare.

    - `form`: recording or results; records are compared only between two of one form.
    - `facts`: the outcome of each fact, by id.
    - `records`: deployment and subject, else deployment and kind → the record's name → its fields by path.
    - `deployments`: the names of the deployments.
    """

    form: str
    deployments: frozenset[str]
    facts: Mapping[str, str]
    records: Mapping[tuple[str, str], Mapping[str, Mapping[str, str]]] = field(default_factory=dict)


def side(path: Path) -> Side:
    """A recording or results.json to compare. Raises `TargetError` for another file."""
    try:
        with path.open("rb") as file:
            packed = file.read(len(MAGIC)) == MAGIC
        return _of_recording(path) if packed else _of_results(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TargetError(f"{path} is neither a recording nor a results.json: {error}") from None


def _of_recording(path: Path) -> Side:
    found = read(path)
    facts: dict[str, str] = {}
    records: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
    for (system, variant), about in found.deployments.items():
        name, snapshot = name_of(system, variant), found.snapshot(system, variant)
        facts |= {fact["id"]: fact["outcome"] for fact in about["facts"]}
        subjects = _subjects(about["facts"])
        for region, part in {"": snapshot, **snapshot.elsewhere}.items():
            _add_records(records, name, subjects, region, part)
    return Side("recording", frozenset(name_of(*key) for key in found.deployments), facts, records)


def _add_records(
    records: dict[tuple[str, str], dict[str, dict[str, str]]],
    name: str,
    subjects: Mapping[tuple[str, str], str],
    region: str,
    snapshot: Snapshot,
) -> None:
    """Add the records of one region of a deployment, "" for its own."""
    place = f" in {region}" if region else ""
    for kind in snapshot.answers:
        for entry in snapshot.readable(kind):
            data = steady(kind, entry.data)
            if data is not None:
                of = records.setdefault((name, subjects.get((kind, entry.label), kind) + place), {})
                of[_free(of, _identity(entry))] = dict(_fields(data))
        for parent, answers in snapshot.answers[kind].items():
            for problem in {undigested(answer.problem) for answer in answers if answer.problem}:
                unread = undigested(f"not read {parent}".strip())
                records.setdefault((name, kind + place), {})[unread] = {"problem": problem}


def _subjects(facts: list[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """The subject that a record is bound to, by kind and label."""
    return {(fact["kind"], label): fact["subject"] for fact in facts for label in fact["resources"]}


def _identity(entry: Entry) -> str:
    """What names a record in both readings: its ARN or name, and that of its parent, without its place in a list."""
    parent = f" of {entry.parent.rpartition('|')[2]}" if entry.parent and not entry.names else ""
    return undigested(f"{entry.kind} {entry.label}{parent}")


def _free(taken: Mapping[str, Any], name: str) -> str:
    """The name, with a number where an earlier record has it."""
    number = next(number for number in range(1, len(taken) + 2) if _numbered(name, number) not in taken)
    return _numbered(name, number)


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} #{number}"


def _of_results(results: Mapping[str, Any]) -> Side:
    facts = {fact["id"]: outcome(fact) for fact in results["facts"]}
    records: dict[tuple[str, str], dict[str, dict[str, str]]] = {}
    for fact in results["facts"]:
        of = records.setdefault((name_of(fact["system"], fact["variant"]), fact["subject"]), {})
        for finding in fact["findings"]:
            of.setdefault(undigested(f"{fact['kind']} {finding['resource']}"), {})
            for read_ in finding["evidence"]:
                if read_["field"] and steady(fact["kind"], {read_["field"].rpartition(".")[2]: 0}):
                    fields = of.setdefault(undigested(f"{fact['kind']} {read_['resource']}"), {})
                    fields[undigested(f"{read_['operation']} {read_['field']}")] = _text(read_["value"])
    deployments = frozenset(name_of(one["system"], one["variant"]) for one in results["deployments"])
    return Side("results", deployments, facts, records)


def _fields(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The fields of a record by path. A list of plain values is one field."""
    if isinstance(value, list) and in_any_order(path.rpartition(".")[2]):
        value = sorted(value, key=_text)
    if isinstance(value, Mapping) and value:
        for name, item in value.items():
            yield from _fields(item, undigested(f"{path}.{name}" if path else str(name)))
    elif isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value):
        for index, item in enumerate(value):
            yield from _fields(item, f"{path}[{index}]")
    else:
        yield path, _text(value)


def _text(value: Any) -> str:
    """A value as text that is the same in each run: keys are sorted, and marks have no digests."""
    return undigested(json.dumps(value, sort_keys=True, default=str))


def differences(before: Side, after: Side) -> Iterator[str]:
    """A line for each difference, records before facts; none where the two agree."""
    for name in sorted(before.deployments ^ after.deployments):
        yield f"{'gone' if name in before.deployments else 'new':<9} {name}  the whole deployment"
    both = before.deployments & after.deployments
    if before.form == after.form:
        for key in sorted(before.records.keys() | after.records.keys()):
            if key[0] in both:
                yield from _records(" ".join(key), before.records.get(key, {}), after.records.get(key, {}))
    for fact in sorted(before.facts.keys() | after.facts.keys()):
        old, new = before.facts.get(fact), after.facts.get(fact)
        if old != new:
            yield f"{'fact':<9} {fact}  {old or 'not judged'} -> {new or 'not judged'}"


def _records(
    subject: str, before: Mapping[str, Mapping[str, str]], after: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield f"{'removed':<9} {subject}  {name}"
        elif name not in before:
            yield f"{'added':<9} {subject}  {name}"
        elif before[name] != after[name]:
            yield f"{'changed':<9} {subject}  {name}"
            for path in sorted(before[name].keys() | after[name].keys()):
                old, new = (_short(of.get(path, "absent")) for of in (before[name], after[name]))
                if before[name].get(path) != after[name].get(path):
                    yield f"{'':<10}{path or '(record)'}: {old} -> {new}"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
