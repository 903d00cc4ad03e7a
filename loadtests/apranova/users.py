"""ApraNova LMS: students who read courses, and students who launch a workspace and wait until it opens."""

from __future__ import annotations

import itertools
import math
from time import monotonic

import gevent

from asbuilt.load.plan.scenario import Scenario
from asbuilt.load.users.openloop import task
from asbuilt.load.users.scenario_users import JourneyUser

_LAUNCHES = itertools.count(1)
_FIRST = 3


def _polls(scenario: Scenario, limit: str) -> int:
    """How often one asks at most until so many seconds are over."""
    return math.ceil(float(scenario.options[limit]) / float(scenario.options["poll_s"])) + 1


class CourseReader(JourneyUser):
    """Reads courses, and hands in work."""

    arrivals = 1.0
    weight = 10
    most_requests = 1

    @task(9)
    def read(self) -> None:
        """Read the list of courses."""
        self.ask("courses")

    @task(6)
    def course(self) -> None:
        """Read one course."""
        self.ask("course")

    @task(1)
    def hand_in(self) -> None:
        """Hand in work for a course."""
        self.ask("hand_in")


class WorkspaceUser(JourneyUser):
    """Launches a workspace."""

    abstract = True
    flow = "workspace"
    steps = 0

    @classmethod
    def most(cls, scenario: Scenario) -> int:
        """A launch, its questions whether the workspace answers, and the steps after it."""
        return 1 + _polls(scenario, "give_up_s") + cls.steps

    def launch(self) -> tuple[str, str, float]:
        """Launch a workspace and wait until it answers: its name ("" if it does not), warm or cold, and the seconds."""
        options = self.scenario.options
        began = monotonic()
        answer = self.ask("launch", kind=str(options["kind"]))
        about = answer.json() if answer.ok else None
        name = str(about.get(str(options["workspace"]), "")) if isinstance(about, dict) else ""
        limit = began + float(options["give_up_s"])
        opened = False
        while name and not opened and monotonic() < limit:
            opened = self.ask("open", workspace=name).status == 200
            if not opened:
                gevent.sleep(float(options["poll_s"]))
        seconds = monotonic() - began
        came = about.get(str(options["path"])) if isinstance(about, dict) else None
        if came not in ("warm", "cold"):
            came = "warm" if seconds < float(options["warm_below_s"]) else "cold"
        return (name if opened else ""), came, seconds


class Launcher(WorkspaceUser):
    """Launches a workspace, writes a file, ends it, and launches again: the file must still be there."""

    every_seconds = 3.0
    fixed_count = 20
    steps = 5  # the page, reading twice, writing, ending

    def on_start(self) -> None:
        """Sign in; each user has a file of its own."""
        super().on_start()
        self.written = ""

    @task
    def work(self) -> None:
        """Launch, read the file of the last visit, write a new one, and end."""
        first = next(_LAUNCHES) <= _FIRST
        if self.ask("workspace_page").error:
            return
        name, came, seconds = self.launch()
        error = "" if name else "no workspace opened"
        for flow in ("launch", f"launch-{came}", *(("first-three",) if first else ())):
            self.record(flow, seconds, flow=flow, error=error, from_due=True)
        if not name:
            return
        place = {"workspace": name, "file": f"work-{self.number}.txt"}
        if self.written:
            self._look("resume", place)
        self.written = f"{self.number} at {monotonic()}"
        if self.ask("write_file", self.written.encode(), **place).ok:
            self._look("save", place)
        else:
            self.written = ""
        self.ask("stop", workspace=name)

    def _look(self, flow: str, place: dict[str, str]) -> None:
        """Record whether the file holds what was written last."""
        found = self.ask("read_file", b"", **place)
        kept = found.status == 200 and found.body.decode("utf-8", "replace") == self.written
        self.record(flow, found.seconds, flow=flow, error="" if kept else "the file does not hold what was written")


class Watcher(WorkspaceUser):
    """Watches the warm pool: how soon it is full again, and whether idle workspaces are ended."""

    every_seconds = 20.0
    fixed_count = 3
    steps = 6  # the pool before, the clock twice, opening, a workspace that is gone, ending

    @classmethod
    def most(cls, scenario: Scenario) -> int:
        """Also its questions whether the pool is full again."""
        return super().most(scenario) + _polls(scenario, "refill_within_s")

    @task
    def refill(self) -> None:
        """Take a workspace from the pool, and measure how long it takes until the pool holds another."""
        options = self.scenario.options
        name, came, _ = self.launch()
        before = self._ready() if came == "warm" else int(options["pool_full"])  # a cold launch takes none
        began = monotonic()
        while self._ready() <= before < int(options["pool_full"]):
            if monotonic() - began > float(options["refill_within_s"]):
                self.record("refill", monotonic() - began, flow="refill", error="the pool was not refilled in time")
                break
            gevent.sleep(float(options["poll_s"]))
        else:
            if came == "warm":
                self.record("refill", monotonic() - began, flow="refill")
        if name:
            self._idle(name, str(options["clock"]), float(options["idle_minutes"]))

    def _ready(self) -> int:
        """How many workspaces the pool holds; 0 where the target does not say."""
        about = self.ask("pool").json()
        return sum(int(number) for number in about.values()) if isinstance(about, dict) else 0

    def _idle(self, name: str, clock: str, minutes: float) -> None:
        """Record whether a workspace answers just before its idle limit and is gone just after; needs a clock."""
        if not clock:
            self.ask("stop", workspace=name)
            return
        began = monotonic()
        self.client.post(f"{clock}/{name}", json={"minutes": minutes - 1}, name="clock", flow="clock", counted=False)
        before = self.ask("open", workspace=name).status == 200
        self.client.post(f"{clock}/{name}", json={"minutes": 1.1 + minutes}, name="clock", flow="clock", counted=False)
        gone = self.client.get(f"/workspaces/{name}/", name="gone", flow="clock", expect=(404, 410), counted=False).ok
        error = "" if before and gone else "ended too early" if not before else "still there after its time"
        self.record("idle", monotonic() - began, flow="idle", error=error)
