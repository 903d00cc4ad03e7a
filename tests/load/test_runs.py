"""`asbuilt load` as a user runs it: on stand-ins, with things broken on purpose, and with wrong input.

Every run is a process of its own: Locust wants to be first in one. A machine that stands still for seconds decides
nothing: what must hold holds by far, with a free user for each arrival of many seconds, and waiting only adds to what
is broken.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from asbuilt.load.run import launching
from tests.programs import ASBUILT

ROOT = Path(__file__).resolve().parents[2]
LOCUST = (sys.executable, "-m", "locust", "-f")

HEAD = '[architecture]\nname = "{system}"\ndocument = "d"\nregion = "us-east-1"\n\n[subjects]\n'
CLAIM = '\n[[claim]]\nsection = "Performance"\nsays = "It is fast, and right."\n'
STUDYBUNNY = (
    'load = {{ kind = "load:run", name = "studybunny" }}\nqueries = {{ kind = "load:flow", name = "query" }}\n',
    'load.p95_ms = "< 15000"\nload.error_percent = "< 20"\nload.concurrent_users = ">= 40"\n'
    'queries.p95_ms = "< 1000"\n',
)
CAMPUSLEARN = ('load = {{ kind = "load:run", name = "campuslearn" }}\n', 'load.mean_ms = "< 900"\n')
APRANOVA = (
    'launch = {{ kind = "load:flow", name = "launch" }}\nresumed = {{ kind = "load:flow", name = "resume" }}\n'
    'idle = {{ kind = "load:flow", name = "idle" }}\nload = {{ kind = "load:run", name = "apranova" }}\n',
    'load.error_percent = "< 20"\nlaunch.slowest_ms = "< 60000"\nresumed.failures = 0\nidle.failures = 0\n',
)
SMALL = ("--seconds", "3", "--ramp", "0", "--rate", "40", "--users", "60", "--most-lag", "60000")
STEADY = (*SMALL, "--seconds", "5", "--rate", "20", "--users", "200")
LAUNCHES = (*SMALL, "--seconds", "8", "--rate", "10", "--users", "120")  # of which 20 launch, four a second
LONG = 300  # seconds: beyond what any of this can take, to end what would never end
TOLD = re.compile(r" *\d+ s  due")  # what a run says of each second


def _spec(folder: Path, system: str, text: tuple[str, str]) -> str:
    path = folder / system / "spec.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(HEAD.format(system=system) + text[0].format() + CLAIM + text[1], encoding="utf-8")
    return str(path)


def _load(folder: Path, *arguments: str, wait: float = LONG) -> tuple[int, str, dict[str, Any]]:
    """Run one load; its exit code, all that it said, and its result."""
    env = {**os.environ, "TMPDIR": str(folder)}  # a lock of our own: what else runs here is no concern of ours
    command = [*ASBUILT, "load", "--out", str(folder / "out"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=wait, check=False, env=env)
    file = folder / "out" / "load-result.json"
    result = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return done.returncode, done.stdout + done.stderr, result


def _statuses(result: dict[str, Any]) -> dict[str, str]:
    return {fact["fact"]: fact["status"] for fact in result["facts"]}


def test_a_good_target_passes_from_two_workers(tmp_path: Path) -> None:
    """Sent, counted and judged; the workers' parts are one whole."""
    spec = _spec(tmp_path, "studybunny", STUDYBUNNY)
    code, said, result = _load(tmp_path, spec, *STEADY, "--workers", "2")
    assert code == 0, said
    assert set(_statuses(result).values()) == {"passed"}
    health = result["health"]
    assert health["scheduled"] == health["started"] == 100
    assert health["sent"] == health["counted"] >= 100
    assert len(result["workers"]) == 2


