"""The mock account over HTTP on loopback, so that any AWS client can read or change it."""

from __future__ import annotations

import errno
import io
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock, Thread
from typing import Any

from asbuilt.mock.account import DEFAULT_REGION, MockError, builder, first_variant, mock_account
from asbuilt.mock.faults import Fault, UnknownOperationError, error, fault, refusal
from asbuilt.results.exit_codes import ExitCode

HOST = "127.0.0.1"


def serve(
    system: str,
    variant: str,
    port: int,
    *,
    latency_ms: float = 0,
    deny: Sequence[str] = (),
    throttle: Sequence[str] = (),
) -> int:
    """Serve the account until interrupted. Returns the exit code: 0, or 4 where it cannot be served.

    - `variant`: "" stands for the system's first one.
    - `port`: 0 takes a free one.
    - `latency_ms`: milliseconds to wait before every answer.
    - `deny`, `throttle`: operations to refuse, such as `rds:DescribeDBInstances`.
    """
    try:
        variant = variant or first_variant(system)
        with served(system, variant, port, latency_ms=latency_ms, deny=deny, throttle=throttle) as url:
            region = getattr(builder(system, variant), "REGION", DEFAULT_REGION)
            print("\n".join(_announcement(system, variant, region, url)), flush=True)  # noqa: T201  # what the command is for
            _wait()
    except MockError as problem:
        print(f"asbuilt mock: {problem}", file=sys.stderr)  # noqa: T201  # one line instead of a traceback
        return ExitCode.USAGE
    return 0


def _announcement(system: str, variant: str, region: str, url: str) -> Iterator[str]:
    """Where the account is, and how clients are pointed at it one call at a time.

    No variable is named: one that is exported for AWS's clients would make every later command read the mock.
    """
    of = f" --variant {variant}" if variant else ""
    yield f"{' '.join(part for part in (system, variant) if part)} at {url}"
    yield f"  verify it       asbuilt verify {system}{of} --endpoint-url {url}"
    yield f"  other clients   aws --endpoint-url {url} --region {region} rds describe-db-instances   (with any keys)"


@contextmanager
def served(
    system: str,
    variant: str,
    port: int = 0,
    *,
    latency_ms: float = 0,
    deny: Sequence[str] = (),
    throttle: Sequence[str] = (),
) -> Iterator[str]:
    """The URL of a new account that threads of this process serve while the block runs.

    The arguments are those of `serve`. Raises `MockError` for an unknown system, variant or operation, and for a port
    that cannot be used.
    """
    builder(system, variant)
    try:
        faults = [*(fault("deny", each) for each in deny), *(fault("throttle", each) for each in throttle)]
    except UnknownOperationError as problem:
        raise MockError(str(problem)) from None
    with _listening(port) as listening, mock_account(system, variant):
        server = _server(listening, _application(latency_ms / 1000, faults))
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{listening.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """A listening socket. It is bound before the account is built, so that a port in use is reported at once."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
            listening.listen(128)
        except OverflowError:
            raise MockError(f"{port} is not a port: give one from 1 to 65535, or 0 for a free one") from None
        except OSError as problem:
            taken = problem.errno == errno.EADDRINUSE
            reason = "is in use: give another with --port" if taken else f"cannot be used: {problem.strerror}"
            raise MockError(f"port {port} {reason}") from None
        yield listening


def _server(listening: socket.socket, application: Callable[..., Any]) -> Any:
    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.serving import make_server

    class Handler(MotoRequestHandler):
        """Speaks HTTP/1.1, as uploads with `Expect: 100-continue` need, sends at once, and writes no access log."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Write no access log."""

    address = listening.getsockname()
    return make_server(HOST, address[1], application, threaded=True, request_handler=Handler, fd=listening.fileno())


def _application(latency: float, faults: Iterable[Fault]) -> Callable[..., Any]:
    """moto's application with added latency, injected faults, and the error NotImplemented for what moto lacks."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    moto = DomainDispatcherApplication(create_backend_app)
    one_at_a_time = Lock()  # moto's state is not safe for threads; the added latency still runs in parallel

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        environ["wsgi.input"] = io.BytesIO(_body(environ))
        time.sleep(latency)
        for each in faults:
            if _asks_for(environ, each):
                return _send(start_response, refusal(each, environ.get("CONTENT_TYPE", "")))
        try:
            with one_at_a_time:
                return moto(environ, start_response)
        except Exception as problem:  # noqa: BLE001  # an error of moto: a plain 500 would make the client retry
            return _send(start_response, _cannot(environ, problem))

    return answer


def _body(environ: dict[str, Any]) -> bytes:
    """The request's body. It is read once and kept, since the injected faults and moto both need it."""
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked" and not environ.get("wsgi.input_terminated"):
        return b""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(length) if length else b""
    return body


def _asks_for(environ: dict[str, Any], wanted: Fault) -> bool:
    """Whether a request is for the operation of a fault."""
    from moto.core.utils import get_service_model

    if _scope(environ) != get_service_model(wanted.service).signing_name:
        return False
    return _operation(environ, wanted.service) == wanted.operation


def _scope(environ: dict[str, Any]) -> str:
    """The service that a request was signed for."""
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition(",")[0].split("/")
    return scope[3] if len(scope) > 4 else ""


def _operation(environ: dict[str, Any], service: str) -> str | None:
    """The operation of `service` that a request asks for; None where the service has no such operation."""
    from moto.core.routing import get_service_router
    from moto.moto_server.werkzeug_app import BackendRequest
    from werkzeug.exceptions import HTTPException

    body = environ["wsgi.input"]
    try:
        operation, _ = get_service_router(service).match(BackendRequest({**environ, "werkzeug.request": None}))
        return str(operation.name)
    except (HTTPException, NotImplementedError):
        return None
    finally:
        body.seek(0)


def _cannot(environ: dict[str, Any], problem: Exception) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the error NotImplemented (501) with moto's message. Clients do not retry it."""
    message = f"the mock cannot answer this: {type(problem).__name__}: {problem}"
    asked = environ.get("HTTP_X_AMZ_TARGET") or environ["PATH_INFO"]
    print(f"asbuilt mock: {environ['REQUEST_METHOD']} {asked}: {message}", file=sys.stderr)  # noqa: T201  # one line for the user
    service = _scope(environ)
    protocol = "json" if "json" in environ.get("CONTENT_TYPE", "") else "rest-json"
    if "form" in environ.get("CONTENT_TYPE", ""):
        protocol = "ec2" if service == "ec2" else "query"
    elif service in ("s3", "cloudfront", "route53"):
        protocol = "s3" if service == "s3" else "rest-xml"
    return error(protocol, "NotImplemented", message, 501)


def _send(start_response: Callable[..., Any], answer: tuple[int, dict[str, str], bytes]) -> list[bytes]:
    status, headers, body = answer
    start_response(f"{status} ", [*headers.items(), ("Content-Length", str(len(body)))])
    return [body]


def _wait() -> None:
    """Sleep until the process gets SIGINT or SIGTERM."""

    def end(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
