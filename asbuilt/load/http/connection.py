"""One keep-alive connection of HTTP/1.1, driven by events: no greenlet waits for it, so thousands cost little."""

from __future__ import annotations

import _socket
import errno
import os
from collections.abc import Callable
from typing import Any, Protocol

import gevent

from asbuilt.load.http.outgoing import OutgoingRequests
from asbuilt.load.http.readiness import Readiness
from asbuilt.load.http.response import CHUNK, UNTIL_CLOSE, Head, IncomingResponse, MalformedError, Memory

_WRITE = 2


class ResponseHandler(Protocol):
    """Takes the end of each request: its answer, or the reason why there is none."""

    def answered(self, connection: HttpConnection, answer: Head, body: bytes) -> None:
        """The whole answer came."""

    def failed(self, connection: HttpConnection, reason: str) -> None:
        """There will be no answer; the connection is closed."""


class HttpConnection:
    """A connection to one address; it connects when it is first needed, and again after it was closed.

    It sends no request that `outgoing` refuses: its owner is told so, as of any request without an answer.
    `sent_at` is when the current request was handed over (monotonic clock), 0.0 while there is none; `began` is the
    same of the latest one, until the next. `arrival`, `note` and `memory` (of earlier answers) are the owner's.
    """

    __slots__ = (
        "_family",
        "_head_request",
        "_incoming",
        "_on_open",
        "_out",
        "_outgoing",
        "_reads",
        "_receive",
        "_send",
        "_socket",
        "_writer",
        "address",
        "arrival",
        "began",
        "memory",
        "note",
        "open",
        "owner",
        "sent_at",
    )

    def __init__(
        self, owner: ResponseHandler, reads: Readiness, outgoing: OutgoingRequests, family: int, address: Any
    ) -> None:
        self.owner, self._reads, self._outgoing = owner, reads, outgoing
        self._family, self.address = family, address
        self._socket: Any = None
        self._send: Any = None
        self._receive: Any = None
        self._writer: Any = None
        self._out = b""
        self._incoming: IncomingResponse | None = None
        self._head_request = False
        self._on_open: Callable[[str], None] | None = None
        self.open = False
        self.sent_at = self.arrival = self.began = 0.0
        self.note: Any = None
        self.memory: Memory | None = None

    def connect(self, then: Callable[[str], None]) -> None:
        """Open it ahead of the first request; `then` is called with "", or with the reason why that failed."""
        self._on_open = then
        self._connect()

    def send(self, data: bytes, now: float, head_request: bool = False) -> None:
        """Send one request at the moment `now`, one at a time; the owner is told of its end."""
        self.sent_at = self.began = now
        self._head_request = head_request
        refused = self._outgoing.refusal(data, now)
        if refused:
            self.fail(refused)
            return
        if self.open:
            self._transmit(data)
            return
        self._out = data
        if self._socket is None:
            self._connect()

    def _transmit(self, data: bytes) -> None:
        self._write(data)

    def _write(self, data: bytes) -> None:
        """Send bytes as they are; what the socket does not take is sent when it can be written."""
        try:
            sent = self._send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self.fail(text(error))
            return
        if sent < len(data):
            self._out = data[sent:]
            self._writer.start(self._writable)

    def close(self) -> None:
        """Close it; the owner is not told."""
        if self._writer is not None:
            self._writer.stop()
            self._writer.close()
        if self._socket is not None:
            self._reads.forget(self._socket.fileno())
            self._socket.close()
        self._socket = self._writer = self._send = self._receive = None
        self._incoming, self._out = None, b""
        self.open = False
        self.sent_at = 0.0

    def _connect(self) -> None:
        try:
            self._socket = _socket.socket(self._family, _socket.SOCK_STREAM)
            self._socket.setblocking(False)
            self._socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
            code = self._socket.connect_ex(self.address)
            if code not in (0, errno.EINPROGRESS):
                raise OSError(code, os.strerror(code))
        except OSError as error:
            self.fail(text(error))
            return
        self._send, self._receive = self._socket.send, self._socket.recv
        self._writer = gevent.get_hub().loop.io(self._socket.fileno(), _WRITE)
        self._writer.start(self._connected)

    def _connected(self) -> None:
        self._writer.stop()
        code = self._socket.getsockopt(_socket.SOL_SOCKET, _socket.SO_ERROR)
        if code:
            self.fail(f"cannot connect: {text(OSError(code, os.strerror(code)))}")
            return
        self._established()

    def _established(self) -> None:
        self._reads.watch(self._socket.fileno(), self._readable)
        self._opened()

    def _opened(self) -> None:
        self.open = True
        then, self._on_open = self._on_open, None
        if then is not None:
            then("")
        if self._out:
            data, self._out = self._out, b""
            self._transmit(data)  # `began` stays: the wait for the connection counts as the server's

    def _writable(self) -> None:
        self._writer.stop()
        data, self._out = self._out, b""
        self._write(data)

    def _received(self, size: int = CHUNK) -> bytes | None:
        """What can be read, at most so many bytes: b"" at the end, None where there is nothing (or an error, told)."""
        try:
            data: bytes = self._receive(size)
        except BlockingIOError:
            return None
        except OSError as error:
            self.fail(text(error))
            return None
        return data

    def _readable(self) -> None:
        memory = self.memory
        data = self._received(CHUNK if memory is None or self._incoming is not None else memory.enough)
        if data:
            self._feed(data)
        elif data is not None:
            self._ended()

    def _ended(self) -> None:
        incoming = self._incoming
        if not self.sent_at:
            self.close()  # the server closed an idle connection
        elif incoming is not None and incoming.head is not None and incoming.head.length == UNTIL_CLOSE:
            self._whole(incoming.head, incoming.body())
        else:
            self.fail("closed without an answer" if incoming is None else "closed before the answer was whole")

    def _feed(self, data: bytes) -> None:
        if not self.sent_at:
            self.close()  # bytes that no request asked for
            return
        memory, incoming = self.memory, self._incoming
        if incoming is None:
            if memory is not None and memory.is_again(data):
                self.sent_at = 0.0
                self.owner.answered(self, memory.head, data[memory.body :])
                return
            incoming = self._incoming = IncomingResponse(self._head_request)
        try:
            whole = incoming.feed(data, memory)
        except MalformedError as error:
            self.fail(f"malformed answer: {error}")
            return
        if whole is not None:
            self._whole(*whole)

    def _whole(self, found: Head, body: bytes) -> None:
        self._incoming = None
        if found.close:
            self.close()
        self.sent_at = 0.0
        self.owner.answered(self, found, body)

    def fail(self, reason: str) -> None:
        """Close it, and tell its owner why the current request has no answer."""
        then, self._on_open = self._on_open, None
        waiting = self.sent_at
        self.close()
        if then is not None:
            then(reason)
        if waiting:
            self.owner.failed(self, reason)


def text(error: OSError) -> str:
    """An error of the network in a few words."""
    return f"{errno.errorcode.get(error.errno or 0, type(error).__name__)}: {error.strerror or error}"
