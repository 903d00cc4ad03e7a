"""Find the records of a subject."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from asbuilt.account import Account
from asbuilt.evidence import Entry, Record, Trace, Unknown, search
from asbuilt.snapshot import Snapshot
from asbuilt.spec.expectation import Expectation
from asbuilt.spec.model import Fact, Subject


class SubjectMissingError(LookupError):
    """No record matches the subject. The message names the records of its kind that exist."""


def bind(subject: Subject, snapshot: Snapshot, now: datetime.datetime) -> list[Entry]:
    """The records that a subject matches; an empty list where none does.

    Raises `Unknown` where the kind could not be read, or where several records match a subject without `many`.
    """
    matching = [entry for entry in snapshot.entries(subject.kind) if matches(subject, entry)]
    if subject.where:
        matching = [entry for entry in matching if _answers_as_wanted(subject, entry, snapshot, now)]
    if len(matching) > 1 and not subject.many:
        labels = ", ".join(repr(entry.label) for entry in matching[:5])
        raise Unknown(
            f"{len(matching)} records match {subject.described()}, which must match one ({labels}): "
            f"name one under [accounts.<name>.subjects] of accounts.toml, or set many = true"
        )
    return matching


def matches(subject: Subject, entry: Entry) -> bool:
    """Whether a record has the subject's name, ARN and tags, and meets its `within`."""
    if subject.arn and not fnmatchcase(entry.arn, subject.arn):
        return False
    if subject.called != "*" and not any(fnmatchcase(name, subject.called) for name in entry.names):
        return False
    if subject.tags and not subject.tags.items() <= tags(entry.data).items():
        return False
    return all(_ends_with(search(path, entry.data), wanted) for path, wanted in subject.within.values())


def tags(data: Mapping[str, Any]) -> dict[str, str]:
    """A record's tags by key. AWS spells the field and its parts in several ways; all are read."""
    pairs: dict[str, str] = {}
    for field in ("Tags", "tags", "TagList", "TagSet"):
        value = data.get(field) or []
        if isinstance(value, dict):
            pairs |= value
        else:
            pairs |= {tag.get("Key", tag.get("key")): tag.get("Value", tag.get("value")) for tag in value}
    return pairs


def _ends_with(value: Any, wanted: str) -> bool:
    """Whether an id or ARN is the wanted name or ends with it (`...:cluster/campushub-cluster`); globs are valid."""
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


def named_subjects(
    fact: Fact, subjects: Mapping[str, Subject], snapshot: Snapshot, now: datetime.datetime
) -> dict[str, tuple[str, Sequence[Entry]]]:
    """The kind and records of each subject that a fact names, by the subject's name. Raises what `bind` raises."""
    named = {name: subjects[name] for name in named_in(fact, subjects)}
    return {
        name: (subject.kind, bind(subject, snapshot.of_region(subject.region), now)) for name, subject in named.items()
    }


def named_in(fact: Fact, subjects: Mapping[str, Subject]) -> list[str]:
    """The names of the subjects in a fact's expectation or parameter, where the check answers with subjects."""
    if not fact.check.names_subjects:
        return []
    return [name for name in subjects if name in {*_texts(fact.expected), *fact.expected.subjects, fact.parameter}]


def _texts(expected: Expectation) -> set[str]:
    raw = next(iter(expected.raw.values())) if isinstance(expected.raw, dict) else expected.raw
    return {str(item) for item in (raw if isinstance(raw, list) else [raw])}
