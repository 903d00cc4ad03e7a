"""Every AWS managed policy that moto has, compared with itself, with larger policies and with realistic grants.

`python -m benchmarks.iam_managed [--sample N]`; the exit code is 1 where a verdict is wrong or too many are unknown.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from typing import Any

from asbuilt.iam.proof.prover import Proof, prove

Item = dict[str, Any]
LARGE = ("AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess")
# Grants as the documented systems have them: media bucket, metrics and logs, images, secrets, tasks, roles to pass.
REALISTIC: list[Item] = [
    {"actions": ["s3:GetObject", "s3:PutObject"], "resources": ["arn:aws:s3:::media/*"]},
    {"actions": ["cloudwatch:PutMetricData"], "resources": ["*"]},
    {
        "actions": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        "resources": ["arn:aws:logs:*:123456789012:log-group:/ecs/*"],
    },
    {"actions": ["ecr:GetAuthorizationToken"], "resources": ["*"]},
    {"actions": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], "resources": ["arn:aws:ecr:*:*:repository/*"]},
    {"actions": ["secretsmanager:GetSecretValue"], "resources": ["arn:aws:secretsmanager:*:*:secret:app/*"]},
    {"actions": ["ecs:*"], "resources": ["*"]},
    {
        "actions": ["iam:PassRole"],
        "resources": ["arn:aws:iam::123456789012:role/task"],
        "condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
    },
]


def policies() -> dict[str, Item]:
    """The documents by name."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    return {name: row["Document"] for name, row in json.loads(aws_managed_policies_data).items()}


def grants_of(document: Item) -> list[Item] | None:
    """A policy as documented grants; None where it has more than Allow, Action, Resource and Condition."""
    rows = document["Statement"]
    rows = rows if isinstance(rows, list) else [rows]
    if any(row["Effect"] != "Allow" or "NotAction" in row or "NotResource" in row for row in rows):
        return None
    return [
        {"actions": row["Action"], "resources": row["Resource"]}
        | ({"condition": row["Condition"]} if "Condition" in row else {})
        for row in rows
    ]


def contained(inner: Item, outer: Item, name: str = "policy", *, principal: str | None = None) -> Proof:
    """Whether one document allows no more than another, by the other's grants or, where it denies, by its policy."""
    grants = grants_of(outer)
    item: Item = {"id": name, "kind": "containment", "policies": [{"type": "identity", "document": inner}]}
    if grants is not None:
        return prove(item | {"allowance": grants} | ({"principal": principal} if principal else {}))
    from asbuilt.iam.proof.allowed_requests import additional_request, as_question

    own, other = (as_question([{"type": "identity", "document": d}], principal) for d in (outer, inner))
    found = additional_request(other, own)
    verdict = "subset" if found is None else "unknown" if isinstance(found, str) else "exceeds"
    return Proof(name, verdict, None if isinstance(found, str) else found, str(found))


def main() -> int:
    """Run and print a line for each question, with its verdicts and its time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="take one policy of every N")
    options = parser.parse_args()
    documents = policies()
    names = sorted(documents)[:: options.sample or 1]
    failed = False
    questions: list[tuple[str, Item | None]] = [
        ("itself", None),
        *((name, documents[name]) for name in LARGE),
        ("grants", {}),
    ]
    for title, outer in questions:
        verdicts: Counter[str] = Counter()
        times = []
        for name in names:
            start = time.perf_counter()
            if title == "grants":
                item = {"id": name, "kind": "containment", "allowance": REALISTIC}
                proof = prove(item | {"policies": [{"type": "identity", "document": documents[name]}]})
            else:
                proof = contained(documents[name], documents[name] if outer is None else outer, name)
            times.append((time.perf_counter() - start, name))
            verdicts[proof.verdict] += 1
            if proof.verdict == "unknown" or (title in {"itself", LARGE[0]} and proof.verdict != "subset"):
                sys.stdout.write(f"  {title}: {name}: {proof.verdict}: {proof.reason[:150]} {proof.counterexample}\n")
                failed |= title in {"itself", LARGE[0]}
        ordered = sorted(times)
        sys.stdout.write(
            f"{title}: {dict(verdicts)}, median {ordered[len(ordered) // 2][0] * 1000:.1f} ms, "
            f"slowest {ordered[-1][0] * 1000:.0f} ms ({ordered[-1][1]}), all {sum(t for t, _ in times):.1f} s\n"
        )
        failed |= verdicts["unknown"] > len(names) * 0.02
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
