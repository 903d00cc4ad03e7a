"""The HTTP client of the journey lane: one user's requests, one after the other, as plain code sends them."""

from __future__ import annotations

import json as json_text
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import gevent

from asbuilt.load.http.connection import HttpConnection
from asbuilt.load.http.response import Head, field, fields

if TYPE_CHECKING:
    from asbuilt.load.measure.request_statistics import EndpointStatistics
    from asbuilt.load.run.generator import LoadGenerator

NOT_SENT = "requests that change data are not sent to this host (--allow-writes)"
_AFTER_THE_END = 0.1
_MOST_REDIRECTS, _REDIRECTS = 5, (301, 302, 303, 307, 308)
_GOOD = frozenset(range(200, 400))


@dataclass(slots=True)
class Response:
    """An answer. Without one, `status` is 0 and `error` says why; `error` is also set where the answer is not good."""

    status: int
    body: bytes
    raw_head: bytes
    seconds: float
    error: str = ""

    @property
    def ok(self) -> bool:
        """Whether the answer was what the request expected."""
        return not self.error

    def json(self) -> Any:
        """The body, parsed as JSON; None where it is not JSON."""
        try:
            return json_text.loads(self.body)
        except ValueError:
            return None

    def header(self, name: str) -> str:
        """A header's value, or ""."""
        return field(self.raw_head, name.lower().encode()).decode("latin-1")


