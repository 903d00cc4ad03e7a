"""The mass lane on one page."""

from __future__ import annotations

from loadtests.scenario_users import BrowsingUser


class Visitor(BrowsingUser):
    """Asks for the page."""

    routes = ("page",)
    signed_in = False
