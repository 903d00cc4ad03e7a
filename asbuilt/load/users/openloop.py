"""What a load scenario imports: open-loop users, connected to Locust's runner, statistics and distributed mode.

A Locust file only has to import this module; `locust -f loadtests/<system>/users.py` works as for any Locust file.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import gevent
import locust.runners
import locust.stats
from locust import events, task
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from asbuilt.load.http.other_clients import LIMITS
from asbuilt.load.measure.histogram import Histogram, bucket, middle
from asbuilt.load.plan.confirmation import GATE, RunRefusedError
from asbuilt.load.plan.request_plan import UserClass, announcement, limited, plan
from asbuilt.load.plan.settings import Settings, loads, standalone
from asbuilt.load.run.agent import Agent, MasterConnection
from asbuilt.load.run.coordinator import Coordinator
from asbuilt.load.run.processes import PARENT, SETTINGS
from asbuilt.load.run.timeline import say
from asbuilt.load.run.workers import LocalWorker, RemoteWorker, Worker
from asbuilt.load.users.users import MassUser, OpenLoopUser, ServedUser
from asbuilt.problems import InputError
from asbuilt.results.exit_codes import ExitCode

__all__ = ["MassUser", "OpenLoopUser", "task"]


@events.init_command_line_parser.add_listener
def _options(parser: Any) -> None:
    group = parser.add_argument_group("open loop (asbuilt)")
    for name, default, metavar, text in (
        ("variant", "", "NAME", "the variant of the architecture (its tier)"),
        ("profile", "smoke", "NAME", "the shape of the load; default: %(default)s"),
        ("rate", 0.0, "N", "arrivals a second; default: as documented"),
        ("seconds", 0.0, "S", "length of the run; default: that of the profile"),
    ):
        group.add_argument(f"--load-{name}", type=type(default), default=default, metavar=metavar, help=text)
    for name, (metavar, default, text) in GATE.items():
        if metavar:
            group.add_argument(name, type=type(default), default=default, metavar=metavar, help=text)
        else:
            group.add_argument(name, action="store_true", help=text)


@events.init.add_listener
def _install(environment: Any, runner: Any, **_: Any) -> None:
    logging.getLogger("locust.runners").setLevel(logging.ERROR)  # it warns of spawn rates that are harmless here
    locust.stats.bucket_response_time = lambda ms: middle(bucket(ms))
    LIMITS.install()
    if os.environ.get(PARENT):
        gevent.spawn(_end_with, int(os.environ[PARENT]))
    if isinstance(runner, WorkerRunner):
        environment.asbuilt_master = MasterConnection(environment, runner, _mirror(environment))
    elif isinstance(runner, MasterRunner):
        _LocustRun(environment).of_master(runner)
    elif isinstance(runner, LocalRunner):
        _LocustRun(environment).of_local(runner)


def _end_with(parent: int) -> None:
    """End this process when the command that started the run has ended: no load may outlive it."""
    while os.getppid() == parent:
        gevent.sleep(0.5)
    os._exit(3)


class _LocustRun:
    """Creates a coordinator for each test that Locust starts, and connects it to Locust's events and messages."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._coordinator: Coordinator | None = None
        self._workers: dict[str, Worker] = {}
        self._running: Any = None
        environment.events.spawning_complete.add_listener(self._spawned)
        environment.events.test_stop.add_listener(self._stopped)

    def of_local(self, runner: LocalRunner) -> None:
        """A run of one process, which generates the load itself."""
        agent = Agent(self._environment, lambda report: self._receive("local", report), _mirror(self._environment))

        def start(**_: Any) -> None:
            settings = _begun(self._environment, 0)
            self._workers = {"local": LocalWorker(agent)}
            self._coordinator = self._created(runner, settings)
            agent.prepare(settings)

        self._environment.events.test_start.add_listener(start)
        self._environment.events.test_stop.add_listener(lambda **_: agent.close())

    def of_master(self, runner: MasterRunner) -> None:
        """A run whose workers generate the load."""

        def start(**_: Any) -> None:
            settings = _begun(self._environment, len(runner.clients.all))
            _give_up_later_than(settings, runner)
            self._workers = {client.id: RemoteWorker(runner, client.id) for client in runner.clients.all}
            self._coordinator = self._created(runner, settings)
            for worker in self._workers.values():
                worker.send("settings", {"settings": settings.dumps()})
            gevent.spawn(self._beat_until_running, self._coordinator)

        self._environment.events.test_start.add_listener(start)
        runner.register_message("asbuilt-report", lambda environment, msg, **_: self._receive(msg.node_id, msg.data))
        runner.register_message("asbuilt-echo", self._echoed)

    def _beat_until_running(self, coordinator: Coordinator) -> None:
        """Send heartbeats while users are still being started, so that no worker gives up its master."""
        while not coordinator.running and coordinator is self._coordinator:
            for worker in self._workers.values():
                worker.send("heartbeat", {"sent": time.monotonic()})
            gevent.sleep(0.3)

    def _created(self, runner: Any, settings: Settings) -> Coordinator:
        headless = bool(self._environment.parsed_options and self._environment.parsed_options.headless)

        def finished(code: int) -> None:
            if self._environment.process_exit_code is None and code:
                self._environment.process_exit_code = code
            gevent.spawn(runner.quit if headless else runner.stop)

        def workers() -> Sequence[Worker]:
            return list(self._workers.values())

        return Coordinator(settings, workers, lambda: int(runner.target_user_count), finished)

    def _receive(self, name: str, report: dict[str, Any]) -> None:
        if self._coordinator is not None:
            self._coordinator.receive(name, report)

    def _echoed(self, environment: Any, msg: Any, **_: Any) -> None:
        if self._coordinator is not None:
            self._coordinator.echoed(msg.node_id, float(msg.data["sent"]), float(msg.data["here"]))

    def _spawned(self, **_: Any) -> None:
        if self._coordinator is not None and not self._coordinator.running:
            self._running = gevent.spawn(self._coordinator.run)

    def _stopped(self, **_: Any) -> None:
        if self._coordinator is not None and not self._coordinator.stopped:
            self._coordinator.stopped = "it was stopped before its end"


