"""Starts the processes of a run, passes on what they say, and leaves none behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from asbuilt import content
from asbuilt.load.plan.settings import Settings

SETTINGS, PARENT = "ASBUILT_LOAD_SETTINGS", "ASBUILT_LOAD_PARENT"
_GRACE = 5.0
_USERS_A_SECOND = 500  # in each process: faster, a busy one has no time to hear its master, nor a target to accept
_NEAR_WAIT, FAR_WAIT = 60, 300  # seconds until all workers are there; elsewhere an image is fetched first
_QUIET = ("--only-summary", "--skip-log-setup")  # the run tells how it goes itself


def environment() -> dict[str, str]:
    """The environment of a child process: this one's, and the engine that runs here is the one that it imports."""
    return {**os.environ, "PYTHONPATH": str(content.ENGINE.parent)}


class Processes:
    """Child processes, ended together."""

    def __init__(self) -> None:
        self.running: list[subprocess.Popen[str]] = []

    def start(self, command: Sequence[str], **options: object) -> subprocess.Popen[str]:
        """Start one, with this engine in its path; `env` is added to that of this process unless it is given."""
        options.setdefault("env", environment())
        child: subprocess.Popen[str] = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603  # our own programs only
            command, text=True, **options
        )
        self.running.append(child)
        return child

    def end(self) -> None:
        """Ask all to end, then make them."""
        for child in reversed(self.running):
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        limit = time.monotonic() + _GRACE
        for child in self.running:
            try:
                child.wait(max(0.1, limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


@contextlib.contextmanager
def processes() -> Iterator[Processes]:
    """Child processes that end with the block."""
    children = Processes()
    try:
        yield children
    finally:
        children.end()


def stand_in(children: Processes, system: str, knobs: Sequence[str]) -> str:
    """Start a system's stand-in; returns its address. Raises `ValueError` on a knob that does not exist."""
    content.module("fixtures.apps.knobs").Knobs.parse(knobs)
    command = [
        sys.executable,
        "-m",
        "asbuilt.content",
        "fixtures.apps.serve",
        system,
        *(f"--knob={knob}" for knob in knobs),
    ]
    child = children.start(command, stdout=subprocess.PIPE)
    address = child.stdout.readline().strip() if child.stdout else ""
    if not address:
        raise ValueError(f"the stand-in of {system} did not start")
    _await(address)
    return address


@contextlib.contextmanager
def reserved_address() -> Iterator[str]:
    """An address on this machine for workers that are started here; in the block nobody is given its port by chance."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # whoever asks for the port itself may listen there
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


def _await(address: str) -> None:
    parts, limit = urlsplit(address), time.monotonic() + 10
    while time.monotonic() < limit:
        try:
            socket.create_connection((parts.hostname or "", parts.port or 80), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return


def generate(
    settings: Settings, locust_file: Path, *, workers: int = 0, expect: int = 0, bind: str = "127.0.0.1:5557"
) -> int:
    """Run the generator to its end and return its exit code; the measurements are in `settings.out`.

    `workers` processes are started here; `expect` more join from elsewhere. Without any, one process does it all.
    """
    with tempfile.TemporaryDirectory(prefix="asbuilt-load-") as folder, processes() as children:
        file = Path(folder) / "settings.json"
        file.write_text(settings.dumps(), encoding="utf-8")
        child = {**environment(), SETTINGS: str(file), "PYTHONUNBUFFERED": "1", PARENT: str(os.getpid())}
        spawn = str(max(100, min(settings.users // 5, _USERS_A_SECOND * max(1, workers + expect))))
        options = ["--headless", "-u", str(settings.users), "-r", spawn, *_QUIET]
        address, _, port = bind.rpartition(":")
        wait = FAR_WAIT if expect else _NEAR_WAIT
        if workers or expect:
            options += ["--master", "--master-bind-host", address, "--master-bind-port", port]
            options += ["--expect-workers", str(workers + expect), "--expect-workers-max-wait", str(wait)]
            options += ["--enable-rebalancing"]
        leader = children.start([*_locust(locust_file), *options], env=child, stdin=subprocess.DEVNULL)
        for _ in range(workers):
            there = "127.0.0.1" if address in ("0.0.0.0", "*") else address  # noqa: S104  # compared, not bound
            children.start(
                [*_locust(locust_file), "--worker", "--master-host", there, "--master-port", port, *_QUIET],
                env={key: value for key, value in child.items() if key != SETTINGS},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        limit = (
            settings.arrivals.seconds
            + settings.users / int(spawn)
            + settings.ready_seconds
            + 3 * settings.timeout_seconds
            + wait
            + 30
        )
        try:
            return leader.wait(limit)
        except subprocess.TimeoutExpired:
            sys.stderr.write(f"asbuilt load: the generator did not end within {limit:.0f} s and was ended\n")
            return 124


def _locust(locust_file: Path) -> list[str]:
    return [sys.executable, "-m", "locust", "-f", str(locust_file)]
