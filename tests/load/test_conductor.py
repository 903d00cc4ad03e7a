"""Who conducts a run, and what it does about workers that fall silent; in a process of its own, as Locust wants it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import locust
import asbuilt.load.run.conductor as conductor_module
from asbuilt.load.plan.arrivals import Stage
from asbuilt.load.run.conductor import Conductor
from asbuilt.load.run.crew import Member
from asbuilt.load.plan.settings import Settings

class Told(Member):
    def tell(self, word, data):
        words.append(f"{self.name}:{word}")
        self.final = self.final or word == "drain"

words, codes = [], []
members = [Told("a"), Told("b")]
settings = Settings("x", "", "http://127.0.0.1:1", (), "target", (Stage(1, 1, 1),), 2)
conductor = Conductor(settings, lambda: members, lambda: 2, codes.append)
report = dict.fromkeys(["begun", "final", "leaving", "unended", "failed_count"], 0)
for member in members:
    conductor.heard(member.name, {**report, "pools": {"Student": 1}, "failed_users": [], "endpoints": []})
CHANGE
conductor.run()
print(conductor.stopped, codes, sorted({word for word in words if "beat" not in word}))
"""
LOST = "members[1].heard_at -= 100"
FINAL = "conductor_module._CLOCK_SECONDS = 0; members[0].final = True; members[0].heard_at -= 100"
FAR = "conductor_module._CLOCK_SECONDS = 0; members[0].clock_error, members[1].clock_error = 0.001, 0.051"


def _conducted(change: str) -> list[str]:
    """What a run of two workers said that changed so before the start."""
    program = [sys.executable, "-c", PROGRAM.replace("CHANGE", change)]
    done = subprocess.run(program, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_worker_lost_before_the_start_ends_the_run() -> None:
    """No request is sent for a run that can say nothing, and nobody waits for users that will not come."""
    said = _conducted(LOST)
    assert "     0 s  worker b was lost (silent)" in said
    assert said[-1] == "a worker was lost while users got ready [6] ['a:drain']"


def test_a_worker_too_far_away_ends_the_run_before_its_start() -> None:
    """Its clock cannot be told well enough, which no longer run makes better."""
    said = _conducted(FAR)
    assert "invalid: the workers' clocks could only be compared to 51 ms: run the master near them" in said
    assert said[-1].endswith("[6] ['a:drain', 'b:drain']")


def test_a_worker_that_gave_its_last_report_is_not_lost() -> None:
    """It has nothing more to say, while others still wait for their last answers."""
    assert not [line for line in _conducted(FINAL) if "was lost" in line]
