"""Grants of a role as expectations: excess grants, missing grants, and mistakes in grants."""

from __future__ import annotations

import json
from typing import Any

import pytest

from asbuilt.check import checks_of
from asbuilt.evidence import Unknown
from asbuilt.spec.expectation import BadExpectation, expectation
from tests.checks.iam_role_records import KINDS, LOGS, SECRET_ARN, allow, ask, policy, role


@pytest.mark.parametrize(
    ("statement", "grants", "found"),
    [
        (allow("s3:GetObject", "arn:aws:s3:::media/*"), ["s3:GetObject on media/*"], ""),
        (
            allow("s3:GetObject", "arn:aws:s3:::media*"),
            ["s3:GetObject on media/*"],
            "s3:GetObject on arn:aws:s3:::mediax/x",
        ),
        (allow("s3:*", "arn:aws:s3:::media"), ["s3:ListBucket on media"], " on arn:aws:s3:::media"),
        (allow("logs:PutLogEvents", f"{LOGS}:*"), ["logs:PutLogEvents on group"], ""),
        (allow("logs:PutLogEvents", f"{LOGS}:*"), ["CloudWatch:PutLogs on group"], ""),
        (allow("secretsmanager:GetSecretValue", f"{SECRET_ARN}-??????"), ["secretsmanager:GetSecretValue on key"], ""),
        (
            allow("secretsmanager:GetSecretValue", f"{SECRET_ARN}-*"),
            ["secretsmanager:GetSecretValue on key"],
            "secret:key-",
        ),
        (allow("ecr:GetAuthorizationToken"), ["ECR:ReadOnly on arn:aws:ecr:*:{account}:repository/x"], ""),
        (
            allow("iam:PassRole", "arn:aws:iam::123456789012:role/t"),
            ["iam:PassRole on arn:aws:iam::{account}:role/t"],
            "",
        ),
        (allow("s3:GetObject", "arn:aws:s3:::media/*"), [], "allowed by own Statement[0]"),
        (
            allow("iam:PassRole", "arn:aws:iam::123456789012:role/task"),
            ["iam:PassRole on task_role if iam:PassedToService = ecs-tasks.amazonaws.com"],
            "iam:PassRole on arn:aws:iam::123456789012:role/task",
        ),
        (
            allow(
                "ecs:StopTask",
                "*",
                Condition={"ArnEquals": {"ecs:cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/c"}},
            ),
            ["ecs:StopTask on * if ecs:cluster = cluster"],
            "",
        ),
    ],
)
def test_what_is_allowed_beyond_the_grants(statement, grants, found):
    """The answer is empty where the grants cover everything; else it has a request and its statement."""
    answer, holds = ask("allows_at_most", role(statement), grants)
    assert holds is (found == "")
    assert found in " ".join(answer)


