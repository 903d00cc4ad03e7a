"""CampsHub360: thousands of readers, and a few students, teachers and clerks who also write."""

from __future__ import annotations

from asbuilt.load.plan.scenario import Scenario
from asbuilt.load.users.openloop import task
from asbuilt.load.users.scenario_users import BrowsingUser, JourneyUser


class Campus(BrowsingUser):
    """All reading, at the document's rate, in the mass lane."""

    routes = ("dashboard", "attendance", "assignments", "course", "classes", "fees", "transport")
    arrivals = 0.99
    weight = 97


class Student(JourneyUser):
    """Reads the dashboard and an assignment, and sometimes hands one in."""

    arrivals = 0.006
    weight = 1
    most_requests = 2

    @task(9)
    def read(self) -> None:
        """Read the dashboard, then an assignment."""
        self.ask("dashboard")
        self.ask("assignments")

    @task(1)
    def hand_in(self) -> None:
        """Read the assignment, then hand it in."""
        course = self.row("course")
        if self.ask("assignments", course=course).ok:
            self.ask("hand_in", course=course)


class Teacher(JourneyUser):
    """Reads the classes, and grades."""

    arrivals = 0.002
    weight = 1
    most_requests = 2

    @task
    def grade(self) -> None:
        """Read the classes, then give a grade."""
        if self.ask("classes").ok:
            self.ask("grade")


class Clerk(JourneyUser):
    """Reads fees and transport, for the administration."""

    arrivals = 0.002
    weight = 1
    most_requests = 2

    @task
    def books(self) -> None:
        """Read both, one after the other."""
        self.ask("fees")
        self.ask("transport")


class Impatient(JourneyUser):
    """One identity that sends requests without a pause, which must be throttled."""

    every_seconds = 20.0
    alone = True
    fixed_count = 1

    @classmethod
    def most(cls, scenario: Scenario) -> int:
        """As often as it asks again."""
        return int(scenario.options["most_at_once"])

    @task
    def ask_again_and_again(self) -> None:
        """Send requests until one is answered 429, or until there were `most_at_once`."""
        for _ in range(int(self.scenario.options["most_at_once"])):
            answer = self.ask("again")
            if answer.status == 429:
                self.record("throttled", answer.seconds, flow="throttled")
                return
        self.record("throttled", 0.0, flow="throttled", error="never throttled")
