"""Where requests go: the confirmed addresses of a host, and the TLS context that all connections to it share."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from asbuilt.load.http.connection import HttpConnection, ResponseHandler
from asbuilt.load.http.outgoing import OutgoingRequests
from asbuilt.load.http.readiness import readiness
from asbuilt.load.http.tls import HttpsConnection
from asbuilt.load.plan.confirmation import host_of
from asbuilt.load.plan.settings import Settings


class TargetHost:
    """The host of a run. Its name is looked up nowhere here: connections go to the addresses of the settings, while
    the `Host` header and the TLS server name stay the name.
    """

    def __init__(self, settings: Settings, outgoing: OutgoingRequests) -> None:
        parts = urlsplit(settings.host)
        self.name = parts.hostname or ""
        self.scheme = parts.scheme
        self.port = port_of(settings.host)
        self.authority = parts.netloc.rpartition("@")[2]
        self.prefix = parts.path.rstrip("/")
        self.context = tls_context(settings) if self.scheme == "https" else None
        self.addresses = settings.pinned
        self._sockets = [socket_address(address, self.port) for address in self.addresses]
        self._next = 0
        self.reads = readiness()
        self.outgoing = outgoing

    def connection(self, owner: ResponseHandler) -> HttpConnection:
        """A connection to the next of the host's addresses in turn."""
        self._next += 1
        family, address = self._sockets[self._next % len(self._sockets)]
        if self.context is None:
            return HttpConnection(owner, self.reads, self.outgoing, family, address)
        return HttpsConnection(owner, self.reads, self.outgoing, family, address, self.context, self.name)


def port_of(url: str) -> int:
    """The port of an http or https URL."""
    host_of(url)
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def socket_address(address: str, port: int) -> tuple[int, Any]:
    """The address family of an IP address, and what a socket of it connects to."""
    if ipaddress.ip_address(address).version == 4:
        return socket.AF_INET, (address, port)
    return socket.AF_INET6, (address, port, 0, 0)


def connected(addresses: Sequence[str], port: int, timeout: float) -> socket.socket:
    """A socket that is connected to the first of the addresses that answers. Raises `OSError` where none does."""
    failure = OSError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            failure = error
    raise failure


def tls_context(settings: Settings) -> ssl.SSLContext:
    """The context of a run's TLS connections."""
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    if not settings.verify_tls:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