@pytest.mark.parametrize(
    ("system", "text", "knob", "fails"),
    [
        ("studybunny", STUDYBUNNY, "query_ms=1500", "queries.p95_ms"),
        ("studybunny", STUDYBUNNY, "error_share=0.45", "load.error_percent"),
        ("campuslearn", CAMPUSLEARN, "median_ms=1200", "load.mean_ms"),
        ("apranova", APRANOVA, "lose_files=1", "resumed.failures"),
    ],
)
def test_a_broken_objective_fails(tmp_path: Path, system: str, text: tuple[str, str], knob: str, fails: str) -> None:
    """Each by what was broken."""
    arguments = [_spec(tmp_path, system, text), *SMALL, "--knob", knob]
    if system == "apranova":
        arguments += [*LAUNCHES, "--scenario", _quick_launches(tmp_path), "--knob", "cold_s=0.5"]
    code, said, result = _load(tmp_path, *arguments)
    assert code == 1, said
    assert _statuses(result)[fails] == "failed"


@pytest.mark.parametrize(
    ("system", "knob"),
    [
        ("campushub360", "limit_per_second=20"),  # whoever asks without a pause is above it on any machine
        ("studybunny", "query_ms=1"),
        ("campuslearn", "query_ms=1"),
        ("apranova", "cold_s=0.5"),
    ],
)
def test_a_smoke_run_asks_every_route(tmp_path: Path, system: str, knob: str) -> None:
    """Also those that a full run seldom asks: of each shipped scenario none is left out."""
    # the few of whom there is one have three seconds for each of their turns, all others have a free user for each
    size = ("--rate", "500", "--users", "300", "--seconds", "12", "--most-lag", "60000")
    code, said, result = _load(tmp_path, system, "--profile", "smoke", *size, "--knob", knob)
    assert (code, result.get("untried")) == (0, []), said
    assert set(_statuses(result).values()) == {"untested"}


def test_requests_that_hang_are_given_up(tmp_path: Path) -> None:
    """Each of them, not only the first: they are failures of the target."""
    shipped = (ROOT / "loadtests" / "studybunny" / "scenario.toml").read_text(encoding="utf-8")
    (tmp_path / "hasty.toml").write_text(shipped.replace("timeout_seconds = 10", "timeout_seconds = 1"), "utf-8")
    more = ("--scenario", str(tmp_path / "hasty.toml"), "--knob", "hang_share=0.4", "--no-abort")
    code, said, result = _load(tmp_path, _spec(tmp_path, "studybunny", STUDYBUNNY), *SMALL, *more)
    given_up = sum(endpoint["errors"].get("no answer within 1 s", 0) for endpoint in result["endpoints"])
    assert given_up > 10, said
    assert code != 0


def _quick_launches(folder: Path) -> str:
    shipped = ROOT / "loadtests" / "apranova" / "scenario.toml"
    text = shipped.read_text(encoding="utf-8").replace(
        "Launcher = 3.0, Watcher = 20.0", "Launcher = 0.25, Watcher = 4.0"
    )
    path = folder / "apranova.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_workspaces_are_launched_resumed_and_ended(tmp_path: Path) -> None:
    """Warm and cold apart; files are there again; what is idle is ended in time."""
    spec = _spec(tmp_path, "apranova", APRANOVA)
    more = ("--scenario", _quick_launches(tmp_path), "--knob", "cold_s=0.5")
    code, said, result = _load(tmp_path, spec, *LAUNCHES, *more)
    assert code == 0, said
    flows = {flow["name"]: flow for flow in result["flows"]}
    assert flows["launch-warm"]["samples"] > 0
    assert flows["launch-cold"]["slowest_ms"] >= 500
    assert flows["first-three"]["samples"] == 3


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
def test_a_lost_worker_is_never_green(tmp_path: Path, end: signal.Signals) -> None:
    """Its connection was closed, or (as behind a cut cable) it only says no more: it is seen, its share goes to the
    other, and the run says nothing about its target.
    """
    spec = _spec(tmp_path, "studybunny", STUDYBUNNY)
    command = [*ASBUILT, "load", spec, "--out", str(tmp_path / "out"), *SMALL, "--workers", "2"]
    command += ["--seconds", "10", "--most-lag", "2000"]  # silent for 4.5 s is lost
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
    said = ""
    for line in run.stdout or ():
        if TOLD.match(line) and not TOLD.search(said):
            os.kill(_workers_of(run.pid)[0], end)
        said += line
    assert run.wait(LONG) == 6, said
    assert "its share goes to the others" in said
    result = json.loads((tmp_path / "out" / "load-result.json").read_text(encoding="utf-8"))
    assert set(_statuses(result).values()) == {"unknown"}
    assert len(result["health"]["workers_lost"]) == 1


