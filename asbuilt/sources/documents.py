"""Refuse HTTP answers that are no document of the called API, before the SDK reads them as empty ones.

For a page of HTML, an empty body or another service's document, the SDK's parsers return `{}` as they do for an answer
that says "none". Here the document itself decides: its form, and in XML its root element.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from asbuilt.sources.rows import all_rows

_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:[\w.-]+:)?([\w.-]+)", re.DOTALL)
_ERROR_ROOTS = {"ErrorResponse", "Response", "Error"}
_ERROR_CODE = re.compile(rb"<(?:[\w.-]+:)?Code>\s*[^<\s]")
_TYPES = {"list": list, "map": dict, "structure": dict}
_CODES = ("__type", "code", "Code")
_TEMPORARY = 500  # from this status on, the SDK retries, and an answer without a document is an error all the same


def refuse_other_documents(operation_model: Any, response_dict: dict[str, Any], **_: Any) -> None:
    """Raise `ResponseParserError` for an answer that is no document of the operation; a hook of `before-parse`.

    The message says what the answer is instead, and quotes none of it.
    """
    status, body = response_dict["status_code"], response_dict["body"]
    if status >= _TEMPORARY:
        return
    xml = operation_model.service_model.resolved_protocol in ("query", "ec2", "rest-xml")
    if status >= 300:
        problem = _wrong_error(xml, body, response_dict["headers"])
    elif _is_text(operation_model):
        problem = "" if body.strip() else "the body is empty"
    else:
        problem = _wrong_xml(body, _roots(operation_model)) if xml else _wrong_json(body, operation_model.output_shape)
    if problem:
        from botocore.parsers import ResponseParserError

        kind = next((value for name, value in response_dict["headers"].items() if name.lower() == "content-type"), "")
        raise ResponseParserError(f"{problem} (HTTP status {status}, content type {str(kind)[:60] or 'not given'})")


def _wrong_error(xml: bool, body: bytes, headers: Any) -> str:
    """What is wrong with the document of an error, or ""."""
    if xml:
        return _wrong_xml(body, _ERROR_ROOTS) or ("" if _ERROR_CODE.search(body) else "the error has no code")
    problem = _wrong_json(body)
    if problem or any(name.lower() == "x-amzn-errortype" for name in headers):
        return problem
    return "" if any(json.loads(body).get(name) for name in _CODES) else "the error has no code"


def _wrong_xml(body: bytes, roots: set[str] | frozenset[str]) -> str:
    """What is wrong with an XML document, or "". The SDK's parser refuses one that is not well formed."""
    if not body.strip():
        return "the body is empty"
    found = _ROOT.match(body)
    if not found:
        return f"the body is {_looks_like(body)}, expected XML"
    root = found[1].decode()
    return "" if root in roots else f"the root element is {root[:60]!r}, expected {sorted(roots)[0]!r}"


def _wrong_json(body: bytes, shape: Any = None) -> str:
    """What is wrong with a JSON document, or "". The SDK would take a text where `shape` has a list for its letters."""
    if not body.strip():
        return "the body is empty"
    try:
        found = json.loads(body)
    except RecursionError:
        return "the body is JSON that is nested too deep to be read"
    except ValueError:
        return f"the body is {_looks_like(body)}, expected a JSON object"
    if not isinstance(found, dict):
        return f"the body is a JSON {type(found).__name__}, expected a JSON object"
    if shape is not None and not _about(found, shape):
        return f"the JSON object has {', '.join(sorted(found))[:60]!r}, and no field of this answer"
    for name, member in shape.members.items() if shape is not None else ():
        value, expected = found.get(member.serialization.get("name", name)), _TYPES.get(member.type_name)
        if expected and value is not None and not isinstance(value, expected):
            return f"{name} is a JSON {type(value).__name__}, expected a {member.type_name}"
    return ""


def _about(found: dict[str, Any], shape: Any) -> bool:
    """Whether a JSON object is the operation's answer: none of an error, and not with another answer's fields only."""
    if "payload" in shape.serialization:
        return True
    in_body = {
        of.serialization.get("name", name) for name, of in shape.members.items() if not of.serialization.get("location")
    }
    return not found or ("__type" not in found and not in_body.isdisjoint(found))


def _looks_like(body: bytes) -> str:
    start = body.lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html")) or b"<html" in start:
        return "HTML"
    return "cut short or malformed" if start[:1] in (b"{", b"[", b"<") else "another text"


def _is_text(operation_model: Any) -> bool:
    """Whether the whole body is one text, as that of a bucket's policy."""
    shape = operation_model.output_shape
    payload = shape.serialization.get("payload") if shape is not None else None
    return payload is not None and shape.members[payload].type_name in ("string", "blob")


def _roots(operation_model: Any) -> frozenset[str]:
    """The names that the root element of an operation's XML answer can have."""
    shape, name = operation_model.output_shape, operation_model.name
    roots = {f"{name}Response", *_own_roots().get((operation_model.service_model.service_name, name.lower()), ())}
    if operation_model.service_model.resolved_protocol == "rest-xml" and shape is not None:
        payload = shape.serialization.get("payload")
        roots.add(shape.members[payload].serialization.get("name", payload) if payload else shape.name)
    return frozenset(roots)


@cache
def _own_roots() -> dict[tuple[str, str], set[str]]:
    """The root elements that rows name, by service and operation (in lower case, without underscores)."""
    named: dict[tuple[str, str], set[str]] = {}
    for row in all_rows():
        if row.root:
            named.setdefault((row.service, row.operation.replace("_", "")), set()).add(row.root)
    return named
