"""Locust's own FastHttpUser in a closed loop, as a yardstick: prints its requests and CPU seconds as JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import gevent
from locust import FastHttpUser, events, task


class Visitor(FastHttpUser):
    """Requests the page, again and again."""

    @task
    def page(self) -> None:
        """The page."""
        self.client.get("/")


@events.spawning_complete.add_listener
def _measure(user_count: int, **_: Any) -> None:
    gevent.spawn(_after, float(os.environ["BENCH_SECONDS"]))


def _after(seconds: float) -> None:
    stats = _RUNNER[0].stats.total
    gevent.sleep(1)
    before, cpu = stats.num_requests, time.process_time()
    gevent.sleep(seconds)
    requests, used = stats.num_requests - before, time.process_time() - cpu
    sys.stdout.write(json.dumps({"requests": requests, "cpu": used, "failed": stats.num_failures}) + "\n")
    sys.stdout.flush()
    _RUNNER[0].quit()


_RUNNER: list[Any] = []


@events.init.add_listener
def _keep(environment: Any, **_: Any) -> None:
    _RUNNER.append(environment.runner)
