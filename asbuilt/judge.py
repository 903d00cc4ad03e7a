"""From evidence to verdicts: bind the subject, ask the check, let the comparison decide."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from asbuilt.account import Account
from asbuilt.collectors import collectors
from asbuilt.compare import Estimate, Expectation
from asbuilt.evidence import Entry, Read, Record, Trace, Unknown
from asbuilt.fix import fix_for
from asbuilt.jsonpath import search
from asbuilt.snapshot import Snapshot
from asbuilt.spec import Fact, Subject

STATUSES = ("failed", "unknown", "untested", "not applicable", "passed")  # worst first


@dataclass(frozen=True)
class Finding:
    """What one resource answered to one fact; `reads` are the fields that decided it."""

    resource: str
    status: str
    found: Any = None
    reason: str = ""
    permission: str = ""
    fix: str = ""
    reads: tuple[Read, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """A fact's status and its findings, one a resource."""

    fact: Fact
    status: str
    findings: tuple[Finding, ...]


class SubjectMissingError(LookupError):
    """No record is called as the subject is; the message says what there is instead."""


def judge(fact: Fact, subjects: Mapping[str, Subject], snapshot: Snapshot, now: datetime.datetime) -> Verdict:
    """Judge one fact. Whatever could not be read becomes `unknown`; nothing is raised."""
    try:
        entries = bind(fact.subject, snapshot, now)
        if not entries and fact.check.each:
            raise SubjectMissingError(_missing(fact.subject, snapshot))
        named = _named_subjects(fact, subjects, snapshot, now)
    except SubjectMissingError as missing:
        status = "not applicable" if fact.claim.optional else "failed"
        reads = (Read(fact.subject.kind, snapshot.operation(fact.subject.kind), "", (), "none"),)
        return Verdict(fact, status, (Finding(fact.subject.described(), status, reason=str(missing), reads=reads),))
    except Unknown as unknown:
        described, status = fact.subject.described(), unknown.status
        finding = Finding(described, status, reason=unknown.reason, permission=unknown.permission)
        return Verdict(fact, status, (finding,))
    groups = [[entry] for entry in entries] if fact.check.each else [entries]
    findings = tuple(_finding(fact, group, named, snapshot, now) for group in groups)
    status = next(status for status in STATUSES if any(finding.status == status for finding in findings))
    return Verdict(fact, status, findings)


def bind(subject: Subject, snapshot: Snapshot, now: datetime.datetime) -> list[Entry]:
    """The records that a subject stands for.

    Raises `Unknown` where the kind could not be read, or where several match and one is meant.
    """
    matching = [entry for entry in snapshot.entries(subject.kind) if matches(subject, entry)]
    if subject.where:
        matching = [entry for entry in matching if _answers_as_wanted(subject, entry, snapshot, now)]
    if len(matching) > 1 and not subject.many:
        labels = ", ".join(repr(entry.label) for entry in matching[:5])
        raise Unknown(
            f"{len(matching)} match {subject.described()} where one is meant ({labels}): "
            f"name one under [accounts.<name>.subjects] of accounts.toml, or set many = true"
        )
    return matching


def matches(subject: Subject, entry: Entry) -> bool:
    """Whether a record goes by the subject's name, ARN, tags and what narrows it down."""
    if subject.arn and not fnmatchcase(entry.arn, subject.arn):
        return False
    if subject.called != "*" and not any(fnmatchcase(name, subject.called) for name in entry.names):
        return False
    if subject.tags and not subject.tags.items() <= tags(entry.data).items():
        return False
    narrowing = {attribute: path for row in collectors()[subject.kind] for attribute, path in row.within.items()}
    return all(_ends_with(search(narrowing[name], entry.data), wanted) for name, wanted in subject.within.items())


def tags(data: Mapping[str, Any]) -> dict[str, str]:
    """A record's tags, whichever of AWS's spellings it uses."""
    pairs: dict[str, str] = {}
    for field in ("Tags", "tags", "TagList", "TagSet"):
        value = data.get(field) or []
        if isinstance(value, dict):
            pairs |= value
        else:
            pairs |= {tag.get("Key", tag.get("key")): tag.get("Value", tag.get("value")) for tag in value}
    return pairs


