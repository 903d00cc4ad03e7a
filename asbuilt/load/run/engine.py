"""What makes one process a load generator: the clock, the users that serve its arrivals, and the ledger."""

from __future__ import annotations

import itertools
import resource
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from time import monotonic
from typing import Any, Protocol
from urllib.parse import urlsplit

import gevent

from asbuilt.load.http.connection import Connection, Owner
from asbuilt.load.http.readiness import readiness
from asbuilt.load.http.tls import SecureConnection
from asbuilt.load.measure.ledger import Ledger
from asbuilt.load.plan.arrivals import Arrivals, Stage
from asbuilt.load.plan.settings import Settings
from asbuilt.load.run.clock import Clock, Stream

Deals = Mapping[str, tuple[int, int]]  # pool -> (which share, of how many)

_SMOKE_TURNS = 4  # of each class with an interval of its own, however short the run
_SWEEPS = 10  # timeouts are looked for in a tenth of all connections at a time


class Place:
    """Where requests go: the host's addresses, looked up again now and then, and its TLS context, shared by all."""

    def __init__(self, settings: Settings) -> None:
        parts = urlsplit(settings.host)
        self.name = parts.hostname or ""
        self.secure = parts.scheme == "https"
        self.port = parts.port or (443 if self.secure else 80)
        self.authority = parts.netloc.rpartition("@")[2]
        self.prefix = parts.path.rstrip("/")
        self.context: ssl.SSLContext | None = None
        if self.secure:
            self.context = ssl.create_default_context(cafile=settings.ca_file or None)
            if not settings.verify_tls:
                self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self._addresses: list[tuple[int, Any]] = []
        self._next = 0
        self.reads = readiness()
        self.look_up()

    def look_up(self) -> None:
        """Ask for the addresses again: those of a load balancer change."""
        found = socket.getaddrinfo(self.name, self.port, type=socket.SOCK_STREAM)
        self._addresses = list(dict.fromkeys((int(family), address) for family, _, _, _, address in found))

    def knows(self, address: Any) -> bool:
        """Whether an address is still the host's."""
        return any(address == known for _, known in self._addresses)

    def next_address(self) -> tuple[int, Any]:
        """The host's addresses in turn, each with its family."""
        self._next += 1
        return self._addresses[self._next % len(self._addresses)]

    def connection(self, owner: Owner) -> Connection:
        """A connection to the next address in turn."""
        family, address = self.next_address()
        if self.context is None:
            return Connection(owner, self.reads, family, address)
        return SecureConnection(owner, self.reads, family, address, self.context, self.name)


class Pool(Protocol):
    """The users of one class: who is free takes the next arrival."""

    name: str
    share: float
    every_seconds: float
    users: int

    @property
    def under_way(self) -> int:
        """Requests that wait for their answer."""

    def arrive(self, due: float, now: float) -> None:
        """Serve an arrival, or count it as dropped."""


