"""The records that a check can read beside its own. Each read of a field is noted as evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from asbuilt.evidence import Entry, Read, Record, ResourceId, Trace, Unknown
from asbuilt.snapshot import Snapshot


class Account:
    """The part of the snapshot that one check can read: the kinds that it declares, and the subjects of its fact.

    - `snapshot`: all evidence of the run.
    - `trace`: the fields that were read to judge the fact; each read is noted there.
    - `reads`: the kinds that the check declares.
    - `subjects`: the kind and the entries of each subject that the fact names, by the subject's name.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        trace: Trace,
        reads: Sequence[str],
        subjects: Mapping[str, tuple[str, Sequence[Entry]]],
    ) -> None:
        self._snapshot = snapshot
        self._trace = trace
        self._reads = frozenset(reads)
        self._subjects = subjects

    def all(self, kind: str) -> list[Record]:
        """Every record of a kind.

        Raises `Unknown` where any of them could not be read, and `LookupError` for a kind that the check does not
        declare.
        """
        entries = self._snapshot.entries(self._declared(kind))
        self._note_list(kind, entries)
        return [Record(entry, self._trace) for entry in entries]

    def find(self, kind: str, reference: ResourceId) -> Record | None:
        """The record of a kind that has this id or ARN, exactly; None where all were read and none has it.

        Raises `Unknown` where the kind could not be read, or where several records have the id; `LookupError` for a
        kind that the check does not declare; `TypeError` for a text that is not known to be an id.
        """
        found = self._snapshot.with_id(self._declared(kind), _id(reference))
        if len(found) > 1:
            raise Unknown(f"{len(found)} records of {kind} have the id {reference!r}, which AWS gives only once")
        if found:
            return Record(found[0], self._trace)
        self._note_list(kind, [])
        return None

    def get(self, kind: str, reference: ResourceId) -> Record:
        """The record of a kind that another record refers to by its id or ARN.

        Raises `Unknown` where it is not among the records that were read, and what `find` raises.
        """
        found = self.find(kind, reference)
        if found is None:
            raise Unknown(f"another record refers to {kind} {reference!r}, which was not among those read")
        return found

    def details(self, kind: str, record: Record) -> list[Record]:
        """The records of a detail kind (`s3:bucket.encryption`) that belong to a record; empty where AWS has none.

        Raises `Unknown` where they could not be read, and `LookupError` for a kind that the check does not declare.
        """
        entries = self._snapshot.of_region(record.entry.region).of(self._declared(kind), record.entry.id)
        self._note_list(kind, entries, record.entry)
        return [Record(entry, self._trace) for entry in entries]

    def detail(self, kind: str, record: Record) -> Record | None:
        """The one record of a detail kind that belongs to a record; None where AWS has none.

        Raises `Unknown` where there are several, and the errors of `details`.
        """
        found = self.details(kind, record)
        if len(found) > 1:
            raise Unknown(f"{record.entry.label!r} has {len(found)} records of {kind}, which must have one")
        return found[0] if found else None

    def subjects(self) -> Iterator[tuple[str, Record]]:
        """The name and record of every subject that the expectation or the parameter of the fact names."""
        for name, (_, entries) in self._subjects.items():
            for entry in entries:
                yield name, Record(entry, self._trace)

    def named(self, reference: ResourceId, kind: str = "", field: str = "") -> str:
        """The name of the subject whose `field` (default: its ARN) is this id; the id itself where there is none.

        `kind` limits the comparison to subjects of that kind. Only this one field is compared, exactly, and only where
        it holds an id of the subject's record. Raises `Unknown` where a subject's record lacks the field, and
        `TypeError` for a text that is not known to be an id.
        """
        wanted = _id(reference)
        for name, record in self.subjects():
            if kind in ("", record.entry.kind):
                own = record[field] if field else record.entry.arn
                if own == wanted and own in record.entry.ids:  # the ARN of a detail is that of its parent
                    return name
        return self.unnamed(wanted)

    def unnamed(self, text: str, instead: str = "") -> str:
        """How an answer names a record that is no subject of the fact: by `text`, which somebody may have chosen.

        A text that is also the name of a subject of the fact would be taken for that subject: the answer is then
        `instead`, or the text with a note.
        """
        return text if text not in self._subjects else instead or f"{text} (no subject of this name)"

    def _declared(self, kind: str) -> str:
        if kind not in self._reads:
            raise LookupError(f"the check reads {kind} but does not declare it: add it to reads of its @check")
        return kind

    def _note_list(self, kind: str, entries: Sequence[Entry], of: Entry | None = None) -> None:
        operation = self._snapshot.operation(kind)
        supplied = bool(entries) and all("*" in entry.supplied for entry in entries)
        value: Any = f"{len(entries)} found"
        self._trace.note(Read(kind, operation, of.label if of else "", (of.id,) if of else (), value, supplied))


def _id(reference: ResourceId) -> ResourceId:
    """The id, which the types of a check alone do not ensure, because the fields of records have any type."""
    if not isinstance(reference, ResourceId):
        raise TypeError(f"{reference!r} is not known to be an id: take it with record.reference(field)")
    return reference
