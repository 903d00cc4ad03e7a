"""Who conducts a run, and what it does about workers that fall silent; in a process of its own, as Locust wants it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """
import locust
from loadtests.arrivals import Stage
from loadtests.conductor import Conductor
from loadtests.crew import Member
from loadtests.settings import Settings

class Told(Member):
    def tell(self, word, data):
        words.append(f"{self.name}:{word}")
        self.final = word == "drain"

words, codes = [], []
members = [Told("a"), Told("b")]
settings = Settings("x", "", "http://127.0.0.1:1", (), "target", (Stage(1, 1, 1),), 2)
conductor = Conductor(settings, lambda: members, lambda: 2, codes.append)
report = dict.fromkeys(["begun", "final", "leaving", "unended", "failed_count"], 0)
for member in members:
    conductor.heard(member.name, {**report, "pools": {"Student": 1}, "failed_users": [], "endpoints": []})
members[1].heard_at -= 100
conductor.run()
print(conductor.stopped, codes, {word for word in words if "beat" not in word})
"""


def test_a_worker_lost_before_the_start_ends_the_run() -> None:
    """No request is sent for a run that can say nothing, and nobody waits for users that will not come."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "worker b was lost (silent)\n" in done.stdout
    assert done.stdout.endswith("a worker was lost while users got ready [6] {'a:drain'}\n")
