"""Fault injection: deny or throttle one operation, with the error codes of its service.

A fault names the operation as `SERVICE:Operation`, such as `rds:DescribeDBInstances`, with boto3's service name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from asbuilt.mock.models import loader
from asbuilt.problems import closest

# Error code and HTTP status of a refusal in each protocol; S3 has codes of its own.
ANSWERS = {
    "deny": {
        "ec2": ("UnauthorizedOperation", 403),
        "query": ("AccessDenied", 403),
        "rest-xml": ("AccessDenied", 403),
        "s3": ("AccessDenied", 403),
        "json": ("AccessDeniedException", 400),
        "rest-json": ("AccessDeniedException", 403),
    },
    "throttle": {
        "ec2": ("RequestLimitExceeded", 503),
        "query": ("Throttling", 400),
        "rest-xml": ("Throttling", 400),
        "s3": ("SlowDown", 503),
        "json": ("ThrottlingException", 400),
        "rest-json": ("TooManyRequestsException", 429),
    },
}
XML = {  # the body of an error in each XML protocol
    "s3": "<Error><Code>{code}</Code><Message>{message}</Message></Error>",
    "ec2": "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>",
    "query": "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>",
}
XML["rest-xml"] = XML["query"]
IAM_PREFIX = {"monitoring": "cloudwatch"}  # signing name → IAM prefix, where the two differ
Answer = tuple[int, dict[str, str], bytes]


class UnknownOperationError(ValueError):
    """A fault names an operation that AWS does not have. The message names the nearest operation or service."""


@dataclass(frozen=True)
class Fault:
    """One operation and the kind of its fault, a key of `ANSWERS`."""

    kind: str
    service: str
    operation: str


def fault(kind: str, name: str) -> Fault:
    """The fault for an operation written as `SERVICE:Operation`.

    Raises `UnknownOperationError` where AWS has no such operation.
    """
    service, colon, operation = name.partition(":")
    services = loader().list_available_services("service-2")
    if not colon or service not in services:
        raise UnknownOperationError(f"{name!r} is not SERVICE:Operation{_nearest(service, services)}")
    operations = list(loader().load_service_model(service, "service-2")["operations"])
    if operation not in operations:
        raise UnknownOperationError(f"{service} has no operation {operation!r}{_nearest(operation, operations)}")
    return Fault(kind, service, operation)


@contextmanager
def denied(target: Any, *names: str, kind: str = "deny") -> Iterator[None]:
    """Refuse the named operations while the block runs; the calls are not sent.

    `target` is a client, or a boto3 session: its clients that are created in the block refuse. `kind` is a key of
    `ANSWERS`. Raises `UnknownOperationError` where AWS has no such operation.
    """
    events = target.events if hasattr(target, "events") else target.meta.events
    hooks = []
    for each in [fault(kind, name) for name in names]:
        hook = _Refusal(each)
        hooks.append((f"before-send.{_event_name(each.service)}.{each.operation}", hook))
    for event, hook in hooks:
        events.register_first(event, hook)
    try:
        yield
    finally:
        for event, hook in hooks:
            hook.open = False  # clients keep a copy of the session's hook, which must do nothing from now on
            events.unregister(event, hook)


class _Refusal:
    """A before-send hook that answers with the refusal while it is open."""

    def __init__(self, refused: Fault) -> None:
        self.fault = refused
        self.open = True

    def __call__(self, request: Any, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse
        from moto.core.botocore_stubber import MockRawResponse

        if not self.open:
            return None
        kind = request.headers.get("Content-Type") or b""
        status, headers, body = refusal(self.fault, kind.decode() if isinstance(kind, bytes) else kind)
        return AWSResponse(request.url, status, headers, MockRawResponse(body))


def refusal(refused: Fault, content_type: str = "") -> Answer:
    """Status, headers and body of the answer by which the service refuses the operation."""
    from moto.core.request import determine_request_protocol
    from moto.core.utils import get_service_model

    model = get_service_model(refused.service)
    protocol = "s3" if refused.service == "s3" else determine_request_protocol(model, content_type)
    code, status = ANSWERS[refused.kind][protocol]
    action = f"{IAM_PREFIX.get(model.signing_name, model.signing_name)}:{refused.operation}"
    messages = {
        "deny": f"User: arn:aws:sts::mock:assumed-role/auditor is not authorized to perform: {action}",
        "throttle": "Rate exceeded",
    }
    return error(protocol, code, messages[refused.kind], status)


def error(protocol: str, code: str, message: str, status: int) -> Answer:
    """Status, headers and body of an error in a protocol."""
    if protocol in XML:
        body = XML[protocol].format(code=escape(code), message=escape(message))
        return status, {"Content-Type": "text/xml"}, body.encode()
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": code}
    return status, headers, json.dumps({"__type": code, "message": message}).encode()


def _event_name(service: str) -> str:
    metadata = loader().load_service_model(service, "service-2")["metadata"]
    return str(metadata["serviceId"]).replace(" ", "-").lower()


def _nearest(name: str, names: list[str]) -> str:
    found = closest(name, names)
    return f": did you mean {found}?" if found else ""
