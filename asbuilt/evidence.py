"""Evidence: the records that were read, and a view of them that notes each field that a check reads.

A check gets a `Record` in place of a plain dictionary. The noted fields let a finding name the fields that decided it,
and let the mutation self-test change exactly those fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jmespath
import jmespath.functions
from jmespath.parser import ParsedResult

Path = tuple[str | int, ...]
DIGEST = "[digest: "  # how the text begins that stands in place of a value which was not kept


class ResourceId(str):
    """An id or ARN by which one record refers to another: the value of `Record.reference` and `Record.references`.

    Names and tags, which somebody chose, are plain texts and identify nothing. A part of a `ResourceId`, or a text made
    of it, is a plain text again: write `ResourceId(...)` only where AWS documents how the id is made.
    """

    __slots__ = ()


class _Absent:
    """The value noted for a field that the answer does not have."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()


class TargetError(Exception):
    """The target cannot be used at all. The message says what to do; the run ends with exit code 4."""


class Unknown(Exception):  # noqa: N818  # the name of a status
    """Evidence could not be read, so that the fact cannot be judged.

    Only the engine catches it. `reason` is one sentence; `permission` is the IAM action that the reading role lacks,
    or "" where the reason is another.
    """

    status = "unknown"

    def __init__(self, reason: str, permission: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.permission = permission


class Untested(Unknown):  # as above
    """The run was not given this source of evidence: no keys, no host, no load result."""

    status = "untested"


@dataclass(frozen=True)
class Entry:
    """One record as AWS answered it, and where it came from.

    - `id`: unique in the snapshot.
    - `data`: the record, with AWS's own field names.
    - `ids`: the identifiers that AWS keeps unique in an account and region, its own ARN among them. Records refer to
      each other by these.
    - `names`: the texts that somebody chose and that other records can have as well: a Name tag, a comment, an alias.
      They serve to find the subjects of a spec, and nothing else.
    - `parent`: for a detail, the `id` of the record that it belongs to; else "".
    - `supplied`: the top-level fields that an extension of the mock supplied (`*` for all).
    - `region`: the region that it was read for, or "" for the deployment's own.
    """

    id: str
    kind: str
    operation: str
    data: Any
    arn: str = ""
    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    parent: str = ""
    supplied: tuple[str, ...] = ()
    region: str = ""

    @property
    def label(self) -> str:
        """The record in messages: its ARN, else its first id, else its first name, else its kind."""
        return self.arn or next(iter((*self.ids, *self.names)), self.kind)

    @property
    def short_id(self) -> str:
        """What AWS's commands take: its first id beside the ARN, else its first name, else its label."""
        return next(iter((*(text for text in self.ids if text != self.arn), *self.names)), self.label)


@dataclass(frozen=True)
class Read:
    """One read of one field; `entry` is None where a whole list of records was read."""

    kind: str
    operation: str
    resource: str
    path: Path
    value: Any
    supplied: bool = False
    entry: Entry | None = None


@dataclass
class Trace:
    """The fields that were read to judge one fact, in order, each once."""

    reads: dict[tuple[str, str, Path], Read] = field(default_factory=dict)

    def note(self, read: Read) -> None:
        """Add the read of a field; a second read of the same field adds nothing."""
        self.reads.setdefault((read.kind, read.entry.id if read.entry else "", read.path), read)

    def entries(self) -> list[Entry]:
        """The records that were read, in order, each once."""
        return list({read.entry.id: read.entry for read in self.reads.values() if read.entry}.values())


def path_text(path: Path) -> str:
    """A path as AWS's documentation writes it: ``("Subnets", 0, "SubnetId")`` is ``Subnets[0].SubnetId``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


class _View:
    """One part of an entry's data, at a path; each read of it is noted in the trace."""

    __slots__ = ("_data", "_path", "_trace", "entry")

    def __init__(self, entry: Entry, trace: Trace, data: Any = None, path: Path = ()) -> None:
        self.entry = entry
        self._trace = trace
        self._data = entry.data if data is None else data
        self._path = path

    def _note(self, path: Path, value: Any) -> None:
        top = str(path[0]) if path else ""
        self._trace.note(
            Read(
                kind=self.entry.kind,
                operation=self.entry.operation,
                resource=self.entry.label,
                path=path,
                value=value,
                supplied="*" in self.entry.supplied or top in self.entry.supplied,
                entry=self.entry,
            )
        )

    def _at(self, step: str | int, value: Any) -> Any:
        path = (*self._path, step)
        if isinstance(value, Mapping):
            if not value:
                self._note(path, {})
            return Record(self.entry, self._trace, value, path)
        if isinstance(value, list):
            return Records(self.entry, self._trace, value, path)
        self._note(path, value)
        if isinstance(value, str) and value.startswith(DIGEST):
            raise Unknown(
                f"{path_text(path)} of {self.entry.label!r} is kept as a digest only: a check that compares it takes "
                f"the variable's name as its parameter `variable`, or names the field in its `compares`"
            )
        return value

    def plain(self) -> Any:
        """This part as plain data. All of it is noted as read."""
        self._note(self._path, self._data)
        return self._data

    def spelt_out(self) -> Any:
        """This part as plain data. Each field and list in it is noted as read, one by one."""
        if isinstance(self._data, list):
            self._note(self._path, self._data)
        steps = self._data.items() if isinstance(self._data, Mapping) else enumerate(self._data)
        found = [(step, self._at(step, value)) for step, value in steps]
        values = [(step, value.spelt_out() if isinstance(value, _View) else value) for step, value in found]
        return dict(values) if isinstance(self._data, Mapping) else [value for _, value in values]


class Record(_View, Mapping[str, Any]):
    """One record, or one structure inside it, with AWS's field names.

    `record["Field"]` raises `Unknown` where the answer lacks the field, since a missing field is not a false one. Use
    `get` where AWS documents what a missing field means.
    """

    __slots__ = ()

    def __getitem__(self, name: str) -> Any:
        if name not in self._data or self._data[name] is None:
            where = path_text((*self._path, name))
            raise Unknown(f"the answer of {self.entry.operation} for {self.entry.label!r} has no field {where}")
        return self._at(name, self._data[name])

    def get(self, name: str, default: Any = None) -> Any:
        """The field, or `default` where the answer lacks it. Either is noted as read."""
        if self._data.get(name) is None:
            self._note((*self._path, name), ABSENT)
            return default
        return self._at(name, self._data[name])

    def reference(self, name: str) -> ResourceId:
        """The id or ARN of another record in a field. Raises `Unknown` where the answer has none there."""
        return self._id(self[name], name)

    def get_reference(self, name: str) -> ResourceId | None:
        """The id or ARN of another record in a field; None where the answer lacks the field, or leaves it empty."""
        value = self.get(name)
        return None if value is None or value == "" else self._id(value, name)

    def references(self, name: str, *, optional: bool = False) -> list[ResourceId]:
        """The ids or ARNs of other records in a list. With `optional`, a list that the answer lacks is empty.

        Raises `Unknown` where the answer lacks the list otherwise, and where something else than an id is in it.
        """
        values = self.get(name, ()) if optional else self[name]
        return [self._id(value, name) for value in ([values] if isinstance(values, str) else values)]

    def _id(self, value: Any, name: str) -> ResourceId:
        if not isinstance(value, str) or not value:
            where = path_text((*self._path, name))
            raise Unknown(f"{where} of {self.entry.label!r} ({self.entry.operation}) is no id: {value!r}")
        return ResourceId(value)

    def kept(self, name: str, default: str = "") -> Any:
        """The field as it is kept: a secret as its mark, a payload as its digest. Either is noted as read."""
        value = self._data.get(name)
        if value is None:
            return self.get(name, default)
        self._note((*self._path, name), value)
        return value

    def __contains__(self, name: object) -> bool:
        present = self._data.get(name) is not None
        if not present:
            self._note((*self._path, str(name)), ABSENT)
        else:
            self._note((*self._path, str(name)), self._data[name])
        return present

    def __iter__(self) -> Iterator[str]:
        self._note(self._path, self._data)
        return iter(self._data)

    def __len__(self) -> int:
        self._note(self._path, self._data)
        return len(self._data)

    def __repr__(self) -> str:
        return f"<{self.entry.kind} {self.entry.label!r} {path_text(self._path)}>"

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self._data == other._data


class Records(_View, Sequence[Any]):
    """A list inside a record. Its length and its iteration note the whole list as read.

    An index that the list lacks raises `Unknown`.
    """

    __slots__ = ()

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self._at(i, self._data[i]) for i in range(*index.indices(len(self._data)))]
        if not -len(self._data) <= index < len(self._data):
            raise Unknown(
                f"{path_text(self._path)} of {self.entry.label!r} ({self.entry.operation}) has no entry {index}"
            )
        return self._at(index, self._data[index])

    def __len__(self) -> int:
        self._note(self._path, self._data)
        return len(self._data)

    def __iter__(self) -> Iterator[Any]:
        self._note(self._path, self._data)
        return (self._at(i, value) for i, value in enumerate(self._data))

    def __repr__(self) -> str:
        return f"<{path_text(self._path)} of {self.entry.label!r}>"


