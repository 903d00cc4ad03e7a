"""Holds every client of a generating process to the limits of its run, also those that a scenario brings itself.

Two hooks see what leaves: Python's audit event of each connection, whatever opens it, and the `send` of gevent's
sockets, which Locust puts in the place of Python's (so `requests`, Locust's HttpUser and FastHttpUser, and WebSocket
clients send with them). The run's own connections ask `OutgoingRequests` themselves.
"""

from __future__ import annotations

import errno
import ipaddress
import os
import re
import socket
import sys
import weakref
from time import monotonic
from typing import Any

import gevent
from gevent import socket as gevent_socket
from gevent import ssl as gevent_ssl

from asbuilt.load.http.outgoing import OutgoingRequests, uncountable
from asbuilt.load.plan.confirmation import on_this_machine

_INTERNET = (socket.AF_INET, socket.AF_INET6)
_EVENTS = ("socket.connect", "socket.sendto", "socket.sendmsg")
_REQUEST = re.compile(rb"[A-Z]+ \S+ HTTP/\d")
_UPGRADE = re.compile(rb"(?i)\r\nupgrade:")
_LINE = 8192
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy")


class OutgoingError(PermissionError):
    """A client tried to send what the run may not send."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EPERM, reason)


class ProcessLimits:
    """What this process may connect to and send. Without a target it may connect to this machine only."""

    def __init__(self) -> None:
        self._name = ""
        self._port = 0
        self._addresses: frozenset[str] = frozenset()
        self._outgoing: OutgoingRequests | None = None
        self._upgraded: weakref.WeakSet[Any] = weakref.WeakSet()

    def install(self) -> None:
        """Hold this process to the limits until it ends. Proxies of the environment are forgotten: they would forward
        requests to any host.
        """
        for name in [name for name in os.environ if name.lower() in _PROXIES]:
            del os.environ[name]
        sys.addaudithook(self._audit)
        for cls, name in (
            (gevent_socket.socket, "send"),
            (gevent_socket.socket, "sendmsg"),
            (gevent_ssl.SSLSocket, "send"),
            (gevent_ssl.SSLSocket, "write"),
        ):
            setattr(cls, name, self._limited(getattr(cls, name), many=name == "sendmsg"))
        hub = gevent.get_hub()
        hub.resolver = PinnedResolver(hub.resolver, self)

    def aim(self, name: str, port: int, addresses: tuple[str, ...], outgoing: OutgoingRequests) -> None:
        """Allow this target from now on, and nothing else."""
        self._name, self._port, self._outgoing = name, port, outgoing
        self._addresses = frozenset(addresses)

    def pinned(self, name: Any) -> tuple[str, ...]:
        """The addresses of the target where this is its name, else ()."""
        text = name.decode("latin-1") if isinstance(name, bytes) else str(name)
        return tuple(self._addresses) if self._name and text.rstrip(".").lower() == self._name else ()

    def _audit(self, event: str, values: tuple[Any, ...]) -> None:
        if event not in _EVENTS or values[0].family not in _INTERNET or not isinstance(values[1], tuple):
            return
        host, port = str(values[1][0]), values[1][1]
        if self._allowed(host, port, event == "socket.connect"):
            return
        target = f"the target of this run is {self._name}:{self._port}" if self._name else "no run has begun"
        raise OutgoingError(self._refuse(f"a connection to {host}:{port} was refused: {target}"))

    def _allowed(self, host: str, port: int, connects: bool) -> bool:
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return False  # a name, which would be looked up again
        plain = str(getattr(address, "ipv4_mapped", None) or address)
        if on_this_machine(tuple(self._addresses) or (plain,)):
            return on_this_machine((plain,))
        return connects and plain in self._addresses and port == self._port

    def _limited(self, send: Any, many: bool) -> Any:
        def limited(client: Any, data: Any, *arguments: Any, **options: Any) -> Any:
            self._check(client, _beginning(data[0] if many and data else data))
            return send(client, data, *arguments, **options)

        return limited

    def _check(self, client: Any, data: bytes) -> None:
        """Raise `OutgoingError` where the bytes begin a request, or follow an upgrade, and may not be sent."""
        outgoing, begins = self._outgoing, _REQUEST.match(data)
        if outgoing is None or not (begins or client in self._upgraded):
            return
        if begins and uncountable(data):
            raise OutgoingError(outgoing.refuse("HTTP/2 was refused: its requests cannot be counted"))
        if begins and _UPGRADE.search(data):
            if not outgoing.writes:
                reason = "an upgraded connection (WebSocket) may change data and is not opened (--allow-writes)"
                raise OutgoingError(outgoing.refuse(reason))
            self._upgraded.add(client)
        refused = outgoing.refusal(data if begins else b"GET ", monotonic())
        if refused:
            raise OutgoingError(refused)

    def _refuse(self, reason: str) -> str:
        return self._outgoing.refuse(reason) if self._outgoing is not None else reason


def _beginning(data: Any) -> bytes:
    return bytes(memoryview(data).cast("B")[:_LINE])


class PinnedResolver:
    """gevent's resolver, which answers for the target with the addresses that were confirmed."""

    def __init__(self, resolver: Any, limits: ProcessLimits) -> None:
        self._resolver, self._limits = resolver, limits

    def __getattr__(self, name: str) -> Any:
        return getattr(self._resolver, name)

    def getaddrinfo(self, host: Any, *arguments: Any, **options: Any) -> Any:
        """As `socket.getaddrinfo`."""
        found, failure = [], None
        for address in self._limits.pinned(host) or (host,):
            try:
                found += self._resolver.getaddrinfo(address, *arguments, **options)
            except OSError as error:  # one of the addresses may be of another family than was asked for
                failure = error
        if failure is not None and not found:
            raise failure
        return found

    def gethostbyname(self, name: Any) -> Any:
        """As `socket.gethostbyname`."""
        return self._resolver.gethostbyname(next((one for one in self._limits.pinned(name) if ":" not in one), name))


LIMITS = ProcessLimits()  # one for each process, as the audit hook is
