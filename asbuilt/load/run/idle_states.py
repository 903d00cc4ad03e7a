"""Keeps this machine's cores out of idle states: to leave one takes some 0.1 ms, twice in each measured time.

A process on each core loops at the priority that yields to every other process (SCHED_IDLE, see sched(7)). Linux only.
"""

from __future__ import annotations

import os
import sys

from asbuilt.load.run.processes import ChildProcesses

_TURNS = 100_000  # of the loop between two looks at whether the parent still runs


def prevent_idle(children: ChildProcesses) -> None:
    """Loop on each core until these children are ended. Raises `ValueError` where the system has no such priority."""
    if not hasattr(os, "SCHED_IDLE"):
        raise ValueError("--awake needs Linux: no other system has the SCHED_IDLE priority")
    for core in sorted(os.sched_getaffinity(0)):
        children.start([sys.executable, "-m", "asbuilt.load.run.idle_states", str(core)])


def main() -> None:
    """Loop on the core whose number is given, until the parent has ended."""
    parent = os.getppid()
    os.sched_setaffinity(0, {int(sys.argv[1])})
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    while os.getppid() == parent:
        for _ in range(_TURNS):
            pass


if __name__ == "__main__":
    main()
