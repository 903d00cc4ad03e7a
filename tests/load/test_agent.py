"""A generating process's side of a run: what was measured reaches the coordinator before the last report does."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from gevent.event import Event

from asbuilt.load.run.agent import Agent


class Generator:
    """Holds samples, which the first report takes."""

    def __init__(self) -> None:
        self.samples = [7, 8, 9]
        self.pools: dict[str, Any] = {}
        self.failed_users: list[str] = []
        self.started = 0.0

    def report(self) -> dict[str, Any]:
        """The samples since the last report."""
        taken, self.samples = self.samples, []
        return {"endpoints": taken, "cpu_seconds": 0.0}

    def stop(self) -> None:
        """Start nothing more."""

    def drain(self, seconds: float) -> int:
        """Nothing is under way."""
        return 0


@pytest.mark.parametrize("end", ["drain", "leave"])
def test_the_last_report_waits_for_one_under_way(end: str) -> None:
    """Else the coordinator ends the run, and samples that were taken but not sent yet are lost."""
    sent: list[dict[str, Any]] = []
    taken, go_on = Event(), Event()

    def mirror(message: dict[str, Any]) -> None:
        if message["endpoints"]:
            taken.set()
            go_on.wait()

    agent = Agent(SimpleNamespace(user_classes=[]), sent.append, mirror)
    agent.generator, agent.begun = Generator(), True  # type: ignore[assignment]
    under_way = gevent.spawn(agent.report)
    taken.wait()
    ending = gevent.spawn(agent.leave) if end == "leave" else gevent.spawn(agent.handle, "drain", {"seconds": 1.0})
    gevent.idle()  # until nothing can run any more
    assert sent == []
    go_on.set()
    gevent.joinall([under_way, ending])
    gevent.idle()
    told = [(message["endpoints"], message["final"], message["leaving"]) for message in sent]
    assert told == [([7, 8, 9], False, False), ([], True, end == "leave")]
    agent.report()
    assert len(sent) == 2  # nothing comes after the last report
