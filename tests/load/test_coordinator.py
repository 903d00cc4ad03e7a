"""The coordinator of a run, and what it does about workers that fall silent; on a clock that passes no time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from asbuilt.load.plan.arrivals import LoadStage
from asbuilt.load.plan.settings import Settings
from asbuilt.load.run.coordinator import Coordinator
from asbuilt.load.run.workers import Clock, Worker

REPORT = dict.fromkeys(["begun", "final", "leaving", "unended", "failed_count"], 0)
SETTINGS = Settings("x", "", "http://127.0.0.1:1", (), "target", (LoadStage(1, 1, 1),), 2)


class SteppingClock(Clock):
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        """The time."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self.time += seconds


class RecordingWorker(Worker):
    """Notes the messages that it is sent, and ends when it is told to drain."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.messages: list[str] = []

    def send(self, message: str, data: dict[str, Any]) -> None:
        """Note a message."""
        if message != "heartbeat":
            self.messages.append(message)
        self.final = self.final or message == "drain"


def _run(change: Callable[[SteppingClock, RecordingWorker, RecordingWorker], None]) -> tuple[str, list[int], list[str]]:
    """A run of two workers, changed so before its start: why it stopped, its exit code, and what the workers heard."""
    clock, workers = SteppingClock(), [RecordingWorker("a"), RecordingWorker("b")]
    codes: list[int] = []
    coordinator = Coordinator(SETTINGS, lambda: workers, lambda: 2, codes.append, clock)
    for worker in workers:
        coordinator.receive(worker.name, {**REPORT, "pools": {"Student": 1}, "failed_users": [], "endpoints": []})
    change(clock, *workers)
    coordinator.run()
    return coordinator.stopped, codes, [f"{worker.name}:{message}" for worker in workers for message in worker.messages]


def test_a_worker_lost_before_the_start_ends_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    """No request is sent for a run that can say nothing, and users that will not come are not waited for."""

    def lose(clock: SteppingClock, first: RecordingWorker, second: RecordingWorker) -> None:
        second.heard_at -= 100

    assert _run(lose) == ("a worker was lost while users got ready", [6], ["a:drain"])
    assert "     0 s  worker b was lost (silent)" in capsys.readouterr().out.splitlines()


def test_a_worker_too_far_away_ends_the_run_before_its_start(capsys: pytest.CaptureFixture[str]) -> None:
    """Its clock cannot be compared well enough, and waiting makes that no better."""

    def distance(clock: SteppingClock, first: RecordingWorker, second: RecordingWorker) -> None:
        first.clock_error, second.clock_error = 0.001, 0.051

    assert _run(distance) == ("", [6], ["a:drain", "b:drain"])
    reason = "invalid: the workers' clocks could only be compared to 51 ms: run the master near them"
    assert reason in capsys.readouterr().out.splitlines()


def test_a_silent_worker_s_share_goes_to_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    """From the moment at which it is given up."""

    def silence(clock: SteppingClock, first: RecordingWorker, second: RecordingWorker) -> None:
        first.clock_error = second.clock_error = 0.001
        first.heard_at += 100
        first.latest["ended"] = True

    stopped, codes, messages = _run(silence)
    assert (stopped, codes) == ("", [6])
    assert messages == ["a:begin", "a:assign", "a:drain", "b:begin"]
    assert "worker b was lost (silent since second" in capsys.readouterr().out


def test_a_worker_that_gave_its_last_report_is_not_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """It has nothing more to say, while others still wait for their last answers."""

    def end(clock: SteppingClock, first: RecordingWorker, second: RecordingWorker) -> None:
        first.clock_error = second.clock_error = 0.001
        first.final = True
        first.heard_at -= 100
        first.latest["ended"] = second.latest["ended"] = True

    _run(end)
    assert "was lost" not in capsys.readouterr().out
