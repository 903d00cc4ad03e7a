"""The journey lane on one page."""

from __future__ import annotations

from asbuilt.load.users.openloop import OpenLoopUser, task


class Visitor(OpenLoopUser):
    """Requests the page."""

    @task
    def page(self) -> None:
        """The page."""
        self.client.get("/")
