"""Load runs that lose a process, or are told to end: none is green, and none leaves a process behind."""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from asbuilt.load.run import processes
from tests.load.running import LONG, ROOT, SILENCE, SMALL, children_of, load, spec_of, watched

pytestmark = pytest.mark.realtime

WORKER = (sys.executable, "-m", "locust", "-f", "loadtests/campushub360/users.py", "--worker", "--master-port")
WORKERS = (*SMALL, "--workers", "2", "--seconds", "7", *SILENCE)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
def test_a_lost_worker_is_never_green(tmp_path: Path, end: signal.Signals) -> None:
    """A killed worker closes its connection, a stopped one only falls silent, as behind a cut cable. Either is noticed,
    its share goes to the other, and the run says nothing about its target.
    """
    run = watched(
        tmp_path,
        spec_of(tmp_path, "studybunny"),
        *WORKERS,
        at_first_second=lambda pid: os.kill(children_of(pid, b"--worker")[0], end),
    )
    assert run.code == 6, run.said
    assert "its share goes to the others" in run.said
    assert set(run.statuses.values()) == {"unknown"}
    assert len(run.result["health"]["workers_lost"]) == 1


def test_workers_end_when_their_master_falls_silent(tmp_path: Path) -> None:
    """Nobody would count what they send from then on; and the master, when it speaks again, knows that it lost them."""
    ended: list[int] = []

    def silence_the_master(pid: int) -> None:
        workers = [os.pidfd_open(worker) for worker in children_of(pid, b"--worker")]
        (master,) = children_of(pid, b"--master")
        os.kill(master, signal.SIGSTOP)
        ended.extend(len(select.select([worker], [], [], LONG)[0]) for worker in workers)
        os.kill(master, signal.SIGCONT)
        for worker in workers:
            os.close(worker)

    run = watched(tmp_path, spec_of(tmp_path, "studybunny"), *WORKERS, at_first_second=silence_the_master)
    assert run.code == 6, run.said
    assert ended == [1, 1]
    assert run.said.count("the master is silent: this worker stops") == 2
    assert "the last worker was lost" in run.said


def test_a_run_leaves_no_process_behind_when_told_to_end(tmp_path: Path) -> None:
    """The stand-in and the generator end with it."""
    children: list[int] = []

    def end(pid: int) -> None:
        children.extend(children_of(pid))
        os.kill(pid, signal.SIGTERM)

    run = watched(tmp_path, spec_of(tmp_path, "studybunny"), *SMALL, "--seconds", "60", at_first_second=end)
    assert run.code == 2, run.said
    assert len(children) == 2
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


def test_users_that_a_worker_has_no_files_for_are_told(tmp_path: Path) -> None:
    """A worker elsewhere has a limit of its own: a user without a connection is counted once, and not waited for."""
    with processes.reserved_address() as address:
        port = address.rpartition(":")[2]
        worker = subprocess.Popen(
            [*WORKER, port],
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200)),  # noqa: PLW1509  # no thread runs
        )
        try:
            more = ("--users", "250", "--expect-workers", "1", "--bind", address)
            run = load(tmp_path, "campushub360", "--variant", "tier1", *SMALL, *more)
        finally:
            worker.kill()
            worker.wait()
    reasons = " ".join(run.result.get("invalid", ()))
    assert run.code == 6, run.said
    assert "of 250 users did not get ready" in reasons, run.said
    assert "Too many open files" in reasons, run.said
    assert run.result["health"]["left"] == 0
    assert min(point["in_flight"] for point in run.result["timeline"]) >= 0
