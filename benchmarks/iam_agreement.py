"""Compare the prover with the evaluator on random small policies: `python -m benchmarks.iam_agreement --pairs 100000`.

A pair is one set of policies and one request. They disagree where the prover answers `subset`, and the evaluator allows
a request that no grant documents (for `required` the converse), or where the evaluator does not confirm a
counterexample.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from random import Random

from asbuilt.iam.evaluator.evaluator import evaluate, is_documented
from asbuilt.iam.proof.prover import prove
from benchmarks.iam_policies import Item
from benchmarks.iam_questions import question
from benchmarks.iam_requests import request

PAIRS, REQUESTS = 100_000, 25  # pairs of a normal run, and requests for each question


def disagreement(item: Item, verdict: str, made: Item) -> str | None:
    """How a verdict disagrees with the evaluator's answer to a request; None where they agree."""
    containment = item["kind"] == "containment"
    decision = evaluate(
        made,
        item["policies"],
        principal=item["principal"],
        facts=item.get("facts"),
        resource_side_assumed=containment,
    )
    covered = is_documented(made, item["allowance"], {**_facts(item), **item.get("facts", {})})
    if verdict == "subset" and decision.allowed is True and covered is False:
        return f"subset, but allowed by {decision.by} and not documented"
    if verdict == "granted" and decision.allowed is False and covered is True:
        return f"granted, but {decision.reason} {decision.by}"
    return None


def _facts(item: Item) -> Item:
    kind, _, name = item["principal"].rpartition(":")[2].partition("/")
    return {"aws:username": name} if kind == "user" else {}


def check(seed: int, requests: int) -> tuple[Item, str, str, list[tuple[str, Item]]]:
    """A random question, its verdict and reason, and the requests on which the evaluator disagrees."""
    random = Random(seed)  # noqa: S311  # repeatable cases, not secrets
    item = question(random)
    proof = prove(item)
    wrong: list[tuple[str, Item]] = []
    if proof.verdict == "unknown" and "confirm" in proof.reason:
        wrong.append((proof.reason, {}))
    for _ in range(requests):
        made = request(random, item)
        told = disagreement(item, proof.verdict, made)
        if told:
            wrong.append((told, made))
    return item, proof.verdict, proof.reason, wrong


def main() -> int:
    """Run and print the counts; the exit code is 1 where they disagree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--requests", type=int, default=REQUESTS, help="requests per question")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = time.perf_counter()
    verdicts: Counter[str] = Counter()
    why: Counter[str] = Counter()
    wrong = slowest = 0.0
    for seed in range(options.seed, options.seed + options.pairs // options.requests):
        start = time.perf_counter()
        item, verdict, reason, found = check(seed, options.requests)
        slowest = max(slowest, time.perf_counter() - start)
        verdicts[verdict] += 1
        if verdict == "unknown":
            why[reason[:70]] += 1
        for told, made in found[:1]:
            wrong += 1
            sys.stdout.write(f"seed {seed}: {told}\n  {json.dumps(item)}\n  {json.dumps(made)}\n")
    sys.stdout.write(f"{options.pairs} pairs, {wrong:.0f} disagreements, {time.perf_counter() - began:.1f} s, ")
    sys.stdout.write(f"slowest question {slowest * 1000:.0f} ms, verdicts {dict(verdicts)}\n")
    for reason, count in why.most_common(12):
        sys.stdout.write(f"  {count} unknown: {reason}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