def test_users_that_a_worker_has_no_files_for_are_told(tmp_path: Path) -> None:
    """A worker elsewhere has a limit of its own: who got no connection is counted, once, and waited for no longer."""
    with launching.reserved_address() as address:
        port = address.rpartition(":")[2]
        worker = subprocess.Popen(
            [*LOCUST, "loadtests/campushub360/users.py", "--worker", "--master-port", port],
            cwd=ROOT, stderr=subprocess.DEVNULL,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200)),
        )  # fmt: skip
        try:
            more = ("--users", "400", "--expect-workers", "1", "--bind", address)
            code, said, result = _load(tmp_path, "campushub360", "--variant", "tier1", *SMALL, *more)
        finally:
            worker.kill()
            worker.wait()
    reasons = " ".join(result.get("invalid", ()))
    assert (code, "of 400 users did not get ready" in reasons, "Too many open files" in reasons) == (6, True, True), (
        said
    )
    assert (result["health"]["left"], min(point["in_flight"] for point in result["timeline"]) >= 0) == (0, True), said


def test_workers_end_when_their_master_falls_silent(tmp_path: Path) -> None:
    """What they would send from then on nobody counts; and the master, speaking again, knows that it lost them."""
    spec = _spec(tmp_path, "studybunny", STUDYBUNNY)
    command = [*ASBUILT, "load", spec, "--out", str(tmp_path / "out"), *SMALL, "--workers", "2"]
    command += ["--seconds", "10", "--most-lag", "2000"]  # silent for 4.5 s is lost
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
    said = ""
    for line in run.stdout or ():
        if TOLD.match(line) and not TOLD.search(said):
            workers = [os.pidfd_open(pid) for pid in _workers_of(run.pid)]
            (master,) = _workers_of(run.pid, b"--master")
            os.kill(master, signal.SIGSTOP)
            ended = [select.select([worker], [], [], LONG)[0] for worker in workers]
            os.kill(master, signal.SIGCONT)
        said += line
    assert run.wait(LONG) == 6, said
    assert [len(one) for one in ended] == [1, 1]
    assert said.count("the master is silent: this worker stops") == 2
    assert "the last worker was lost" in said


