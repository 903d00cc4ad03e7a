"""Calibration: how many requests a core of this machine can send, and how many workers a rate takes."""

from __future__ import annotations

import math
import os
import sys
from typing import Any

from asbuilt.load.run import processes
from asbuilt.load.selfcheck.selfcheck import measure

SECONDS, USERS = 8.0, 400
STEPS = (2_000.0, 5_000.0, 10_000.0, 20_000.0, 40_000.0)
HEADROOM = 0.6  # of a core: how busy a worker is planned to be at most


def calibrate(rate: float) -> int:
    """Measure and print the rate of a core, and how many workers `rate` takes (or common rates, for 0).

    Returns 6 where not even the lowest step could be held."""
    best: dict[str, Any] = {}
    with processes.child_processes() as children:
        host = processes.stand_in(children, "stall", [])
        for step in STEPS:
            raw = measure(host, step, SECONDS, USERS)
            if raw["invalid"]:
                sys.stdout.write(f"{step:>8,.0f}/s  not held: {raw['invalid'][0]}\n")
                break
            worker = raw["workers"][0]
            best = {"rate": step, "cpu": max(worker["cpu"], 0.01), "lag": raw["health"]["lag_p99_ms"]}
            sys.stdout.write(
                f"{step:>8,.0f}/s  {best['cpu']:>4.0%} of a core  {step / best['cpu']:>9,.0f} a core-second  "
                f"lag p99 {best['lag']:.1f} ms\n"
            )
    if not best:
        sys.stdout.write("this machine could not hold even the lowest step: it is busy with something else\n")
        return 6
    per_worker = best["rate"] / best["cpu"] * HEADROOM
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    sys.stdout.write(f"\nplan with {per_worker:,.0f} requests a second for each worker ({HEADROOM:.0%} of a core)\n")
    for wanted in [rate] if rate else [5_000, 8_000, 15_000, 25_000]:
        workers = math.ceil(wanted / per_worker) + 1
        fits = "fits here" if workers <= cores else f"takes more than the {cores} cores here"
        sys.stdout.write(f"{wanted:>8,.0f}/s  {workers} workers, one of them spare: {fits}\n")
    return 0
