"""Users that follow a scenario file: they sign in, request routes by name, and fill them with rows of data."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

from locust.exception import StopUser

from asbuilt.load.plan.request_plan import UserClass
from asbuilt.load.plan.scenario import Login, Route, Scenario, filled, parse
from asbuilt.load.plan.settings import Settings
from asbuilt.load.run.generator import LoadGenerator
from asbuilt.load.users.client import NOT_SENT, HttpClient, Response, built
from asbuilt.load.users.mass import MassRequest
from asbuilt.load.users.openloop import MassUser, OpenLoopUser

_DRAWN = 4096  # requests of the mass lane are drawn once, then repeated
_NUMBERS = itertools.count(1)


@cache
def _parsed(text: str, system: str) -> Scenario:
    return parse(text, system)


def _scenario(settings: Settings) -> Scenario:
    return _parsed(settings.scenario, settings.system)


def sign_in(client: HttpClient, login: Login, number: int) -> None:
    """Sign the `number`-th account in; later requests carry its token. Raises `StopUser` where the sign-in fails."""
    account = login.account(number)
    answer = client.request(
        login.method, login.path, name="sign in", flow="sign-in", json=filled(login.body, account), expect=login.expect
    )
    if not answer.ok:
        raise StopUser(f"sign in as {account['user']!r}: {answer.error}")
    if not login.token:
        return
    found: Any = answer.json()
    for part in login.token.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    if not isinstance(found, str) or not found:
        raise StopUser(f"sign in as {account['user']!r}: the answer has no {login.token}")
    name, _, value = filled(login.header, {"token": found}).partition(":")
    client.headers[name.strip()] = value.strip()


class JourneyUser(OpenLoopUser):
    """The journey lane of a scenario."""

    abstract = True
    alone = False  # whether it signs in as an account that nobody else uses

    @classmethod
    def interval(cls, settings: Settings) -> float:
        """The class's `every_seconds`, unless the scenario file has another value."""
        return float(_scenario(settings).options.get("every_seconds", {}).get(cls.__name__, cls.every_seconds))

    @classmethod
    def planned(cls, settings: Settings, users: int) -> UserClass:
        """What so many users of the class make at most."""
        scenario = _scenario(settings)
        signs_in = scenario.login is not None
        return replace(super().planned(settings, users), most_requests=cls.most(scenario), signs_in=signs_in)

    @classmethod
    def most(cls, scenario: Scenario) -> int:
        """How many requests one arrival makes at most, where that depends on the scenario file."""
        return cls.most_requests

    def on_start(self) -> None:
        """Sign in, each user as the next account."""
        self.scenario = _scenario(self.generator.settings)
        self.number = 0 if self.alone else next(_NUMBERS)
        if self.scenario.login is not None:
            sign_in(self.client, self.scenario.login, self.number)

    def row(self, name: str) -> str:
        """A random value of a row of data."""
        return random.choice(self.scenario.rows[name])  # noqa: S311  # a choice of data, no secret

    def ask(self, name: str, data: bytes = b"", **values: str) -> Response:
        """Request a route; its placeholders are filled from `values`, then from the rows.

        `data` is a body other than JSON. An expired session (401) is signed in again, and the request repeated.
        """
        route = self.scenario.routes[name]
        if route.writes and not self.generator.settings.writes:
            return Response(0, b"", b"", 0.0, NOT_SENT)
        values = self._values() | values
        answer = self._send(route, values, data)
        if answer.status == 401 and self.scenario.login is not None and 401 not in route.expect:
            sign_in(self.client, self.scenario.login, self.number)
            answer = self._send(route, values, data)
        return answer

    def _values(self) -> dict[str, str]:
        account = self.scenario.login.account(self.number) if self.scenario.login else {"n": str(self.number)}
        return {name: self.row(name) for name in self.scenario.rows} | account

    def _send(self, route: Route, values: dict[str, str], data: bytes) -> Response:
        def check(response: Response) -> str:
            if route.contains and route.contains.encode() not in response.body:
                return "the answer is not what it should be"
            return ""

        answer = self.client.request(
            route.method,
            filled(route.path, values),
            name=route.name,
            flow=route.flow,
            json=filled(route.body, values) if route.body is not None else None,
            data=data,
            expect=route.expect,
            counted=route.counted,
            check=check,
        )
        for metric, flow in route.server_timing.items():
            self._timed_by_server(route, answer, metric, flow)
        return answer

    def _timed_by_server(self, route: Route, answer: Response, metric: str, flow: str) -> None:
        """Count the duration that the server reports for a part of its work (`Server-Timing: db;dur=12.5`, in ms)."""
        for entry in answer.header("server-timing").split(","):
            name, _, rest = entry.strip().partition(";")
            duration = rest.partition("dur=")[2].partition(";")[0]
            if name == metric and duration.replace(".", "", 1).isdigit():
                self.record(f"{route.name}: {metric}", float(duration) / 1000, flow=flow)
                return


