"""The table of rows: how each kind of record is read, and nowhere else an API call.

The prefetch plan, the auditor's policy and the read-only guard are all derived from these rows. Add a kind of
record by adding its row to the module of its field.
"""

from __future__ import annotations

from functools import cache

from asbuilt.sources.row import Row
from asbuilt.sources.rows import (
    atlas,
    beanstalk,
    compute,
    data,
    delivery,
    edge,
    files,
    identity,
    load,
    money,
    network,
    organization,
    serverless,
    tasks,
    watch,
)

_TABLES = (
    network,
    compute,
    tasks,
    serverless,
    beanstalk,
    delivery,
    data,
    files,
    edge,
    identity,
    organization,
    watch,
    money,
    atlas,
    load,
)


@cache
def rows_by_kind() -> dict[str, tuple[Row, ...]]:
    """Kind → the rows that read it (two where AWS answers one kind of thing from two operations)."""
    table: dict[str, tuple[Row, ...]] = {}
    for module in _TABLES:
        for row in module.ROWS:
            table[row.kind] = (*table.get(row.kind, ()), row)
    return table


def source_of(kind: str) -> str:
    """The source of evidence that a kind of record comes from: `account`, unless it is none of AWS's."""
    return rows_by_kind()[kind][0].source


@cache
def allowed_operations() -> frozenset[tuple[str, str]]:
    """Every (client name, operation) that the suite may call at all."""
    rows = (row for rows in rows_by_kind().values() for row in rows)
    return frozenset((row.service, operation) for row in rows for operation in row.operations)


def with_parents(kinds: set[str]) -> set[str]:
    """The kinds, and those that must be read before them."""
    wanted = set(kinds)
    for kind in kinds:
        for row in rows_by_kind()[kind]:
            if row.per and row.per not in wanted:
                wanted |= with_parents({row.per})
    return wanted
