"""Which sockets have something to read: all of a process's in one set, looked through at once.

An event loop calls back for each socket on its own, which costs about as much as reading it. So the loop watches the
set alone (a file like any other), and one look serves all that came in the meantime.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import gevent
from gevent.monkey import get_original

_READ = 1
_AT_ONCE = 128  # sockets between two looks at the arrival clock

Call = Callable[[], None]


class Readiness(Protocol):
    """Calls back when a socket can be read; again and again, until all was read."""

    def watch(self, number: int, call: Call) -> None:
        """Watch a socket by its file number, or change who is called."""

    def forget(self, number: int) -> None:
        """Watch it no more; to be said before it is closed."""

    def close(self) -> None:
        """Watch nothing any more."""


class EpollSet:
    """Linux's set of files. gevent hides it from code that would block in it; this never does."""

    def __init__(self) -> None:
        self._epoll: Any = get_original("select", "epoll")()
        self._calls: dict[int, Call] = {}
        self._watcher: Any = gevent.get_hub().loop.io(self._epoll.fileno(), _READ)
        self._watcher.start(self._look)

    def watch(self, number: int, call: Call) -> None:
        """Watch a socket by its file number, or change who is called."""
        if number not in self._calls:
            self._epoll.register(number, _READ)
        self._calls[number] = call

    def forget(self, number: int) -> None:
        """Watch it no more; to be said before it is closed."""
        if self._calls.pop(number, None) is not None:
            self._epoll.unregister(number)

    def close(self) -> None:
        """Watch nothing any more."""
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
                if call is not None:  # else an earlier one of this look closed it
                    call()


class LoopWatchers:
    """A watcher of the event loop for each socket, where there is no epoll."""

    def __init__(self) -> None:
        self._watchers: dict[int, Any] = {}

    def watch(self, number: int, call: Call) -> None:
        """Watch a socket by its file number, or change who is called."""
        self.forget(number)
        self._watchers[number] = gevent.get_hub().loop.io(number, _READ)
        self._watchers[number].start(call)

    def forget(self, number: int) -> None:
        """Watch it no more; to be said before it is closed."""
        watcher = self._watchers.pop(number, None)
        if watcher is not None:
            watcher.stop()
            watcher.close()

    def close(self) -> None:
        """Watch nothing any more."""
        for number in list(self._watchers):
            self.forget(number)


def readiness() -> Readiness:
    """The cheapest that this machine has."""
    try:
        return EpollSet()
    except (AttributeError, OSError):
        return LoopWatchers()
