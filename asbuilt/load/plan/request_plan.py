"""How many requests a run makes at most, by what its classes of users say, and what that costs."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from asbuilt.load.plan.arrivals import POISSON, Arrivals, LoadStage
from asbuilt.load.plan.confirmation import RunRefusedError, on_this_machine
from asbuilt.load.plan.scenario import Login, Scenario, parse
from asbuilt.load.plan.settings import Settings

SIGN_IN_ATTEMPTS = 3  # of a user that is getting ready
_SMOKE_TURNS = 4  # of each class with an interval of its own, however short the run
_RENEWAL = 2  # an arrival that finds its session expired signs in, and repeats its request
_PROBE = 1
_BYTES_A_REQUEST = 1500
_USD_A_GIB = 0.09  # data out of us-east-1, list price
_USD_AN_LCU_HOUR = 0.008
_CONNECTIONS_AN_LCU, _RULES_AN_LCU, _GIB_AN_LCU_HOUR = 3000, 1000, 1.0


@dataclass(frozen=True)
class UserClass:
    """A class of users: its share of the arrivals (or its interval), how many users it may have, and how many requests
    one arrival, one user that gets ready, and one sign-in of all its accounts make at most.
    """

    name: str
    share: float
    every_seconds: float
    users: int
    most_requests: int
    signs_in: bool = False
    to_start: int = 0
    accounts: int = 0


def class_arrivals(settings: Settings, share: float, every_seconds: float) -> Arrivals:
    """When the arrivals of one class of users are due: its part of the whole rate, or its own exact interval."""
    whole = settings.arrivals
    if not every_seconds:
        return whole.scaled(share)
    pace = 1 / every_seconds
    if settings.profile == "smoke":
        pace = max(pace, _SMOKE_TURNS / whole.seconds)
    return Arrivals((LoadStage(pace, pace, whole.seconds),))


@dataclass(frozen=True)
class RequestPlan:
    """At most how many requests each class makes, all classes while they get ready, and how many a second."""

    classes: dict[str, int]
    starting: int
    peak: float
    processes: int
    each_process: int

    @property
    def most(self) -> int:
        """All requests of the run, with those of one lost process that others make again."""
        return self.each_process * self.processes + _PROBE


def plan(settings: Settings, classes: Sequence[UserClass]) -> RequestPlan:
    """The requests of a run."""
    processes = max(1, settings.workers)
    during: dict[str, int] = {}
    starting = each = 0
    peak = 0.0
    for one in classes:
        arrivals = class_arrivals(settings, one.share, one.every_seconds)
        during[one.name] = _most_arrivals(arrivals) * (one.most_requests + _RENEWAL * one.signs_in)
        start = one.users * SIGN_IN_ATTEMPTS * (one.signs_in + one.to_start)
        starting += start + one.accounts * processes
        peak += arrivals.peak * one.most_requests
        holders = max(1, min(processes, one.users) - 1)  # one of the processes may be lost
        each += math.ceil(during[one.name] / holders) + math.ceil(start / holders) + one.accounts
    return RequestPlan(during, starting, peak, processes, each)


def _most_arrivals(arrivals: Arrivals) -> int:
    count = arrivals.count
    spread = 6 * math.sqrt(count) if any(stage.spacing == POISSON for stage in arrivals.stages) else 0.0
    return math.ceil(count + spread) + len(arrivals.stages)


def limited(settings: Settings, planned: RequestPlan) -> Settings:
    """The settings with a cap on all requests: the given one, and never more than are planned.

    Raises `RunRefusedError` where the plan makes more requests a second than the run may.
    """
    if settings.most_rate and planned.peak > settings.most_rate:
        raise RunRefusedError(
            f"{planned.peak:,.0f} requests a second are more than the cap of {settings.most_rate:,.0f}: raise it with "
            "--most-rate"
        )
    most = planned.most - _PROBE
    cap = min(most, settings.most_requests - _PROBE) if settings.most_requests else most
    if cap < planned.processes:
        raise RunRefusedError(f"--most-requests {settings.most_requests} leave no request to each process: raise it")
    return dataclasses.replace(settings, most_requests=cap)


def sign_in_request(settings: Settings) -> str:
    """The method and path of the sign-in that may be sent to a host without --allow-writes, "" where there is none."""
    login = _login(settings)
    prefix = urlsplit(settings.host).path.rstrip("/")
    return f"{login.method} {prefix}{login.path}" if login is not None and login.method == "POST" else ""


def _scenario(settings: Settings) -> Scenario | None:
    return parse(settings.scenario, settings.system) if settings.scenario else None


def _login(settings: Settings) -> Login | None:
    scenario = _scenario(settings)
    return scenario.login if scenario is not None else None


def announcement(settings: Settings, planned: RequestPlan) -> Iterator[str]:
    """What will be sent and about what it costs, as lines to print before the start. `settings` hold the cap."""
    arrivals, most = settings.arrivals, settings.most_requests + _PROBE
    here = on_this_machine(settings.pinned)
    parts = [f"{name} {count:,}" for name, count in planned.classes.items()]
    parts += [f"getting ready {planned.starting:,}"] if planned.starting else []
    yield f"load      {settings.system} {settings.variant}".rstrip() + f", profile {settings.profile}"
    yield f"target    {settings.host} at {', '.join(settings.pinned)}"
    yield (
        f"sending   {arrivals.count:,.0f} arrivals in {arrivals.seconds:,.0f} s, up to {arrivals.peak:,.0f} a second, "
        f"by {settings.users:,} users from {planned.processes} process(es)"
    )
    yield f"requests  at most {most:,}, then the run ends ({', '.join(parts)})"
    if not here:
        yield f"cost      at most about {_usd(settings, most):.2f} USD on AWS (list prices: data out, load balancer)"
        yield from _unsent(settings)


def _unsent(settings: Settings) -> Iterator[str]:
    """What is not sent to a host that is not this machine, and what is all the same."""
    if settings.writes:
        yield "writes    allowed: requests that change data are sent"
        return
    scenario = _scenario(settings)
    kept = [name for name, route in scenario.routes.items() if route.writes] if scenario is not None else []
    yield f"writes    not sent (--allow-writes): {', '.join(kept) or 'no route writes'}"
    if sign_in_request(settings):
        yield f"sign-in   {sign_in_request(settings)} is sent all the same"


def _usd(settings: Settings, requests: int) -> float:
    gib = requests * _BYTES_A_REQUEST / 1024**3
    hours = settings.arrivals.seconds / 3600
    rules = requests / settings.arrivals.seconds
    units = max(settings.users / _CONNECTIONS_AN_LCU, rules / _RULES_AN_LCU, gib / hours / _GIB_AN_LCU_HOUR)
    return gib * _USD_A_GIB + units * hours * _USD_AN_LCU_HOUR
