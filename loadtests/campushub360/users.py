"""CampsHub360: thousands who read, and a few students, teachers and clerks who also write."""

from __future__ import annotations

from asbuilt.load.users.openloop import task
from asbuilt.load.users.scenario_users import BrowsingUser, JourneyUser


class Campus(BrowsingUser):
    """Everybody's reading, at the document's rate: the mass lane."""

    routes = ("dashboard", "attendance", "assignments", "course", "classes", "fees", "transport")
    arrivals = 0.99
    weight = 97


class Student(JourneyUser):
    """Looks at the dashboard, then at an assignment, and now and then hands one in."""

    arrivals = 0.006
    weight = 1

    @task(9)
    def read(self) -> None:
        """From the dashboard to an assignment."""
        self.ask("dashboard")
        self.ask("assignments")

    @task(1)
    def hand_in(self) -> None:
        """Read the assignment, then hand it in."""
        course = self.row("course")
        if self.ask("assignments", course=course).ok:
            self.ask("hand_in", course=course)


class Teacher(JourneyUser):
    """Looks at the classes and grades."""

    arrivals = 0.002
    weight = 1

    @task
    def grade(self) -> None:
        """From the classes to a grade."""
        if self.ask("classes").ok:
            self.ask("grade")


class Clerk(JourneyUser):
    """Administration: fees and transport."""

    arrivals = 0.002
    weight = 1

    @task
    def books(self) -> None:
        """Both books, one after the other."""
        self.ask("fees")
        self.ask("transport")


class Impatient(JourneyUser):
    """One identity that asks without a pause: it must be held back."""

    every_seconds = 20.0
    alone = True
    fixed_count = 1

    @task
    def ask_again_and_again(self) -> None:
        """Until 429, or until there were enough."""
        for _ in range(int(self.scenario.options["most_at_once"])):
            answer = self.ask("again")
            if answer.status == 429:
                self.record("throttled", answer.seconds, flow="throttled")
                return
        self.record("throttled", 0.0, flow="throttled", error="never held back")
