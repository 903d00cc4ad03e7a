"""Prove that a fact can fail: change the evidence that it was judged on, and judge it again.

A fact that no legal change of its evidence turns to `failed` is vacuous: it proves nothing about the account.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from asbuilt.evidence import ABSENT, Entry, Path, Read, path_text
from asbuilt.judging.binding import bind
from asbuilt.judging.judge import judge
from asbuilt.snapshot import Answer, Snapshot
from asbuilt.sources.redaction import PLACEHOLDER
from asbuilt.spec.model import Fact, Subject

_OTHER_TEXT = "asbuilt-other"
_AGE = datetime.timedelta(days=4000)
_CIDR = re.compile(r"\d+(\.\d+){3}/\d+")
# values of fields whose content a user chooses, so that AWS's service models do not list them
_USERS_OWN: dict[str, list[Any]] = {
    **{name: ["AWS_SECRET_ACCESS_KEY"] for name in ("name", "OptionName")},
    **{name: [PLACEHOLDER] for name in ("value", "Value")},
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
_DEPTH = 2  # levels of structures inside a generated one: State.Name needs two


class Shapes(Protocol):
    """The functions of `asbuilt.sources.shapes`: what AWS's service models say about evidence."""

    def record_shape(self, kind: str) -> Any:
        """The botocore shape of a kind's records, or None where the models have none."""

    def shape_at(self, entry: Entry, path: Path) -> Any:
        """The botocore shape of a field of an entry, or None where the models have none."""


@dataclass(frozen=True)
class Mutant:
    """One legal change of the evidence: its description, and the changed snapshot."""

    change: str
    snapshot: Snapshot


@dataclass(frozen=True)
class MutationResult:
    """How many mutants were tried on a fact, and the one that made it fail ("" where none did: it is vacuous)."""

    fact: str
    tried: int
    killed_by: str


def prove(
    fact: Fact, subjects: Mapping[str, Subject], snapshot: Snapshot, now: datetime.datetime, shapes: Shapes
) -> MutationResult:
    """Change the evidence of a fact that holds, one change at a time, until the fact fails.

    Only the status `failed` counts, not `unknown`. Raises what `judge` and `bind` raise.
    """
    tried = 0
    asks_fields = _asks_fields(fact)
    for mutant in mutants(fact, subjects, snapshot, now, shapes):
        tried += 1
        # a change after which the subject matches no record does not count: the fact would fail without an answer
        if judge(fact, subjects, mutant.snapshot, now).status == "failed" and not (
            fact.subject.where and asks_fields and not bind(fact.subject, mutant.snapshot, now)
        ):
            return MutationResult(fact.id, tried, mutant.change)
    return MutationResult(fact.id, tried, "")


def _asks_fields(fact: Fact) -> bool:
    """Whether the fact is about the fields of a record, and not about its existence or number."""
    return fact.check.each and fact.check.name != "exists"


def mutants(
    fact: Fact, subjects: Mapping[str, Subject], snapshot: Snapshot, now: datetime.datetime, shapes: Shapes
) -> Iterator[Mutant]:
    """All changes to the evidence of a fact: changed fields, removed records, emptied lists, added records."""
    verdict = judge(fact, subjects, snapshot, now)
    reads = [read for finding in verdict.findings for read in finding.reads]
    for read in reads:
        if read.entry is not None and read.path:
            yield from _changed_fields(read, snapshot, shapes)
    own = fact.subject.kind if _asks_fields(fact) and any(read.path and read.entry for read in reads) else ""
    for entry in {read.entry.id: read.entry for read in reads if read.entry}.values():
        # without its own record a fact fails without an answer, which proves nothing about the question
        if entry.kind != own:
            yield Mutant(f"{entry.kind} {entry.label!r} removed", snapshot.changed(entry, None))
    lists = [read for read in reads if read.entry is None]
    for read in lists:
        if read.kind != own:
            yield _emptied(read, snapshot)
    for read in lists:
        if read.kind != fact.subject.kind:
            yield from _come(read, snapshot, shapes)
    yield from _changed_together(reads, snapshot, shapes)


def _changed_together(reads: Sequence[Read], snapshot: Snapshot, shapes: Shapes) -> Iterator[Mutant]:
    """The same field of several records changed at once, as an answer such as a median needs."""
    alike: dict[tuple[str, Path], list[Read]] = {}
    for read in reads:
        if read.entry is not None and read.path:
            alike.setdefault((read.kind, read.path), []).append(read)
    for (kind, path), several in alike.items():
        others = [
            list(_other_values(read.value, shapes.shape_at(_of(read), read.path), str(path[-1]))) for read in several
        ]
        for values in zip(*others, strict=False) if len(several) > 1 else ():
            changed = snapshot
            for read, value in zip(several, values, strict=True):
                changed = changed.changed(_of(read), _with(_of(read).data, path, value))
            yield Mutant(f"{path_text(path)} of {len(several)} {kind} at once", changed)


def _of(read: Read) -> Entry:
    assert read.entry is not None  # noqa: S101  # callers select reads of entries; this tells the type checker
    return read.entry


def _emptied(read: Read, snapshot: Snapshot) -> Mutant:
    emptied = snapshot
    for entry in snapshot.readable(read.kind):
        if not read.path or entry.parent == read.path[0]:
            emptied = emptied.changed(entry, None)
    return Mutant(f"no {read.kind} at all", emptied)


