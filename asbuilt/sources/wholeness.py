"""What an answer must hold to be whole, so that nothing that is missing from it is taken for empty."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from asbuilt.evidence import Unknown, search
from asbuilt.sources.row import Row

_STEP = re.compile(r"\.?(?:(\w+)|(\[\]))")
_DOCUMENTS = ("json", "xml")  # a content type of a document of AWS's protocols has one of these words


def found_in(row: Row, page: Mapping[str, Any], body: Mapping[str, Any], operation: str, aws: bool) -> list[Any]:
    """The records of one page. `body` is the page without its metadata; `aws` says that AWS answers the row.

    Raises `Unknown` where the list is missing without a second witness that it is empty, where the page states another
    number of records, and where an entry on the way to the records is null or of another form.
    """
    if _missing(row, body, operation):
        if not row.may_omit:
            raise Unknown(f"{operation} answered without {row.records.partition('[')[0]}")
        _witness(row, page, body, operation, aws)
        return []
    found = search(row.records, body)
    if found is None:
        raise Unknown(f"{operation} answered with null in {row.records}")
    records = found if isinstance(found, list) else [found]
    stated = search(row.witness, body) if row.witness else None
    cut = "MaxItems" in row.static.get("PaginationConfig", {})
    if isinstance(stated, int) and not isinstance(stated, bool) and stated != len(records) and not cut:
        raise Unknown(f"{operation} answered with {len(records)} records where {row.witness} says {stated}")
    return records


def _missing(row: Row, body: Mapping[str, Any], operation: str) -> bool:
    """Whether the answer lacks the list of the records itself. JMESPath drops nulls; this raises `Unknown` for them."""
    nodes: list[Any] = [body]
    place, inside = 0, False
    while match := _STEP.match(row.records, place):
        name, where = match[1], row.records[: match.end()].rstrip("[]")
        if name:
            _all_are(dict, nodes, row.records[:place] or "the answer", operation)
            lacking = [node for node in nodes if node.get(name) is None]
            if lacking and not inside:
                return True
            if lacking:
                raise Unknown(f"{operation} answered with an entry of {row.records[:place]} that has no {name}")
            nodes = [node[name] for node in nodes]
        else:
            _all_are(list, nodes, where, operation)
            nodes, inside = [item for node in nodes for item in node], True
            if any(item is None for item in nodes):
                raise Unknown(f"{operation} answered with null in {where}[]")
        place = match.end()
    if row.records[place : place + 2] == "[?":
        _all_are(list, nodes, row.records[:place], operation)
        _all_are(dict, [item for node in nodes for item in node], f"{row.records[:place]}[]", operation)
    return False


def _all_are(kind: type, nodes: Sequence[Any], where: str, operation: str) -> None:
    for node in nodes:
        if not isinstance(node, kind):
            expected = "a list" if kind is list else "a structure"
            raise Unknown(f"{operation} answered with {type(node).__name__}, expected {expected} ({where})")


def _witness(row: Row, page: Mapping[str, Any], body: Mapping[str, Any], operation: str, aws: bool) -> None:
    """Raise `Unknown` where nothing but the missing list says that there are no records."""
    lacks = f"{operation} answered without {row.records.partition('[')[0]}"
    if row.witness:
        stated = search(row.witness, body)
        if stated is None or (not isinstance(stated, bool) and stated != 0):
            raise Unknown(f"{lacks}, and {row.witness} does not say that there are none")
        return
    about = page.get("ResponseMetadata", {})
    kind = str(about.get("HTTPHeaders", {}).get("content-type", ""))
    if aws and not (about.get("RequestId") and any(word in kind for word in _DOCUMENTS)):
        raise Unknown(f"{lacks}, and has no request id with the content type of this API that would make it whole")


def check_record(row: Row, item: Any, params: Mapping[str, Any], operation: str) -> None:
    """Raise `Unknown` for a record that lacks what AWS always gives, or is of another resource than was asked for."""
    if not isinstance(item, dict):
        raise Unknown(f"{operation} answered with {type(item).__name__}, expected a structure ({row.records})")
    lacking = [path for path in row.whole if search(path, item) is None]
    if lacking:
        raise Unknown(f"{operation} answered without {', '.join(lacking)}")
    for name, path in row.echoes.items():
        asked, answered = params.get(name), search(path, item)
        if answered is None:
            raise Unknown(f"{operation} answered with a record that has no {path}")
        if answered != asked and not (isinstance(asked, list) and answered in asked):
            of = "another one" if isinstance(asked, list) else repr(asked)
            raise Unknown(f"{operation} was asked for {of} and answered about {path} {answered!r}")


def check_named(row: Row, names: Sequence[str], arn: str, operation: str) -> None:
    """Raise `Unknown` for a record without any of the fields that name it: nothing could be known to be missing."""
    fields = [path for path in (row.arn, row.ids, row.names) if path]
    if fields and not names and not arn:
        raise Unknown(f"{operation} answered with a record that has no {' or '.join(fields)}")


def check_batch(
    row: Row, params: Mapping[str, Any], records: Sequence[Any], pages: Sequence[Mapping[str, Any]], operation: str
) -> None:
    """Raise `Unknown` for the answer to a batch that does not hold each record that was asked for, once, and no other.

    What the answer names as gone may be missing.
    """
    asked = [str(value) for value in params[row.batch]]
    answered = [str(search(row.echoes[row.batch], record)) for record in records]
    gone = {
        str(each.get("arn") if isinstance(each, dict) else each)
        for page in pages
        for each in search(row.gone, page) or ()
    }
    missing = [name for name in asked if name not in answered and name not in gone]
    if missing:
        failures = [each for page in pages for each in page.get("failures") or () if isinstance(each, dict)]
        why = f": {failures[0].get('arn')}: {failures[0].get('reason')}" if failures else f": {missing[0]} is missing"
        raise Unknown(f"{operation} was asked for {len(asked)} and answered with {len(answered)}{why}")
    if len(set(answered)) < len(answered):
        raise Unknown(f"{operation} answered with the same record twice")
