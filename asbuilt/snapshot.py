"""All evidence of a run: the records of each kind, or the reason why they could not be read."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from asbuilt.evidence import Entry, Unknown, Untested


@dataclass(frozen=True)
class Call:
    """One API call as it was made.

    - `asked`: its parameters, as JSON.
    - `pages`: the number of pages of its answer.
    - `seconds`: how long it took.
    - `problem`: why it failed, or "".
    """

    operation: str
    region: str
    asked: str
    pages: int
    seconds: float
    problem: str = ""


@dataclass(frozen=True)
class Answer:
    """The entries of one call, or the reason why they could not be read.

    - `problem`: that reason in one sentence, or "".
    - `permission`: the IAM action that the reading role lacks, or "".
    - `untested`: the run was not given the source.
    """

    entries: tuple[Entry, ...] = ()
    operation: str = ""
    problem: str = ""
    permission: str = ""
    untested: bool = False


@dataclass
class Snapshot:
    """All evidence of one deployment.

    - `answers`: kind → id of the parent record ("" for plain lists) → the answers that were read for it.
    - `calls`: those of all regions.
    - `access`: how the account was reached: endpoint, partition, credentials (see `AwsClients`); empty for a mock.
    - `provenance`: what each file is about that was read as evidence, by the source that read it.
    - `elsewhere`: the same evidence of each further region, by its name.
    - `again`: the second reading of what failing facts looked at, where there was one.
    """

    answers: dict[str, dict[str, list[Answer]]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    access: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, dict[str, Any]] = field(default_factory=dict)
    elsewhere: dict[str, Snapshot] = field(default_factory=dict)
    again: Snapshot | None = None

    def of_region(self, region: str) -> Snapshot:
        """The evidence of a region, "" for the deployment's own; from it, the other regions can be reached as well.

        A region that was not read gives an empty snapshot, of which every kind is unknown.
        """
        if region == "" and "" not in self.elsewhere:
            return self
        found = self.elsewhere.get(region, Snapshot())
        return dataclasses.replace(self, answers=found.answers, elsewhere={"": self, **self.elsewhere})

    def add(self, kind: str, parent: str, answer: Answer) -> None:
        """Add an answer under its kind and the id of its parent."""
        self.answers.setdefault(kind, {}).setdefault(parent, []).append(_each_once(kind, answer))
        self._by_id.pop(kind, None)

    def with_id(self, kind: str, reference: str) -> list[Entry]:
        """The entries of a kind that have this id or ARN. Raises `Unknown` where any part could not be read."""
        entries = self.entries(kind)
        if kind not in self._by_id:
            index: dict[str, list[Entry]] = {}
            for entry in entries:
                for own in dict.fromkeys(entry.ids):
                    index.setdefault(own, []).append(entry)
            self._by_id[kind] = index
        return self._by_id[kind].get(reference, [])

    @cached_property
    def _by_id(self) -> dict[str, dict[str, list[Entry]]]:
        """The entries by id, for each kind of which an id was asked for."""
        return {}

    def entries(self, kind: str) -> list[Entry]:
        """All entries of a kind. Raises `Unknown` where any part of them could not be read."""
        if kind not in self.answers:
            raise Unknown(f"{kind} was not read in this run")
        return [entry for answers in self.answers[kind].values() for entry in _entries(answers)]

    def of(self, kind: str, parent: str) -> list[Entry]:
        """The entries of a detail kind for the parent of this id. Raises `Unknown` where they could not be read."""
        by_parent = self.answers.get(kind, {})
        if parent not in by_parent:
            list(_entries(by_parent.get("", [])))  # raises the reason why the parents could not be read
            raise Unknown(f"{kind} was not read for {parent}")
        return [entry for entry in _entries(by_parent[parent]) if entry.parent == parent]

    def operation(self, kind: str) -> str:
        """The operation that answered for a kind, also with an empty list; the kind itself where none answered."""
        answers = (answer for of in self.answers.get(kind, {}).values() for answer in of)
        return next((answer.operation for answer in answers if answer.operation), kind)

    def readable(self, kind: str) -> list[Entry]:
        """The entries of a kind that could be read. For messages and mutations, never for a verdict."""
        return [entry for answers in self.answers.get(kind, {}).values() for one in answers for entry in one.entries]

    def changed(self, entry: Entry, data: Any) -> Snapshot:
        """A copy in which one entry has other data, or, with None, is removed."""
        if entry.region:
            of_region = self.elsewhere[entry.region].changed(dataclasses.replace(entry, region=""), data)
            return dataclasses.replace(self, elsewhere={**self.elsewhere, entry.region: of_region})
        of = {
            parent: [_changed(answer, entry.id, data) for answer in answers]
            for parent, answers in self.answers[entry.kind].items()
        }
        return dataclasses.replace(self, answers={**self.answers, entry.kind: of})

    def dumps(self) -> str:
        """The snapshot as JSON text, with times in ISO 8601.

        Raises `TypeError` for a value that is neither JSON nor a time nor bytes.
        """
        return json.dumps(self.plain())

    def plain(self) -> dict[str, Any]:
        """The snapshot as JSON values. Raises `TypeError` as `dumps` does."""
        plain: dict[str, Any] = _plain(self)
        return plain


def _each_once(kind: str, answer: Answer) -> Answer:
    """The answer; where it holds a resource twice, by ARN or else by its first id, that is a problem instead."""
    seen: set[str] = set()
    for entry in answer.entries:
        own = entry.arn if entry.arn in entry.ids else next(iter(entry.ids), "")
        if own and own in seen:
            problem = f"{answer.operation or kind} answered with two records of {own!r}, which AWS has only once"
            return Answer(operation=answer.operation, problem=problem)
        seen.add(own)
    return answer


def _changed(answer: Answer, entry_id: str, data: Any) -> Answer:
    if all(entry.id != entry_id for entry in answer.entries):
        return answer
    kept = (
        dataclasses.replace(entry, data=data) if entry.id == entry_id else entry
        for entry in answer.entries
        if entry.id != entry_id or data is not None
    )
    return dataclasses.replace(answer, entries=tuple(kept))


def _entries(answers: list[Answer]) -> Iterator[Entry]:
    for answer in answers:
        if answer.problem:
            raise (Untested if answer.untested else Unknown)(answer.problem, answer.permission)
        yield from answer.entries


_MARKS = ("__time__", "__bytes__", "__dict__")


def _plain(value: Any) -> Any:
    """A value as JSON values. A dictionary that looks like one of our marks, as an account can hold it, is marked."""
    if isinstance(value, Mapping):
        plain = {str(key): _plain(item) for key, item in value.items()}
        return {"__dict__": plain} if len(plain) == 1 and next(iter(plain)) in _MARKS else plain
    if isinstance(value, list | tuple | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, datetime.datetime):
        return {"__time__": value.isoformat()}
    if isinstance(value, bytes):
        return {"__bytes__": value.hex()}
    if dataclasses.is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"cannot store {type(value).__name__}")


def _unmarked(value: Any) -> Any:
    """The value that `_plain` made JSON of."""
    if isinstance(value, list):
        return [_unmarked(item) for item in value]
    if not isinstance(value, dict):
        return value
    mark = next(iter(value)) if len(value) == 1 else ""
    if mark == "__time__":
        return datetime.datetime.fromisoformat(value[mark])
    if mark == "__bytes__":
        return bytes.fromhex(value[mark])
    inner = value["__dict__"] if mark == "__dict__" else value
    return {key: _unmarked(item) for key, item in inner.items()}


def loads(text: str) -> Snapshot:
    """The snapshot that `Snapshot.dumps` wrote. Raises `ValueError`, `KeyError` or `TypeError` for another text."""
    return from_plain(json.loads(text))


def from_plain(raw: Mapping[str, Any]) -> Snapshot:
    """The snapshot of `Snapshot.plain`, also of an earlier version: a field that it did not have gets its default."""
    answers = {
        kind: {parent: [_answer(answer) for answer in answers] for parent, answers in of.items()}
        for kind, of in raw["answers"].items()
    }
    parts = ("answers", "calls", "elsewhere", "again")
    others = {name: _unmarked(part) for name, part in raw.items() if name not in parts}
    calls = [_made(Call, call) for call in raw["calls"]]
    elsewhere = {region: from_plain(of) for region, of in raw.get("elsewhere", {}).items()}
    again = from_plain(raw["again"]) if raw.get("again") else None
    return Snapshot(answers, calls, elsewhere=elsewhere, again=again, **_known(Snapshot, others))


def _answer(raw: Mapping[str, Any]) -> Answer:
    made: Answer = _made(Answer, raw)
    return dataclasses.replace(made, entries=tuple(_made(Entry, entry) for entry in raw["entries"]))


def _made(cls: Any, raw: Mapping[str, Any]) -> Any:
    return cls(**_known(cls, {name: _unmarked(value) for name, value in raw.items() if name != "entries"}))


def _known(cls: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the fields that the class has, with tuples where it has them."""
    fields = {one.name: str(one.type) for one in dataclasses.fields(cls)}
    kept = {name: value for name, value in values.items() if name in fields}
    return {name: tuple(value) if fields[name].startswith("tuple") else value for name, value in kept.items()}
