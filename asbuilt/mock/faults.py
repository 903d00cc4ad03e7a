"""Faults on purpose: one operation that AWS denies or throttles, in its own service's words.

A fault is named `SERVICE:Operation`, as in `rds:DescribeDBInstances`, with boto3's name of the service.
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

# How a refusal reads in each protocol, and in S3's own: error code and HTTP status.
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
XML = {  # how each XML protocol wraps an error
    "s3": "<Error><Code>{code}</Code><Message>{message}</Message></Error>",
    "ec2": "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>",
    "query": "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>",
}
XML["rest-xml"] = XML["query"]
IAM_PREFIX = {"monitoring": "cloudwatch"}  # where the permission is named otherwise than the signature
Answer = tuple[int, dict[str, str], bytes]


class UnknownOperationError(ValueError):
    """A fault that names no operation of any AWS service; the message names the nearest one."""


@dataclass(frozen=True)
class Fault:
    """One operation and what becomes of it: `kind` is a key of ANSWERS."""

    kind: str
    service: str
    operation: str


def fault(kind: str, name: str) -> Fault:
    """Read `SERVICE:Operation`. Raises UnknownOperationError if AWS has no such operation."""
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
    """While open, calls of the named operations by `target` are refused before they are sent.

    `target` is a boto3 session (clients made from it while open) or a client.
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
            hook.open = False  # clients that copied the hook from a session keep it, spent
            events.unregister(event, hook)


class _Refusal:
    """A before-send hook that answers in place of AWS while it is open."""

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
    """Status, headers and body with which the service refuses the operation."""
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
    """An error as a service of this protocol writes it."""
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
