"""The users of the self-check: they request one page."""

from __future__ import annotations

from asbuilt.load.users.scenario_users import BrowsingUser


class PageVisitor(BrowsingUser):
    """Requests the page."""

    routes = ("page",)
    signed_in = False
