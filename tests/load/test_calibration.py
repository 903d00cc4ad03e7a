"""How many workers a rate takes, from what one was measured to send."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from asbuilt.load.run import processes
from asbuilt.load.selfcheck import calibration, selfcheck
from asbuilt_content.fixtures.apps.stall import PAGE


@pytest.fixture
def measured(monkeypatch):
    """Replaces measuring: the share of a core that each rate takes, None where the rate cannot be held."""

    def of(busy):
        def measure(host, rate, seconds, users):
            assert host.startswith("http://127.0.0.1:")
            assert users > 0
            if busy.get(rate) is None:
                return {"invalid": ["the generator was too slow"]}
            return {"invalid": [], "workers": [{"cpu": busy[rate]}], "health": {"lag_p99_ms": 0.4}}

        monkeypatch.setattr(calibration, "measure", measure)

    return of


def test_the_highest_rate_that_held_is_planned_with(measured, capsys):
    """60 % of a core at 5,000 a second for a fifth of one are 15,000; one worker more than needed is planned."""
    measured({2_000.0: 0.1, 5_000.0: 0.2})
    assert calibration.calibrate(25_000) == 0
    told = capsys.readouterr().out
    assert "10,000/s  not held: the generator was too slow" in told
    assert "plan with 15,000 requests a second for each worker" in told
    assert "25,000/s  3 workers, one of them spare" in told


def test_a_machine_that_holds_nothing_is_not_planned_with(measured, capsys):
    """And the exit code says that nothing is known."""
    measured({})
    assert calibration.calibrate(0) == 6
    assert "could not hold even the lowest step" in capsys.readouterr().out


def test_the_target_answers_each_request_once():
    """Also several at once, and one that arrives in parts."""

    def answers(many):
        head = b"HTTP/1.1 200 -\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(PAGE)
        return (head + PAGE) * many

    with processes.child_processes() as children:
        host = processes.stand_in(children, "stall", [])
        parts = urlsplit(host)
        with (
            socket.create_connection((parts.hostname, parts.port), 60) as client,
            client.makefile("rb") as incoming,  # an answer may come in parts
        ):
            client.sendall(b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\nGET /")
            first = incoming.read(len(answers(2)))
            client.sendall(b" HTTP/1.1\r\n\r\n")
            last = incoming.read(len(answers(1)))
        assert (first, last) == (answers(2), answers(1))
        assert len(selfcheck.served(host)) == 3