class HttpClient:
    """One connection with its cookies and default headers, for one greenlet."""

    def __init__(self, generator: LoadGenerator, flow: str, listener: Callable[..., None] | None = None) -> None:
        self.headers: dict[str, str] = {}
        self.cookies: dict[str, str] = {}
        self.due = 0.0  # when the current arrival was due: its first request counts from then
        self._generator, self._flow, self._listener = generator, flow, listener
        self._connection = generator.hold(generator.target.connection(self))
        self._always = {"Host": generator.target.authority, "User-Agent": "asbuilt-load", "Accept": "*/*"}
        self._result: tuple[Head | None, bytes, str] | None = None
        self._waiting: Any = None

    def close(self) -> None:
        """Close the connection."""
        self._generator.release(self._connection)

    def get(self, path: str, **options: Any) -> Response:
        """GET; options as `request` has them."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Response:
        """POST; options as `request` has them."""
        return self.request("POST", path, **options)

    def request(
        self,
        method: str,
        path: str,
        *,
        name: str = "",
        flow: str = "",
        json: Any = None,
        data: bytes = b"",
        headers: Mapping[str, str] | None = None,
        expect: Iterable[int] = _GOOD,
        counted: bool = True,
        check: Callable[[Response], str] | None = None,
    ) -> Response:
        """Send one request and wait for its answer; redirects within the allowed hosts are followed.

        It is counted under `name`. `check` says what is wrong with an answer of a good status, or "". Where `counted`
        is false it belongs to its own flow only, not to the run as a whole. Errors are not raised: look at `ok`. One
        that changes data, where this run sends none, is neither sent nor counted.
        """
        generator = self._generator
        path, asked = generator.target.prefix + path, path
        if generator.outgoing.keeps(method, path):
            return Response(0, b"", b"", 0.0, NOT_SENT)
        endpoint = generator.statistics.endpoint(name or asked.partition("?")[0], method, flow or self._flow, counted)
        began = monotonic()
        due, self.due = self.due or began, 0.0
        endpoint.counts.sent += 1
        generator.in_flight += 1
        generator.unended += counted
        try:
            response = self._follow(method, path, self._built(method, path, json, data, headers), began)
        finally:
            generator.in_flight -= 1
            generator.unended -= counted
        now = monotonic()
        if response.status:
            response.seconds = now - began
            response.error = _what_is_wrong(response, expect, check)
        self._count(endpoint, response, now - due)
        return response

    def _count(self, endpoint: EndpointStatistics, response: Response, since_due: float) -> None:
        if response.status:
            endpoint.answered(since_due * 1000, response.seconds * 1000, response.error)
            endpoint.received += len(response.raw_head) + len(response.body)
        else:
            endpoint.unanswered(response.error)
        if self._listener is not None:
            self._listener(endpoint, response, since_due)

    def _follow(self, method: str, path: str, data: bytes, began: float) -> Response:
        target = self._generator.target
        for _ in range(_MOST_REDIRECTS):
            response = self._exchange(method, data, began)
            if response.status not in _REDIRECTS:
                return response
            location = response.header("location")
            if not location:
                return response
            there = urlsplit(urljoin(f"{target.scheme}://{target.authority}{path}", location))
            if (there.scheme, there.netloc) != (target.scheme, target.authority):
                refused = f"redirect to {there.scheme}://{there.netloc} refused: not the host of this run"
                return Response(response.status, response.body, response.raw_head, 0.0, refused)
            path = there.path + (f"?{there.query}" if there.query else "")
            method = method if response.status in (307, 308) else "GET"
            data = self._built(method, path, None, b"", None)
        return Response(response.status, response.body, response.raw_head, 0.0, "redirected without end")

    def _built(self, method: str, path: str, json: Any, data: bytes, headers: Mapping[str, str] | None) -> bytes:
        body = json_text.dumps(json).encode() if json is not None else data
        lines = self._always.copy()
        if json is not None:
            lines["Content-Type"] = "application/json"
        if body or method in ("POST", "PUT", "PATCH"):
            lines["Content-Length"] = str(len(body))
        if self.cookies:
            lines["Cookie"] = "; ".join(f"{key}={value}" for key, value in self.cookies.items())
        lines |= self.headers
        if headers:
            lines |= headers
        return built(method, path, lines, body)

    def _exchange(self, method: str, data: bytes, began: float) -> Response:
        self._result = None
        self._connection.send(data, monotonic(), method == "HEAD")
        if self._generator.outgoing.stopped:
            gevent.sleep(_AFTER_THE_END)  # a journey that asks again and again lets other greenlets run
        if self._result is None:
            self._waiting = gevent.getcurrent()
            try:
                gevent.get_hub().switch()
            finally:
                self._waiting = None
        answer, body, error = self._result or (None, b"", "given up")
        if answer is None:
            return Response(0, b"", b"", monotonic() - began, error)
        for cookie in fields(answer.raw, b"set-cookie") if b"ookie:" in answer.raw else ():
            key, _, value = cookie.partition(b";")[0].decode("latin-1").partition("=")
            self.cookies[key.strip()] = value.strip()
        return Response(answer.status, body, answer.raw, monotonic() - began)

    def answered(self, connection: HttpConnection, answer: Head, body: bytes) -> None:
        """Take the answer, and wake the greenlet that waits for it."""
        self._wake((answer, body, ""))

    def failed(self, connection: HttpConnection, reason: str) -> None:
        """Take the reason why there is no answer, and wake the greenlet."""
        self._wake((None, b"", reason))

    def _wake(self, result: tuple[Head | None, bytes, str]) -> None:
        self._result = result
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.switch()


def _what_is_wrong(response: Response, expect: Iterable[int], check: Callable[[Response], str] | None) -> str:
    """Why an answer counts as an error, "" where it is good."""
    if response.status not in expect:
        return f"status {response.status}"
    return response.error or (check(response) if check is not None else "")


def built(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A request's bytes. Raises `ValueError` where a name or value holds a line break."""
    lines = [f"{method} {path} HTTP/1.1", *[f"{name}: {value}" for name, value in headers.items()], "", ""]
    text = "\r\n".join(lines)
    if text.count("\r") != len(lines) - 1 or text.count("\n") != len(lines) - 1:
        raise ValueError(f"a line break in {method} {path!r} or its headers")
    return text.encode("latin-1") + body
