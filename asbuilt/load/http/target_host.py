"""Where requests go: the addresses of a host, and the TLS context that all connections to it share."""

from __future__ import annotations

import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

from asbuilt.load.http.connection import HttpConnection, ResponseHandler
from asbuilt.load.http.readiness import readiness
from asbuilt.load.http.tls import HttpsConnection
from asbuilt.load.plan.settings import Settings


class TargetHost:
    """The host of a run; its addresses are looked up again now and then, since those of a load balancer change."""

    def __init__(self, settings: Settings) -> None:
        parts = urlsplit(settings.host)
        self.name = parts.hostname or ""
        self.scheme = parts.scheme
        self.port = parts.port or (443 if self.scheme == "https" else 80)
        self.authority = parts.netloc.rpartition("@")[2]
        self.prefix = parts.path.rstrip("/")
        self.context: ssl.SSLContext | None = None
        if self.scheme == "https":
            self.context = ssl.create_default_context(cafile=settings.ca_file or None)
            if not settings.verify_tls:
                self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self._addresses: list[tuple[int, Any]] = []
        self._next = 0
        self.reads = readiness()
        self.look_up()

    def look_up(self) -> None:
        """Resolve the host's name again. Raises `OSError` where that fails."""
        found = socket.getaddrinfo(self.name, self.port, type=socket.SOCK_STREAM)
        self._addresses = list(dict.fromkeys((int(family), address) for family, _, _, _, address in found))

    def knows(self, address: Any) -> bool:
        """Whether an address is still the host's."""
        return any(address == known for _, known in self._addresses)

    def next_address(self) -> tuple[int, Any]:
        """The host's addresses in turn, each with its family."""
        self._next += 1
        return self._addresses[self._next % len(self._addresses)]

    def connection(self, owner: ResponseHandler) -> HttpConnection:
        """A connection to the next address in turn."""
        family, address = self.next_address()
        if self.context is None:
            return HttpConnection(owner, self.reads, family, address)
        return HttpsConnection(owner, self.reads, family, address, self.context, self.name)
