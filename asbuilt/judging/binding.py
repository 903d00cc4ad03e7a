"""Find the records of a subject."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from asbuilt.account import Account
from asbuilt.evidence import Entry, Record, Trace, Unknown, search
from asbuilt.snapshot import Snapshot
from asbuilt.spec.expectation import Expectation
from asbuilt.spec.model import Fact, Subject

# Ids that AWS assigns, and that other resources can be called by: `subnet-042f08a7fabb57092`, the quota `L-3032A538`,
# the distribution `E2QWRUHAPOMQZL`, the hosted zone `Z2FDTNDATAQYW2`.
_ASSIGNED = re.compile(
    r"(eni|fl|fs|fsmt|i|igw|nat|pcx|pl|rtb|sg|subnet|vol|vpc|vpce)-([0-9a-f]{8}|[0-9a-f]{17})|L-[0-9A-F]{8}"
    r"|E[0-9A-Z]{12,13}|Z[0-9A-Z]{8,31}"
)


class SubjectMissingError(LookupError):
    """No record matches the subject. The message names the records of its kind that exist."""


def bind(subject: Subject, snapshot: Snapshot, now: datetime.datetime) -> list[Entry]:
    """The records that a subject matches; an empty list where none does.

    A name in the form of an id that AWS assigns matches by id only. Raises `Unknown` where the kind could not be read,
    where several records match a subject without `many`, and where the subject's name is the id of one record and the
    chosen name of another.
    """
    matching = [entry for entry in snapshot.entries(subject.kind) if matches(subject, entry)]
    if subject.where:
        matching = [entry for entry in matching if _answers_as_wanted(subject, entry, snapshot, now)]
    if len(matching) > 1 and not subject.many:
        raise Unknown(
            f"{len(matching)} records match {subject.described()}, which must match one ({candidates(matching)}): "
            f"name one under [accounts.<name>.subjects] of accounts.toml, by ARN or tags where the name does not "
            f"tell them apart, or set many = true"
        )
    by_id = [subject.called in entry.ids for entry in matching]
    if not any(by_id) and _ASSIGNED.fullmatch(subject.called):
        return []  # the resource of this id is gone; one that is called so is another
    if any(by_id) and not all(by_id):
        raise Unknown(
            f"{subject.called!r} is the id of one {subject.kind} and the name that somebody gave to another "
            f"({candidates(matching)}): name its ARN or tags under [accounts.<name>.subjects] of accounts.toml"
        )
    return matching


def candidates(entries: Sequence[Entry], most: int = 8) -> str:
    """Records in a message: the id of each, and the name that somebody gave it; after `most`, how many more."""
    more = f", and {len(entries) - most} more" if len(entries) > most else ""
    return ", ".join(_candidate(entry) for entry in entries[:most]) + more


def _candidate(entry: Entry) -> str:
    own = entry.short_id if entry.short_id in entry.ids else entry.label
    chosen = [repr(name) for name in entry.names if name != own]
    return f"{own!r} (named {' and '.join(chosen[:3])})" if chosen else repr(own)


def matches(subject: Subject, entry: Entry) -> bool:
    """Whether a record has the subject's name, ARN and tags, and meets its `within`."""
    if subject.arn and not fnmatchcase(entry.arn, subject.arn):
        return False
    called = (*entry.ids, *entry.names)
    if subject.called != "*" and not any(fnmatchcase(name, subject.called) for name in called):
        return False
    if subject.tags and not subject.tags.items() <= tags(entry.data).items():
        return False
    return all(_is_called(search(path, entry.data), wanted) for path, wanted in subject.within.values())


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


def _is_called(value: Any, wanted: str) -> bool:
    """Whether a text, or one of a list (an ARN and the name in it), is the wanted one; globs are valid."""
    texts = value if isinstance(value, list) else [value]
    return any(isinstance(text, str) and fnmatchcase(text, wanted) for text in texts)


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
