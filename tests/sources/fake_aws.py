"""A server on loopback that answers as AWS does, and for single operations as a test wants."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, Mapping[str, str], bytes]
Reply = Callable[[BaseHTTPRequestHandler, str], Answer | None]  # None: it sent the answer itself
ID = "00000000-0000-0000-0000-000000000001"
OWN = "123456789012"
S3 = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
CDN = 'xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"'


def xml(body: str, status: int = 200) -> Answer:
    """An XML document as AWS sends it."""
    return status, {"Content-Type": "text/xml", "x-amzn-RequestId": ID}, body.encode()


def json(body: str, status: int = 200) -> Answer:
    """A JSON document as AWS sends it."""
    return status, {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": ID}, body.encode()


def html(body: str = "<html><body>Sign in to the network</body></html>", status: int = 200) -> Answer:
    """A page, as a captive portal sends it."""
    return status, {"Content-Type": "text/html"}, body.encode()


# the account: its identity, one bucket without versioning, no queue and no distribution
WHOLE: dict[str, Answer] = {
    "GetCallerIdentity": xml(
        "<GetCallerIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><GetCallerIdentityResult>"
        f"<Arn>arn:aws:iam::{OWN}:user/auditor</Arn><UserId>AIDA</UserId><Account>{OWN}</Account>"
        f"</GetCallerIdentityResult><ResponseMetadata><RequestId>{ID}</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
    ),
    "ListBuckets": xml(
        f"<ListAllMyBucketsResult {S3}><Buckets><Bucket><Name>media</Name>"
        "<CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>"
    ),
    "GetBucketVersioning": xml(f"<VersioningConfiguration {S3}/>"),
    "GetBucketPolicy": xml("<Error><Code>NoSuchBucketPolicy</Code><Message>none</Message></Error>", 404),
    "ListDistributions": xml(
        f"<DistributionList {CDN}><Marker/><MaxItems>100</MaxItems><IsTruncated>false</IsTruncated>"
        "<Quantity>0</Quantity></DistributionList>"
    ),
    "ListQueues": json("{}"),
    "ListSecrets": json('{"SecretList": []}'),
}


@contextlib.contextmanager
def serving(**changed: Answer | Reply) -> Iterator[str]:
    """The URL of the account in which these operations answer otherwise."""
    replies = {**WHOLE, **changed}

    class Handler(BaseHTTPRequestHandler):
        """Answers each request by its operation."""

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            reply = replies.get(_operation(self, body), xml("<Error><Code>NotImplemented</Code></Error>", 501))
            answer = reply(self, body) if callable(reply) else reply
            if answer is None:
                self.close_connection = True
                return
            status, headers, content = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(content)))
            else:
                self.close_connection = True  # the answer is cut short
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Write no access log."""

    class Server(ThreadingHTTPServer):
        """Keeps no thread of a request alive, and tells nothing of clients that left."""

        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing: a client that gave up is what the test wants."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _operation(request: BaseHTTPRequestHandler, body: str) -> str:
    """The operation that a request asks for, as far as this account knows it."""
    target, parts = request.headers.get("X-Amz-Target", ""), urlsplit(request.path)
    if target:
        return target.rpartition(".")[2]
    if body.startswith("Action="):
        return parse_qs(body)["Action"][0]
    if parts.path.endswith("/distribution"):
        return "ListDistributions"
    for mark, operation in (("versioning", "GetBucketVersioning"), ("policy", "GetBucketPolicy")):
        if mark in parse_qs(parts.query, keep_blank_values=True):
            return operation
    return "ListBuckets" if parts.path == "/" else ""


SUBJECTS = {
    "media": '{ kind = "s3:bucket", name = "media" }',
    "queues": '{ kind = "sqs:queue", name = "*", many = true }',
    "distributions": '{ kind = "cloudfront:distribution", name = "*", many = true }',
    "secrets": '{ kind = "secretsmanager:secret", name = "*", many = true }',
}


def spec(folder: Path, *lines: str) -> str:
    """The path of a spec with these facts about the account."""
    subjects = "".join(f"{name} = {about}\n" for name, about in SUBJECTS.items())
    head = f'[architecture]\nname = "It"\ndocument = "It"\nregion = "us-east-1"\n[subjects]\n{subjects}'
    claim = '[[claim]]\nsection = "1"\nsays = "So it is."\n' + "\n".join(lines) + "\n"
    path = folder / "spec.toml"
    path.write_text(head + claim, encoding="utf-8")
    return str(path)
