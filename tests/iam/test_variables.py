"""The rows of the table of semantics in docs/iam.md about policy variables and known facts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.iam.builders import MEDIA, ROLE, USER, admits, allow, ask, grant, granted, implies, within

HOME = "arn:aws:s3:::home/"


@pytest.mark.parametrize(
    ("resource", "more", "covered", "verdict"),
    [
        ("${aws:username}/*", {"principal": USER}, "bob/*", "subset"),
        ("${aws:username}/*", {"principal": USER}, "eve/*", "exceeds"),
        ("${aws:username}/*", {"principal": ROLE}, "x", "subset"),
        ("${aws:username}/*", {}, "*", "subset"),
        ("${aws:username}/*", {}, "${aws:username}/*", "subset"),
        ("${aws:username}/docs/*", {}, "${aws:username}/*", "subset"),
        ("${aws:username}/*", {}, "bob/*", "exceeds"),
        ("${aws:username, 'anon'}/*", {"absent": ["aws:username"]}, "anon/*", "subset"),
        ("${aws:username, 'anon'}/*", {"principal": USER}, "anon/*", "exceeds"),
        ("${aws:PrincipalTag/team}", {"facts": {"aws:PrincipalTag/team": "a*"}}, "ab", "exceeds"),
        ("${aws:TagKeys}/*", {"facts": {"aws:TagKeys": ["a"]}}, "x", "subset"),
        ("${AWS:UserName}/*", {"principal": USER}, "bob/*", "subset"),
    ],
)
def test_variables_in_resources(resource: str, more: dict[str, Any], covered: str, verdict: str) -> None:
    """The request gives the values; without a value a resource matches nothing; values have no wildcards."""
    assert within(allow(resources=HOME + resource), grant(resources=HOME + covered), **more) == verdict


def test_variables_in_conditions() -> None:
    """Without a value a positive match fails and a negated one holds."""
    same = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    other = {"StringNotEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    context = {"aws:ResourceTag/team": "red"}
    assert admits(same, {**context, "aws:PrincipalTag/team": "red"})
    assert not admits(same, {**context, "aws:PrincipalTag/team": "blue"})
    assert not admits(same, context, absent=("aws:PrincipalTag/team",))
    assert admits(other, context, absent=("aws:PrincipalTag/team",))
    assert implies(same, same)
    assert not implies({}, same)
    assert implies(same, {"Null": {"aws:PrincipalTag/team": "false"}})


def test_facts_of_principals() -> None:
    """A role has no user name; its ARN and its account are known."""
    assert within(allow(resources=MEDIA, StringLike={"aws:username": "*"}), principal=ROLE) == "subset"
    assert within(allow(resources=MEDIA, ArnEquals={"aws:PrincipalArn": ROLE}), principal=ROLE) == "exceeds"
    assert within(allow(resources=MEDIA, ArnEquals={"aws:PrincipalArn": USER}), principal=ROLE) == "subset"
    assert (
        within(allow(resources=MEDIA, StringEquals={"aws:PrincipalAccount": "123456789012"}), principal=ROLE)
        == "exceeds"
    )
    assert (
        within(allow(resources=MEDIA, StringEquals={"aws:PrincipalTag/t": "x"}), facts={"aws:PrincipalTag/t": "y"})
        == "subset"
    )


OWN_QUEUE, OTHER_QUEUE = "arn:aws:sqs:us-east-1:123456789012:q", "arn:aws:sqs:us-east-1:999999999999:q"
OWNED = {"aws:ResourceAccount": "123456789012"}


def test_resource_account_is_the_account_in_the_arn() -> None:
    """Where the ARN names an account, aws:ResourceAccount is this account or absent, whatever a fact says."""
    own = allow("sqs:SendMessage", StringEquals=OWNED)
    assert within(own, grant("sqs:*", "arn:*:sqs:*:123456789012:*")) == "subset"
    assert within(own, grant("sqs:*", "arn:*:sqs:*:9*:*")) == "exceeds"
    assert within(allow("sqs:SendMessage", OTHER_QUEUE, StringEquals=OWNED)) == "subset"
    assert within(allow("sqs:SendMessage", OTHER_QUEUE, StringEquals=OWNED), facts=OWNED) == "subset"
    assert within(allow("sqs:SendMessage", OWN_QUEUE, StringNotEqualsIfExists=OWNED)) == "exceeds"
    assert within(allow("sqs:SendMessage", OWN_QUEUE, StringNotEquals=OWNED, Null=_here())) == "subset"
    assert within(allow("sqs:SendMessage", OWN_QUEUE, StringLike={"aws:ResourceAccount": "1*2"})) == "exceeds"
    assert granted(allow("sqs:SendMessage", OWN_QUEUE, StringEqualsIfExists=OWNED), grant("sqs:*", OWN_QUEUE)) == (
        "missing"  # the other actions
    )
    row = allow("sqs:SendMessage", OWN_QUEUE, StringEqualsIfExists=OWNED)
    assert granted(row, grant("sqs:SendMessage", OWN_QUEUE)) == "granted"
    assert granted(row, grant("sqs:SendMessage", OWN_QUEUE), facts={"aws:ResourceAccount": "2"}) == "granted"


def _here() -> dict[str, str]:
    return {"aws:ResourceAccount": "false"}


def test_resource_account_of_an_arn_without_account_is_open() -> None:
    """A bucket may belong to any account unless a fact settles it; the counterexample names the account."""
    row = allow(resources=MEDIA, StringEquals={"aws:ResourceAccount": "2"})
    assert within(row) == "exceeds"
    assert within(row, facts={"aws:ResourceAccount": "1"}) == "subset"
    proof = ask("containment", allow("sqs:SendMessage", OTHER_QUEUE, Null=_here()))
    assert proof.counterexample is not None
    assert proof.counterexample.context == {"aws:ResourceAccount": "999999999999"}


@pytest.mark.parametrize("given", [{}, {"facts": {"aws:ResourceAccount": "123456789012"}}])
@pytest.mark.parametrize("operator", ["NumericEquals", "ArnEquals"])
def test_resource_account_that_is_not_compared_as_text_is_unknown(operator: str, given: dict[str, Any]) -> None:
    """The account is a text, and is not resolved as a variable."""
    assert within(allow("sqs:SendMessage", OWN_QUEUE, **{operator: OWNED}), **given) == "unknown"
    variable = allow("sqs:SendMessage", "arn:aws:sqs:us-east-1:${aws:ResourceAccount}:q")
    assert within(variable, **given) == "unknown"
