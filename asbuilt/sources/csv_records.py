"""Read answers of AWS that are CSV text as records."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Iterator
from typing import Any

from asbuilt.evidence import Unknown

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def table(text: bytes | str, what: str) -> list[dict[str, Any]]:
    """A record for each row below the header, by the names of the columns; times (ISO 8601) become datetimes.

    Raises `Unknown` for malformed CSV. `what` names the text in the message, which does not quote its content.
    """
    try:
        lines = io.StringIO(text.decode("utf-8") if isinstance(text, bytes) else text, newline="")
        return list(_records(csv.reader(lines, strict=True)))
    except (ValueError, csv.Error) as error:
        problem = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise Unknown(f"{what} is malformed CSV: {problem}") from None


def _records(rows: Iterator[list[str]]) -> Iterator[dict[str, Any]]:
    header = next(rows, [])
    if not header or len(set(header)) < len(header) or "" in header:
        raise ValueError("its first line must name each column once")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise ValueError(f"line {number} has {len(row)} fields, expected {len(header)}")
        yield {name: _typed(value) for name, value in zip(header, row, strict=True)}


def _typed(value: str) -> Any:
    return datetime.datetime.fromisoformat(value) if _MOMENT.fullmatch(value) else value
