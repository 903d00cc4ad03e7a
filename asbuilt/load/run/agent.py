"""A generating process's side of a run: it does what the coordinator asks, and reports every half second."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any

import gevent
from gevent.lock import RLock

from asbuilt.load.http.other_clients import LIMITS
from asbuilt.load.plan.safety import raise_files
from asbuilt.load.plan.settings import Settings, loads
from asbuilt.load.run.generator import LoadGenerator
from asbuilt.load.run.workers import PAUSE_SECONDS, UNREADY_SECONDS

if TYPE_CHECKING:
    from locust.runners import WorkerRunner

REPORT_SECONDS = 0.5
_LEAVING_SECONDS = 2.0
_MESSAGES = ("begin", "assign", "drain", "stop")


class Agent:
    """Runs the generator of this process. `send` takes a report to the coordinator, `mirror` to Locust's statistics."""

    def __init__(self, environment: Any, send: Callable[[dict[str, Any]], None], mirror: Callable[..., None]) -> None:
        self._environment, self._send, self._mirror = environment, send, mirror
        self.generator: LoadGenerator | None = None
        self._reporter: Any = None
        self._reporting = RLock()
        self.begun = self.final = False
        self._spent: deque[tuple[float, float]] = deque(maxlen=10)  # (CPU seconds so far, when)

    def prepare(self, settings: Settings) -> None:
        """Set up the generator for the users that are about to start."""
        self.close()
        generator = LoadGenerator(settings)
        target = generator.target
        LIMITS.aim(target.name, target.port, target.addresses, generator.outgoing)
        for cls in self._environment.user_classes:
            if hasattr(cls, "make_pool"):
                generator.pools[cls.__name__] = cls.make_pool(generator)
        self.generator = self._environment.asbuilt_generator = generator
        self.begun = self.final = False
        self._spent.clear()
        self._reporter = gevent.spawn(self._report_on)

    def handle(self, message: str, data: Mapping[str, Any]) -> None:
        """Do what a message of the coordinator asks."""
        generator = self.generator
        if generator is None:
            return
        shares = {name: (int(share), int(of)) for name, (share, of) in data.get("shares", {}).items()}
        if message == "begin":
            self.report()
            generator.begin(float(data["start"]), shares)
            self.begun = True
            self._spent.clear()  # what it took to get the users ready is no part of the run
        elif message == "assign":
            generator.assign(shares, float(data["after"]))
        elif message == "drain":
            gevent.spawn(self._drain, float(data["seconds"]))
        elif message == "stop":
            generator.stop()

    def leave(self) -> None:
        """Report what was measured, before this process ends as it was asked to."""
        if self.generator is not None and self.begun and not self.final:
            self._drain(_LEAVING_SECONDS, leaving=True)

    def close(self) -> None:
        """Close the generator."""
        if self._reporter is not None:
            self._reporter.kill(block=False)
        if self.generator is not None:
            self.generator.close()
            self.generator = None

    def report(self, last: bool = False, leaving: bool = False) -> None:
        """Send what was measured since the last time, after a report that is under way.

        The coordinator counts nothing of this process after the `last` report; `leaving` says that it ends too early.
        """
        with self._reporting:
            generator = self.generator
            if generator is None or self.final:
                return
            self.final = last
            message = generator.report()
            self._mirror(message)
            self._send(message | self._about(generator, message["cpu_seconds"]) | {"leaving": leaving})

    def _about(self, generator: LoadGenerator, spent: float) -> dict[str, Any]:
        """What a report says of this process; `spent` is how many CPU seconds it has used so far."""
        self._spent.append((spent, monotonic()))
        (spent_before, before), (spent, now) = self._spent[0], self._spent[-1]
        return {
            "cpu_smooth": (spent - spent_before) / max(1.0, now - before),  # a short burst does not count
            "pools": {name: pool.users for name, pool in generator.pools.items()},
            "failed_users": generator.failed_users[:20],
            "failed_count": len(generator.failed_users),
            "begun": self.begun,
            "final": self.final,
        }

    def _report_on(self) -> None:
        while not self.final:
            self.report()
            # in step with the run's seconds, so that each sample is counted in the slot that it belongs to
            began = self.generator.started if self.generator is not None else 0.0
            gevent.sleep(REPORT_SECONDS - (monotonic() - began) % REPORT_SECONDS if began else REPORT_SECONDS / 5)

    def _drain(self, seconds: float, leaving: bool = False) -> None:
        if self.generator is None:
            return
        self.generator.stop()
        self.generator.drain(seconds)
        self.report(last=True, leaving=leaving)


class MasterConnection:
    """Connects the agent of a worker process to the coordinator; ends the process when the master falls silent."""

    def __init__(self, environment: Any, runner: WorkerRunner, mirror: Callable[..., None]) -> None:
        self._runner = runner
        self.agent = Agent(environment, lambda report: runner.send_message("asbuilt-report", report), mirror)
        self._heard_at = self._silence = 0.0
        self._watch: Any = None
        for message in _MESSAGES:
            runner.register_message(f"asbuilt-{message}", self._handle)
        runner.register_message("asbuilt-settings", self._settings)
        runner.register_message("asbuilt-heartbeat", self._heartbeat)
        environment.events.quitting.add_listener(self._quitting)

    def _handle(self, environment: Any, msg: Any, **_: Any) -> None:
        self.agent.handle(msg.type.removeprefix("asbuilt-"), msg.data)

    def _settings(self, environment: Any, msg: Any, **_: Any) -> None:
        settings = loads(msg.data["settings"])
        raise_files(settings.users)  # where the limit stays too low, the users report why they did not get ready
        self.agent.prepare(settings)
        self._heard_at, self._silence = monotonic(), settings.silence_seconds
        if self._watch is None:
            self._watch = gevent.spawn(self._watch_master)

    def _heartbeat(self, environment: Any, msg: Any, **_: Any) -> None:
        self._heard_at = monotonic()
        self._runner.send_message("asbuilt-echo", {"sent": msg.data["sent"], "here": self._heard_at})

    def _quitting(self, **_: Any) -> None:
        self.agent.leave()
        gevent.sleep(0.05)

    def _watch_master(self) -> None:
        agent, now = self.agent, monotonic()
        # after the last report only the order to quit is left to come, for which Locust waits a minute
        while agent.final or now - self._heard_at < self._silence + (0.0 if agent.begun else UNREADY_SECONDS):
            gevent.sleep(0.1)
            before, now = now, monotonic()
            if now - before > PAUSE_SECONDS:
                self._heard_at = min(now, self._heard_at + now - before)
        self.agent.close()  # nobody counts what would be sent from here on
        os.write(2, b"asbuilt load: the master is silent: this worker stops\n")
        os._exit(3)
