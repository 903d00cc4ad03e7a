"""Judge a fact: find the subject's records, ask the check, and compare the answer with the expectation."""

from __future__ import annotations

import datetime
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asbuilt.account import Account
from asbuilt.evidence import Entry, Read, Record, Trace, Unknown
from asbuilt.judging.binding import SubjectMissingError, bind, candidates, named_subjects
from asbuilt.judging.estimate import Estimate
from asbuilt.judging.fix import fix_for
from asbuilt.snapshot import Snapshot
from asbuilt.spec.model import Fact, Subject

_LONGEST = 200  # characters of an error's message
STATUSES = ("failed", "unknown", "untested", "not applicable", "passed")  # worst first


@dataclass(frozen=True)
class Finding:
    """The answer for one resource.

    - `status`: one of `STATUSES`.
    - `found`: the check's answer, or None where there is none.
    - `reason`: why there is no answer, or "".
    - `permission`: the IAM action that the reading role lacks, or "".
    - `reads`: the fields that were read.
    """

    resource: str
    status: str
    found: Any = None
    reason: str = ""
    permission: str = ""
    fix: str = ""
    reads: tuple[Read, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """The status of a fact, the worst of its findings; and the findings, one for each resource."""

    fact: Fact
    status: str
    findings: tuple[Finding, ...]


def judge(fact: Fact, subjects: Mapping[str, Subject], snapshot: Snapshot, now: datetime.datetime) -> Verdict:
    """Judge one fact; nothing but `KeyboardInterrupt` is raised, so that no fact is lost.

    Evidence that could not be read gives the status `unknown` or `untested`. An error in judging gives `unknown`, also
    one in a check that selects the subject, in binding or in the fix, and that of a check that reads a kind that it
    does not declare.
    """
    try:
        return _judged(fact, subjects, snapshot, now)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # also SystemExit: the fact is unknown, and is never lost
        return unjudged(fact, f"the fact could not be judged: {in_short(error)}, in {_place(error)}")


def unjudged(fact: Fact, reason: str) -> Verdict:
    """The verdict on a fact that could not be judged, for a reason of which no resource is the cause."""
    return Verdict(fact, "unknown", (Finding(fact.subject.described(), "unknown", reason=reason),))


def in_short(error: BaseException) -> str:
    """An error's type, and its message where it is short enough to be one."""
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001  # an error of the content can fail to say what it is
        text = ""
    return f"{type(error).__name__}: {text if len(text) <= _LONGEST else text[:_LONGEST] + ' ...'}".removesuffix(": ")


def _place(error: BaseException) -> str:
    """The function that raised an error, and its line: `bind, line 30 of binding.py`."""
    last = traceback.extract_tb(error.__traceback__, limit=-1)
    return "".join(f"{frame.name}, line {frame.lineno} of {Path(frame.filename).name}" for frame in last)


def _judged(fact: Fact, subjects: Mapping[str, Subject], snapshot: Snapshot, now: datetime.datetime) -> Verdict:
    snapshot = snapshot.of_region(fact.subject.region)
    try:
        entries = bind(fact.subject, snapshot, now)
        if not entries and fact.check.each:
            raise SubjectMissingError(_missing(fact.subject, snapshot))
        named = named_subjects(fact, subjects, snapshot, now)
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
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # also SystemExit: the fact is unknown, and is never lost
        reason = f"{check.name} could not judge this record: {in_short(error)}"
        return Finding(resource, "unknown", reason=reason, reads=tuple(trace.reads.values()))
    return Finding(
        resource=resource,
        status="passed" if holds else "failed",
        found=answer,
        fix="" if holds else fix_for(fact, entries, answer, named, trace.entries()),
        reads=tuple(trace.reads.values()),
    )


def _missing(subject: Subject, snapshot: Snapshot) -> str:
    others = snapshot.entries(subject.kind)
    there = f"there is {candidates(others)}" if others else "the account has none of this kind"
    return f"no {subject.described()} was found; {there}"
