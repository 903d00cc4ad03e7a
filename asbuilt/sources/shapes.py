"""AWS's service models: the type of a field, and the values that it can have."""

from __future__ import annotations

from functools import cache
from typing import Any

from asbuilt.evidence import Entry, Path
from asbuilt.sources.table import is_aws, rows_by_kind


@cache
def operation_model(service: str, operation: str) -> Any:
    """The botocore model of an operation, such as `describe_db_instances` of rds.

    Raises `StopIteration` for an operation that the service does not have.
    """
    from botocore import xform_name

    model = _session().get_service_model(service)
    name = next(name for name in model.operation_names if xform_name(name) == operation)
    return model.operation_model(name)


@cache
def _session() -> Any:
    import botocore.session

    return botocore.session.get_session()


@cache
def _record_shape(service: str, operation: str, records: str) -> Any:
    """The shape of the records of a row; None where its JMESPath builds records of another shape."""
    shape = operation_model(service, operation).output_shape
    if records == "@":
        return shape
    for part in records.split("."):
        name = part.partition("[")[0]
        if not name.isidentifier():
            return None
        shape = getattr(shape, "members", {}).get(name)
        if shape is not None and "[" in part:
            shape = getattr(shape, "member", None)
        if shape is None:
            return None
    return shape


def record_shape(kind: str) -> Any:
    """The botocore shape of a kind's records; None for other sources, and for JMESPaths that build another shape."""
    row = rows_by_kind()[kind][-1]
    return _record_shape(row.service, row.operation, row.records) if is_aws(row) else None


def shape_at(entry: Entry, path: Path) -> Any:
    """The botocore shape of a field of an entry; None where the model has none, as inside parsed JSON text."""
    rows = [
        row for row in rows_by_kind()[entry.kind] if entry.operation.lower().endswith(row.operation.replace("_", ""))
    ]
    row = rows[0] if rows else None
    shape = _record_shape(row.service, row.operation, row.records) if row and is_aws(row) else None
    for step in path:
        if shape is None:
            return None
        if isinstance(step, int):
            shape = getattr(shape, "member", None)
        elif shape.type_name == "map":
            shape = shape.value
        else:
            shape = getattr(shape, "members", {}).get(step)
    return shape
