"""Records and accounts out of plain dictionaries: what a check's test needs and nothing more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from asbuilt.account import Account
from asbuilt.evidence import Entry, Record, Trace
from asbuilt.snapshot import Answer, Snapshot


def entry(
    data: Any,
    kind: str = "test:thing",
    ids: Sequence[str] = (),
    parent: str = "",
    arn: str = "",
    names: Sequence[str] = (),
) -> Entry:
    """One entry. Its key in the snapshot is made of its kind, parent and ids."""
    key = f"{kind}|{parent}|{arn or '/'.join((*ids, *names)) or id(data)}"
    own = (*ids, *([arn] if arn else ()))
    return Entry(key, kind, f"{kind}:Read", data, arn=arn, ids=own, names=tuple(names), parent=parent)


def record(data: Any, kind: str = "test:thing", ids: Sequence[str] = (), arn: str = "") -> Record:
    """A record with its own trace."""
    return Record(entry(data, kind, ids, arn=arn), Trace())


class _Asked(dict[str, list[Answer]]):
    """Answers by parent. A parent without an entry was read and has none."""

    def __contains__(self, parent: object) -> bool:
        return True

    def __missing__(self, parent: str) -> list[Answer]:
        return []


def account(
    entries: Mapping[str, Sequence[Entry]], subjects: Mapping[str, Sequence[Entry]] | None = None, **problems: str
) -> Account:
    """The argument `account` of a check: kind → entries (an empty list was read and is empty), and subjects by name."""
    snapshot = Snapshot()
    for kind, of in entries.items():
        snapshot.answers[kind] = _Asked()
        for one in of:
            snapshot.add(kind, one.parent, Answer(entries=(one,)))
    named = {name: (of[0].kind if of else "", of) for name, of in (subjects or {}).items()}
    return Account(snapshot, Trace(), tuple(entries), named)
