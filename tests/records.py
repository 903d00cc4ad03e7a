"""Records and accounts out of plain dictionaries: what a check's test needs and nothing more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from asbuilt.account import Account
from asbuilt.evidence import Entry, Record, Trace
from asbuilt.snapshot import Answer, Snapshot


def entry(data: Any, kind: str = "test:thing", names: Sequence[str] = (), parent: str = "", arn: str = "") -> Entry:
    """One entry. Its id is made of its kind, parent and names."""
    ident = f"{kind}|{parent}|{arn or '/'.join(names) or id(data)}"
    return Entry(ident, kind, f"{kind}:Read", data, arn=arn, names=(*names, *([arn] if arn else ())), parent=parent)


def record(data: Any, kind: str = "test:thing", names: Sequence[str] = (), arn: str = "") -> Record:
    """A record with its own trace."""
    return Record(entry(data, kind, names, arn=arn), Trace())


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
