"""Load stays where it was confirmed: attacks on the address, the gate, the methods and the caps, as programs run them.

Every server is on loopback; a resolver of the test's own answers for the name of the target.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.load.counting import ELSEWHERE, HERE, NAME, locust, resolving, server
from tests.load.running import ANY_LAG, LONG, result_in, spec_of
from tests.programs import ASBUILT

pytestmark = pytest.mark.realtime

SCENARIO = """
[load]
rate = 10
users = 4
ramp_seconds = 0

[login]
path = "/login"
body = { user = "{user}" }
token = "access"

[routes.page]
path = "/page"

[routes.order]
method = "POST"
path = "/orders"
expect = [201]
"""
READER = """
from asbuilt.load.users.openloop import task
from asbuilt.load.users.scenario_users import JourneyUser


class Reader(JourneyUser):
    most_requests = 3

    @task
    def read(self):
        self.ask("page")
        self.ask("page")
        self.ask("page")
"""
# each client tries to write, to follow a redirect and to reach another host; what was raised is no matter
CLIENTS = """
import contextlib
import http.client
import os
import socket

import requests
import websocket
from locust.contrib.fasthttp import FastHttpSession
from locust.clients import HttpSession

from asbuilt.load.http.response import Memory
from asbuilt.load.users.openloop import MassUser, task
from asbuilt.load.users.mass import MassRequest
from asbuilt.load.users.scenario_users import JourneyUser


