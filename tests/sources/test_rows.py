"""Laws that hold for every row of the table."""

from __future__ import annotations

from asbuilt.sources.table import is_aws, rows_by_kind


def test_every_batch_says_how_it_names_what_is_gone():
    """Without it, a service deleted between two calls would make the others unknown."""
    assert all(row.gone for rows in rows_by_kind().values() for row in rows if row.batch)


def test_no_row_stands_twice():
    """Two rows with the same call for one kind would find each record twice."""
    for kind, rows in rows_by_kind().items():
        asked = [(row.per, row.service, row.operation, row.records) for row in rows]
        assert len(asked) == len(set(asked)), kind


def test_the_table_holds_reads_only():
    """No row writes, and none reads the value of a secret."""
    verbs = ("describe_", "list_", "get_", "lookup_", "head_", "batch_get_")
    for rows in rows_by_kind().values():
        for row in (row for row in rows if is_aws(row)):
            assert row.operation.startswith(verbs), row
            assert row.operation not in ("get_secret_value", "get_parameter", "get_parameters"), row
