"""The rows of the table of semantics in docs/iam.md that are about policy variables and what is known of requests."""

from __future__ import annotations

from typing import Any

import pytest
from asking import MEDIA, ROLE, USER, admits, allow, grant, implies, within

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
    """Filled in from the request; without a value a resource matches nothing; values hold no wildcards."""
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
    """A role has no user name; its ARN and account are known."""
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
