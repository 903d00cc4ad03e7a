"""Properties of all policies: prover and evaluator agree, AWS managed policies are ordered, limits only limit."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asbuilt.iam.evaluator.matching import ONE, STAR, wild
from asbuilt.iam.language.patterns import glob
from asbuilt.iam.proof.pattern_algebra import disjoint, included, witness
from asbuilt.iam.proof.prover import prove
from benchmarks.iam_agreement import check
from benchmarks.iam_managed import LARGE, contained, policies
from benchmarks.iam_policies import policy, statement
from benchmarks.iam_questions import question
from tests.iam.builders import grant

SEEDS = st.integers(0, 2**40)
quick = settings(deadline=None, suppress_health_check=list(HealthCheck))
Item = dict[str, Any]


@settings(quick, max_examples=150)
@given(seed=SEEDS)
def test_prover_and_evaluator_agree(seed: int) -> None:
    """No request refutes a verdict, and every counterexample is confirmed."""
    _, _, _, wrong = check(seed, 25)
    assert not wrong


def containment(item: Item) -> str:
    """The verdict of the question as one of containment."""
    return prove(item | {"kind": "containment"}).verdict


@settings(quick, max_examples=60)
@given(seed=SEEDS)
def test_more_denies_and_limits_never_widen_more_allows_never_narrow(seed: int) -> None:
    """A subset stays a subset with more Denies; an excess stays one with more Allows."""
    random = Random(seed)
    item = question(random)
    verdict = containment(item)
    if verdict == "subset":
        row = statement(random, "identity") | {"Effect": "Deny"}
        document = {"Version": "2012-10-17", "Statement": [row]}
        denied_by_resources = [*item["policies"], {"type": "identity", "document": document}]
        assert containment(item | {"policies": denied_by_resources}) == "subset"
        wider = [*item["allowance"], grant("s3:*", "*")]
        assert containment(item | {"allowance": wider}) == "subset"
    if verdict == "exceeds":
        row = statement(random, "identity") | {"Effect": "Allow"}
        more = {"type": "identity", "document": {"Version": "2012-10-17", "Statement": [row]}}
        assert containment(item | {"policies": [*item["policies"], more]}) == "exceeds"


@settings(quick, max_examples=40)
@given(seed=SEEDS)
def test_identity_and_boundary_commute(seed: int) -> None:
    """An identity policy and a boundary allow the same when they are exchanged."""
    random = Random(seed)
    item = question(random)
    one, other = policy(random, "identity"), policy(random, "identity")
    first = [one, other | {"type": "boundary"}]
    second = [other, one | {"type": "boundary"}]
    assert containment(item | {"policies": first}) == containment(item | {"policies": second})


@settings(quick, max_examples=60)
@given(seed=SEEDS)
def test_policies_are_contained_in_themselves(seed: int) -> None:
    """A policy that repeats a grant is within the grant, and allows all of it."""
    item = question(Random(seed))  # repeatable cases, not secrets
    rows = [
        {"Effect": "Allow", "Action": g["actions"], "Resource": g["resources"]}
        | ({"Condition": copy.deepcopy(g["condition"])} if "condition" in g else {})
        for g in item["allowance"]
    ]
    same = {"type": "identity", "document": {"Version": "2012-10-17", "Statement": rows}}
    assert containment(item | {"policies": [same]}) == "subset"
    proof = prove(item | {"policies": [same], "kind": "required"})
    assert proof.verdict in {"granted", "unknown"}


TEXTS = st.text(alphabet="ab:/", max_size=6)
GLOBS = st.text(alphabet="ab:*?", max_size=6)


@settings(quick, max_examples=400)
@given(one=GLOBS, other=GLOBS, text=TEXTS)
def test_patterns_against_backtracking(one: str, other: str, text: str) -> None:
    """Automata, `disjoint` and `included` agree with a matcher that uses backtracking."""
    first, second = glob(one), glob(other)
    simple = [[{"*": STAR, "?": ONE}.get(c, c) for c in p] for p in (one, other)]
    matches = [wild(p, text) for p in simple]
    assert [first.accepts(text), second.accepts(text)] == matches
    assert not (disjoint(first, second) and all(matches))
    assert not (included(first, second) and matches[0] and not matches[1])
    both = witness((first, second), ())
    assert (both is None) == disjoint(first, second)
    apart = witness((first,), (second,))
    if apart is None:
        assert not (matches[0] and not matches[1])
    else:
        assert wild(simple[0], apart)
        assert not wild(simple[1], apart)


SAMPLE = sorted(policies())[::40]


@pytest.mark.parametrize("name", SAMPLE)
def test_managed_policies_are_ordered(name: str) -> None:
    """Each is within itself and within AdministratorAccess, which is within none of them."""
    documents = policies_once()
    assert contained(documents[name], documents[name]).verdict == "subset"
    assert contained(documents[name], documents["AdministratorAccess"]).verdict == "subset"
    assert contained(documents["AdministratorAccess"], documents[name]).verdict == "exceeds"


def test_the_large_policies_are_ordered() -> None:
    """ReadOnlyAccess allows reads that PowerUserAccess does not; AdministratorAccess exceeds both."""
    documents = policies_once()
    admin, power, reader = (documents[name] for name in LARGE)
    assert contained(power, admin).verdict == "subset"
    assert contained(reader, admin).verdict == "subset"
    assert contained(admin, power).verdict == "exceeds"
    assert contained(power, reader).verdict == "exceeds"
    found = contained(reader, power)
    assert found.verdict == "exceeds"
    assert found.counterexample is not None
    assert found.counterexample.action.partition(":")[0] in {"account", "iam", "organizations"}


def policies_once(kept: dict[str, Item] = {}) -> dict[str, Item]:  # noqa: B006  # read once per process on purpose
    """The managed policies."""
    if not kept:
        kept.update(policies())
    return kept
