"""StudyBunny: students who plan, upload files and read their schedule."""

from __future__ import annotations

from time import monotonic

from asbuilt.load.users.openloop import task
from asbuilt.load.users.scenario_users import JourneyUser


class Planner(JourneyUser):
    """Creates tasks, uploads files, and reads what is due."""

    arrivals = 0.8
    weight = 10
    most_requests = 2

    @task(3)
    def create_task(self) -> None:
        """Create a task, then read the list with it."""
        if self.ask("create_task").ok:
            self.ask("list_tasks")

    @task(1)
    def upload_file(self) -> None:
        """Upload a file through the application, as the document draws it."""
        self.ask("upload_file", data=b"x" * 1024 * int(self.scenario.options["upload_kib"]))

    @task(4)
    def view_schedule(self) -> None:
        """Read what is due when."""
        self.ask("view_schedule")


class Visitor(JourneyUser):
    """Opens the front end: the page, and the script that shows it."""

    arrivals = 0.2
    weight = 2
    most_requests = 2

    @task
    def open_page(self) -> None:
        """Request both: a person waits for both together."""
        began = monotonic()
        answers = [self.ask("page"), self.ask("script")]
        error = next((answer.error for answer in answers if answer.error), "")
        self.record("open the front end", monotonic() - began, flow="frontend", error=error, from_due=True)
