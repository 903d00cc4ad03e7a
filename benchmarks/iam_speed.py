"""The speed of the prover: `python -m benchmarks.iam_speed`. The exit code is 1 where a goal is missed."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from asbuilt.iam.proof.prover import prove

Item = dict[str, Any]
MEDIA: list[Item] = [{"actions": ["s3:GetObject", "s3:PutObject"], "resources": ["arn:aws:s3:::media/*"]}]


def question(*rows: Item, allowance: list[Item] = MEDIA) -> Item:
    """A containment question about one identity policy."""
    document = {"Version": "2012-10-17", "Statement": list(rows)}
    policies = [{"type": "identity", "document": document}]
    return {"id": "q", "kind": "containment", "policies": policies, "allowance": allowance}


def administrator() -> Item:
    """AdministratorAccess against a documented grant."""
    return question({"Effect": "Allow", "Action": "*", "Resource": "*"})


def hundred_statements() -> Item:
    """A policy of some 10 KB: 100 statements, Deny and conditions among them, all of it documented."""
    rows: list[Item] = []
    for number in range(100):
        row: Item = {
            "Effect": "Deny" if number % 10 == 9 else "Allow",
            "Action": ["s3:GetObject", "s3:Put*"] if number % 2 else "s3:Get*",
            "Resource": f"arn:aws:s3:::bucket-{number % 40}-*/team-{number}/*",
        }
        if number % 3 == 0:
            row["Condition"] = {"StringLike": {"aws:PrincipalTag/team": f"t{number}*"}}
        rows.append(row)
    return question(*rows, allowance=[{"actions": ["s3:Get*", "s3:Put*"], "resources": ["arn:aws:s3:::bucket-*"]}])


def role() -> Item:
    """A role as documented."""
    rows = [{"Effect": "Allow", "Action": g["actions"], "Resource": g["resources"]} for g in MEDIA]
    return question(*rows)


GOALS = (
    ("AdministratorAccess", administrator, 0.1),
    ("100 statements", hundred_statements, 1.0),
    ("a role", role, 0.05),
)
COLD = """
import time; from benchmarks.iam_speed import *
began = time.perf_counter(); prove({}()); print(time.perf_counter() - began)
"""


def main() -> int:
    """Time each question in a process of its own, which reads the catalogue, and once more in this process."""
    missed = False
    for name, make, goal in GOALS:
        code = COLD.format(make.__name__)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        cold = float(done.stdout)
        start = time.perf_counter()
        verdict = prove(make()).verdict
        warm = time.perf_counter() - start
        missed |= cold > goal
        sys.stdout.write(
            f"{name}: {verdict}, first {cold * 1000:.0f} ms, again {warm * 1000:.1f} ms (goal {goal:g} s)\n"
        )
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
