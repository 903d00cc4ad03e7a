"""Refuses a run before any load is sent: by its size, and by what this machine allows."""

from __future__ import annotations

import contextlib
import math
import os
import resource
import tempfile
from pathlib import Path

from asbuilt.load.plan.confirmation import RunRefusedError
from asbuilt.load.plan.settings import Settings

_SPARE_FILES = 100
_MOST_FILES = 1_000_000
_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")


def within_caps(settings: Settings, most_users: int, most_seconds: float) -> None:
    """Refuse a run that is larger than its caps; the plan of its requests has those on requests."""
    arrivals = settings.arrivals
    for what, value, most, option in (
        ("arrivals a second", arrivals.peak, settings.most_rate or math.inf, "--most-rate"),
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


def enough_ports(users: int, host: str, addresses: int) -> None:
    """Refuse more users on this machine than it has ports to so many addresses of the host (on Linux)."""
    try:
        first, last = map(int, _PORTS.read_text(encoding="ascii").split())
    except OSError:
        return  # another system
    ports = (last - first + 1) * addresses
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