def _workers_of(parent: int, role: bytes = b"--worker") -> list[int]:
    """The processes of a role that a run started, by what the kernel tells."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="utf-8").split()
    return [int(pid) for pid in children if role in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]


def test_a_run_leaves_no_process_behind_when_told_to_end(tmp_path: Path) -> None:
    """The stand-in and the generators end with it."""
    spec = _spec(tmp_path, "studybunny", STUDYBUNNY)
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    run = subprocess.Popen(
        [*ASBUILT, "load", spec, *SMALL, "--seconds", "60"], stdout=subprocess.PIPE, text=True, env=env
    )
    children: list[str] = []
    for line in run.stdout or ():
        if TOLD.match(line) and not children:
            children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text(encoding="utf-8").split()
            run.send_signal(signal.SIGTERM)
    assert run.wait(LONG) == 2
    assert len(children) == 2
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["campushub36"], "did you mean 'campushub360'?"),
        ([], "name a spec"),
        (["SPEC", "--profile", "targt"], "did you mean 'target'?"),
        (["SPEC", "--host", "http://127.0.0.1:9"], "nobody answers"),
        (["SPEC", "--host", "127.0.0.1"], "no URL"),
        (["SPEC", "--host", "http://192.0.2.1"], "--confirm 192.0.2.1"),
        (["SPEC", "--workers", "4096"], "cores"),
        (["SPEC", "--knob", "refuse_login=1"], "answered 401"),
        (["SPEC", "--knob", "refuse=1"], "no knob is called 'refuse'"),
        (["SPEC", "--rate", "5000", "--users", "10"], "users busy"),
        (["SPEC", "--scenario", "BROKEN"], "did you mean 'path'?"),
    ],
)
def test_wrong_input_is_refused_before_any_load(tmp_path: Path, arguments: list[str], words: str) -> None:
    """With a message that says what would be right, and the exit code for wrong usage."""
    broken = tmp_path / "broken.toml"
    broken.write_text('[load]\nrate = 1\nusers = 9\n[routes.x]\npth = "/"\n', encoding="utf-8")
    stand_ins = {"SPEC": _spec(tmp_path, "studybunny", STUDYBUNNY), "BROKEN": str(broken)}
    code, said, result = _load(tmp_path, *(stand_ins.get(word, word) for word in arguments))
    assert (code, result) == (4, {}), said
    assert words in said
    assert "Traceback" not in said


def test_a_target_without_tls_is_refused(tmp_path: Path) -> None:
    """https:// to what speaks no TLS."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}"
        server.settimeout(LONG)
        greeter = threading.Thread(target=_greet, args=(server,))
        greeter.start()
        code, said, _ = _load(tmp_path, _spec(tmp_path, "studybunny", STUDYBUNNY), "--host", url)
        greeter.join()
    assert (code, "TLS failed" in said) == (4, True), said


def _greet(server: socket.socket) -> None:
    """Answer whatever one client says with a word, and wait until it leaves."""
    client, _ = server.accept()
    with client, contextlib.suppress(OSError):  # it may leave in haste
        client.recv(1)
        client.sendall(b"hello")
        while client.recv(1000):
            pass


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    """Each would measure the other."""
    with FileLock(tmp_path / "asbuilt-load.lock"):
        code, said, _ = _load(tmp_path, _spec(tmp_path, "studybunny", STUDYBUNNY), *SMALL)
    assert (code, "another load run is under way" in said) == (4, True), said


def test_too_few_open_files_are_refused(tmp_path: Path) -> None:
    """A limit that the users of the run do not fit into."""
    spec = _spec(tmp_path, "studybunny", STUDYBUNNY)
    done = subprocess.run(
        [*ASBUILT, "load", spec, "--users", "5000"],
        capture_output=True, text=True, timeout=LONG, check=False, env={**os.environ, "TMPDIR": str(tmp_path)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 1000)),
    )  # fmt: skip
    assert (done.returncode, "ulimit -n" in done.stderr) == (4, True), done.stderr


def test_a_plain_locust_run_works(tmp_path: Path) -> None:
    """`locust -f loadtests/<system>.py`: its own statistics agree with what the server served."""
    with launching.processes() as children:
        host = launching.stand_in(children, "stall", [])
        command = [*LOCUST, "loadtests/stall/users.py", "--headless", "--host", host]
        size = ["-u", "150", "-r", "1000", "--load-rate", "500", "--load-seconds", "3", "--load-profile", "smoke"]
        done = subprocess.run(
            [*command, *size, "--json", "--loglevel", "ERROR"],
            cwd=ROOT, capture_output=True, text=True, timeout=LONG, check=False,
        )  # fmt: skip
        from asbuilt.load.selfcheck.selfcheck import served

        counted = json.loads(done.stdout[done.stdout.index("[\n") :])
        assert sum(entry["num_requests"] for entry in counted) == len(served(host)) == 150
