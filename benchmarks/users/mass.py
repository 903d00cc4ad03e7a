"""The mass lane on one page."""

from __future__ import annotations

from asbuilt.load.users.scenario_users import BrowsingUser


class Visitor(BrowsingUser):
    """Requests the page."""

    routes = ("page",)
    signed_in = False