def _come(read: Read, snapshot: Snapshot, shapes: Shapes) -> Iterator[Mutant]:
    """One more record in a list that was read, also in an empty one."""
    parent = str(read.path[0]) if read.path else ""
    for number, data in enumerate(_whole(shapes.record_shape(read.kind), "", _DEPTH)):
        entry = Entry(f"{read.kind}|made up|{number}", read.kind, read.operation, data, parent=parent)
        of = snapshot.answers.get(read.kind, {})
        more = {**of, parent: [*of.get(parent, []), Answer(entries=(entry,))]}
        yield Mutant(f"one more {read.kind}", Snapshot(answers={**snapshot.answers, read.kind: more}))


def _changed_fields(read: Read, snapshot: Snapshot, shapes: Shapes) -> Iterator[Mutant]:
    entry = _of(read)
    for value in _other_values(read.value, shapes.shape_at(entry, read.path), str(read.path[-1])):
        shown = "removed" if value is ABSENT else f"= {value!r:.60}"
        change = f"{path_text(read.path)} of {entry.kind} {entry.label!r} {shown}"
        yield Mutant(change, snapshot.changed(entry, _with(entry.data, read.path, value)))


def _with(data: Any, path: Path, value: Any) -> Any:
    """A copy of the data with `value` at `path`, or, with ABSENT, without that field."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(data, list) and isinstance(step, int):
        return [_with(item, rest, value) if index == step else item for index, item in enumerate(data)]
    copy = dict(data)
    if not rest and value is ABSENT:
        copy.pop(step, None)
    else:
        copy[str(step)] = _with(copy.get(str(step)), rest, value)
    return copy


def _other_values(value: Any, shape: Any, field: str) -> Iterator[Any]:
    """Other legal values: of an enumeration its other members, else smaller and larger values of the same type."""
    candidates: list[Any]
    if value is ABSENT:
        candidates = _made_up(shape, field)
    elif isinstance(value, bool):
        candidates = [not value]
    elif isinstance(value, int | float):
        candidates = [0, value + 1, value - 1, value * 100, 1]
    elif isinstance(value, str):
        candidates = [*_other_texts(value, shape), *_USERS_OWN.get(field, [])]
    elif isinstance(value, datetime.datetime):
        candidates = [value - _AGE, value + _AGE]
    elif isinstance(value, list):
        more = [*_made_up_items(value, shape), *_USERS_OWN.get(field, [])]
        candidates = [[], *([*value, item] for item in more), value[:1], value[1:]]
    elif isinstance(value, dict):
        candidates = [{}]
        if getattr(shape, "type_name", "") == "map":  # users choose its keys
            candidates += [{**value, name: text} for name in _USERS_OWN["name"] for text in _USERS_OWN["value"]]
    else:
        candidates = []
    yield from (other for other in candidates if other != value)
    if value is not ABSENT and shape is not None:
        yield ABSENT


def _other_texts(value: str, shape: Any) -> list[Any]:
    if shape is not None and getattr(shape, "enum", None):
        return [member for member in shape.enum if member != value]
    if value.replace(".", "", 1).lstrip("-").isdigit():
        return ["0", "-1", str(int(float(value)) + 1), "1000000"]
    if value.lower() in ("true", "false"):
        return [{"true": "false", "True": "False", "false": "true", "False": "True"}.get(value, _OTHER_TEXT)]
    if _CIDR.fullmatch(value):
        return ["0.0.0.0/0", "192.168.0.0/28"]
    return [_OTHER_TEXT, "*", f"{value}-other", f"other-{value}", "2001-01-01T00:00:00Z"]


def _made_up(shape: Any, field: str) -> list[Any]:
    """Values for a field that the answer lacks, by its shape."""
    kind = getattr(shape, "type_name", "")
    if kind == "boolean":
        return [True, False]
    if kind in ("integer", "long", "float", "double"):
        return [0, 1, 1000000]
    if kind == "timestamp":
        return [datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)]
    if kind == "list":
        return [[item] for item in _made_up(shape.member, field)]
    if kind == "structure":
        return (
            [{name: value} for name, of in shape.members.items() for value in _made_up(of, name)[:2]]
            if shape.members
            else [{}]
        )
    if kind == "map":
        return [{_OTHER_TEXT: _OTHER_TEXT}]
    return list(getattr(shape, "enum", None) or [_OTHER_TEXT, "*", "0.0.0.0/0"])


def _made_up_items(value: list[Any], shape: Any) -> list[Any]:
    """Items that the list does not hold: a changed copy of its first item, else complete items by the shape."""
    if value and isinstance(value[0], dict):
        return [{name: _other_member(item) for name, item in value[0].items()}]
    return _whole(getattr(shape, "member", None), "", _DEPTH)


def _whole(shape: Any, field: str, depth: int) -> list[Any]:
    """Up to three values with all their members, different from one another where the members allow it."""
    if getattr(shape, "type_name", "") != "structure":
        return _made_up(shape, field)[:3]
    members = {name: _whole(of, name, depth - 1) for name, of in shape.members.items() if depth}
    return [{name: of[number % len(of)] for name, of in members.items() if of} for number in range(3)]


def _other_member(value: Any) -> Any:
    return next(iter(_other_values(value, None, "")), value)
