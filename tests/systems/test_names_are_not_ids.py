"""Nothing that somebody names like another resource's id turns a failure into a pass."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asbuilt.evidence import Entry
from asbuilt.judging.judge import judge
from asbuilt.snapshot import Answer, Snapshot
from asbuilt.sources.table import rows_by_kind
from asbuilt_content.fixtures.aws import Aws
from asbuilt_content.fixtures.drifts.campushub360.network import private_subnets_given_a_way_out
from tests.accounts import DEPLOYMENTS, documented, facts_of, spec_of
from tests.programs import served, verify

SYSTEM, VARIANT = "campushub360", "tier1"
FACTS = {f"{subject}.in_private_subnets[{VARIANT}]" for subject in ("database", "replicas", "cache")}
KEYS = {"aws_access_key_id": "mock", "aws_secret_access_key": "mock", "region_name": "us-east-1"}


def _decoys(aws: Aws) -> None:
    """Name private subnets, which AWS lists first, like the ids of the database's subnets, which are public now."""
    exposed = [aws.subnet(block) for block in ("10.0.11.0/24", "10.0.12.0/24")]
    default = aws.ec2.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
    for own, other in zip(exposed, default, strict=False):
        aws.ec2.create_tags(Resources=[other["SubnetId"]], Tags=[{"Key": "Name", "Value": own}])


def test_a_subnet_that_is_called_like_another_does_not_replace_it(tmp_path):
    """Three facts fail on a route to the internet, and still fail beside private subnets named like the public ones."""
    with served(SYSTEM, VARIANT) as url:
        aws = Aws(boto3.Session(**KEYS), endpoint_url=url)
        private_subnets_given_a_way_out.apply(aws)
        _decoys(aws)
        ended = verify(tmp_path, SYSTEM, "--variant", VARIANT, "--endpoint-url", url, "-k", "in_private_subnets")
    assert ended.code == 1, ended.out + ended.err
    assert {name: status for name, status in ended.statuses.items() if name in FACTS} == dict.fromkeys(FACTS, "failed")


# The kinds whose records have both ids and names that somebody chose.
NAMED = sorted({row.kind for rows in rows_by_kind().values() for row in rows if row.names and (row.ids or row.arn)})
PLACES = [
    (system, variant, kind)
    for system, variant in DEPLOYMENTS
    for kind in NAMED
    if any(kind in (fact.subject.kind, *fact.check.reads) for fact in facts_of(system, variant))
]


@cache
def _facts(system, variant, kind):
    """The facts that depend on records of a kind, with the subjects that they name."""
    subjects = spec_of(system).subjects[variant]
    named = {name for name, subject in subjects.items() if subject.kind == kind}

    def depends(fact):
        return kind in (fact.subject.kind, *fact.check.reads) or any(name in str(fact.expected.raw) for name in named)

    return [fact for fact in facts_of(system, variant) if depends(fact)]


def _renamed(data, texts):
    """The data with some texts, and parts of texts, replaced."""
    if isinstance(data, dict):
        return {key: _renamed(value, texts) for key, value in data.items()}
    if isinstance(data, list):
        return [_renamed(value, texts) for value in data]
    if isinstance(data, str):
        for old, new in texts.items():
            data = data.replace(old, new)
    return data


def _copy(entry: Entry, name: str) -> Entry:
    """Another resource with the same settings: it has ids of its own, and this name in place of its chosen ones."""
    own = {text: f"{text[:-4]}0bad" for text in sorted(entry.ids, key=len, reverse=True)}
    data = _renamed(entry.data, {**dict.fromkeys(entry.names, name), **own})
    ids = tuple(own[text] for text in entry.ids)
    return replace(entry, id=f"{entry.id}|copy", data=data, arn=own.get(entry.arn, entry.arn), ids=ids, names=(name,))


def _with(snapshot: Snapshot, added: Entry, of: Entry, *, first: bool) -> Snapshot:
    """The snapshot with one more entry, before or after all others of its kind, and with the details of another."""
    answers = {kind: dict(by_parent) for kind, by_parent in snapshot.answers.items()}
    by_parent, answer = answers[added.kind], Answer(entries=(added,), operation=added.operation)
    answers[added.kind] = {"added": [answer], **by_parent} if first else {**by_parent, "added": [answer]}
    for by_parent in answers.values():
        if of.id in by_parent:
            held = [
                replace(one, entries=tuple(_below(each, added) for each in one.entries)) for one in by_parent[of.id]
            ]
            by_parent[added.id] = held
    return Snapshot(answers=answers)


def _below(detail: Entry, parent: Entry) -> Entry:
    return replace(detail, id=f"{detail.id}|copy", parent=parent.id, ids=(), arn=parent.arn)


@pytest.mark.parametrize(("system", "variant", "kind"), PLACES)
def test_a_chosen_name_turns_no_fact_into_a_pass(system, variant, kind):
    """One more resource, called like any other's id, changes no verdict to passed that it would not change unnamed."""
    snapshot, now = documented(system, variant)
    there = snapshot.readable(kind)
    subjects = spec_of(system).subjects[variant]

    @settings(max_examples=25)  # for each of about a hundred kinds of record
    @given(st.data(), st.booleans(), st.booleans())
    def holds(data, first, removed):
        like, victim = (data.draw(st.sampled_from(there), label=label) for label in ("like", "victim"))
        account = snapshot.changed(victim, None) if removed else snapshot
        called = data.draw(st.sampled_from(victim.ids), label="called")
        for fact in _facts(system, variant, kind):
            forged, plain = (
                judge(fact, subjects, _with(account, _copy(like, name), like, first=first), now).status
                for name in (called, "some-other-name")
            )
            assert forged in (plain, "failed", "unknown"), (fact.id, called, plain, forged)

    if there:
        holds()