class Engine:
    """Runs in each worker (and in the only process of a run without workers)."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.place = Place(settings)
        self.ledger = Ledger()
        self.connections: dict[Connection, None] = {}  # in order, and quick to leave
        self.pools: dict[str, Pool] = {}
        self.ready = 0
        self.failed_users: list[str] = []
        self.clock: Clock | None = None
        self.in_flight = 0  # of the journey lane: requests, and journeys between two of theirs
        self.unended = 0  # its requests alone
        self.started = self._reported = 0.0
        self.ended = False
        self._sweeper: Any = None
        self._cpu = (time.process_time(), monotonic())
        self._cpu_before = 0.0
        self._on_end: Callable[[], None] = lambda: None

    def hold(self, connection: Connection) -> Connection:
        """Look after a connection's timeouts."""
        self.connections[connection] = None
        if self._sweeper is None:
            self._sweeper = gevent.spawn(self._sweep)
        return connection

    def release(self, connection: Connection) -> None:
        """A user left: its connection is closed."""
        connection.close()
        self.connections.pop(connection, None)

    def begin(self, start: float, deals: Deals, ended: Callable[[], None]) -> None:
        """Serve this process's share of the arrivals from `start` (this machine's monotonic clock) on."""
        self.started, self._on_end = start, ended
        streams = [Stream(times, pool.arrive) for pool, times in self._times(deals, 0.0)]
        self.clock = Clock(start, streams, self._finished)
        self._cpu = (time.process_time(), monotonic())
        self._cpu_before = self._cpu[0]

    def deal(self, deals: Deals, after: float) -> None:
        """Serve another share from a moment of the run on: a worker was lost."""
        if self.clock is not None and self.clock.running:
            start, new = self.clock.start, self._times(deals, after)
            pairs = zip(self.clock.streams, new, strict=True)
            self.clock.deal(
                [_until_then(stream.due - start, stream.times, after, times) for stream, (_, times) in pairs]
            )

    def stop(self) -> None:
        """No more arrivals; what is under way goes on."""
        if self.clock is not None:
            self.clock.stop()
        self._finished()

    def drain(self, seconds: float) -> int:
        """Wait until nothing is under way, at most so long; returns how many requests were left without an end."""
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
        for entry in self.ledger.entries():
            entries.append(entry)
            gevent.sleep(0)  # to sort all samples at once would make arrivals wait
        cpu, wall = time.process_time(), monotonic()
        busy = (cpu - self._cpu[0]) / max(1e-6, wall - self._cpu[1])
        self._cpu = (cpu, wall)
        return {
            "slot": self.settings.slot(latest),
            "endpoints": entries,
            "seconds": seconds,
            "scheduled": self.clock.scheduled if self.clock else 0,
            "in_flight": self.in_flight + self._mass(),
            "unended": self.unended + self._mass(),
            "cpu": busy,
            "cpu_seconds": cpu - self._cpu_before,
            "memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "open": sum(connection.open for connection in self.connections),
            "users": self.ready,
            "ended": self.ended,
        }

    def close(self) -> None:
        """Let go of everything."""
        if self.clock is not None:
            self.clock.stop()
        if self._sweeper is not None:
            self._sweeper.kill(block=False)
        for connection in self.connections:
            connection.close()
        self.connections.clear()
        self.place.reads.close()

    def _times(self, deals: Deals, after: float) -> list[tuple[Pool, Iterator[float]]]:
        """Each pool's arrivals: its part of the whole rate, or its own exact interval."""
        streams: list[tuple[Pool, Iterator[float]]] = []
        whole = self.settings.arrivals
        for number, pool in enumerate(sorted(self.pools.values(), key=lambda pool: pool.name)):
            share, of = deals.get(pool.name, (0, 0))
            if not of:
                times: Iterator[float] = iter(())
            elif pool.every_seconds:
                pace = 1 / pool.every_seconds
                if self.settings.profile == "smoke":
                    pace = max(pace, _SMOKE_TURNS / whole.seconds)
                arrivals = Arrivals((Stage(pace, pace, whole.seconds),))
                times = arrivals.times(share, of, 0, after)
            else:
                times = whole.scaled(pool.share).times(share, of, self.settings.seed + number, after)
            streams.append((pool, times))
        return streams

    def _finished(self) -> None:
        if not self.ended:
            self.ended = True
            self._on_end()

    def _sweep(self) -> None:
        """Give up what takes too long, and leave addresses that are no longer the host's."""
        part, looked_up, callback = 0, monotonic(), gevent.get_hub().loop.run_callback
        while True:
            gevent.sleep(0.05)
            now = monotonic()
            for connection in list(itertools.islice(self.connections, part, None, _SWEEPS)):
                if self._late(connection, now):
                    callback(self._expire, connection)  # whom it wakes returns to the event loop, never to here
                elif not connection.sent_at and connection.open and not self.place.knows(connection.address):
                    connection.move(*self.place.next_address())
            part = (part + 1) % _SWEEPS
            if now - looked_up > 30:
                looked_up = now
                gevent.spawn(self._look_up)

    def _late(self, connection: Connection, now: float) -> bool:
        return connection.sent_at > 0 and now - connection.sent_at > self.settings.timeout_seconds

    def _expire(self, connection: Connection) -> None:
        if self._late(connection, monotonic()):  # else it was answered meanwhile, and may wait for its next answer
            connection.expire(f"no answer within {self.settings.timeout_seconds:g} s")

    def _look_up(self) -> None:
        try:
            self.place.look_up()
        except OSError:
            return  # the addresses known so far still serve


def _until_then(due: float, old: Iterator[float], after: float, new: Iterator[float]) -> Iterator[float]:
    """What a stream still has to do before a moment, then its new times."""
    for at in itertools.chain([due], old):
        if at >= after:
            break
        yield at
    yield from new
