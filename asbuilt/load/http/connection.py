"""One keep-alive connection, driven by events: no greenlet waits for it, so thousands cost little."""

from __future__ import annotations

import _socket
import errno
import os
from collections.abc import Callable
from typing import Any, Protocol

import gevent

from asbuilt.load.http.readiness import Readiness
from asbuilt.load.http.response import CHUNK, CHUNKED, UNTIL_CLOSE, Chunks, Head, MalformedError, Memory, head

_WRITE = 2
MOST_BODY = 64 * 1024 * 1024


class Owner(Protocol):
    """Who hears what became of a request."""

    def answered(self, connection: Connection, answer: Head, body: bytes) -> None:
        """The answer came, whole."""

    def failed(self, connection: Connection, reason: str) -> None:
        """There will be no answer; the connection is closed."""


class Connection:
    """To one address; connects when it is first needed, and again after it was closed.

    `sent_at` is when the current request was handed over (monotonic clock), 0.0 while there is none; `began` is the
    same of the latest one, until the next. `arrival`, `note` and `memory` (of earlier answers) are the owner's.
    """

    __slots__ = (
        "_address",
        "_buffer",
        "_chunks",
        "_family",
        "_head",
        "_head_request",
        "_on_open",
        "_out",
        "_reads",
        "_receive",
        "_send",
        "_socket",
        "_writer",
        "arrival",
        "began",
        "memory",
        "note",
        "open",
        "owner",
        "sent_at",
    )

    def __init__(self, owner: Owner, reads: Readiness, family: int, address: Any) -> None:
        self.owner, self._reads = owner, reads
        self._family, self._address = family, address
        self._socket: Any = None
        self._send: Any = None
        self._receive: Any = None
        self._writer: Any = None
        self._out = b""
        self._buffer = b""
        self._head: Head | None = None
        self._chunks: Chunks | None = None
        self._head_request = False
        self._on_open: Callable[[str], None] | None = None
        self.open = False
        self.sent_at = 0.0
        self.arrival = 0.0
        self.began = 0.0
        self.note: Any = None
        self.memory: Memory | None = None

    @property
    def address(self) -> Any:
        """Where it goes."""
        return self._address

    def connect(self, then: Callable[[str], None]) -> None:
        """Open it ahead of the first request; `then` hears "" or the reason why that failed."""
        self._on_open = then
        self._connect()

    def send(self, data: bytes, now: float, head_request: bool = False) -> None:
        """Send one request at this moment; the owner will hear of its end. One at a time."""
        self.sent_at = self.began = now
        self._head_request = head_request
        if self.open:
            self._transmit(data)
            return
        self._out = data
        if self._socket is None:
            self._connect()

    def _transmit(self, data: bytes) -> None:
        try:
            sent = self._send(data)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._fail(text(error))
            return
        if sent < len(data):
            self._out = data[sent:]
            self._writer.start(self._writable)

    def close(self) -> None:
        """Close it without a word to the owner."""
        if self._writer is not None:
            self._writer.stop()
            self._writer.close()
        if self._socket is not None:
            self._reads.forget(self._socket.fileno())
            self._socket.close()
        self._socket = self._writer = self._send = self._receive = None
        self._head, self._chunks, self._buffer, self._out = None, None, b"", b""
        self.open = False
        self.sent_at = 0.0

    def move(self, family: int, address: Any) -> None:
        """Close it, and go to another address from now on."""
        self.close()
        self._family, self._address = family, address

    def expire(self, reason: str) -> None:
        """Give up the current request."""
        self._fail(reason)

    def _connect(self) -> None:
        try:
            self._socket = _socket.socket(self._family, _socket.SOCK_STREAM)
            self._socket.setblocking(False)
            self._socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
            code = self._socket.connect_ex(self._address)
        except OSError as error:
            self._fail(text(error))
            return
        if code not in (0, errno.EINPROGRESS):
            self._fail(text(OSError(code, os.strerror(code))))
            return
        self._send, self._receive = self._socket.send, self._socket.recv
        self._writer = gevent.get_hub().loop.io(self._socket.fileno(), _WRITE)
        self._writer.start(self._connected)

    def _connected(self) -> None:
        self._writer.stop()
        code = self._socket.getsockopt(_socket.SOL_SOCKET, _socket.SO_ERROR)
        if code:
            self._fail(f"cannot connect: {text(OSError(code, os.strerror(code)))}")
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
            self._transmit(data)  # `began` stays: the wait for the connection is the server's, too

    def _writable(self) -> None:
        try:
            sent = self._socket.send(self._out)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(text(error))
            return
        self._out = self._out[sent:]
        if not self._out:
            self._writer.stop()

    def _received(self) -> bytes | None:
        try:
            data: bytes = self._receive(CHUNK)
        except BlockingIOError:
            return None
        except OSError as error:
            self._fail(text(error))
            return None
        return data

    def _readable(self) -> None:
        memory = self.memory
        try:
            data = self._receive(CHUNK if memory is None or self._buffer else memory.enough)
        except BlockingIOError:
            return
        except OSError as error:
            self._fail(text(error))
            return
        if data:
            self._feed(data)
        else:
            self._ended()

    def _ended(self) -> None:
        if not self.sent_at:
            self.close()  # an idle connection that the server let go
        elif self._head is not None and self._head.length == UNTIL_CLOSE:
            self._whole(self._head, self._buffer[self._head.body :])
        else:
            self._fail("closed before the answer was whole" if self._buffer else "closed without an answer")

    def _feed(self, data: bytes) -> None:
        if not self.sent_at:
            self.close()  # nobody asked
            return
        memory = self.memory
        if self._buffer:
            data = self._buffer + data
        elif memory is not None and memory.is_again(data):
            self.sent_at = 0.0
            self.owner.answered(self, memory.head, data[memory.body :])
            return
        if len(data) > MOST_BODY:
            self._fail(f"the answer is longer than {MOST_BODY // 1024 // 1024} MiB")
            return
        try:
            self._parse(data)
        except MalformedError as error:
            self._fail(f"malformed answer: {error}")

    def _parse(self, data: bytes) -> None:
        """All that came of an answer so far. Raises `MalformedError`."""
        found = self._head or head(data, self._head_request)
        if found is None:
            self._buffer = data
            return
        if self.memory is not None:
            self.memory.learn(data, found)
        if found.length >= 0:
            end = found.body + found.length
            if len(data) == end:
                self._whole(found, data[found.body :])
            elif len(data) < end:
                self._head, self._buffer = found, data
            else:
                self._fail("the answer is longer than it says")
        else:
            self._feed_on(found, data)

    def _feed_on(self, found: Head, data: bytes) -> None:
        """A body whose length its head does not say."""
        self._head, self._buffer = found, data
        if found.length != CHUNKED:
            return
        if self._chunks is None:
            self._chunks = Chunks(found.body)
        if self._chunks.feed(data):
            if self._chunks.end != len(data):
                self._fail("the answer is longer than it says")
            else:
                self._whole(found, b"".join(self._chunks.parts))

    def _whole(self, found: Head, body: bytes) -> None:
        self._buffer = b""
        self._head = self._chunks = None
        if found.close:
            self.close()
        self.sent_at = 0.0
        self.owner.answered(self, found, body)

    def _fail(self, reason: str) -> None:
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
