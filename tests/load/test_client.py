"""The HTTP client of the journey lane, against a server in the same process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from gevent.server import StreamServer

from asbuilt.load.plan.arrivals import LoadStage
from asbuilt.load.plan.settings import Settings
from asbuilt.load.run.generator import LoadGenerator
from asbuilt.load.users.client import HttpClient

ANSWERS = {
    "GET /app/page": "200 OK\r\nContent-Length: 4\r\nSet-Cookie: id=7; Path=/",
    "GET /app/old": "302 Found\r\nContent-Length: 4\r\nLocation: /app/page",
    "GET /app/away": "302 Found\r\nContent-Length: 4\r\nLocation: https://elsewhere.example/app/page",
    "GET /app/round": "302 Found\r\nContent-Length: 4\r\nLocation: round",
    "POST /app/page": "503 Busy\r\nContent-Length: 4",
    "GET /app/short": "200 OK\r\nContent-Length: 3",
}


class Served:
    """A server on loopback, and the requests that it received."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.server = StreamServer(("127.0.0.1", 0), self._serve)

    def _serve(self, client: Any, address: Any) -> None:
        while data := client.recv(10_000).decode():
            self.requests.append(data)
            client.sendall(f"HTTP/1.1 {ANSWERS[' '.join(data.split()[:2])]}\r\n\r\nbody".encode())


@pytest.fixture
def served() -> Iterator[Served]:
    """The server, while a test runs."""
    made = Served()
    made.server.start()
    yield made
    made.server.stop()


@pytest.fixture
def client(served: Served) -> Iterator[HttpClient]:
    """A client of the server, whose host has a path."""
    host = f"http://127.0.0.1:{served.server.server_port}/app"
    generator = LoadGenerator(Settings("x", "", host, (), "target", (LoadStage(1, 1, 1),), 1))
    yield HttpClient(generator, "api")
    generator.close()


def test_requests_go_below_the_path_of_the_host(client: HttpClient, served: Served) -> None:
    """And are counted under the path that was asked for; cookies are sent back."""
    assert client.get("/page").ok
    assert client.get("/page").body == b"body"
    assert [request.split()[1] for request in served.requests] == ["/app/page", "/app/page"]
    assert "Cookie: id=7" in served.requests[1]
    [(name, _)] = client._generator.statistics.endpoints
    assert name == "/page"


def test_a_redirect_within_the_host_is_followed(client: HttpClient, served: Served) -> None:
    """Its target is asked for as the answer names it."""
    assert client.get("/old").status == 200
    assert [request.split()[1] for request in served.requests] == ["/app/old", "/app/page"]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/away", "redirect to https://elsewhere.example refused: not the host of this run"),
        ("/round", "redirected without end"),
        ("/short", "malformed answer: it is longer than it says"),
    ],
)
def test_an_answer_that_cannot_be_used_is_an_error(client: HttpClient, path: str, error: str) -> None:
    """It says why."""
    assert client.get(path).error == error


def test_an_unexpected_status_is_an_error(client: HttpClient) -> None:
    """Unless the request expects it."""
    assert client.post("/page", json={"a": 1}).error == "status 503"
    assert client.post("/page", expect=(503,)).ok
    [(_, endpoint)] = client._generator.statistics.endpoints.items()
    assert (endpoint.counts.sent, endpoint.counts.answered, endpoint.counts.failed) == (2, 2, 1)
