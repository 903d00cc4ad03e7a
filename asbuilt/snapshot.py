"""All evidence of a run: what each kind of record was answered with, or why it could not be read."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from asbuilt.evidence import Entry, Unknown, Untested


@dataclass(frozen=True)
class Call:
    """One API call as it was made: `asked` are its parameters (JSON), `pages` how many it answered with."""

    operation: str
    region: str
    asked: str
    pages: int
    seconds: float
    problem: str = ""


@dataclass(frozen=True)
class Answer:
    """The entries of one call, or the problem that kept them from being read; `untested`: the run lacks the source."""

    entries: tuple[Entry, ...] = ()
    operation: str = ""
    problem: str = ""
    permission: str = ""
    untested: bool = False


@dataclass
class Snapshot:
    """Kind → id of the parent record ("" for plain lists) → the answers that were read for it."""

    answers: dict[str, dict[str, list[Answer]]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def add(self, kind: str, parent: str, answer: Answer) -> None:
        """File an answer under its kind and parent."""
        self.answers.setdefault(kind, {}).setdefault(parent, []).append(answer)

    def entries(self, kind: str) -> list[Entry]:
        """All entries of a kind; raises `Unknown` where any part of them could not be read."""
        if kind not in self.answers:
            raise Unknown(f"{kind} was not read in this run")
        return [entry for answers in self.answers[kind].values() for entry in _entries(answers)]

    def of(self, kind: str, parent: str) -> list[Entry]:
        """The entries of a detail kind for one parent; raises `Unknown` where they could not be read."""
        by_parent = self.answers.get(kind, {})
        if parent not in by_parent:
            list(_entries(by_parent.get("", [])))  # raises why no parent could be asked
            raise Unknown(f"{kind} was not read for {parent}")
        return [entry for entry in _entries(by_parent[parent]) if entry.parent == parent]

    def operation(self, kind: str) -> str:
        """The call that answered for a kind, also where it answered with nothing; the kind where none did."""
        answers = (answer for of in self.answers.get(kind, {}).values() for answer in of)
        return next((answer.operation for answer in answers if answer.operation), kind)

    def readable(self, kind: str) -> list[Entry]:
        """The entries of a kind as far as they could be read: for messages and mutations, never for a verdict."""
        return [entry for answers in self.answers.get(kind, {}).values() for one in answers for entry in one.entries]

    def changed(self, entry: Entry, data: Any) -> Snapshot:
        """A copy in which one entry holds other data, or (with None) is gone."""
        of = {
            parent: [_changed(answer, entry.id, data) for answer in answers]
            for parent, answers in self.answers[entry.kind].items()
        }
        return Snapshot(answers={**self.answers, entry.kind: of})

    def dumps(self) -> str:
        """The snapshot as JSON text; times become ISO 8601."""
        return json.dumps(dataclasses.asdict(self), default=_json_value)


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
    """Read back what `Snapshot.dumps` wrote."""
    raw = json.loads(text, object_hook=_from_json)
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
    )
