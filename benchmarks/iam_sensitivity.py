"""The number of pairs after which each fault is found: `python -m benchmarks.iam_sensitivity`.

`--write` records the first question that finds each fault, which a test asks again.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks import iam_evaluator_faults, iam_prover_faults
from benchmarks.iam_agreement import PAIRS, REQUESTS, check
from benchmarks.iam_faults import FAULTS, injected

TELLING = Path(__file__).with_name("iam_telling_questions.json")
SIDES = (iam_evaluator_faults, iam_prover_faults)


def noticed(name: str, seed: int) -> bool:
    """Whether prover and evaluator disagree on a question while the fault is in."""
    with injected(name):
        return bool(check(seed, REQUESTS)[3])


def main() -> int:
    """Print each fault and its number of pairs; the exit code is 1 where a normal run does not find one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    telling: dict[str, int] = {}
    for name in FAULTS:
        first = next((seed for seed in range(PAIRS // REQUESTS) if noticed(name, seed)), None)
        if first is not None:
            telling[name] = first
        after = "never" if first is None else f"{(first + 1) * REQUESTS:>6}"
        sys.stdout.write(f"{after}  {name.replace('_', ' ')}\n")
        sys.stdout.flush()
    if options.write:
        TELLING.write_text(json.dumps(telling, indent=1) + "\n", encoding="utf-8")
    return 0 if set(telling) == set(FAULTS) else 1


if __name__ == "__main__":
    sys.exit(main())