class BrowsingUser(MassUser):
    """The mass lane of a scenario: its routes by weight, signed in as many accounts as the file names."""

    abstract = True
    routes: ClassVar[tuple[str, ...]] = ()
    signed_in = True

    @classmethod
    def planned(cls, settings: Settings, users: int) -> UserClass:
        """What so many users of the class make at most: each process signs all accounts in."""
        login = _scenario(settings).login
        accounts = login.accounts if cls.signed_in and login is not None else 0
        return replace(super().planned(settings, users), accounts=accounts)

    @classmethod
    def requests(cls, generator: LoadGenerator) -> Iterator[MassRequest]:
        """An endless sequence of requests, drawn by weight."""
        scenario = _scenario(generator.settings)
        routes = [scenario.routes[name] for name in cls.routes]
        routes = [route for route in routes if generator.settings.writes or not route.writes]
        headers = list(cls._identities(generator, scenario)) if cls.signed_in else [{}]
        draw = random.Random(generator.settings.seed)  # noqa: S311  # a load, no secret
        drawn = draw.choices(routes, [route.weight for route in routes], k=_DRAWN)
        if generator.settings.profile == "smoke":
            drawn = list(itertools.islice(itertools.cycle(routes), _DRAWN))
        made: list[MassRequest] = []
        same: dict[tuple[str, bytes], MassRequest] = {}  # each keeps the head of its answer, which takes memory
        for number, route in enumerate(drawn):
            values = {name: draw.choice(choices) for name, choices in scenario.rows.items()} | {"n": str(number)}
            identity = headers[number % len(headers)]
            request = cls._request(generator, route, values, identity)
            made.append(same.setdefault((route.name, request.data), request))
        return itertools.cycle(made)

    @classmethod
    def _identities(cls, generator: LoadGenerator, scenario: Scenario) -> Iterator[dict[str, str]]:
        """Sign all accounts in, one after the other; yields the headers that each one's requests carry."""
        if scenario.login is None:
            yield {}
            return
        for number in range(1, scenario.login.accounts + 1):
            client = HttpClient(generator, "sign-in")
            try:
                sign_in(client, scenario.login, number)
                cookies = "; ".join(f"{key}={value}" for key, value in client.cookies.items())
                yield client.headers | ({"Cookie": cookies} if cookies else {})
            finally:
                client.close()

    @classmethod
    def _request(
        cls, generator: LoadGenerator, route: Route, values: dict[str, str], identity: dict[str, str]
    ) -> MassRequest:
        body = json.dumps(filled(route.body, values)).encode() if route.body is not None else b""
        lines = {"Host": generator.target.authority, "User-Agent": "asbuilt-load", "Accept": "*/*", **identity}
        if body:
            lines |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
        return MassRequest(
            generator.statistics.endpoint(route.name, route.method, route.flow, route.counted),
            built(route.method, generator.target.prefix + filled(route.path, values), lines, body),
            route.expect,
            route.contains.encode(),
            route.method == "HEAD",
        )