class Many(JourneyUser):
    fixed_count = 1
    most_requests = 40

    @task
    def all(self):
        host, other = self.generator.settings.host, os.environ["OTHER"]
        port = int(host.rpartition(":")[2])
        events = self.environment.events.request
        fast = FastHttpSession(host, events, self)
        locusts = HttpSession(host, events, self)
        plain = requests.Session()

        def bare(line):
            with socket.create_connection(("staging.example.invalid", port)) as client:
                client.sendall(line + b" HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
                client.recv(1000)

        def standard(method):
            connection = http.client.HTTPConnection("staging.example.invalid", port)
            connection.request(method, "/http-client")
            connection.getresponse().read()

        for attempt in (
            lambda: self.client.post("/own"),
            lambda: self.client.request("PATCH", "/own"),
            lambda: self.ask("order"),
            lambda: locusts.post("/http-user"),
            lambda: fast.post("/fast-http-user"),
            lambda: plain.post(host + "/requests"),
            lambda: plain.delete(host + "/requests"),
            lambda: standard("PUT"),
            lambda: bare(b"POST /bare"),
            lambda: websocket.create_connection("ws://staging.example.invalid:%d/socket" % port, timeout=2),
            lambda: locusts.get("/reading"),
            lambda: fast.get("/reading"),
            lambda: plain.get(host + "/reading"),
            lambda: standard("HEAD"),
            lambda: bare(b"OPTIONS /reading"),
            lambda: self.client.get("/away/" + other),
            lambda: plain.get(host + "/away/" + other),
            lambda: locusts.get("/away/" + other),
            lambda: fast.get("/away/" + other),
            lambda: plain.get("http://127.0.0.1:%s/elsewhere" % other),
            lambda: plain.get(host + "/proxied", proxies={"http": "http://127.0.0.1:" + other}),
        ):
            with contextlib.suppress(Exception):
                attempt()


class Mass(MassUser):
    fixed_count = 1

    @classmethod
    def requests(cls, generator):
        endpoint = generator.statistics.endpoint("mass", "POST", "api")
        data = b"POST /mass HTTP/1.1\\r\\nHost: staging.example.invalid\\r\\nContent-Length: 0\\r\\n\\r\\n"
        while True:
            yield MassRequest(endpoint, data, frozenset({200, 201}))
"""
SIZE = ("--load-rate", "40", "--load-seconds", "2", "--load-profile", "target", "-u", "40", "-r", "400")


def _most(said: str) -> int:
    """The number of requests that a run announced."""
    found = re.search(r"^requests  at most ([\d,]+)", said, re.MULTILINE)
    assert found, said
    return int(found[1].replace(",", ""))


def test_a_name_is_looked_up_once(tmp_path: Path) -> None:
    """One that has another address at its second look-up is loaded at its first, under its name, from two workers."""
    with server(HERE) as first, server(ELSEWHERE, first.port) as second:
        command = [*ASBUILT, "load", spec_of(tmp_path, "studybunny"), "--out", str(tmp_path / "out")]
        size = ["--rate", "20", "--users", "8", "--seconds", "2", "--ramp", "0", "--workers", "2", *ANY_LAG]
        run = subprocess.run(
            [*command, "--host", f"http://{NAME}:{first.port}", *size, "--no-abort"],
            env=resolving(tmp_path, HERE, ELSEWHERE),
            capture_output=True, text=True, timeout=LONG, check=False,
        )  # fmt: skip
    said = run.stdout + run.stderr
    assert result_in(tmp_path)["invalid"] == [], said
    assert second.requests == [], said
    assert 40 <= len(first.requests) <= _most(said), said
    assert first.hosts == {f"{NAME}:{first.port}"}


@pytest.mark.parametrize("answer", [ELSEWHERE, f"{HERE},{ELSEWHERE}", "169.254.169.254", "0.0.0.0"])  # noqa: S104  # refused
def test_locust_refuses_a_host_that_was_not_confirmed(tmp_path: Path, answer: str) -> None:
    """Plain Locust, too, before its first request: also where only one of the addresses is another machine's."""
    with server(HERE) as here, server(ELSEWHERE, here.port) as there:
        host = f"http://{NAME}:{here.port}"
        run = locust(tmp_path, READER, SCENARIO, *SIZE, "--host", host, env=resolving(tmp_path, answer))
    words = "--confirm staging.example.invalid" if ELSEWHERE in answer else "load is never sent to"
    assert (run.returncode, words in run.stderr) == (4, True), run.stdout + run.stderr
    assert here.requests == there.requests == []


def test_no_client_writes_or_leaves_without_being_allowed(tmp_path: Path) -> None:
    """Whatever sends: the sign-in is the only write, and another host is reached by no redirect, proxy or URL."""
    with server(ELSEWHERE) as target, server(HERE) as other:
        host = f"http://{NAME}:{target.port}"
        env = resolving(tmp_path, ELSEWHERE) | {"OTHER": str(other.port), "HTTP_PROXY": f"http://{HERE}:{other.port}"}
        run = locust(tmp_path, CLIENTS, SCENARIO, *SIZE, "-u", "2", "--host", host, "--confirm", NAME, env=env)
    said = run.stdout + run.stderr
    assert other.requests == [], said
    writes = {request for request in target.requests if request.split()[0] not in ("GET", "HEAD", "OPTIONS")}
    assert writes == {"POST /login"}, said
    assert target.requests.count("GET /reading") >= 3, said
    assert {"HEAD /http-client", "OPTIONS /reading"} < set(target.requests), said
    assert run.returncode == 6, said
    assert "may change data and are not sent to this host (--allow-writes)" in said


def test_writes_that_are_allowed_are_sent_by_every_client(tmp_path: Path) -> None:
    """With --allow-writes; another host is out of reach all the same."""
    with server(ELSEWHERE) as target, server(HERE) as other:
        host = f"http://{NAME}:{target.port}"
        env = resolving(tmp_path, ELSEWHERE) | {"OTHER": str(other.port)}
        allowed = ("--confirm", NAME, "--allow-writes")
        run = locust(tmp_path, CLIENTS, SCENARIO, *SIZE, "-u", "2", "--host", host, *allowed, env=env)
    said = run.stdout + run.stderr
    assert other.requests == [], said
    assert {
        *("POST /own", "PATCH /own", "POST /orders", "POST /http-user", "POST /fast-http-user", "POST /requests"),
        *("DELETE /requests", "PUT /http-client", "POST /bare", "GET /socket", "POST /mass"),
    } < set(target.requests), said


def test_an_announced_run_sends_no_more(tmp_path: Path) -> None:
    """Requests are announced, not arrivals: sign-ins and every request of a journey; the server counts them."""
    with server(HERE) as target:
        host = f"http://{HERE}:{target.port}"
        run = locust(tmp_path, READER, SCENARIO, *SIZE, "--host", host, env=resolving(tmp_path, HERE))
    assert "a cap was reached" not in run.stdout
    assert 240 < len(target.requests) <= _most(run.stdout)  # 80 arrivals of three requests


@pytest.mark.parametrize(
    ("users", "option", "most"),
    [
        (READER, ("--most-requests", "50"), 50),
        (READER.replace("most_requests = 3", "most_requests = 1"), ("--most-rate", "1000"), 400),
        (READER.replace("most_requests = 3", "most_requests = 1"), ("--most-rate", "60"), 120),
    ],
)
def test_a_run_ends_at_its_cap(tmp_path: Path, users: str, option: tuple[str, str], most: int) -> None:
    """The given one, the planned one where the users make more than they say, and that of a second."""
    users = users.replace(
        'self.ask("page")\n        self.ask("page")\n        self.ask("page")', "[self.ask('page') for _ in range(9)]"
    )
    with server(HERE) as target:
        host = f"http://{HERE}:{target.port}"
        run = locust(tmp_path, users, SCENARIO, *SIZE, "--host", host, *option, env=resolving(tmp_path, HERE))
    assert run.returncode == 6, run.stdout + run.stderr
    assert "invalid: a cap was reached: the run may send" in run.stdout
    assert 10 < len(target.requests) <= min(most, _most(run.stdout))
