"""What a check sees of everything that was read, beyond its own record: views that note every look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from asbuilt.evidence import Entry, Read, Record, Trace, Unknown
from asbuilt.snapshot import Snapshot


class Account:
    """The snapshot as one check may see it: the kinds it said that it reads, and the subjects it may name.

    Every look is noted in the trace of the fact that is being judged.
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
        """Every record of a kind. Raises `Unknown` where they could not all be read."""
        entries = self._snapshot.entries(self._declared(kind))
        self._note_list(kind, entries)
        return [Record(entry, self._trace) for entry in entries]

    def find(self, kind: str, name: str) -> Record | None:
        """The record of a kind that goes by a name, id or ARN; None where all were read and none does."""
        for entry in self._snapshot.entries(self._declared(kind)):
            if name in entry.names:
                return Record(entry, self._trace)
        self._note_list(kind, [])
        return None

    def get(self, kind: str, name: str) -> Record:
        """As `find`, but one answer names it, so its absence from the other is not knowing: raises `Unknown`."""
        found = self.find(kind, name)
        if found is None:
            raise Unknown(f"another record names {kind} {name!r}, which was not among those read")
        return found

    def details(self, kind: str, record: Record) -> list[Record]:
        """The records of a detail kind (`s3:bucket.encryption`) that belong to a record; empty: AWS has none."""
        entries = self._snapshot.of(self._declared(kind), record.entry.id)
        self._note_list(kind, entries, record.entry)
        return [Record(entry, self._trace) for entry in entries]

    def detail(self, kind: str, record: Record) -> Record | None:
        """The one record of a detail kind that belongs to a record; None where AWS says that there is none."""
        found = self.details(kind, record)
        return found[0] if found else None

    def subjects(self) -> Iterator[tuple[str, Record]]:
        """The names and records of those subjects of the spec that the expectation names."""
        for name, (_, entries) in self._subjects.items():
            for entry in entries:
                yield name, Record(entry, self._trace)

    def named(self, value: str, kind: str = "", field: str = "") -> str:
        """The name of the subject that has `value` in a field (by default as its ARN), else `value` itself.

        Only subjects of `kind` are compared, where one is given. The comparison is of this one field and never of
        all names of a record, so that an id or ARN cannot match a name that a user chose.
        """
        for name, record in self.subjects():
            if kind in ("", record.entry.kind) and value and value == (record[field] if field else record.entry.arn):
                return name
        return value

    def _declared(self, kind: str) -> str:
        if kind not in self._reads:
            raise LookupError(f"the check looks at {kind} but does not say so: add it to its reads")
        return kind

    def _note_list(self, kind: str, entries: Sequence[Entry], of: Entry | None = None) -> None:
        operation = self._snapshot.operation(kind)
        supplied = bool(entries) and all("*" in entry.supplied for entry in entries)
        value: Any = f"{len(entries)} found"
        self._trace.note(Read(kind, operation, of.label if of else "", (of.id,) if of else (), value, supplied))
