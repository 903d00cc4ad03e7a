"""The processes that generate load, as the conductor sees them: this one, or Locust's workers over its messages."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

import gevent
from locust.runners import MasterRunner, WorkerRunner

from asbuilt.load.plan.safety import raise_files
from asbuilt.load.plan.settings import Settings, loads
from asbuilt.load.run.engine import Engine

REPORT_SECONDS = 0.5
BEAT_SECONDS = 0.5
OWN_PAUSE_SECONDS = 1.0  # who stood still for longer did not hear the others, who may have spoken
UNREADY_SECONDS = 7.5  # of silence more before the start: who opens thousands of connections speaks and hears late
_LEAVING_SECONDS = 2.0


class Member:
    """One generating process, and what was last heard of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard_at = monotonic()
        self.offset = self.clock_error = 0.0  # seconds: its monotonic clock less ours, and how far off that may be
        self.pools: Mapping[str, int] = {}
        self.latest: dict[str, Any] = {}
        self.failed_users: list[str] = []
        self.busiest = 0.0
        self.lost = ""
        self.final = False
        self.left = 0

    def heard(self, report: Mapping[str, Any]) -> None:
        """Take note of a report."""
        self.heard_at = monotonic()
        self.pools = dict(report["pools"])
        self.failed_users = list(report["failed_users"])
        self.latest = {key: value for key, value in report.items() if key != "endpoints"}
        if report["begun"]:
            self.busiest = max(self.busiest, float(report["cpu_smooth"]))
        if report["final"]:
            self.final, self.left = True, int(report["unended"])
        if report["leaving"]:
            self.lost = "it was told to end"

    def tell(self, word: str, data: dict[str, Any]) -> None:
        """Send it a message."""
        raise NotImplementedError


class LocalMember(Member):
    """This process."""

    def __init__(self, part: Part) -> None:
        super().__init__("local")
        self._part = part

    def tell(self, word: str, data: dict[str, Any]) -> None:
        """Do it at once."""
        self._part.told(word, data)


class RemoteMember(Member):
    """A worker of Locust's."""

    def __init__(self, runner: MasterRunner, client_id: str) -> None:
        super().__init__(client_id)
        self._runner = runner

    def tell(self, word: str, data: dict[str, Any]) -> None:
        """Send it through Locust's own connection."""
        self._runner.send_message(f"asbuilt-{word}", data, self.name)