class _Functions(jmespath.functions.Functions):  # type: ignore[misc]  # the library ships no types
    @jmespath.functions.signature(  # type: ignore[untyped-decorator]  # as above
        {"types": ["string", "null"]}, {"types": ["string"]}
    )
    def _func_after(self, text: str | None, mark: str) -> str | None:
        """The text after the first `mark`: `after('a:b/c/d', '/')` is `c/d`; null for no text."""
        return text.partition(mark)[2] if text is not None else None

    @jmespath.functions.signature(  # type: ignore[untyped-decorator]  # as above
        {"types": ["string"]}, {"types": ["string"]}
    )
    def _func_until_end(self, text: str, end: str) -> str:
        """The text without the suffix `end`: `until_end('example.org.', '.')` is `example.org`."""
        return text.removesuffix(end)

    @jmespath.functions.signature(  # type: ignore[untyped-decorator]  # as above
        {"types": ["string", "null"]}, {"types": ["string"]}
    )
    def _func_split(self, text: str | None, mark: str) -> list[str] | None:
        """The parts of a list that is written as text: `split('t3.small, t3.medium', ',')`; null for no text."""
        return [part.strip() for part in text.split(mark)] if text else None


_OPTIONS = jmespath.Options(custom_functions=_Functions())


@cache
def _compiled(path: str) -> ParsedResult:
    return jmespath.compile(path)


def search(path: str, data: Any) -> Any:
    """The value that a JMESPath finds in the data; None where it finds none.

    The functions `after`, `until_end` and `split` extend JMESPath. Raises `jmespath.exceptions.JMESPathError` for a
    path that is no JMESPath.
    """
    if path == "@":
        return data
    if path.isidentifier():
        return data.get(path) if isinstance(data, dict) else None
    return _compiled(path).search(data, options=_OPTIONS)
