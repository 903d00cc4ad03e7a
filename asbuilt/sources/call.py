"""Call the operation of one row: generate its report where it has one, wait until it is done, and read all pages."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from asbuilt.evidence import TargetError, Unknown, Untested, search
from asbuilt.snapshot import Call
from asbuilt.sources.errors import explain
from asbuilt.sources.limits import PAGES
from asbuilt.sources.redaction import redact_text
from asbuilt.sources.row import Row

PAUSES = (0.25, 0.5, 1, 2, 4, 4, 4, 4, 5, 5)  # seconds between two requests for a report: half a minute in all
_CONTINUATIONS = ("NextToken", "nextToken", "NextMarker", "nextPageToken")


@dataclass(frozen=True)
class Pages:
    """An answer: the API name of the operation, its pages, and the fields that an extension of the mock supplied."""

    operation: str
    pages: tuple[dict[str, Any], ...]
    supplied: tuple[str, ...]


def call(
    client: Callable[[], Any],
    row: Row,
    params: Mapping[str, Any],
    calls: list[Call],
    came: Callable[[], None] = lambda: None,
    most_pages: int = PAGES,
) -> Pages:
    """The whole answer of the row's operation. Each call is added to `calls`, and `came` is called for each page.

    Raises `Unknown` with the reason where a call fails, `Untested` where the run was not given the source, and
    `TargetError` where the target cannot be used at all.
    """
    if row.report:
        made = _called(client, row, row.report.generate, params, calls, came, most_pages)
        if not made.pages:  # AWS answered that there is none
            return made
        values = {name: search(path, made.pages[0]) for name, path in row.report.params.items()}
        missing = ", ".join(name for name, value in values.items() if value is None)
        if missing:
            raise Unknown(f"{row.operation} needs {missing}, which the answer of {row.label(made.operation)} lacks")
        params = values
    return _called(client, row, row.operation, params, calls, came, most_pages)


def asked_text(params: Mapping[str, Any]) -> str:
    """Parameters as JSON with sorted keys, so that equal parameters give equal texts."""
    return json.dumps(params, sort_keys=True, default=str)


def _called(
    client: Callable[[], Any],
    row: Row,
    operation: str,
    params: Mapping[str, Any],
    calls: list[Call],
    came: Callable[[], None],
    most_pages: int,
) -> Pages:
    started = time.perf_counter()
    pages: list[dict[str, Any]] = []
    asked, problem, api_operation = redact_text(asked_text(params)), "", operation
    try:
        asking = client()
        api_operation = asking.meta.method_to_api_mapping[operation]
        for page in _answers(asking, row, operation, row.label(api_operation), params, came):
            pages.append(page)
            came()
            if len(pages) > most_pages:
                raise Unknown(f"{row.label(api_operation)} has more than {most_pages} pages: raise --max-pages")
    except Untested:
        asked = ""  # nothing was called
        raise
    except TargetError:
        raise
    except Exception as error:  # every error of the SDK or the network becomes a reason; none becomes "empty"
        try:
            fault = explain(error, row, api_operation)
        except TargetError as ended:
            problem = redact_text(str(ended))
            raise
        problem = redact_text(fault.reason)
        if not fault.absent:
            raise Unknown(problem, fault.permission) from error
        pages = []
    finally:
        seconds = round(time.perf_counter() - started, 4)
        if asked:
            calls.append(Call(row.label(api_operation), row.region, asked, len(pages), seconds, problem))
    supplied = {
        field.strip()
        for page in pages
        for field in page.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("x-asbuilt-supplied", "").split(",")
    }
    return Pages(api_operation, tuple(pages), tuple(sorted(supplied - {""})))


def _answers(
    client: Any, row: Row, operation: str, label: str, params: Mapping[str, Any], came: Callable[[], None]
) -> Iterator[dict[str, Any]]:
    """The answer, page by page. Raises `Unknown` where a page leads to one that was read before."""
    if client.can_paginate(operation):
        yield from _paginated(client.get_paginator(operation).paginate(**params), label, "PaginationConfig" in params)
        return
    seen: set[str] = set()
    reported = row.report is not None and operation == row.operation
    asked = dict(params)
    while True:
        answer = _done(client, row, label, asked, came) if reported else getattr(client, operation)(**asked)
        yield answer
        following = answer.get(row.marker) if row.marker else None
        if not following:
            break
        if str(following) in seen:
            raise Unknown(f"{label} could not be read to its last page: {row.marker} leads to the same one again")
        seen.add(str(following))
        asked[row.marker] = following
    _whole(answer, label)


def _paginated(pages: Any, label: str, first_ones: bool) -> Iterator[dict[str, Any]]:
    """The pages of the SDK's paginator, which itself notices only a token that comes twice in a row.

    `first_ones` says that the paginator reads only the first records.
    """
    seen: set[str] = set()
    last: dict[str, Any] = {}
    for last in pages:
        yield last
        token = {name: value for name, value in pages._get_next_token(last).items() if value}
        text = asked_text(token)
        if token and text in seen:
            raise Unknown(f"{label} could not be read to its last page: its pages lead to one that was read before")
        seen.add(text)
    inner = [value for value in last.values() if isinstance(value, dict)]
    if not first_ones and any(part.get("IsTruncated") is True for part in (last, *inner)):
        raise Unknown(f"{label} has pages that were not read (IsTruncated)")


def _done(client: Any, row: Row, label: str, params: Mapping[str, Any], came: Callable[[], None]) -> dict[str, Any]:
    """The answer after the report is done. Raises `Unknown` where the report failed or is not done in time."""
    from botocore.exceptions import ClientError

    report, waited = row.report, 0.0
    assert report is not None  # noqa: S101  # callers ask rows with a report; this tells the type checker
    for pause in (*PAUSES, None):
        try:
            answer: dict[str, Any] = getattr(client, row.operation)(**params)
        except ClientError as error:  # some services answer with an error while the report is not done
            state = error.response.get("Error", {}).get("Code", "")
            if state not in report.pending:
                raise
        else:
            state = answer.get(report.status, "") if report.status else report.done
            if state == report.done:
                return answer
            if state not in report.pending:
                why = (answer.get("Error") or {}).get("Message", "no reason given")
                raise Unknown(f"{label} answered {report.status} {state!r}, expected {report.done!r}: {why}")
        if pause is not None:
            came()
            time.sleep(pause)
            waited += pause
    raise Unknown(f"{label} was not done after {waited:g} s ({state}): run again later")


def _whole(answer: Mapping[str, Any], operation: str) -> None:
    """Raise `Unknown` for an answer with further pages that the SDK cannot request."""
    cut = [name for name in _CONTINUATIONS if answer.get(name)]
    if cut or answer.get("IsTruncated") is True:
        raise Unknown(f"{operation} has pages that were not read ({', '.join(cut) or 'IsTruncated'})")
