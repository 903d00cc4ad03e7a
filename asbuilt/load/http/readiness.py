"""Readiness of sockets: all sockets of a process are in one epoll set, which is polled at once.

An event loop calls back for each socket on its own, which costs about as much as reading it. So the loop watches only
the set, which is a file itself, and one poll serves all data that came in the meantime.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import gevent
from gevent.monkey import get_original

_READ = 1
_AT_ONCE = 128  # sockets between two runs of the arrival scheduler

Call = Callable[[], None]


class Readiness(Protocol):
    """Calls back while a socket can be read, until all was read."""

    def watch(self, number: int, call: Call) -> None:
        """Watch a socket by its file number, or replace its callback."""

    def forget(self, number: int) -> None:
        """Stop watching a socket; call this before closing it."""

    def close(self) -> None:
        """Stop watching all sockets."""


class EpollSet:
    """Linux's epoll. gevent hides it from code that would block in it, and this code never blocks."""

    def __init__(self) -> None:
        self._epoll: Any = get_original("select", "epoll")()
        self._calls: dict[int, Call] = {}
        self._watcher: Any = gevent.get_hub().loop.io(self._epoll.fileno(), _READ)
        self._watcher.start(self._look)

    def watch(self, number: int, call: Call) -> None:
        """Watch a socket by its file number, or replace its callback."""
        if number not in self._calls:
            self._epoll.register(number, _READ)
        self._calls[number] = call

    def forget(self, number: int) -> None:
        """Stop watching a socket; call this before closing it."""
        if self._calls.pop(number, None) is not None:
            self._epoll.unregister(number)

    def close(self) -> None:
        """Stop watching all sockets."""
        self._watcher.stop()
        self._watcher.close()
        self._epoll.close()

    def _look(self) -> None:
        calls, left = self._calls, _AT_ONCE
        while left > 0:
            ready = self._epoll.poll(0, left)
            if not ready:
                return
            left -= len(ready)
            for number, _ in ready:
                call = calls.get(number)
                if call is not None:  # else an earlier callback of this poll closed it
                    call()


class LoopWatchers:
    """A watcher of the event loop for each socket, for systems without epoll."""

    def __init__(self) -> None:
        self._watchers: dict[int, Any] = {}

    def watch(self, number: int, call: Call) -> None:
        """Watch a socket by its file number, or replace its callback."""
        self.forget(number)
        self._watchers[number] = gevent.get_hub().loop.io(number, _READ)
        self._watchers[number].start(call)

    def forget(self, number: int) -> None:
        """Stop watching a socket; call this before closing it."""
        watcher = self._watchers.pop(number, None)
        if watcher is not None:
            watcher.stop()
            watcher.close()

    def close(self) -> None:
        """Stop watching all sockets."""
        for number in list(self._watchers):
            self.forget(number)


def readiness() -> Readiness:
    """The cheapest kind that this system has."""
    try:
        return EpollSet()
    except (AttributeError, OSError):
        return LoopWatchers()
