"""Where a run may send its load: the addresses of its host, looked up once, and whether that host was confirmed."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

READS = ("GET", "HEAD", "OPTIONS")  # every other method is a write

# option → (metavar, default, help), of `asbuilt load` and of Locust's own command; without a metavar it is a switch
GATE: dict[str, tuple[str, Any, str]] = {
    "--confirm": ("HOST", "", "required for a host that is not this machine"),
    "--production": ("HOST", "", "required as well for a host whose name looks like production"),
    "--allow-writes": ("", False, "send requests that change data to a host that is not this machine, too"),
    "--most-requests": ("N", 0, "end the run before it sends more; default: as many as its users make at most"),
    "--most-rate": ("N", 30_000.0, "refuse more requests a second, and end a run that sends more; default: 30000"),
}

_PRODUCTION = re.compile(r"(?i)(^|[.-])(prod|production|live|www|app|portal)([.-]|$)")
_EC2_IPV6 = ipaddress.ip_network("fd00:ec2::/32")  # an EC2 instance's metadata, DNS and time
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class RunRefusedError(Exception):
    """The run is refused; the message says what to do."""


def host_of(url: str) -> str:
    """The host name of a URL. Raises `RunRefusedError` where the text is no http or https URL."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise RunRefusedError(f"--host {url!r} is no URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise RunRefusedError(f"--host {url!r} is no URL: write it as https://staging.example.edu")
    return parts.hostname


def addresses_of(host: str) -> tuple[str, ...]:
    """The IP addresses of a host, in the resolver's order; an IPv4 address within an IPv6 one as the former.

    Raises `RunRefusedError` where the name is unknown, and where one of the addresses is no host's that may be loaded:
    link-local ones (such as the metadata of an instance), multicast, unspecified and reserved ones.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise RunRefusedError(f"{host} cannot be looked up: {error}") from None
    addresses = tuple(dict.fromkeys(_plain(str(info[4][0])) for info in found))
    if not addresses:
        raise RunRefusedError(f"{host} has no address")
    for address in addresses:
        if _never_loaded(address):
            raise RunRefusedError(
                f"{host} is {address}, an address that load is never sent to (link-local, multicast, unspecified or "
                "reserved): name the host by an address of its own, this machine as 127.0.0.1"
            )
    return tuple(map(str, addresses))


def _plain(text: str) -> _Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


def _never_loaded(address: _Address) -> bool:
    if address.is_loopback:
        return False  # ::1 lies in a reserved network
    return (
        address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
        or (address.version == 6 and address in _EC2_IPV6)
    )


def on_this_machine(addresses: Sequence[str]) -> bool:
    """Whether all addresses are loopback ones; False without any."""
    return bool(addresses) and all(_plain(address).is_loopback for address in addresses)


def looks_like_production(host: str) -> bool:
    """Whether a host's name contains a word for production, or has no subdomain (`example.edu`)."""
    return bool(_PRODUCTION.search(host)) or host.count(".") == 1


def confirmed(url: str, confirm: str, production: str) -> tuple[str, ...]:
    """The addresses that a run may connect to: those of the URL's host, looked up here and nowhere else.

    Raises `RunRefusedError` where the host is not this machine and was not confirmed by its name.
    """
    host = host_of(url)
    addresses = addresses_of(host)
    if on_this_machine(addresses):
        return addresses
    where = host if host in addresses else f"{host} ({', '.join(addresses)})"
    if confirm != host:
        raise RunRefusedError(f"{where} is not this machine: if you may load it, add --confirm {host}")
    if looks_like_production(host) and production != host:
        raise RunRefusedError(f"{where} looks like production: if you mean it, add --production {host}")
    return addresses