class Part:
    """A generating process's side: does what it is told, and reports every half second."""

    def __init__(self, environment: Any, send: Callable[[dict[str, Any]], None], mirror: Callable[..., None]) -> None:
        self._environment, self._send, self._mirror = environment, send, mirror
        self.engine: Engine | None = None
        self._reporter: Any = None
        self.begun = self.final = self._leaving = False
        self._spent: deque[tuple[float, float]] = deque(maxlen=10)  # (CPU seconds so far, when)

    def prepare(self, settings: Settings) -> None:
        """Set up the generator for the users that are about to start."""
        self.close()
        engine = Engine(settings)
        for cls in self._environment.user_classes:
            if hasattr(cls, "make_pool"):
                engine.pools[cls.__name__] = cls.make_pool(engine)
        self.engine = self._environment.asbuilt_engine = engine
        self.begun = self.final = self._leaving = False
        self._spent.clear()
        self._reporter = gevent.spawn(self._report_on)

    def told(self, word: str, data: Mapping[str, Any]) -> None:
        """Do what the conductor says."""
        engine = self.engine
        if engine is None:
            return
        deals = {name: (int(share), int(of)) for name, (share, of) in data.get("deals", {}).items()}
        if word == "begin":
            self.report()
            engine.begin(float(data["start"]), deals, lambda: None)
            self.begun = True
            self._spent.clear()  # what it took to get the users ready is no part of the run
        elif word == "deal":
            engine.deal(deals, float(data["after"]))
        elif word == "drain":
            gevent.spawn(self._drain, float(data["seconds"]))
        elif word == "halt":
            engine.stop()

    def leave(self) -> None:
        """The process is asked to end: say what was measured before it does."""
        if self.engine is not None and self.begun and not self.final:
            self._leaving = True
            self._drain(_LEAVING_SECONDS)

    def close(self) -> None:
        """Let go of the generator."""
        if self._reporter is not None:
            self._reporter.kill(block=False)
        if self.engine is not None:
            self.engine.close()
            self.engine = None

    def report(self) -> None:
        """Send what was measured since the last time."""
        engine = self.engine
        if engine is None:
            return
        message = engine.report()
        self._mirror(message)
        self._spent.append((message["cpu_seconds"], monotonic()))
        (spent_before, before), (spent, now) = self._spent[0], self._spent[-1]
        self._send(
            {
                **message,
                "cpu_smooth": (spent - spent_before) / max(1.0, now - before),  # a blink says nothing
                "pools": {name: pool.users for name, pool in engine.pools.items()},
                "failed_users": engine.failed_users[:20],
                "failed_count": len(engine.failed_users),
                "begun": self.begun,
                "final": self.final,
                "leaving": self._leaving,
            }
        )

    def _report_on(self) -> None:
        while not self.final:
            self.report()
            # in step with the run's seconds, so that each sample is counted where it belongs
            began = self.engine.started if self.engine is not None else 0.0
            gevent.sleep(REPORT_SECONDS - (monotonic() - began) % REPORT_SECONDS if began else REPORT_SECONDS / 5)

    def _drain(self, seconds: float) -> None:
        if self.engine is None:
            return
        self.engine.stop()
        self.engine.drain(seconds)
        self.final = True
        self.report()


class Worker:
    """Connects a worker process to its conductor; ends by itself when the master falls silent."""

    def __init__(self, environment: Any, runner: WorkerRunner, mirror: Callable[..., None]) -> None:
        self._environment, self._runner = environment, runner
        self.part = Part(environment, lambda report: runner.send_message("asbuilt-report", report), mirror)
        self._beat = self._silence = 0.0
        self._watch: Any = None
        for word in ("begin", "deal", "drain", "halt"):
            runner.register_message(f"asbuilt-{word}", self._told)
        runner.register_message("asbuilt-settings", self._settings)
        runner.register_message("asbuilt-beat", self._beaten)
        environment.events.quitting.add_listener(self._quitting)

    def _told(self, environment: Any, msg: Any, **_: Any) -> None:
        self.part.told(msg.type.removeprefix("asbuilt-"), msg.data)

    def _settings(self, environment: Any, msg: Any, **_: Any) -> None:
        settings = loads(msg.data["settings"])
        raise_files(settings.users)  # where it may not, its users say why they did not get ready
        self.part.prepare(settings)
        self._beat, self._silence = monotonic(), settings.silence_seconds
        if self._watch is None:
            self._watch = gevent.spawn(self._watch_master)

    def _beaten(self, environment: Any, msg: Any, **_: Any) -> None:
        self._beat = monotonic()
        self._runner.send_message("asbuilt-echo", {"sent": msg.data["sent"], "here": self._beat})

    def _quitting(self, **_: Any) -> None:
        self.part.leave()
        gevent.sleep(0.05)

    def _watch_master(self) -> None:
        part, now = self.part, monotonic()
        # after the last report what is left is to be told to quit, for which Locust waits a minute
        while part.final or now - self._beat < self._silence + (0.0 if part.begun else UNREADY_SECONDS):
            gevent.sleep(0.1)
            before, now = now, monotonic()
            if now - before > OWN_PAUSE_SECONDS:
                self._beat = min(now, self._beat + now - before)
        self.part.close()  # nobody counts what would be sent from here on
        os.write(2, b"asbuilt load: the master is silent: this worker stops\n")
        os._exit(3)
