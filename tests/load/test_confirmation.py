"""Where load may go: the addresses of a host as its resolver tells them, and what must be confirmed."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from asbuilt.load.http.outgoing import OutgoingRequests
from asbuilt.load.http.target_host import TargetHost, socket_address
from asbuilt.load.plan.arrivals import LoadStage
from asbuilt.load.plan.confirmation import RunRefusedError, confirmed, host_of, looks_like_production, on_this_machine
from asbuilt.load.plan.settings import Settings

PUBLIC = "203.0.113.7"


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that makes every name have these addresses; it returns how often names were looked up."""

    def answer(*addresses: str) -> list[str]:
        asked: list[str] = []

        def getaddrinfo(host: str, *_: Any, **__: Any) -> list[Any]:
            asked.append(host)
            return [(socket.AF_INET6 if ":" in one else socket.AF_INET, 1, 6, "", (one, 0)) for one in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return answer


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:80", "http://127.1"])
def test_this_machine_needs_no_confirmation(url: str) -> None:
    """Loopback is allowed under any of its names."""
    assert on_this_machine(confirmed(url, "", ""))


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["127.9.9.9", "::1"]])
def test_a_name_of_loopback_addresses_is_this_machine(resolve: Any, addresses: list[str]) -> None:
    """Where all of its addresses are."""
    resolve(*addresses)
    assert on_this_machine(confirmed("http://a.b.example", "", ""))


@pytest.mark.parametrize(
    "addresses", [["10.0.0.5"], ["127.0.0.1", PUBLIC], [PUBLIC, "::1"], ["::ffff:203.0.113.7"], ["2600:1f00::1"]]
)
def test_a_name_with_another_address_is_another_machine(resolve: Any, addresses: list[str]) -> None:
    """One such address is enough; the refusal names all."""
    resolve(*addresses)
    with pytest.raises(RunRefusedError, match=r"\(.*\) is not this machine: .*--confirm a\.b\.example$"):
        confirmed("http://a.b.example", "", "")
    assert len(confirmed("http://a.b.example", "a.b.example", "")) == len(addresses)


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "::", "169.254.169.254", "169.254.170.2", "fe80::1%eth0", "fd00:ec2::254", "224.0.0.1"),  # noqa: S104  # refused
        *("255.255.255.255", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"),
    ],
)
def test_some_addresses_are_never_loaded(resolve: Any, address: str) -> None:
    """Metadata of an instance and the like, also where the name was confirmed and another address is fine."""
    resolve(PUBLIC, address)
    with pytest.raises(RunRefusedError, match="load is never sent to"):
        confirmed("http://a.b.example", "a.b.example", "a.b.example")


@pytest.mark.parametrize(
    ("url", "confirm", "production", "words"),
    [
        ("https://staging.example.edu", "", "", "--confirm staging.example.edu"),
        ("https://staging.example.edu", "other.example.edu", "", "--confirm"),
        ("https://www.example.edu", "www.example.edu", "", "--production www.example.edu"),
        ("https://example.edu", "example.edu", "", "--production"),
        ("ftp://example.edu", "", "", "no URL"),
        ("example.edu", "", "", "no URL"),
        ("http://127.0.0.1:port", "", "", "no URL"),
    ],
)
def test_a_host_elsewhere_is_refused_until_it_was_confirmed(
    resolve: Any, url: str, confirm: str, production: str, words: str
) -> None:
    """By its name, and once more where it looks like production."""
    resolve(PUBLIC)
    with pytest.raises(RunRefusedError, match=words):
        confirmed(url, confirm, production)


def test_confirmed_hosts_are_permitted(resolve: Any) -> None:
    """By the options that the messages ask for; a name is looked up once, and nowhere after that."""
    asked = resolve(PUBLIC, "2600:1f00::1")
    addresses = confirmed("https://www.example.edu:8443/x", "www.example.edu", "www.example.edu")
    settings = Settings("x", "", "https://www.example.edu:8443/x", addresses, "target", (LoadStage(1, 1, 1),), 1)
    target = TargetHost(settings, OutgoingRequests(settings))
    found = {target.connection(None).address for _ in range(4)}
    assert found == {(PUBLIC, 8443), ("2600:1f00::1", 8443, 0, 0)}
    assert (target.name, target.authority, asked) == ("www.example.edu", "www.example.edu:8443", ["www.example.edu"])
    assert looks_like_production("api.prod.example.edu")
    assert host_of("https://a.example.edu:8443/x") == "a.example.edu"
    assert socket_address("::1", 80)[0] == socket.AF_INET6


def test_a_name_that_was_not_looked_up_is_not_connected_to() -> None:
    """A process that was handed no address does not look for one."""
    settings = Settings("x", "", "http://staging.example.edu", (), "target", (LoadStage(1, 1, 1),), 1)
    with pytest.raises(RunRefusedError, match="was not looked up when it was confirmed"):
        _ = settings.pinned


def _outgoing(**change: Any) -> OutgoingRequests:
    settings = Settings("x", "", "http://127.0.0.1:1", (), "target", (LoadStage(1, 1, 1),), 1, **change)
    return OutgoingRequests(settings, "POST /login")


@pytest.mark.parametrize(
    ("request_line", "leaves"),
    [
        (b"GET / HTTP/1.1\r\n", True),
        (b"HEAD / HTTP/1.1\r\n", True),
        (b"OPTIONS / HTTP/1.1\r\n", True),
        (b"POST /login HTTP/1.1\r\n", True),
        (b"POST /login/all HTTP/1.1\r\n", False),
        (b"POST /login?then=pay HTTP/1.1\r\n", False),
        (b"DELETE /login HTTP/1.1\r\n", False),
        (b"POST / HTTP/1.1\r\n", False),
        (b"PATCH / HTTP/1.1\r\n", False),
        (b"get / HTTP/1.1\r\n", False),
        (b"GETALL / HTTP/1.1\r\n", False),
        (b"", False),
    ],
)
def test_a_write_is_told_by_its_method(request_line: bytes, leaves: bool) -> None:
    """Whatever is no read does not leave; the sign-in is the only exception, by its method and path."""
    outgoing = _outgoing()
    assert (outgoing.refusal(request_line, 1.0) == "") is leaves
    assert outgoing.sent == leaves
    assert _outgoing(writes=True).refusal(request_line, 1.0) == ""


def test_caps_hold_for_each_process_s_part() -> None:
    """Of all requests, and of those of a second; the first request above one ends the run, and is not sent."""
    outgoing = _outgoing(most_requests=7, workers=2)
    assert [outgoing.refusal(b"GET / HTTP/1.1", 1.0) == "" for _ in range(5)] == [True] * 3 + [False] * 2
    assert (outgoing.sent, "--most-requests" in outgoing.stopped) == (3, True)
    outgoing = _outgoing(most_rate=2.0)
    moments = (1.0, 1.5, 2.1, 2.2, 2.3)
    assert [outgoing.refusal(b"GET / HTTP/1.1", at) == "" for at in moments] == [True] * 4 + [False]
    assert "--most-rate" in outgoing.stopped
