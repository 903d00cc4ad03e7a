"""The mass lane: requests built before the start, sent and counted in event callbacks, thousands a second."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from time import monotonic

from gevent.lock import RLock

from asbuilt.load.http.connection import HttpConnection
from asbuilt.load.http.response import Head, Memory
from asbuilt.load.measure.request_statistics import EndpointStatistics


class MassPool:
    """The free connections of a class of mass users, and the requests that they send, built before the start."""

    def __init__(self, name: str, share: float, every_seconds: float) -> None:
        self.name, self.share, self.every_seconds, self.users = name, share, every_seconds, 0
        self.requests: Iterator[MassRequest] = iter(())
        self.preparing = RLock()
        self._idle: deque[HttpConnection] = deque()

    @property
    def under_way(self) -> int:
        """Requests that wait for their answer."""
        return self.users - len(self._idle)

    def join(self, connection: HttpConnection) -> None:
        """Add a user's connection, which is free."""
        self.users += 1
        self._idle.append(connection)

    def leave(self, connection: HttpConnection) -> None:
        """Remove the connection of a user that ended."""
        self.users -= 1
        with contextlib.suppress(ValueError):  # it waits for an answer
            self._idle.remove(connection)

    def arrive(self, due: float, now: float) -> None:
        """Send the next request on the connection that has been free the longest."""
        request = next(self.requests)
        endpoint = request.endpoint
        try:
            connection = self._idle.popleft()
        except IndexError:
            endpoint.dropped()
            return
        connection.arrival, connection.note, connection.memory = due, request, request.memory
        endpoint.counts.sent += 1
        endpoint.lag.append((now - due) * 1000)
        connection.send(request.data, now, request.head)

    def answered(self, connection: HttpConnection, answer: Head, body: bytes) -> None:
        """Count an answer, by its status."""
        now = monotonic()
        request = connection.note
        endpoint = request.endpoint
        endpoint.response.append((now - connection.arrival) * 1000)
        endpoint.service.append((now - connection.began) * 1000)
        endpoint.received += answer.body + len(body)
        counts = endpoint.counts
        counts.answered += 1
        if answer.status not in request.expect:
            counts.failed += 1
            endpoint.refused += 1
            endpoint.errors[f"status {answer.status}"] += 1
        elif request.contains and request.contains not in body:
            counts.failed += 1
            endpoint.refused += 1
            endpoint.errors["the answer is not what it should be"] += 1
        self._idle.append(connection)

    def failed(self, connection: HttpConnection, reason: str) -> None:
        """Count a request that got no answer; the connection opens again for its next request."""
        connection.note.endpoint.unanswered(reason)
        self._idle.append(connection)


class MassRequest:
    """One request, ready to be sent: its bytes, the statuses that are good, and what the body must contain."""

    __slots__ = ("contains", "data", "endpoint", "expect", "head", "memory")

    def __init__(
        self,
        endpoint: EndpointStatistics,
        data: bytes,
        expect: frozenset[int],
        contains: bytes = b"",
        head: bool = False,
    ) -> None:
        self.memory = Memory()
        self.endpoint, self.data, self.expect, self.contains, self.head = endpoint, data, expect, contains, head
