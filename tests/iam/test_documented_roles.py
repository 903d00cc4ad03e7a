"""The documented roles, their minimal policies and named grants; administrators, public access and credentials."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from asbuilt.iam.language.catalogue import find
from asbuilt.iam.language.grants import NAMED_GRANTS, named_grant
from asbuilt.iam.language.reading import PolicyError
from asbuilt.iam.proof.minimal_policy import minimal_policy
from asbuilt.iam.questions.administrator import administrator
from asbuilt.iam.questions.allowed_principals import allowed_principals
from asbuilt.iam.questions.credentials import old_keys, weak_password_rules
from asbuilt.iam.questions.wildcards import allowed_actions
from tests.iam.builders import allow, ask, deny, document, grant, granted, identity, limit, within

MEDIA = "arn:aws:s3:::studybunny-media/*"
LOGS = "arn:aws:logs:af-south-1:123456789012:log-group:/ecs/CampusLearn-Backend*"
STUDYBUNNY = [
    grant(["s3:GetObject", "s3:PutObject"], MEDIA),
    named_grant("CloudWatch:PutMetricData"),
    named_grant("CloudWatch:PutLogEvents"),
]
TASK_ROLE = "arn:aws:iam::123456789012:role/CampusLearn-ECSTaskRole"
PASSED = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
CAMPUSLEARN = {
    "build": [named_grant("ECR:ReadOnly"), named_grant("ECS:FullAccess"), named_grant("CloudWatch:PutLogs", [LOGS])],
    "pipeline": [named_grant("ECS:FullAccess"), named_grant("IAM:PassRole", [TASK_ROLE], PASSED)],
    "execution": [
        named_grant("ECR:ReadOnly"),
        named_grant("CloudWatch:PutLogs", [LOGS]),
        named_grant("SecretsManager:GetSecretValue", ["arn:aws:secretsmanager:*:123456789012:secret:campuslearn/*"]),
    ],
    "task": [named_grant("S3:ReadOnly", ["arn:aws:s3:::campuslearn-*"])],
}
ROLES = {"StudyBunny instances": STUDYBUNNY, **{f"CampusLearn {name}": rows for name, rows in CAMPUSLEARN.items()}}


@pytest.mark.parametrize("name", ROLES)
def test_a_role_with_the_minimal_policy_is_as_documented(name: str) -> None:
    """The minimal policy allows everything documented and nothing else."""
    policy = {"type": "identity", "document": minimal_policy(ROLES[name])}
    assert within([policy], *ROLES[name]) == "subset"
    assert granted([policy], *ROLES[name]) == "granted"


def test_what_stops_a_documented_grant_is_named() -> None:
    """The reason names a missing Allow, a Deny or a boundary."""
    policy = {"type": "identity", "document": minimal_policy(STUDYBUNNY)}
    assert "nothing allows it" in ask("required", identity(allow("s3:GetObject", MEDIA)), *STUDYBUNNY).reason
    assert "Statement[0]" in ask("required", [policy, identity(deny("s3:PutObject"))], *STUDYBUNNY).reason
    assert "boundary" in ask("required", [policy, limit("boundary", allow("s3:*"))], *STUDYBUNNY).reason


def test_named_grants_are_documented_actions() -> None:
    """Every action of the table is in the catalogue, and every row states its source and its reading."""
    for row in NAMED_GRANTS.values():
        assert all("*" in action or find(action) for action in row.actions)
        assert row.source
        assert row.reading
    with pytest.raises(PolicyError, match="did you mean ECR:ReadOnly"):
        named_grant("ECR:ReadOnyl")


def test_minimal_policy_puts_like_grants_together_and_sorts_resources_out() -> None:
    """Bucket actions keep the bucket, object actions the objects; a grant on the wrong resource is an error."""
    made = minimal_policy([grant(["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::b", "arn:aws:s3:::b/*"])])
    assert (
        made["Statement"]
        == [
            {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/*"},
            {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]},
        ]
        or made["Statement"][1]["Resource"] == "arn:aws:s3:::b"
    )
    with pytest.raises(PolicyError, match="acts on none"):
        minimal_policy([grant("s3:ListAllMyBuckets", "arn:aws:s3:::b")])


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        ([allow("*")], True),
        ([allow("*:*")], True),
        ([allow("s3:*"), {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], True),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], False),
        ([allow("*"), deny("iam:CreateUser")], False),
        ([allow("*", MEDIA)], False),
        ([allow("s3:*")], False),
    ],
)
def test_administrator(rows: list[dict[str, Any]], answer: bool) -> None:
    """A principal that is allowed everything is an administrator, in whatever way its policies say so."""
    assert administrator([identity(*rows)]) is answer


@pytest.mark.parametrize(
    ("principal", "condition", "answer"),
    [
        ("*", None, True),
        ({"AWS": "123456789012"}, None, False),
        ("*", {"StringEquals": {"aws:SourceAccount": "123456789012"}}, False),
        ("*", {"StringEquals": {"aws:SourceVpce": "vpce-1"}}, False),
        ("*", {"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Service": "cloudfront.amazonaws.com"}, None, False),
    ],
)
def test_public_resources(principal: Any, condition: Any, answer: bool) -> None:
    """A bucket is public when its policy allows a principal of any account."""
    row = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": MEDIA}
    policy = document(row | ({"Condition": condition} if condition else {}))
    names, anyone, _ = allowed_principals(policy, "arn:aws:s3:::studybunny-media", account="123456789012")
    assert anyone is answer
    assert names


def test_principals_of_a_resource_policy() -> None:
    """The resource's own account is `this account`, another account its number, another principal its ARN."""
    listed = ["123456789012", "arn:aws:iam::888888888888:root", "arn:aws:iam::999999999999:role/x"]
    row = {"Effect": "Allow", "Principal": {"AWS": listed}, "Action": "sqs:SendMessage", "Resource": "*"}
    names, anyone, _ = allowed_principals(document(row), "arn:aws:sqs:us-east-1:123456789012:q")
    assert names == {"this account", "888888888888", "arn:aws:iam::999999999999:role/x"}
    assert anyone is False


