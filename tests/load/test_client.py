"""The HTTP client of the journey lane, against a server in the same process, over HTTP and HTTPS."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from gevent import ssl
from gevent.server import StreamServer

from asbuilt.load.plan.arrivals import LoadStage
from asbuilt.load.plan.settings import Settings
from asbuilt.load.run.generator import LoadGenerator
from asbuilt.load.users.client import HttpClient

LARGE = 300_000
ANSWERS = {
    "GET /app/page": b"200 OK\r\nContent-Length: 4\r\nSet-Cookie: id=7; Path=/\r\n\r\nbody",
    "GET /app/large": b"200 OK\r\nContent-Length: %d\r\n\r\n%b" % (LARGE, b"x" * LARGE),
    "POST /app/large": b"200 OK\r\nContent-Length: 4\r\n\r\nbody",
    "GET /app/chunks": b"200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n",
    "GET /app/closed": b"200 OK\r\nConnection: close\r\n\r\nbody",
    "GET /app/cut": b"200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nbody",
    "GET /app/old": b"302 Found\r\nContent-Length: 0\r\nLocation: /app/page\r\n\r\n",
    "GET /app/away": b"302 Found\r\nContent-Length: 0\r\nLocation: https://elsewhere.example/app/page\r\n\r\n",
    "GET /app/round": b"302 Found\r\nContent-Length: 0\r\nLocation: round\r\n\r\n",
    "POST /app/page": b"503 Busy\r\nContent-Length: 4\r\n\r\nbody",
    "GET /app/short": b"200 OK\r\nContent-Length: 3\r\n\r\nbody",
}


class Served:
    """A server on loopback, and the requests that it received."""

    def __init__(self, **tls: str) -> None:
        self.requests: list[str] = []
        options = {}
        if tls:
            options["ssl_context"] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            options["ssl_context"].load_cert_chain(**tls)
        self.server = StreamServer(("127.0.0.1", 0), self._serve, **options)
        self.server.start()
        self.host = f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_port}/app"

    def _serve(self, client: Any, address: Any) -> None:
        while data := client.recv(1_000_000).decode():
            while "Content-Length: 300000" in data and len(data) < LARGE:
                data += client.recv(1_000_000).decode()
            self.requests.append(data)
            answer = ANSWERS[" ".join(data.split()[:2])]
            client.sendall(b"HTTP/1.1 " + answer)
            if b"Connection: close" in answer:
                client.close()
                return


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files of a certificate for loopback, and of its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "certificate.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return {"certfile": str(folder / "certificate.pem"), "keyfile": str(folder / "key.pem")}


@pytest.fixture(params=["http", "https"])
def served(request: pytest.FixtureRequest, certificate: dict[str, str]) -> Iterator[Served]:
    """The server, while a test runs."""
    made = Served(**certificate if request.param == "https" else {})
    yield made
    made.server.stop()


def _client(served: Served, **settings: Any) -> HttpClient:
    plain = Settings("x", "", served.host, (), "target", (LoadStage(1, 1, 1),), 1, **{"writes": True, **settings})
    return HttpClient(LoadGenerator(plain), "api")


@pytest.fixture
def client(served: Served, certificate: dict[str, str]) -> Iterator[HttpClient]:
    """A client of the server, whose host has a path."""
    made = _client(served, ca_file=certificate["certfile"])
    yield made
    made._generator.close()


def test_requests_go_below_the_path_of_the_host(client: HttpClient, served: Served) -> None:
    """And are counted under the path that was asked for; cookies are sent back."""
    assert client.get("/page").ok
    assert client.get("/page").body == b"body"
    assert [request.split()[1] for request in served.requests] == ["/app/page", "/app/page"]
    assert "Cookie: id=7" in served.requests[1]
    [(name, _)] = client._generator.statistics.endpoints
    assert name == "/page"


@pytest.mark.parametrize(("path", "length"), [("/large", LARGE), ("/chunks", 4), ("/closed", 4)])
def test_a_body_is_read_whole(client: HttpClient, path: str, length: int) -> None:
    """However long it is, and however its end is marked; the next request is answered, too."""
    assert len(client.get(path).body) == length
    assert client.get("/page").body == b"body"


def test_a_large_body_is_sent_whole(client: HttpClient, served: Served) -> None:
    """Also where the socket does not take it at once."""
    assert client.post("/large", data=b"y" * LARGE).ok
    assert served.requests[0].endswith("\r\n\r\n" + "y" * LARGE)


def test_a_redirect_within_the_host_is_followed(client: HttpClient, served: Served) -> None:
    """To the path that the answer names."""
    assert client.get("/old").status == 200
    assert [request.split()[1] for request in served.requests] == ["/app/old", "/app/page"]


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/away", "redirect to https://elsewhere.example refused: not the host of this run"),
        ("/round", "redirected without end"),
        ("/short", "malformed answer: it is longer than it says"),
        ("/cut", "closed before the answer was whole"),
    ],
)
def test_an_answer_that_cannot_be_used_is_an_error(client: HttpClient, path: str, error: str) -> None:
    """It says why, and the next request is answered."""
    assert client.get(path).error == error
    assert client.get("/page").ok


def test_an_unexpected_status_is_an_error(client: HttpClient) -> None:
    """Unless the request expects it."""
    assert client.post("/page", json={"a": 1}).error == "status 503"
    assert client.post("/page", expect=(503,)).ok
    [(_, endpoint)] = client._generator.statistics.endpoints.items()
    assert (endpoint.counts.sent, endpoint.counts.answered, endpoint.counts.failed) == (2, 2, 1)


def test_a_certificate_of_an_unknown_authority_is_an_error(certificate: dict[str, str], tmp_path: Path) -> None:
    """Unless certificates are not verified."""
    served = Served(**certificate)
    try:
        for settings, error in (({}, "TLS failed: self-signed certificate"), ({"verify_tls": False}, "")):
            client = _client(served, **settings)
            assert client.get("/page").error == error
            client._generator.close()
    finally:
        served.server.stop()


def test_a_write_without_leave_is_neither_sent_nor_counted(certificate: dict[str, str], served: Served) -> None:
    """Through TLS, too; reading goes on."""
    client = _client(served, ca_file=certificate["certfile"], writes=False)
    assert client.post("/page").error.endswith("(--allow-writes)")
    assert not client._generator.statistics.endpoints
    assert client.get("/page").ok
    assert [request.split()[0] for request in served.requests] == ["GET"]
    client._generator.close()


def test_the_edge_sends_no_write_of_any_owner(certificate: dict[str, str], served: Served) -> None:
    """A connection refuses bytes that write, whoever built them, and tells its owner."""
    client = _client(served, ca_file=certificate["certfile"], writes=False)
    response = client._exchange("GET", b"POST /app/page HTTP/1.1\r\nHost: x\r\n\r\n", 0.0)
    assert response.error.startswith("POST requests may change data")
    assert client.get("/page").ok
    assert [request.split()[0] for request in served.requests] == ["GET"]
    client._generator.close()