def _give_up_later_than(settings: Settings, runner: MasterRunner) -> None:
    """Let Locust give up a silent worker later than the coordinator does."""
    locust.runners.HEARTBEAT_LIVENESS = ceil(settings.silence_seconds) + 3  # seconds
    for client in runner.clients.all:  # each counts down from the earlier value until its next heartbeat
        client.heartbeat = locust.runners.HEARTBEAT_LIVENESS


def _begun(environment: Any, workers: int) -> Settings:
    """The settings of the run that begins, with a cap on its requests; says what will be sent.

    Ends this process where the run may not begin, before any user is started.
    """
    try:
        settings = replace(_settings(environment), workers=workers)
        planned = plan(settings, _classes(environment, settings))
        settings = limited(settings, planned)
    except (InputError, RunRefusedError, ValueError) as error:
        problems = error.problems if isinstance(error, InputError) else [str(error)]
        os.write(2, "".join(f"asbuilt load: {problem}\n" for problem in problems).encode())
        os._exit(ExitCode.USAGE)
    for line in announcement(settings, planned):
        say(line)
    return settings


def _classes(environment: Any, settings: Settings) -> list[UserClass]:
    """What each class of users makes at most. Raises `RunRefusedError` on one that does not say, without a cap."""
    others = [cls.__name__ for cls in environment.user_classes if not issubclass(cls, ServedUser)]
    if others and not settings.most_requests:
        raise RunRefusedError(
            f"how many requests users of {', '.join(others)} make is known only to them: say how many all may make "
            "with --most-requests N"
        )
    served = [cls for cls in environment.user_classes if issubclass(cls, ServedUser)]
    fixed = sum(cls.fixed_count for cls in environment.user_classes)
    weights = sum(cls.weight for cls in environment.user_classes if not cls.fixed_count)
    found = []
    for cls in served:
        users = cls.fixed_count or ceil(max(0, settings.users - fixed) * cls.weight / weights) + 1
        found.append(cls.planned(settings, users))
    if others:
        found.append(UserClass(", ".join(others), 0.0, 0.0, 0, 0, to_start=0, accounts=settings.most_requests))
    return found


def _settings(environment: Any) -> Settings:
    """The run's settings: from the file that `asbuilt load` wrote, else from Locust's own options."""
    file = os.environ.get(SETTINGS, "")
    if file:
        return loads(Path(file).read_text(encoding="utf-8"))
    return standalone(environment)


def _mirror(environment: Any) -> Any:
    """A function that adds a report to Locust's own statistics, so that its pages agree with the verdict."""

    def mirror(report: Mapping[str, Any]) -> None:
        stats, now = environment.runner.stats, time.time()
        for item in report["endpoints"]:
            gevent.sleep(0)
            if not (item["counts"]["sent"] or item["counts"]["failed"]):
                continue  # the row of a user class shows dropped arrivals only
            entries = [stats.get(item["name"], item["method"])]
            if item["counted"]:
                entries.append(stats.total)
            for entry in entries:
                _add(entry, Histogram.unpacked(item["response"]), item["counts"], item["received"], now)
            for error, times in item["errors"].items():
                key = locust.stats.StatsError.create_key(item["method"], item["name"], error)
                found = stats.errors.setdefault(key, locust.stats.StatsError(item["method"], item["name"], error))
                found.occurrences += times

    return mirror


def _add(entry: Any, histogram: Histogram, counts: Mapping[str, int], received: int, now: float) -> None:
    if entry.use_response_times_cache and int(now) > int(entry.last_request_timestamp or 0):
        entry._cache_response_times(int(now) - 1)  # Locust's charts take the latest percentiles from it
    requests = histogram.total + histogram.unanswered
    entry.num_requests += requests
    entry.num_none_requests += histogram.unanswered
    entry.num_failures += counts["failed"]
    entry.total_response_time += histogram.sum
    entry.total_content_length += received
    entry.last_request_timestamp = now
    entry.num_reqs_per_sec[int(now)] += requests
    entry.num_fail_per_sec[int(now)] += counts["failed"]
    if histogram.total:
        least = entry.min_response_time
        entry.min_response_time = histogram.least if least is None else min(least, histogram.least)
        entry.max_response_time = max(entry.max_response_time, histogram.greatest)
    for key, times in histogram.counts.items():
        entry.response_times[middle(key)] += times