def test_account_hygiene() -> None:
    """Keys older than 90 days count, and password rules below the benchmark's."""
    today = datetime(2026, 1, 1, tzinfo=UTC)
    old = today - timedelta(days=200)
    keys = [
        {"AccessKeyId": name, "Status": status, "CreateDate": old}
        for name, status in (("A", "Active"), ("B", "Inactive"))
    ]
    assert old_keys(keys, today) == ("A",)
    assert "MinimumPasswordLength" in weak_password_rules({"MinimumPasswordLength": 8})
    assert len(weak_password_rules(None)) == 6


@pytest.mark.parametrize(
    ("grant", "allowed"),
    [
        ({"Action": ["iam:passrole", "s3:*"]}, {"iam:PassRole"}),
        ({"Action": "iam:PassRol?"}, {"iam:PassRole"}),
        ({"Action": ["iam:PassRole", "iam:GetRole"]}, {"iam:PassRole", "iam:GetRole"}),
        ({"Action": "s3:*"}, set()),
        ({"Action": "iam:PassRole", "Effect": "Deny"}, set()),
    ],
)
def test_allowed_actions(grant: dict[str, Any], allowed: set[str]) -> None:
    """The actions of one service that Allows are about, however they are written."""
    row = {"Effect": "Allow", "Resource": "*", **grant}
    assert allowed_actions([{"type": "identity", "document": document(row)}], "iam") == allowed


def test_allowed_actions_of_all_but_some() -> None:
    """What a NotAction leaves."""
    row = {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}
    assert "iam:CreateUser" in allowed_actions([{"type": "identity", "document": document(row)}], "iam")
