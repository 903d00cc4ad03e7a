"""Coordinates a load run: assigns the shares, watches the workers, stops early where it must, and writes the result."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asbuilt.load.measure.request_statistics import MergedStatistics
from asbuilt.load.plan.settings import Settings
from asbuilt.load.run.measurement import health_of, measurement
from asbuilt.load.run.stop_rules import StopRules
from asbuilt.load.run.timeline import Timeline, say
from asbuilt.load.run.workers import (
    FIRST_HEARTBEATS_SECONDS,
    HEARTBEAT_SECONDS,
    UNREADY_SECONDS,
    Clock,
    Worker,
    Workers,
)

_CLOCK_SECONDS = 3.0  # how long heartbeats are exchanged, at most, until every worker's clock is known
_HEAD_START = 0.5


class Coordinator:
    """One run.

    `known` gives the connected workers, `users` how many users the run asks for, and `finished` takes the exit code.
    `stopped` says what ended the run before it could say anything, `aborted` how the target had failed already.
    """

    def __init__(
        self,
        settings: Settings,
        known: Callable[[], Sequence[Worker]],
        users: Callable[[], int],
        finished: Callable[[int], None],
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings
        self.statistics = MergedStatistics(settings.counts)
        self.problems: list[str] = []
        self.stopped = ""
        self.aborted = ""
        self.running = False
        self._clock = clock or Clock()
        self._workers = Workers(known, self._clock)
        self._timeline = Timeline(settings, self.statistics)
        self._rules = StopRules(settings, self.statistics)
        self._users, self._finished = users, finished
        self._start = 0.0
        self._began = ""

    def receive(self, name: str, report: dict[str, Any]) -> None:
        """A worker's report. One that was given up no longer counts."""
        worker = self._workers.named(name, may_join=not self._start)
        if worker is None:
            return
        if worker.lost:
            worker.send("stop", {})
            return
        worker.receive(report, self._clock.now())
        self.stopped = self.stopped or str(report.get("stopped", ""))
        if report["begun"]:  # what users did to get ready is no part of the test
            self.statistics.absorb(report)

    def echoed(self, name: str, sent: float, here: float) -> None:
        """A worker's answer to a heartbeat of time `sent`, given when its own clock said `here`."""
        self._workers.echoed(name, sent, here)

    def run(self) -> None:
        """Run to the end; called when all users were started."""
        if self.running:
            return
        self.running = True
        try:
            if self._await_users():
                self._assign(0.0)
                self._watch()
            self._drain()
        finally:
            self._finished(self._write())

    def _await_users(self) -> bool:
        """Wait until all users are ready and all clocks known; whether the run can start."""
        workers, wanted, begin = self._workers, self._users, self._clock.now()
        ready = failed = 0
        near = False
        while self._clock.now() < begin + self.settings.ready_seconds:
            workers.send_heartbeats(FIRST_HEARTBEATS_SECONDS)
            if self._lost(0.0, self.settings.silence_seconds + UNREADY_SECONDS):
                self.stopped = "a worker was lost while users got ready"
            if self.stopped:
                return False
            ready = sum(worker.ready for worker in workers.alive)
            failed = sum(int(worker.latest.get("failed_count", 0)) for worker in workers.alive)
            near = all(worker.near for worker in workers.alive)
            waited = self._clock.now() - begin > _CLOCK_SECONDS
            if ready + failed >= wanted() and workers.alive and (near or waited):
                break
            self._clock.sleep(0.05)
        if failed or ready < wanted():
            reasons = [reason for worker in workers.alive for reason in worker.failed_users]
            first = f": {reasons[0]}" if reasons else ""
            self.problems.append(f"{wanted() - ready} of {wanted()} users did not get ready{first}")
            say(f"this run will be invalid: {self.problems[-1]}")
        if not ready:
            self.stopped = "no user got ready, so nothing was sent"
        return ready > 0 and near

    def _assign(self, after: float) -> None:
        """Give every worker its share: from the start, or (`after` > 0) from that second of the run on."""
        alive = self._workers.alive
        if not after:
            self._start = self._clock.now() + _HEAD_START
            self._began = (datetime.now(UTC) + timedelta(seconds=_HEAD_START)).isoformat(timespec="seconds")
        holders = {
            name: [worker for worker in alive if worker.pools.get(name)] or alive[:1]
            for name in {name for worker in alive for name in worker.pools}
        }
        for worker in alive:
            shares = {name: (those.index(worker), len(those)) for name, those in holders.items() if worker in those}
            if after:
                worker.send("assign", {"shares": shares, "after": after})
            else:
                worker.send("begin", {"shares": shares, "start": self._start + worker.offset})

    def _watch(self) -> None:
        end = self.settings.arrivals.seconds + self.settings.timeout_seconds + 5
        workers, next_line = self._workers, 1.0
        while not (self.stopped or self.aborted):
            self._clock.sleep(0.1)
            workers.send_heartbeats(HEARTBEAT_SECONDS)
            seconds = self._clock.now() - self._start
            self._replace_lost(seconds)
            if not workers.alive:
                self.stopped = "the last worker was lost"
            elif all(worker.latest.get("ended") for worker in workers.alive) and seconds > 0:
                if not self._timeline.points:  # the run was over before its first second was
                    self._timeline.add(seconds, workers.alive)
                return
            elif seconds > end:
                self.stopped = "the generators did not come to an end"
            elif seconds >= next_line:
                next_line += 1.0
                self._timeline.add(seconds, workers.alive)
                self.aborted = self._rules.target_failed(seconds)
                self.stopped = self.stopped or self._rules.limit_reached()

    def _replace_lost(self, seconds: float) -> None:
        if self._lost(seconds, self.settings.silence_seconds) and self._workers.alive:
            self._assign(max(0.001, seconds) + 0.2)

    def _lost(self, seconds: float, silent: float) -> bool:
        """Give up the workers that were not heard for so many seconds; whether any was lost since the last call."""
        since = f"silent since second {max(0.0, seconds - silent):.0f}" if self._start else "silent"
        new = self._workers.give_up_silent(silent, since)
        others = ": its share goes to the others" if self._start and self._workers.alive else ""
        for worker in new:
            say(f"{max(0.0, seconds):6.0f} s  worker {worker.name} was lost ({worker.lost}){others}")
        return bool(new)

    def _drain(self) -> None:
        """Wait for the requests under way, and for the last report of each worker."""
        seconds = 1.0 if self.stopped else 2 * self.settings.timeout_seconds + 1  # a journey sends further requests
        for worker in self._workers.alive:
            worker.send("drain", {"seconds": seconds})
        limit = self._clock.now() + seconds + 2
        while self._clock.now() < limit and not all(worker.final for worker in self._workers.alive):
            self._workers.send_heartbeats(HEARTBEAT_SECONDS if self._start else FIRST_HEARTBEATS_SECONDS)
            self._replace_lost(self._clock.now() - self._start if self._start else 0.0)
            self._clock.sleep(0.05)
        for worker in self._workers.alive:
            if not worker.final:
                worker.lost = "it gave no last report"

    def _write(self) -> int:
        """Write what was measured for the verdict; returns the exit code of a run that nobody judges."""
        workers = self._workers.all
        refused = [f"not sent, {reason}" for worker in workers for reason in worker.latest.get("refused", ())]
        problems = [*self.problems, *refused, *([self.stopped] if self.stopped else [])]
        health = health_of(self.settings, self.statistics, workers, problems, bool(self.aborted))
        points = self._timeline.points
        raw = measurement(
            *(self.settings, self.statistics, workers, health, points),
            began=self._began,
            stopped=self.stopped or self.aborted,
            aborted=self.aborted,
            users={"asked": self._users(), "steady": min((point["users"] for point in points), default=0)},
        )
        if self.settings.out:
            Path(self.settings.out).write_text(json.dumps(raw) + "\n", encoding="utf-8")
        if self.aborted:
            say(f"stopped early: {self.aborted}")
        for reason in raw["invalid"]:
            say(f"invalid: {reason}")
        return 6 if raw["invalid"] else 0
