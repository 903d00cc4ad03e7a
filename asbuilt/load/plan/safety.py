"""Refuses a run before any load is sent: by its host, its size, and what this machine allows; and tells its cost."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import json
import os
import re
import resource
import socket
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from asbuilt.load.plan.scenario import Login, Scenario, filled
from asbuilt.load.plan.settings import Settings

_PRODUCTION = re.compile(r"(?i)(^|[.-])(prod|production|live|www|app|portal)([.-]|$)")
_SPARE_FILES = 100
_MOST_FILES = 1_000_000
_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
_BYTES_A_REQUEST = 1500
_USD_A_GIB = 0.09  # data out of us-east-1, list price
_USD_AN_LCU_HOUR = 0.008
_CONNECTIONS_AN_LCU, _RULES_AN_LCU, _GIB_AN_LCU_HOUR = 3000, 1000, 1.0


class RunRefusedError(Exception):
    """The run is refused; the message says what to do."""


def is_loopback(host: str) -> bool:
    """Whether a host's name resolves to this machine only."""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(found) and all(
        ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in map(str, found)
    )


def looks_like_production(host: str) -> bool:
    """Whether a host's name contains a word for production, or has no subdomain (`example.edu`)."""
    return bool(_PRODUCTION.search(host)) or host.count(".") == 1


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


def permitted(url: str, confirm: str, production: str) -> None:
    """Refuse a host that is not this machine unless it is confirmed by its name."""
    host = host_of(url)
    if is_loopback(host):
        return
    if confirm != host:
        raise RunRefusedError(f"{host} is not this machine: if you may load it, add --confirm {host}")
    if looks_like_production(host) and production != host:
        raise RunRefusedError(f"{host} looks like production: if you mean it, add --production {host}")


def within_caps(settings: Settings, most_rate: float, most_users: int, most_seconds: float) -> None:
    """Refuse a run that is larger than its caps."""
    arrivals = settings.arrivals
    for what, value, most, option in (
        ("requests a second", arrivals.peak, most_rate, "--most-rate"),
        ("users", settings.users, most_users, "--most-users"),
        ("seconds", arrivals.seconds, most_seconds, "--most-seconds"),
    ):
        if value > most:
            raise RunRefusedError(f"{value:,.0f} {what} are more than the cap of {most:,.0f}: raise it with {option}")


def enough_files(users: int, processes: int) -> None:
    """Raise the limit of open files so that this process, and each that it starts, may open a connection for each user.
    Refuse the run where the limit is too low for that.
    """
    needed = -(-users // max(1, processes)) + _SPARE_FILES
    allowed = raise_files(needed)
    if allowed < needed:
        raise RunRefusedError(
            f"{users} users in {max(1, processes)} process(es) need {needed} open files each, and {allowed} are "
            f"allowed: raise the limit (ulimit -n {needed}), take fewer --users, or with --host more --workers"
        )


def raise_files(needed: int) -> int:
    """Raise this process's limit of open files to its hard limit, or to those needed if there is none; returns it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return max(needed, _MOST_FILES)
    most = max(soft, needed if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES))
    with contextlib.suppress(OSError, ValueError):  # a kernel may have a lower limit of its own
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        return most
    return soft


def enough_ports(users: int, host: str) -> None:
    """Refuse more users on this machine than it has ports for connections to the host's addresses (on Linux)."""
    try:
        first, last = map(int, _PORTS.read_text(encoding="ascii").split())
        addresses = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError:
        return  # another system, or an unknown host, which `probe` reports
    ports = (last - first + 1) * len(addresses)
    if users + _SPARE_FILES > ports:
        raise RunRefusedError(
            f"{users} users on this machine are too many for its {ports} ports to {host}: widen "
            "net.ipv4.ip_local_port_range, take fewer --users, or spread them over machines with --expect-workers"
        )


def writable(folder: Path) -> None:
    """Refuse a folder that the results cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise RunRefusedError(f"--out {folder}: results cannot be written there: {error.strerror or error}") from None


def enough_cores(workers: int) -> None:
    """Refuse more worker processes than there are cores: they would wait for each other."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if workers > cores:
        raise RunRefusedError(f"--workers {workers} are more than this machine's {cores} cores")


def probe(settings: Settings, scenario: Scenario) -> None:
    """Sign one user in, or request one page, so that a dead host or a wrong password is reported before any load."""
    parts = urlsplit(settings.host)
    try:
        connection = _connection(settings)
        connection.connect()
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or error
        raise RunRefusedError(
            f"{settings.host}: TLS failed: {reason} (--ca-file FILE names another authority)"
        ) from None
    except OSError as error:
        raise RunRefusedError(f"{settings.host} does not answer: {error}") from None
    try:
        if scenario.login is not None:
            _sign_in(connection, scenario.login, parts.path.rstrip("/"))
        else:
            connection.request("GET", parts.path or "/")
            connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        raise RunRefusedError(f"{settings.host} does not answer as a web server does: {error!r}") from None
    finally:
        connection.close()


def _connection(settings: Settings) -> http.client.HTTPConnection:
    parts = urlsplit(settings.host)
    if parts.scheme == "http":
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    context = ssl.create_default_context(cafile=settings.ca_file or None)
    if not settings.verify_tls:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=10, context=context)


def _sign_in(connection: http.client.HTTPConnection, login: Login, prefix: str) -> None:
    account = login.account(1)
    body = json.dumps(filled(login.body, account))
    connection.request(login.method, prefix + login.path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    if answer.status not in login.expect:
        raise RunRefusedError(
            f"{login.method} {login.path} as {account['user']!r} was answered {answer.status}: "
            "put credentials that work under [login]"
        )


def announcement(settings: Settings, workers: int) -> Iterator[str]:
    """What will be sent and about what it costs, as lines to print before the start."""
    arrivals = settings.arrivals
    gib = arrivals.count * _BYTES_A_REQUEST / 1024**3
    hours = arrivals.seconds / 3600
    units = max(settings.users / _CONNECTIONS_AN_LCU, arrivals.peak / _RULES_AN_LCU, gib / max(hours, 1e-9))
    usd = gib * _USD_A_GIB + units * hours * _USD_AN_LCU_HOUR
    yield f"load      {settings.system} {settings.variant}".rstrip() + f", profile {settings.profile}"
    yield f"target    {settings.host}"
    yield (
        f"sending   about {arrivals.count:,.0f} requests in {arrivals.seconds:,.0f} s, up to {arrivals.peak:,.0f} a "
        f"second, by {settings.users:,} users from {workers or 1} process(es)"
    )
    if not is_loopback(urlsplit(settings.host).hostname or ""):
        yield f"cost      about {usd:.2f} USD if it runs on AWS (list prices of data out and load balancer capacity)"
