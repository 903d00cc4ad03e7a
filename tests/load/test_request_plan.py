"""How many requests a run makes at most: what is announced before its start, and what it is held to."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from asbuilt.load.plan.arrivals import POISSON, LoadStage
from asbuilt.load.plan.confirmation import RunRefusedError
from asbuilt.load.plan.request_plan import UserClass, announcement, limited, plan, sign_in_request
from asbuilt.load.plan.settings import Settings

SCENARIO = '[login]\npath = "/login"\n[routes.page]\npath = "/"\n[routes.order]\nmethod = "POST"\npath = "/orders"\n'
READERS = UserClass("Reader", 1.0, 0.0, 10, 2)
BUYERS = UserClass("Buyer", 0.1, 0.0, 5, 3, signs_in=True)
WATCHER = UserClass("Watcher", 1.0, 4.0, 1, 50)
BROWSERS = UserClass("Browser", 1.0, 0.0, 10, 1, accounts=20)


def _settings(**change: Any) -> Settings:
    plain = Settings("x", "", "http://127.0.0.1:1", (), "target", (LoadStage(100, 100, 10),), 100, scenario=SCENARIO)
    return dataclasses.replace(plain, **change)


@pytest.mark.parametrize(
    ("one", "during", "starting"),
    [
        (READERS, (1000 + 1) * 2, 0),
        (BUYERS, (100 + 1) * (3 + 2), 5 * 3),  # an expired session takes two more, and a user signs in three times
        (WATCHER, (3 + 1) * 50, 0),  # 2.5 arrivals
        (BROWSERS, 1000 + 1, 20),
    ],
)
def test_requests_are_planned_for_each_class(one: UserClass, during: int, starting: int) -> None:
    """Those of its arrivals, and those before the start; one more is sent to see whether the target answers."""
    planned = plan(_settings(), [one])
    assert (planned.classes, planned.starting) == ({one.name: during}, starting)
    assert planned.most == during + starting + 1


def test_a_smoke_run_plans_four_turns_of_every_class() -> None:
    """As many as it makes, however short it is."""
    planned = plan(_settings(profile="smoke"), [WATCHER])
    assert planned.classes == {"Watcher": (4 + 1) * 50}


def test_arrivals_at_random_may_be_more() -> None:
    """The plan allows for six standard deviations."""
    random = _settings(stages=(LoadStage(100, 100, 10, POISSON),))
    assert plan(random, [READERS]).classes["Reader"] > 1180 * 2


def test_several_processes_may_take_over_the_share_of_a_lost_one() -> None:
    """Each may send so much; a class of one user is in one process whole."""
    planned = plan(_settings(workers=4), [READERS, WATCHER])
    assert planned.each_process == -(-2002 // 3) + 200
    assert planned.most == 4 * planned.each_process + 1


def test_a_given_cap_only_lowers_the_planned_one() -> None:
    """The run is held to the lower of both, its first request counted."""
    planned = plan(_settings(), [READERS])
    assert limited(_settings(), planned).most_requests == planned.most - 1
    assert limited(_settings(most_requests=10**9), planned).most_requests == planned.most - 1
    assert limited(_settings(most_requests=50), planned).most_requests == 49


def test_a_plan_beyond_its_caps_is_refused() -> None:
    """Requests count, not arrivals: 100 a second of two requests each."""
    with pytest.raises(RunRefusedError, match=r"200 requests a second .* --most-rate"):
        limited(_settings(most_rate=150.0), plan(_settings(), [READERS]))
    with pytest.raises(RunRefusedError, match="--most-requests 1 "):
        limited(_settings(most_requests=1), plan(_settings(), [READERS]))


def _announced(*classes: UserClass, **change: Any) -> str:
    settings = _settings(**change)
    planned = plan(settings, classes)
    return "\n".join(announcement(limited(settings, planned), planned))


def test_what_will_be_sent_and_cost_is_said_first() -> None:
    """The requests; and where the target is not this machine, the cost, the writes and the sign-in."""
    here = _announced(READERS, BUYERS)
    assert "sending   1,000 arrivals in 10 s" in here
    assert "requests  at most 2,523, then the run ends (Reader 2,002, Buyer 505, getting ready 15)" in here
    assert "USD" not in here
    there = _announced(READERS, host="https://203.0.113.7/app")
    assert "target    https://203.0.113.7/app at 203.0.113.7" in there
    assert "USD" in there
    assert "writes    not sent (--allow-writes): order" in there
    assert "sign-in   POST /app/login is sent all the same" in there
    assert "writes    allowed" in _announced(READERS, host="https://203.0.113.7", writes=True)


@pytest.mark.parametrize(("method", "request_line"), [("POST", "POST /app/login"), ("PUT", ""), ("DELETE", "")])
def test_only_a_post_is_a_sign_in_without_leave_to_write(method: str, request_line: str) -> None:
    """The scenario file cannot call another write a sign-in."""
    scenario = SCENARIO.replace('path = "/login"', f'path = "/login"\nmethod = "{method}"')
    assert sign_in_request(_settings(scenario=scenario, host="https://203.0.113.7/app")) == request_line
