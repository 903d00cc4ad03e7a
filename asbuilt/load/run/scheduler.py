"""Starts arrivals when they are due, to some 10 microseconds, whatever the target does."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol

import gevent

_BUSY_RATE = 1000.0
_TICK, _LONG_TICK, _MANY = 0.0005, 0.001, 10  # above the busy rate one wake-up serves several arrivals, at best many
_EARLY = 0.0001  # waking takes this long: below the busy rate the process wakes early, and polls the clock for the rest
_AT_ONCE = 2000  # arrivals between two looks at the sockets, when the process is behind
_NEVER = float("inf")


@dataclass
class ArrivalStream:
    """The arrivals of one class of users, as seconds after the start, and the function that serves each."""

    times: Iterator[float]
    arrive: Callable[[float, float], None]  # (when it was due, now), on the monotonic clock
    due: float = _NEVER
    scheduled: int = 0


class Timer(Protocol):
    """Calls back at a moment of the monotonic clock."""

    def at(self, moment: float) -> None:
        """Set (or move) the moment."""

    def close(self) -> None:
        """Never call back again."""


class _Spec(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ("every_s", "every_ns", "at_s", "at_ns")]


class TimerFd:
    """Linux's timerfd: absolute times, and exact where an event loop's own timers round to milliseconds."""

    _MONOTONIC, _ABSOLUTE = 1, 1
    _FLAGS = os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0)

    def __init__(self, call: Callable[[], None]) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd: int = libc.timerfd_create(self._MONOTONIC, self._FLAGS)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._set, self._call, self._spec = libc.timerfd_settime, call, _Spec()
        self._pointer = ctypes.byref(self._spec)
        self._watcher: Any = gevent.get_hub().loop.io(self._fd, 1)
        self._watcher.start(self._fired)

    def at(self, moment: float) -> None:
        """Set (or move) the moment."""
        seconds = int(moment)
        self._spec.at_s, self._spec.at_ns = seconds, max(1, int((moment - seconds) * 1e9))
        self._set(self._fd, self._ABSOLUTE, self._pointer, None)

    def _fired(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            return
        self._call()

    def close(self) -> None:
        """Never call back again."""
        if self._fd >= 0:
            self._watcher.stop()
            self._watcher.close()
            os.close(self._fd)
            self._fd = -1


class LoopTimer:
    """The event loop's own timer, where there is no timerfd: late by up to a millisecond."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call
        self._timer: Any = None

    def at(self, moment: float) -> None:
        """Set (or move) the moment."""
        self.close()
        self._timer = gevent.get_hub().loop.timer(max(0.0, moment - monotonic()))
        self._timer.start(self._call)

    def close(self) -> None:
        """Never call back again."""
        if self._timer is not None:
            self._timer.stop()
            self._timer.close()
            self._timer = None


def timer(call: Callable[[], None]) -> Timer:
    """The most exact timer of this machine."""
    try:
        return TimerFd(call)
    except (OSError, AttributeError):
        return LoopTimer(call)


class ArrivalScheduler:
    """Serves streams of arrivals from `start` (monotonic clock) on; calls `ended` after the last."""

    def __init__(self, start: float, streams: Sequence[ArrivalStream], ended: Callable[[], None]) -> None:
        self.start = start
        self.streams = list(streams)
        self._ended = ended
        self._timer = timer(self._tick)
        self.running = True
        self._served = 0
        for stream in self.streams:
            stream.due = self._next(stream)
        self._sleep(monotonic())

    @property
    def scheduled(self) -> int:
        """How many arrivals came due so far."""
        return sum(stream.scheduled for stream in self.streams)

    def replace(self, times: Sequence[Iterator[float]]) -> None:
        """Give each stream new times, from now on."""
        for stream, new in zip(self.streams, times, strict=True):
            stream.times = new
            stream.due = self._next(stream)
        if self.running:
            self._sleep(monotonic())

    def stop(self) -> None:
        """Start no more arrivals."""
        if self.running:
            self.running = False
            self._timer.close()

    def _next(self, stream: ArrivalStream) -> float:
        at = next(stream.times, None)
        return _NEVER if at is None else self.start + at

    def _tick(self) -> None:
        left, self._served = _AT_ONCE, 0
        for stream in self.streams:
            arrive, times, start = stream.arrive, stream.times, self.start
            due, served, now = stream.due, 0, monotonic()
            if due - now <= _EARLY:
                while now < due:
                    now = monotonic()
            while due <= now and left:
                arrive(due, now)
                served += 1
                left -= 1
                at = next(times, None)
                due = _NEVER if at is None else start + at
                now = monotonic()
            stream.due = due
            stream.scheduled += served
            self._served += served
        if self.running:
            self._sleep(monotonic())

    def _sleep(self, now: float) -> None:
        due = min((stream.due for stream in self.streams), default=_NEVER)
        if due == _NEVER:
            self.stop()
            self._ended()
            return
        busy = due - now < 1 / _BUSY_RATE
        tick = _LONG_TICK if self._served >= _MANY else _TICK
        self._timer.at(max(due, now + tick) if busy else due - _EARLY)
