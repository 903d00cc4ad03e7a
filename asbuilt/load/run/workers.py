"""The processes that generate load, as the coordinator sees them: this one, or Locust's workers over its messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

import gevent

from asbuilt.load.measure.gate import MOST_CLOCK_MS

if TYPE_CHECKING:
    from locust.runners import MasterRunner

    from asbuilt.load.run.agent import Agent

HEARTBEAT_SECONDS = 0.5
FIRST_HEARTBEATS_SECONDS = 0.1  # before the start, when the quickest answer tells a worker's clock best
PAUSE_SECONDS = 1.0  # a process that was paused for longer has not heard messages that were sent meanwhile
UNREADY_SECONDS = 7.5  # more silence is allowed before the start: opening thousands of connections delays messages


class Clock:
    """This machine's monotonic clock, and waiting by it, in seconds."""

    def now(self) -> float:
        """The time; only differences mean something."""
        return monotonic()

    def sleep(self, seconds: float) -> None:
        """Let other greenlets run for so long."""
        gevent.sleep(seconds)


class Worker:
    """One generating process, and what it last reported.

    `offset` is its monotonic clock less the coordinator's and `clock_error` how far off that may be, in seconds.
    `lost` says why it was given up, "" while it was not; `final` is set by its last report.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard_at = 0.0
        self.offset = self.clock_error = 0.0
        self.pools: Mapping[str, int] = {}  # user class → users that are ready
        self.latest: dict[str, Any] = {}
        self.failed_users: list[str] = []
        self.busiest = 0.0
        self.lost = ""
        self.told = False  # whether its loss was printed
        self.final = False
        self.left = 0

    @property
    def ready(self) -> int:
        """How many of its users are ready."""
        return sum(self.pools.values())

    @property
    def near(self) -> bool:
        """Whether its clock is known well enough."""
        return self.name == "local" or 0 < self.clock_error * 1000 <= MOST_CLOCK_MS

    def receive(self, report: Mapping[str, Any], now: float) -> None:
        """Take note of a report."""
        self.heard_at = now
        self.pools = dict(report["pools"])
        self.failed_users = list(report["failed_users"])
        self.latest = {key: value for key, value in report.items() if key != "endpoints"}
        if report["begun"]:
            self.busiest = max(self.busiest, float(report["cpu_smooth"]))
        if report["final"]:
            self.final, self.left = True, int(report["unended"])
        if report["leaving"]:
            self.lost = "it was told to end"

    def send(self, message: str, data: dict[str, Any]) -> None:
        """Send it a message."""
        raise NotImplementedError


class LocalWorker(Worker):
    """This process."""

    def __init__(self, agent: Agent) -> None:
        super().__init__("local")
        self._agent = agent

    def send(self, message: str, data: dict[str, Any]) -> None:
        """Handle the message at once."""
        self._agent.handle(message, data)


class RemoteWorker(Worker):
    """A worker of Locust's."""

    def __init__(self, runner: MasterRunner, client_id: str) -> None:
        super().__init__(client_id)
        self._runner = runner

    def send(self, message: str, data: dict[str, Any]) -> None:
        """Send it through Locust's own connection."""
        self._runner.send_message(f"asbuilt-{message}", data, self.name)


class Workers:
    """The workers that take part in a run: they join by their first report, and are given up when they fall silent.

    `known` are those that are connected, asked for anew each time, because workers come and go.
    """

    def __init__(self, known: Callable[[], Sequence[Worker]], clock: Clock) -> None:
        self._known, self._clock = known, clock
        self._joined: dict[str, Worker] = {}
        self._beaten = self._looked = 0.0

    @property
    def all(self) -> list[Worker]:
        """Every worker that joined, lost ones too."""
        return list(self._joined.values())

    @property
    def alive(self) -> list[Worker]:
        """The workers that were not lost."""
        return [worker for worker in self._joined.values() if not worker.lost]

    def named(self, name: str, may_join: bool) -> Worker | None:
        """The worker of that name; one that has not joined yet joins where it may."""
        worker = self._joined.get(name)
        if worker is None and may_join:
            worker = next((one for one in self._known() if one.name == name), None)
            if worker is not None:
                self._joined[name] = worker
        return worker

    def send_heartbeats(self, every: float) -> None:
        """Tell all that the coordinator is there, once in so many seconds."""
        now = self._clock.now()
        if now - self._beaten >= every:
            self._beaten = now
            for worker in self.alive:
                worker.send("heartbeat", {"sent": now})

    def echoed(self, name: str, sent: float, here: float) -> None:
        """A worker's answer to a heartbeat of time `sent`, given when its own clock said `here`.

        The quickest answer tells its clock best.
        """
        worker, now = self._joined.get(name), self._clock.now()
        if worker is not None:
            error = (now - sent) / 2
            if not worker.clock_error or error < worker.clock_error:
                worker.clock_error, worker.offset = error, here - (sent + now) / 2

    def give_up_silent(self, silent: float, since: str) -> list[Worker]:
        """Give up the workers that were not heard for so many seconds; returns all that were lost since the last call.

        `since` is the reason that is noted. A worker that gave its last report has nothing more to say.
        """
        before, self._looked = self._looked, self._clock.now()
        paused = self._looked - before if before else 0.0
        for worker in self.alive:
            if paused > PAUSE_SECONDS:  # this process was paused: what came meanwhile may not have been heard yet
                worker.heard_at = min(self._looked, worker.heard_at + paused)
            if self._looked - worker.heard_at > silent and not worker.final:
                worker.lost = since
        new = [worker for worker in self.all if worker.lost and not worker.told]
        for worker in new:
            worker.told = True
        return new
