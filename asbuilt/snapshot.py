"""All evidence of a run: the records of each kind, or the reason why they could not be read."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
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
    """Kind → id of the parent record ("" for plain lists) → the answers that were read for it.

    `elsewhere` holds the same for each further region; `calls` are those of all regions.
    """

    answers: dict[str, dict[str, list[Answer]]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    elsewhere: dict[str, Snapshot] = field(default_factory=dict)

    def of_region(self, region: str) -> Snapshot:
        """The evidence of a region, "" for the deployment's own; from it, the other regions can be reached as well.

        A region that was not read gives an empty snapshot, of which every kind is unknown.
        """
        if region == "" and "" not in self.elsewhere:
            return self
        found = self.elsewhere.get(region, Snapshot())
        return Snapshot(found.answers, self.calls, {"": self, **self.elsewhere})

    def add(self, kind: str, parent: str, answer: Answer) -> None:
        """Add an answer under its kind and the id of its parent."""
        self.answers.setdefault(kind, {}).setdefault(parent, []).append(answer)

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
            return Snapshot(self.answers, self.calls, {**self.elsewhere, entry.region: of_region})
        of = {
            parent: [_changed(answer, entry.id, data) for answer in answers]
            for parent, answers in self.answers[entry.kind].items()
        }
        return Snapshot(answers={**self.answers, entry.kind: of})

    def dumps(self) -> str:
        """The snapshot as JSON text, with times in ISO 8601.

        Raises `TypeError` for a value that is neither JSON nor a time nor bytes.
        """
        return json.dumps(self, default=_json_value)


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


def _json_value(value: Any) -> Any:
    import datetime

    if isinstance(value, Snapshot | Answer | Entry | Call):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, datetime.datetime):
        return {"__time__": value.isoformat()}
    if isinstance(value, bytes):
        return {"__bytes__": value.hex()}
    raise TypeError(f"cannot store {type(value).__name__}")


def _from_json(value: dict[str, Any]) -> Any:
    import datetime

    if "__time__" in value:
        return datetime.datetime.fromisoformat(value["__time__"])
    if "__bytes__" in value:
        return bytes.fromhex(value["__bytes__"])
    return value


def loads(text: str) -> Snapshot:
    """The snapshot that `Snapshot.dumps` wrote. Raises `ValueError` or `KeyError` for another text."""
    return _loaded(json.loads(text, object_hook=_from_json))


def _loaded(raw: dict[str, Any]) -> Snapshot:
    return Snapshot(
        answers={
            kind: {
                parent: [
                    Answer(
                        entries=tuple(
                            Entry(**{**entry, "names": tuple(entry["names"]), "supplied": tuple(entry["supplied"])})
                            for entry in answer["entries"]
                        ),
                        operation=answer["operation"],
                        problem=answer["problem"],
                        permission=answer["permission"],
                        untested=answer["untested"],
                    )
                    for answer in answers
                ]
                for parent, answers in of.items()
            }
            for kind, of in raw["answers"].items()
        },
        calls=[Call(**call) for call in raw["calls"]],
        elsewhere={region: _loaded(of) for region, of in raw.get("elsewhere", {}).items()},
    )
