"""Load runs on stand-ins, as they are and with things broken on purpose."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from asbuilt.load.run import processes
from asbuilt.load.selfcheck.selfcheck import served
from tests.load.running import ANY_LAG, LONG, ROOT, SMALL, Run, load, scenario_of, spec_of

pytestmark = pytest.mark.realtime

LAUNCHES = ("--seconds", "5", "--ramp", "0", "--rate", "10", "--users", "120", *ANY_LAG, "--knob", "cold_s=0.5")
SMOKE = ("--profile", "smoke", "--rate", "400", "--users", "200", "--seconds", "8", *ANY_LAG)
# system → a knob: the few users of whom there is one have two seconds for each of their turns
SMOKE_KNOBS = {
    "campushub360": "limit_per_second=20",  # the user that asks without a pause is above it on any machine
    "studybunny": "query_ms=1",
    "campuslearn": "query_ms=1",
    "apranova": "cold_s=0.5",
}


def test_a_good_target_passes_from_two_workers(tmp_path: Path) -> None:
    """Arrivals are sent, counted and judged; the workers' shares are one whole; the result says whose it is."""
    run = load(tmp_path, spec_of(tmp_path, "studybunny"), *SMALL, "--users", "120", "--workers", "2")
    assert run.code == 0, run.said
    assert set(run.statuses.values()) == {"passed"}
    health = run.result["health"]
    assert health["scheduled"] == health["started"] == 120
    assert health["sent"] == health["counted"] >= 120
    assert len(run.result["workers"]) == 2
    assert run.result["target"]["stand_in"] is True


def test_a_broken_target_fails_the_objectives_that_are_broken(tmp_path: Path) -> None:
    """Slow queries, errors and requests without an answer each count against the target; the number of users holds."""
    scenario = scenario_of(tmp_path, "studybunny", "timeout_seconds = 10", "timeout_seconds = 1")
    knobs = ("--knob", "query_ms=400", "--knob", "error_share=0.45", "--knob", "hang_share=0.4")
    run = load(tmp_path, spec_of(tmp_path, "studybunny"), *SMALL, "--scenario", scenario, *knobs, "--no-abort")
    assert run.code == 1, run.said
    assert {name: run.statuses[name] for name in ("queries.p95_ms", "load.error_percent", "load.concurrent_users")} == {
        "queries.p95_ms": "failed",
        "load.error_percent": "failed",
        "load.concurrent_users": "passed",
    }
    for error in ("status 500", "no answer within 1 s"):
        assert sum(endpoint["errors"].get(error, 0) for endpoint in run.result["endpoints"]) > 10, run.said


def test_a_slow_target_fails_its_mean(tmp_path: Path) -> None:
    """Requests and messages alike wait for a slow server."""
    run = load(tmp_path, spec_of(tmp_path, "campuslearn"), *SMALL, "--knob", "median_ms=1200")
    assert run.code == 1, run.said
    assert run.statuses == {"load.mean_ms": "failed"}


@pytest.fixture(scope="module")
def workspaces(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Runs that launch workspaces, side by side: on a stand-in as it is, and on one that loses files."""

    def run(knob: str) -> Run:
        folder = tmp_path_factory.mktemp("workspaces")
        intervals = ("Launcher = 3.0, Watcher = 20.0", "Launcher = 0.15, Watcher = 2.0")
        scenario = scenario_of(folder, "apranova", *intervals)
        return load(folder, spec_of(folder, "apranova"), *LAUNCHES, "--scenario", scenario, "--knob", knob)

    knobs = ("lose_files=0", "lose_files=1")
    with ThreadPoolExecutor() as pool:
        return dict(zip(knobs, pool.map(run, knobs), strict=True))


def test_workspaces_are_launched_resumed_and_ended(workspaces: dict[str, Run]) -> None:
    """Warm and cold launches are told apart, files are there again, and an idle workspace is ended in time."""
    run = workspaces["lose_files=0"]
    assert run.code == 0, run.said
    flows = {flow["name"]: flow for flow in run.result["flows"]}
    assert flows["launch-warm"]["samples"] > 0
    assert flows["launch-cold"]["slowest_ms"] >= 500
    assert flows["first-three"]["samples"] == 3


def test_lost_files_fail_the_resumed_workspaces(workspaces: dict[str, Run]) -> None:
    """And nothing else."""
    run = workspaces["lose_files=1"]
    assert run.code == 1, run.said
    assert {name for name, status in run.statuses.items() if status == "failed"} == {"resumed.failures"}


@pytest.fixture(scope="module")
def smoke_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """A smoke run of each shipped scenario, side by side: each is idle most of the time."""

    def run(system: str) -> Run:
        return load(tmp_path_factory.mktemp("smoke"), system, *SMOKE, "--knob", SMOKE_KNOBS[system])

    with ThreadPoolExecutor() as pool:
        return dict(zip(SMOKE_KNOBS, pool.map(run, SMOKE_KNOBS), strict=True))


@pytest.mark.parametrize("system", SMOKE_KNOBS)
def test_a_smoke_run_asks_every_route(smoke_runs: dict[str, Run], system: str) -> None:
    """Also the routes that a full run seldom asks: of each shipped scenario none is left out."""
    run = smoke_runs[system]
    assert (run.code, run.result.get("untried")) == (0, []), run.said
    announced = re.search(r"^requests  at most ([\d,]+)", run.said, re.MULTILINE)
    assert run.result["health"]["sent"] < int(announced[1].replace(",", "")), run.said
    assert set(run.statuses.values()) == {"untested"}


def test_a_plain_locust_run_works() -> None:
    """`locust -f loadtests/<system>/users.py`: its own statistics agree with what the server served."""
    with processes.child_processes() as children:
        host = processes.stand_in(children, "stall", [])
        locust = [sys.executable, "-m", "locust", "-f", "loadtests/stall/users.py", "--headless", "--host", host]
        size = ["-u", "150", "-r", "1000", "--load-rate", "500", "--load-seconds", "3", "--load-profile", "smoke"]
        done = subprocess.run(
            [*locust, *size, "--json", "--loglevel", "ERROR"],
            cwd=ROOT, capture_output=True, text=True, timeout=LONG, check=False,
        )  # fmt: skip
        counted = json.loads(done.stdout[done.stdout.index("[\n") :])
        assert sum(entry["num_requests"] for entry in counted) == len(served(host)) == 150
