"""Starts the processes of a run, and ends all of them with it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from asbuilt import content
from asbuilt.load.plan.settings import Settings
from asbuilt.sources.ambient import without_locust

SETTINGS, PARENT = "ASBUILT_LOAD_SETTINGS", "ASBUILT_LOAD_PARENT"
_GRACE = 5.0
_USERS_A_SECOND = 500  # in each process: faster, a busy one has no time to hear its master, nor a target to accept
_NEAR_WAIT, FAR_WAIT = 60, 300  # seconds until all workers have connected; elsewhere an image is fetched first
_QUIET = ("--only-summary", "--skip-log-setup")  # the run prints its own progress


def environment() -> dict[str, str]:
    """The environment of a child process: this one's without options of Locust, and with the path of this `asbuilt`."""
    return {**without_locust(os.environ), "PYTHONPATH": str(content.ENGINE.parent)}


class ChildProcesses:
    """Child processes, ended together."""

    def __init__(self) -> None:
        self.running: list[subprocess.Popen[str]] = []

    def start(self, command: Sequence[str], **options: object) -> subprocess.Popen[str]:
        """Start one. `options` are those of `Popen`; `env` is `environment()` unless it is given."""
        options.setdefault("env", environment())
        child: subprocess.Popen[str] = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603  # our own programs only
            command, text=True, **options
        )
        self.running.append(child)
        return child

    def end(self) -> None:
        """Ask all to end, and kill those that have not ended in time."""
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
def child_processes() -> Iterator[ChildProcesses]:
    """Child processes that end with the block."""
    children = ChildProcesses()
    try:
        yield children
    finally:
        children.end()


def stand_in(children: ChildProcesses, system: str, knobs: Sequence[str]) -> str:
    """Start a system's stand-in; returns its address. Raises `ValueError` on a knob that does not exist."""
    content.module("fixtures.apps.knobs").Knobs.parse(knobs)
    program = "from asbuilt.content import main; main()"
    turned = [f"--knob={knob}" for knob in knobs]
    command = [sys.executable, "-c", program, "fixtures.apps.serve", system, *turned]
    child = children.start(command, stdout=subprocess.PIPE)
    address = child.stdout.readline().strip() if child.stdout else ""  # it is printed when connections are accepted
    if not address:
        raise ValueError(f"the stand-in of {system} did not start")
    return address


@contextlib.contextmanager
def reserved_address() -> Iterator[str]:
    """An address on this machine that no other program is given by chance while the block lasts."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a program that asks for this port may listen on it
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


def generate(
    settings: Settings, locust_file: Path, *, workers: int = 0, expect: int = 0, bind: str = "127.0.0.1:5557"
) -> int:
    """Run the generator to its end and return its exit code; the measurements are in `settings.out`.

    `workers` processes are started here; `expect` more join from elsewhere. Without any, one process does it all.
    """
    users_a_second = max(100, min(settings.users // 5, _USERS_A_SECOND * max(1, workers + expect)))
    wait = FAR_WAIT if expect else _NEAR_WAIT
    locust = [sys.executable, "-m", "locust", "-f", str(locust_file)]
    options = ["--headless", "-u", str(settings.users), "-r", str(users_a_second), *_QUIET]
    if workers or expect:
        options += _master_options(bind, workers + expect, wait)
    with tempfile.TemporaryDirectory(prefix="asbuilt-load-") as folder, child_processes() as children:
        file = Path(folder) / "settings.json"
        file.write_text(settings.dumps(), encoding="utf-8")
        env = {**environment(), "PYTHONUNBUFFERED": "1", PARENT: str(os.getpid())}
        leader = children.start([*locust, *options], env={**env, SETTINGS: str(file)}, stdin=subprocess.DEVNULL)
        for _ in range(workers):
            _start_worker(children, locust, bind, env)
        limit = wait + settings.users / users_a_second + _longest(settings)
        try:
            return leader.wait(limit)
        except subprocess.TimeoutExpired:
            sys.stderr.write(f"asbuilt load: the generator did not end within {limit:.0f} s and was ended\n")
            return 124


def _master_options(bind: str, workers: int, wait: int) -> list[str]:
    address, _, port = bind.rpartition(":")
    return [
        *("--master", "--master-bind-host", address, "--master-bind-port", port, "--enable-rebalancing"),
        *("--expect-workers", str(workers), "--expect-workers-max-wait", str(wait)),
    ]


def _start_worker(children: ChildProcesses, locust: Sequence[str], bind: str, env: Mapping[str, str]) -> None:
    address, _, port = bind.rpartition(":")
    here = "127.0.0.1" if address in ("0.0.0.0", "*") else address  # noqa: S104  # compared, not bound
    children.start(
        [*locust, "--worker", "--master-host", here, "--master-port", port, *_QUIET],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def _longest(settings: Settings) -> float:
    """The longest that a run may take once its users are started, in seconds: then something is wrong with it."""
    return settings.ready_seconds + settings.arrivals.seconds + 3 * settings.timeout_seconds + 30
