"""Sockets that can be read call back, with epoll and without it."""

from __future__ import annotations

import socket

import gevent
import pytest

from asbuilt.load.http.readiness import EpollSet, LoopWatchers


@pytest.fixture(params=[EpollSet, LoopWatchers])
def reads(request):
    """One way to watch sockets after the other."""
    made = request.param()
    yield made
    made.close()


@pytest.fixture
def pairs():
    """Three pairs of connected sockets."""
    made = [socket.socketpair() for _ in range(3)]
    yield made
    for pair in made:
        for end in pair:
            end.close()


def _reading(heard, name, end):
    return lambda: heard.append((name, end.recv(100)))


def test_each_is_called_once_for_what_came(reads, pairs):
    """And not for a socket that nobody wrote to."""
    heard: list[tuple[int, bytes]] = []
    for name, (end, _) in enumerate(pairs):
        reads.watch(end.fileno(), _reading(heard, name, end))
    pairs[0][1].send(b"a")
    pairs[2][1].send(b"c")
    gevent.idle()  # returns once nothing is left to call for
    assert sorted(heard) == [(0, b"a"), (2, b"c")]


def test_it_calls_again_until_all_was_read(reads, pairs):
    """However little a call reads."""
    heard: list[bytes] = []
    end, other = pairs[0]
    reads.watch(end.fileno(), lambda: heard.append(end.recv(1)))
    other.send(b"abc")
    gevent.idle()  # returns once nothing is left to call for
    assert heard == [b"a", b"b", b"c"]


def test_who_is_called_can_change(reads, pairs):
    """The last one who asked is called."""
    heard: list[tuple[str, bytes]] = []
    end, other = pairs[0]
    reads.watch(end.fileno(), _reading(heard, "first", end))
    reads.watch(end.fileno(), _reading(heard, "second", end))
    other.send(b"x")
    gevent.idle()  # returns once nothing is left to call for
    assert heard == [("second", b"x")]


def test_what_was_forgotten_does_not_call(reads, pairs):
    """Also where another one forgets it while both are ready."""
    heard: list[str] = []

    def only_one(name):
        def call():
            heard.append(name)
            for end, _ in pairs:
                reads.forget(end.fileno())

        return call

    for name, (end, other) in enumerate(pairs):
        reads.watch(end.fileno(), only_one(name))
        other.send(b"x")
    gevent.idle()  # returns once nothing is left to call for
    assert len(heard) == 1
    reads.forget(pairs[0][0].fileno())  # once more does no harm
