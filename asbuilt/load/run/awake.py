"""Keeps this machine's cores awake: one that sleeps takes some 0.1 ms to wake, and each measured time holds it twice.

A process on each core turns round and round, at the priority that gives way to whatever else wants to run (SCHED_IDLE,
see sched(7)). Linux only.
"""

from __future__ import annotations

import os
import sys

from asbuilt.load.run.launching import Processes

_TURNS = 100_000  # between two looks at whether anybody still wants this


def keep_awake(children: Processes) -> None:
    """Until these children are ended. Raises `ValueError` where the machine has no such priority."""
    if not hasattr(os, "SCHED_IDLE"):
        raise ValueError("--awake needs Linux: no other system gives way to all else")
    for core in sorted(os.sched_getaffinity(0)):
        children.start([sys.executable, "-m", "asbuilt.load.run.awake", str(core)])


def main() -> None:
    """Turn on the core that is named, until the parent is gone."""
    parent = os.getppid()
    os.sched_setaffinity(0, {int(sys.argv[1])})
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    while os.getppid() == parent:
        for _ in range(_TURNS):
            pass


if __name__ == "__main__":
    main()
