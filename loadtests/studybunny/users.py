"""StudyBunny: students who plan, hand in files and look at their schedule."""

from __future__ import annotations

from time import monotonic

from asbuilt.load.users.openloop import task
from asbuilt.load.users.scenario_users import JourneyUser


class Planner(JourneyUser):
    """Writes tasks down, keeps files with them, and asks what is due."""

    arrivals = 0.8
    weight = 10

    @task(3)
    def create_task(self) -> None:
        """A new task, then the list with it."""
        if self.ask("create_task").ok:
            self.ask("list_tasks")

    @task(1)
    def upload_file(self) -> None:
        """A file through the application, as the document draws it."""
        self.ask("upload_file", data=b"x" * 1024 * int(self.scenario.options["upload_kib"]))

    @task(4)
    def view_schedule(self) -> None:
        """What is due when."""
        self.ask("view_schedule")


class Visitor(JourneyUser):
    """Opens the front end: the page, and what it needs to show itself."""

    arrivals = 0.2
    weight = 2

    @task
    def open_page(self) -> None:
        """Both together are what a person waits for."""
        began = monotonic()
        answers = [self.ask("page"), self.ask("script")]
        error = next((answer.error for answer in answers if answer.error), "")
        self.record("open the front end", monotonic() - began, flow="frontend", error=error, from_due=True)
