"""Running `asbuilt load` as a user does: specs of a few promises, sizes, and what a run said and wrote.

Every run is a process of its own, because Locust patches the process that imports it. No test depends on speed: a run
has a free user for the arrivals of many seconds, and allows the generator any lag.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.programs import ASBUILT

ROOT = Path(__file__).resolve().parents[2]
HEAD = '[architecture]\nname = "{system}"\ndocument = "d"\nregion = "us-east-1"\n\n[subjects]\n'
CLAIM = '\n[[claim]]\nsection = "Performance"\nsays = "It is fast, and right."\n'
# system → its load subjects, and the facts that are stated of them
SPECS = {
    "studybunny": (
        'load = { kind = "load:run", name = "studybunny" }\nqueries = { kind = "load:flow", name = "query" }\n',
        'load.p95_ms = "< 15000"\nload.error_percent = "< 20"\nload.concurrent_users = ">= 40"\n'
        'queries.p95_ms = "< 300"\n',
    ),
    "campuslearn": ('load = { kind = "load:run", name = "campuslearn" }\n', 'load.mean_ms = "< 900"\n'),
    "apranova": (
        'launch = { kind = "load:flow", name = "launch" }\nresumed = { kind = "load:flow", name = "resume" }\n'
        'idle = { kind = "load:flow", name = "idle" }\nload = { kind = "load:run", name = "apranova" }\n',
        'load.error_percent = "< 20"\nlaunch.slowest_ms = "< 60000"\nresumed.failures = 0\nidle.failures = 0\n',
    ),
}
ANY_LAG = ("--most-lag", "60000")  # ms: a busy machine makes no run invalid
SMALL = ("--seconds", "3", "--ramp", "0", "--rate", "40", "--users", "60", *ANY_LAG)
SILENCE = ("--most-lag", "2000")  # ms: a process that says nothing for 4.5 s is lost
LONG = 300  # seconds: ends a run that would never end
SECOND = re.compile(r" *\d+ s  due")  # the line that a run prints each second


@dataclass(frozen=True)
class Run:
    """How a load run ended: its exit code, all that it printed, and its result ({} where it wrote none)."""

    code: int
    said: str
    result: dict[str, Any]

    @property
    def statuses(self) -> dict[str, str]:
        """Fact → status."""
        return {fact["fact"]: fact["status"] for fact in self.result["facts"]}


def spec_of(folder: Path, system: str) -> str:
    """Write a spec of few promises for a system; its path."""
    subjects, facts = SPECS[system]
    path = folder / system / "spec.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(HEAD.format(system=system) + subjects + CLAIM + facts, encoding="utf-8")
    return str(path)


def scenario_of(folder: Path, system: str, shipped: str, changed: str) -> str:
    """Write the shipped scenario of a system with one text replaced; its path."""
    text = (ROOT / "loadtests" / system / "scenario.toml").read_text(encoding="utf-8")
    assert shipped in text
    path = folder / f"{system}.toml"
    path.write_text(text.replace(shipped, changed), encoding="utf-8")
    return str(path)


def environment(folder: Path) -> dict[str, str]:
    """The environment of a run. Its lock lies in the folder, so that runs of other tests do not refuse it."""
    return {**os.environ, "TMPDIR": str(folder)}


def load(folder: Path, *arguments: str, limits: Callable[[], None] | None = None) -> Run:
    """Run one load to its end; `limits` is called in its process first."""
    command = [*ASBUILT, "load", "--out", str(folder / "out"), *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=LONG, check=False, env=environment(folder), preexec_fn=limits
    )
    return Run(done.returncode, done.stdout + done.stderr, result_in(folder))


def watched(folder: Path, *arguments: str, at_first_second: Callable[[int], None]) -> Run:
    """Run one load; `at_first_second` is called with its process id when its first second is over."""
    command = [*ASBUILT, "load", "--out", str(folder / "out"), *arguments]
    said, seen = "", False
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment(folder)
    ) as run:
        for line in run.stdout or ():
            if not seen and SECOND.match(line):
                seen = True
                at_first_second(run.pid)
            said += line
        code = run.wait(LONG)
    return Run(code, said, result_in(folder))


def result_in(folder: Path) -> dict[str, Any]:
    """The result that a run left in its folder; {} where there is none."""
    file = folder / "out" / "load-result.json"
    result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return result


def children_of(parent: int, role: bytes = b"") -> list[int]:
    """The child processes of a run, by what the kernel tells; `role` is an argument that each was started with."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="utf-8").split()
    return [int(pid) for pid in children if not role or role in _arguments_of(pid)]


def _arguments_of(pid: str) -> list[bytes]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