def _ends_with(value: Any, wanted: str) -> bool:
    """Whether an id or ARN is the wanted name, or ends in it (`...:cluster/campushub-cluster`)."""
    text = str(value or "")
    return fnmatchcase(text, wanted) or fnmatchcase(text.rpartition("/")[2], wanted)


def _answers_as_wanted(subject: Subject, entry: Entry, snapshot: Snapshot, now: datetime.datetime) -> bool:
    for check, parameter, wanted in subject.where.values():
        account = Account(snapshot, Trace(), check.reads, {})
        provided = {"account": account, "now": now, "expected": wanted.asked}
        extra = {name: provided[name] for name in check.provided} | ({check.parameter: parameter} if parameter else {})
        if not wanted.holds(check.ask(Record(entry, Trace()), **extra)):
            return False
    return True


def _named_subjects(
    fact: Fact, subjects: Mapping[str, Subject], snapshot: Snapshot, now: datetime.datetime
) -> dict[str, tuple[str, Sequence[Entry]]]:
    return {name: (subjects[name].kind, bind(subjects[name], snapshot, now)) for name in named_in(fact, subjects)}


def named_in(fact: Fact, subjects: Mapping[str, Subject]) -> list[str]:
    """The subjects that a fact's expectation or parameter names, where its check answers with subjects."""
    if not fact.check.names_subjects:
        return []
    return [name for name in subjects if name in {*_texts(fact.expected), *fact.expected.subjects, fact.parameter}]


def _texts(expected: Expectation) -> set[str]:
    raw = next(iter(expected.raw.values())) if isinstance(expected.raw, dict) else expected.raw
    return {str(item) for item in (raw if isinstance(raw, list) else [raw])}


def _finding(
    fact: Fact,
    entries: Sequence[Entry],
    named: Mapping[str, tuple[str, Sequence[Entry]]],
    snapshot: Snapshot,
    now: datetime.datetime,
) -> Finding:
    check, trace = fact.check, Trace()
    records = [Record(entry, trace) for entry in entries]
    if not check.each:
        operation = snapshot.operation(fact.subject.kind)
        trace.note(Read(fact.subject.kind, operation, "", (), f"{len(entries)} found"))
    seen = Account(snapshot, trace, check.reads, named)
    provided = {"account": seen, "now": now, "expected": fact.expected.asked}
    extra = {name: provided[name] for name in check.provided}
    if check.parameter:
        extra[check.parameter] = fact.parameter
    resource = entries[0].label if len(entries) == 1 else fact.subject.described()
    try:
        answer = check.ask(records[0] if check.each else tuple(records), **extra)
        question = answer.open_question(fact.expected) if isinstance(answer, Estimate) else ""
        if question:
            raise Unknown(question)
        holds = fact.expected.holds(answer)
    except Unknown as unknown:
        reads = tuple(trace.reads.values())
        return Finding(resource, unknown.status, reason=unknown.reason, permission=unknown.permission, reads=reads)
    except (TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
        # a record of a shape that the check does not know: not judged, and never passed
        reason = f"{check.name} could not judge this record: {type(error).__name__}: {error}"
        return Finding(resource, "unknown", reason=reason, reads=tuple(trace.reads.values()))
    return Finding(
        resource=resource,
        status="passed" if holds else "failed",
        found=answer,
        fix="" if holds else fix_for(fact, entries, answer, named, trace.entries()),
        reads=tuple(trace.reads.values()),
    )


def _missing(subject: Subject, snapshot: Snapshot) -> str:
    others = [entry.names[0] if entry.names else entry.label for entry in snapshot.entries(subject.kind)]
    there = f"there is {', '.join(repr(name) for name in others[:8])}" if others else "the account holds none"
    return f"no {subject.described()} was found; {there}{', ...' if len(others) > 8 else ''}"
