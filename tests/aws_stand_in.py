"""A stand-in for AWS's query APIs on loopback: STS and whatever else is given, with a note of each request."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

ACCOUNT = "123456789012"
IDENTITY = (
    "<GetCallerIdentityResult><Arn>arn:{partition}:sts::{account}:assumed-role/asbuilt-reader/asbuilt</Arn>"
    "<UserId>A</UserId><Account>{account}</Account></GetCallerIdentityResult>"
)
ROLE = (
    "<AssumeRoleResult><Credentials><AccessKeyId>ASIAASSUMED</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    "<SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
)


@dataclass
class StandIn:
    """A server that answers.

    - `answers`: action → the XML of its result; an action without one is refused with the error code `otherwise`.
    - `asked`: the (action, access key) of each request, in order.
    """

    url: str
    answers: dict[str, str]
    otherwise: str
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def actions(self) -> list[str]:
        """The actions that were asked for, in order."""
        return [action for action, _ in self.asked]


@contextmanager
def aws(
    answers: Mapping[str, str] | None = None,
    otherwise: str = "ExpiredToken",
    account: str = ACCOUNT,
    partition: str = "aws",
    certificate: Path | None = None,
) -> Iterator[StandIn]:
    """Serve while the block runs: the caller's identity, a role that anybody may assume, and the given answers.

    `certificate` is a PEM file with a key, to serve HTTPS.
    """
    known = {"GetCallerIdentity": IDENTITY.format(partition=partition, account=account), "AssumeRole": ROLE}
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    scheme = "http"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    stand_in = StandIn(f"{scheme}://127.0.0.1:{server.server_port}", {**known, **(answers or {})}, otherwise)
    server.stand_in = stand_in  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_POST(self) -> None:
        stand_in = self.server.stand_in
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        action = form.get("Action", ["?"])[0]
        key = self.headers["Authorization"].partition("Credential=")[2].partition("/")[0]
        stand_in.asked.append((action, key))
        result = stand_in.answers.get(action)
        if result is None:
            error = f"<Error><Type>Sender</Type><Code>{stand_in.otherwise}</Code><Message>no</Message></Error>"
            self._send(400, f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>")
        else:
            self._send(200, f"<{action}Response>{result}</{action}Response>")

    def _send(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Write no log."""