def test_every_statement_too_wide_is_named_once():
    """Each statement has a request of its own; the fix is the minimal policy."""
    data = role(allow("s3:GetObject", "arn:aws:s3:::media/*"), allow("sqs:*"), allow(["s3:Get*", "s3:PutObject"]))
    answer, holds = ask("allows_at_most", data, ["s3:GetObject on media/*"])
    assert not holds
    assert sorted(text.partition(": allowed by ")[2] for text in answer) == ["own Statement[1]", "own Statement[2]"]
    assert json.loads(answer.instead)["Statement"] == [
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::media/*"}
    ]


def test_boundaries_and_attached_policies_count():
    """A boundary limits; a policy that was not read makes the answer unknown."""
    wide, narrow = (
        policy("arn:wide", allow("s3:*")),
        policy("arn:narrow", allow("s3:GetObject", "arn:aws:s3:::media/*")),
    )
    attached = {"AttachedManagedPolicies": [{"PolicyName": "wide", "PolicyArn": "arn:wide"}]}
    bounded = {"PermissionsBoundary": {"PermissionsBoundaryArn": "arn:narrow"}}
    grants = ["s3:GetObject on media/*"]
    assert not ask("allows_at_most", role(**attached), grants, [wide])[1]
    assert ask("allows_at_most", role(**attached, **bounded), grants, [wide, narrow])[1]
    answer, holds = ask("allows", role(**attached, **bounded), ["s3:PutObject on media/*"], [wide, narrow])
    assert not holds
    assert "not allowed by the boundary policies[2]" in " ".join(answer)
    with pytest.raises(Unknown):
        ask("allows_at_most", role(**attached), grants)


@pytest.mark.parametrize(
    ("statements", "grants", "found"),
    [
        ([allow("s3:GetObject", "arn:aws:s3:::media/*")], ["s3:GetObject on media/*"], ""),
        ([allow("s3:GetObject", "arn:aws:s3:::media/a/*")], ["s3:GetObject on media/*"], "nothing allows it"),
        ([allow("s3:*"), {**allow("s3:GetObject"), "Effect": "Deny"}], ["s3:GetObject on media/*"], "denied by"),
        (
            [allow("secretsmanager:GetSecretValue", f"{SECRET_ARN}-AbCdEf")],
            ["secretsmanager:GetSecretValue on key"],
            "",
        ),
    ],
)
def test_what_the_role_lacks(statements, grants, found):
    """The answer is empty where everything is granted; else it has a request of the grant, and what stops it."""
    answer, holds = ask("allows", role(*statements), grants)
    assert holds is (found == "")
    assert found in " ".join(answer)


def test_a_grant_on_something_absent_is_not_there_to_be_had():
    """The grant fails, and it does not make any other pass."""
    data = role(allow("s3:GetObject", "arn:aws:s3:::media/*"))
    absent: dict[str, list[Any]] = {"media": []}
    assert "is not there" in " ".join(ask("allows", data, ["s3:GetObject on media/*"], subjects=absent)[0])
    both = ["s3:GetObject on arn:aws:s3:::media/*, media/*"]
    assert not ask("allows", data, both, subjects=absent)[1]  # one of the two subjects is absent
    limited = ["ecs:StopTask on * if ecs:cluster = cluster"]
    asked = {"ecs:cluster": "cluster"}  # the name of the subject is not a value of the key
    stops = role(allow("ecs:StopTask", Condition={"StringEquals": asked}))
    assert not ask("allows", stops, limited, subjects={"cluster": []})[1]
    assert not ask("allows_at_most", stops, limited, subjects={"cluster": []})[1]
    assert not ask("allows_at_most", data, ["s3:GetObject on media/*"], subjects=absent)[1]


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("allows_at_most", "s3:GetObject on media/*", "takes a list of grants"),
        ("allows_at_most", ["s3:GetObject"], "is not a grant: write ACTION"),
        ("allows_at_most", [7], "7 is not a grant"),
        ("allows_at_most", ["s3:GetObject on meida/*"], "'meida' is not a subject, an ARN or *; did you mean media?"),
        ("allows_at_most", ["s3:GetObjekt on media/*"], "did you mean s3:GetObject?"),
        ("allows_at_most", ["S3:ReadOnyl on media"], "S3:ReadOnly"),
        ("allows_at_most", ["s3:Frob* on media"], "matches no action"),
        ("allows_at_most", ["GetObject on media/*"], "'GetObject' is not an action"),
        ("allows_at_most", ["s3:GetObject on media"], "cannot act on media: they act on"),
        ("allows_at_most", ["ecr:GetAuthorizationToken on media"], "grant it on *"),
        ("allows_at_most", ["s3:GetObject on media/* if x"], "is not a condition"),
        ("allows_at_most", ["s3:GetObject on arn:aws::x"], "is not an ARN"),
        ("allows_at_most", ["iam:PassRole on arn:aws:iam::{acount}:role/x"], "the only one is {account}"),
        ("allows", [], "names no grant"),
        ("no_admin", False, "write true"),
    ],
)
def test_mistakes_in_grants(name, raw, message):
    """Each mistake is reported with the nearest valid name, before anything is read."""
    with pytest.raises(BadExpectation) as caught:
        expectation(raw, checks_of("iam:role")[name], KINDS)
    assert message in str(caught.value)
