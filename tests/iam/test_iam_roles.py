"""The documented roles as documented; the data and findings around them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asking import allow, ask, deny, document, grant, granted, identity, limit, within

from asbuilt.iam.language.catalogue import find
from asbuilt.iam.language.grants import NAMED, documented
from asbuilt.iam.language.reading import PolicyError
from asbuilt.iam.proof.minimal import minimal_policy
from asbuilt.iam.questions.access import access, accounts
from asbuilt.iam.questions.findings import administrator, allowed_actions, old_keys, weak_password_rules, wildcards

MEDIA = "arn:aws:s3:::studybunny-media/*"
LOGS = "arn:aws:logs:af-south-1:123456789012:log-group:/ecs/CampusLearn-Backend*"
STUDYBUNNY = [
    grant(["s3:GetObject", "s3:PutObject"], MEDIA),
    documented("CloudWatch:PutMetricData"),
    documented("CloudWatch:PutLogEvents"),
]
TASK_ROLE = "arn:aws:iam::123456789012:role/CampusLearn-ECSTaskRole"
PASSED = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
CAMPUSLEARN = {
    "build": [documented("ECR:ReadOnly"), documented("ECS:FullAccess"), documented("CloudWatch:PutLogs", [LOGS])],
    "pipeline": [documented("ECS:FullAccess"), documented("IAM:PassRole", [TASK_ROLE], PASSED)],
    "execution": [
        documented("ECR:ReadOnly"),
        documented("CloudWatch:PutLogs", [LOGS]),
        documented("SecretsManager:GetSecretValue", ["arn:aws:secretsmanager:*:123456789012:secret:campuslearn/*"]),
    ],
    "task": [documented("S3:ReadOnly", ["arn:aws:s3:::campuslearn-*"])],
}
ROLES = {"StudyBunny instances": STUDYBUNNY, **{f"CampusLearn {name}": rows for name, rows in CAMPUSLEARN.items()}}


@pytest.mark.parametrize("name", ROLES)
def test_a_role_with_the_minimal_policy_is_as_documented(name: str) -> None:
    """The policy printed as the fix grants everything documented and nothing else."""
    policy = {"type": "identity", "document": minimal_policy(ROLES[name])}
    assert within([policy], *ROLES[name]) == "subset"
    assert granted([policy], *ROLES[name]) == "granted"


def test_what_stops_a_documented_grant_is_named() -> None:
    """A gap, a Deny and a boundary."""
    policy = {"type": "identity", "document": minimal_policy(STUDYBUNNY)}
    assert "nothing allows it" in ask("required", identity(allow("s3:GetObject", MEDIA)), *STUDYBUNNY).reason
    assert "Statement[0]" in ask("required", [policy, identity(deny("s3:PutObject"))], *STUDYBUNNY).reason
    assert "boundary" in ask("required", [policy, limit("boundary", allow("s3:*"))], *STUDYBUNNY).reason


def test_named_grants_are_documented_actions() -> None:
    """Every action of the table is in the catalogue, and every row says how it was read."""
    for row in NAMED.values():
        assert all("*" in action or find(action) for action in row.actions)
        assert row.source
        assert row.reading
    with pytest.raises(PolicyError, match="did you mean ECR:ReadOnly"):
        documented("ECR:ReadOnyl")


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


def test_wildcards_propose_the_smallest_list() -> None:
    """How much of a pattern was documented, and which actions those are."""
    found = wildcards([identity(allow("s3:*", MEDIA))], [grant(["s3:GetObject", "s3:PutObject"], MEDIA)])
    assert [(w.pattern, w.documented, w.smallest) for w in found] == [("s3:*", 2, ("s3:GetObject", "s3:PutObject"))]
    assert found[0].covered > 100
    assert [w.field for w in wildcards([identity(allow("s3:GetObject"))], [grant("s3:GetObject", MEDIA)])] == [
        "Resource"
    ]
    assert wildcards([identity(allow("ecs:*"))], [documented("ECS:FullAccess")]) == ()


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
    """Whoever can do everything, however it is written."""
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
    """A bucket is public when its policy lets strangers in."""
    row = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": MEDIA}
    found = access(document(row | ({"Condition": condition} if condition else {})))
    assert found.anyone is answer
    assert found.named


def test_accounts_of_a_resource_policy() -> None:
    """By number or ARN."""
    names = ["123456789012", "arn:aws:iam::999999999999:role/x"]
    row = {"Effect": "Allow", "Principal": {"AWS": names}, "Action": "sqs:SendMessage", "Resource": "*"}
    assert accounts(access(document(row))) == {"123456789012", "999999999999"}


def test_account_hygiene() -> None:
    """Old keys, password rules."""
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
