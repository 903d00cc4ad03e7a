"""What makes one process a load generator: scheduled arrivals, the users that serve them, and request statistics."""

from __future__ import annotations

import itertools
import resource
import time
from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Any, Protocol

import gevent

from asbuilt.load.http.connection import HttpConnection
from asbuilt.load.http.outgoing import OutgoingRequests
from asbuilt.load.http.target_host import TargetHost
from asbuilt.load.measure.request_statistics import RequestStatistics
from asbuilt.load.plan.request_plan import class_arrivals, sign_in_request
from asbuilt.load.plan.settings import Settings
from asbuilt.load.run.scheduler import ArrivalScheduler, ArrivalStream

Shares = Mapping[str, tuple[int, int]]  # user class → (number of the share, of how many)

_SWEEPS = 10  # each sweep looks for timeouts in a tenth of all connections


class UserPool(Protocol):
    """The users of one class; a free one takes the next arrival."""

    name: str
    share: float
    every_seconds: float
    users: int

    @property
    def under_way(self) -> int:
        """Requests that wait for their answer."""

    def arrive(self, due: float, now: float) -> None:
        """Serve an arrival, or count it as dropped."""


class LoadGenerator:
    """Sends one process's share of the load: in each worker, or in the only process of a run without workers."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.outgoing = OutgoingRequests(settings, sign_in_request(settings), self.stop)
        self.target = TargetHost(settings, self.outgoing)
        self.statistics = RequestStatistics()
        self.connections: dict[HttpConnection, None] = {}  # in order, and quick to leave
        self.pools: dict[str, UserPool] = {}
        self.ready = 0
        self.failed_users: list[str] = []
        self.scheduler: ArrivalScheduler | None = None
        self.in_flight = 0  # journeys under way, and their requests
        self.unended = 0  # the requests of journeys that wait for their answer
        self.started = self._reported = 0.0
        self.ended = False
        self._sweeper: Any = None
        self._cpu = (time.process_time(), monotonic())
        self._cpu_before = 0.0

    def hold(self, connection: HttpConnection) -> HttpConnection:
        """Watch a connection for timeouts from now on."""
        self.connections[connection] = None
        if self._sweeper is None:
            self._sweeper = gevent.spawn(self._sweep)
        return connection

    def release(self, connection: HttpConnection) -> None:
        """A user left: its connection is closed."""
        connection.close()
        self.connections.pop(connection, None)

    def begin(self, start: float, shares: Shares) -> None:
        """Serve this process's share of the arrivals from `start` (this machine's monotonic clock) on."""
        self.started = start
        streams = [ArrivalStream(times, pool.arrive) for pool, times in self._times(shares, 0.0)]
        self.scheduler = ArrivalScheduler(start, streams, self._finished)
        self._cpu = (time.process_time(), monotonic())
        self._cpu_before = self._cpu[0]

    def assign(self, shares: Shares, after: float) -> None:
        """Serve another share from second `after` of the run on, because a worker was lost."""
        if self.scheduler is not None and self.scheduler.running:
            start, new = self.scheduler.start, self._times(shares, after)
            pairs = zip(self.scheduler.streams, new, strict=True)
            self.scheduler.replace(
                [_until_then(stream.due - start, stream.times, after, times) for stream, (_, times) in pairs]
            )

    def stop(self) -> None:
        """Start no more arrivals; requests under way go on."""
        if self.scheduler is not None:
            self.scheduler.stop()
        self._finished()

    def drain(self, seconds: float) -> int:
        """Wait until nothing is under way, at most so many seconds; returns how many requests have no end by then."""
        limit = monotonic() + seconds
        while self.in_flight + self._mass() and monotonic() < limit:
            gevent.sleep(0.02)
        return self.in_flight + self._mass()

    def _mass(self) -> int:
        """Requests of the mass lane that are under way."""
        return sum(pool.under_way for pool in self.pools.values())

    def report(self) -> dict[str, Any]:
        """What was measured since the last report, and how this process fares."""
        seconds = monotonic() - self.started if self.started else 0.0
        latest = self._reported + (seconds - self._reported) / 2  # amid the time that the samples are from
        self._reported = seconds
        entries = []
        for entry in self.statistics.entries():
            entries.append(entry)
            gevent.sleep(0)  # to sort all samples at once would make arrivals wait
        cpu, wall = time.process_time(), monotonic()
        busy = (cpu - self._cpu[0]) / max(1e-6, wall - self._cpu[1])
        self._cpu = (cpu, wall)
        return {
            "slot": self.settings.slot(latest),
            "endpoints": entries,
            "seconds": seconds,
            "scheduled": self.scheduler.scheduled if self.scheduler else 0,
            "in_flight": self.in_flight + self._mass(),
            "unended": self.unended + self._mass(),
            "cpu": busy,
            "cpu_seconds": cpu - self._cpu_before,
            "memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "open": sum(connection.open for connection in self.connections),
            "users": self.ready,
            "ended": self.ended,
            "requests": self.outgoing.sent,
            "stopped": self.outgoing.stopped,
            "refused": [f"{times} times: {reason}" for reason, times in self.outgoing.refused.most_common(5)],
        }

    def close(self) -> None:
        """Close every connection and stop every greenlet."""
        if self.scheduler is not None:
            self.scheduler.stop()
        if self._sweeper is not None:
            self._sweeper.kill(block=False)
        for connection in self.connections:
            connection.close()
        self.connections.clear()
        self.target.reads.close()

    def _times(self, shares: Shares, after: float) -> list[tuple[UserPool, Iterator[float]]]:
        """Each pool's arrivals: its part of the whole rate, or its own exact interval."""
        streams: list[tuple[UserPool, Iterator[float]]] = []
        for number, pool in enumerate(sorted(self.pools.values(), key=lambda pool: pool.name)):
            share, of = shares.get(pool.name, (0, 0))
            times: Iterator[float] = iter(())
            if of:
                arrivals = class_arrivals(self.settings, pool.share, pool.every_seconds)
                times = arrivals.times(share, of, self.settings.seed + number, after)
            streams.append((pool, times))
        return streams

    def _finished(self) -> None:
        self.ended = True

    def _sweep(self) -> None:
        """Give up requests that take too long."""
        part, callback = 0, gevent.get_hub().loop.run_callback
        while True:
            gevent.sleep(0.05)
            now = monotonic()
            for connection in list(itertools.islice(self.connections, part, None, _SWEEPS)):
                if self._late(connection, now):
                    callback(self._expire, connection)  # the greenlet that it wakes returns to the event loop
            part = (part + 1) % _SWEEPS

    def _late(self, connection: HttpConnection, now: float) -> bool:
        return connection.sent_at > 0 and now - connection.sent_at > self.settings.timeout_seconds

    def _expire(self, connection: HttpConnection) -> None:
        if self._late(connection, monotonic()):  # else it was answered meanwhile, and may have sent its next request
            connection.fail(f"no answer within {self.settings.timeout_seconds:g} s")


def _until_then(due: float, old: Iterator[float], after: float, new: Iterator[float]) -> Iterator[float]:
    """The old times of a stream before second `after`, then its new ones; `due` is the next old one."""
    for at in itertools.chain([due], old):
        if at >= after:
            break
        yield at
    yield from new
