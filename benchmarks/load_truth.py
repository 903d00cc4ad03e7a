"""Whether load tests measure the truth: against the server's log, its count, and simulated runs.

    python -m benchmarks.load_truth [--rounds 3]

Prints, with the limit that each must keep to: the error of p50, p95 and p99 on a target that stalls; what was sent,
counted and served; how much memory a user of HTTPS takes; how often a target that is 2 % too slow passes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from asbuilt.load.measure.confidence import quantile_estimate
from asbuilt.load.measure.gate import verdict
from asbuilt.load.measure.histogram import Histogram
from asbuilt.load.plan.arrivals import LoadStage
from asbuilt.load.plan.settings import Settings
from asbuilt.load.run import processes
from asbuilt.load.run.idle_states import prevent_idle
from asbuilt.load.selfcheck import selfcheck
from benchmarks.load_generators import USERS, nginx

ROOT = Path(__file__).resolve().parent.parent

SHARES = (0.5, 0.95, 0.99)
RATE, SECONDS = 200.0, 20.0


def accuracy(rounds: int, awake: bool) -> None:
    """Measure the stalling target at 200 a second, on cores that may be idle between requests or are kept awake."""
    errors: dict[float, list[float]] = {share: [] for share in SHARES}
    counts = []
    for _ in range(rounds):
        with processes.child_processes() as children:
            if awake:
                prevent_idle(children)
            host = processes.stand_in(children, "stall", selfcheck.KNOBS)
            raw = selfcheck.measure(host, RATE, SECONDS, selfcheck.USERS)
            truth = selfcheck.served(host)
        ours = selfcheck.responses(raw)
        counts.append((raw["health"]["sent"], raw["health"]["counted"], len(truth)))
        for share in SHARES:
            exact = truth[math.ceil(share * len(truth)) - 1]
            errors[share].append(abs(ours.quantile(share) / exact - 1))
    print("cores kept awake (--awake)" if awake else "cores as they are")
    for share in SHARES:
        error = statistics.median(errors[share])
        print(f"p{100 * share:<5g} off the server's log by {error:>7.2%}   (at most 1 %, median of {rounds})")
    for sent, counted, served in counts:
        print(f"sent {sent:,}  counted {counted:,}  served {served:,}   (all the same)")


def memory(users: int) -> None:
    """Print the memory that one more user of the mass lane takes, each with a TLS connection."""
    with nginx(tls=True) as (host, certificate):
        few, many = (_resident(host, certificate, number) for number in (100, users))
    print(f"{1024 * (many - few) / (users - 100):.1f} KiB a user over HTTPS   (at most 40, {users:,} users)")


def _resident(host: str, certificate: str, users: int) -> float:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        out, file = Path(name) / "measured.json", Path(name) / "settings.json"
        settings = Settings(
            *("one_page", "", host, (), "target", (LoadStage(50, 50, 2),), users),
            out=str(out),
            ca_file=certificate,
            most_lag_ms=1e9,
            scenario=(USERS / "one_page.toml").read_text(encoding="utf-8"),
        )
        file.write_text(settings.dumps(), encoding="utf-8")
        command = [sys.executable, "-m", "locust", "-f", str(USERS / "mass.py"), "--headless", "-u", str(users)]
        subprocess.run(
            [*command, "-r", "1000", "--skip-log-setup", "--only-summary"],
            cwd=ROOT,
            env={**os.environ, "ASBUILT_LOAD_SETTINGS": str(file), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            check=False,
            timeout=120,
        )
        raw = json.loads(out.read_text(encoding="utf-8"))
        assert not raw["health"]["problems"], raw["health"]["problems"]
        return float(raw["workers"][0]["memory_mib"])


def false_passes(runs: int) -> None:
    """Print how often a true p95 of 204 ms passes a promise of less than 200."""
    draw, sigma = random.Random(1), 0.4  # noqa: S311  # samples, no secret
    mu = math.log(204) - 1.6448536 * sigma
    for size in (100, 500, 5000):
        passed = sum(
            verdict(
                quantile_estimate(Histogram.of([draw.lognormvariate(mu, sigma) for _ in range(size)]), 0.95), "<", 200.0
            )
            == "passed"
            for _ in range(runs)
        )
        print(f"{passed / runs:>6.1%} of {runs} runs of {size:,} samples pass at 2 % over the limit   (at most 5 %)")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--users", type=int, default=2000)
    options = parser.parse_args()
    for awake in (False, True):
        accuracy(options.rounds, awake)
    memory(options.users)
    false_passes(400)
    return 0


if __name__ == "__main__":
    sys.exit(main())
