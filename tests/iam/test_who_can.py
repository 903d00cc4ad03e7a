"""Whether one role of an account is allowed an action by some request, and what the request must carry."""

from __future__ import annotations

from typing import Any

import pytest

from asbuilt.iam.questions.who_can import who_can
from tests.iam.builders import ROLE, allow, deny, document

OBJECT = "arn:aws:s3:::media/x"
KEY = "arn:aws:kms:us-east-1:123456789012:key/k"
TRUST = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}


def _details(*rows: dict[str, Any], trusted: Any = "sts:AssumeRole") -> dict[str, Any]:
    role = {
        "Arn": ROLE,
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": document(*rows)}],
        "Tags": [{"Key": "team", "Value": "red"}],
        "AssumeRolePolicyDocument": document(trusted if isinstance(trusted, dict) else {**TRUST, "Action": trusted}),
    }
    return {"RoleDetailList": [role], "Policies": []}


@pytest.mark.parametrize(
    ("rows", "allowed", "reason"),
    [
        ([allow()], True, "allowed"),
        ([allow("s3:PutObject")], False, "nothing allows it; the resource's own policy is not counted"),
        ([allow(), deny("s3:*")], False, "denied"),
        ([allow(IpAddress={"aws:SourceIp": "10.0.0.0/8"})], True, "allowed with aws:SourceIp = 10.0.0.0"),
        (
            [allow(), deny(StringNotEquals={"aws:RequestedRegion": "eu-west-1"})],
            True,
            "allowed with aws:RequestedRegion = eu-west-1",
        ),
        (
            [allow(), deny(Bool={"aws:SecureTransport": "false"})],
            True,
            "allowed with aws:SecureTransport = true",
        ),
        ([allow(), deny(Bool={"aws:SecureTransport": ["true", "false"]})], False, "nothing allows s3:GetObject there"),
        ([allow(StringEquals={"s3:prefix": "a"}), deny(StringLike={"s3:prefix": "*"})], False, "nothing allows"),
    ],
)
def test_some_request_gets_through_or_none(rows: list[dict[str, Any]], allowed: bool, reason: str) -> None:
    """A condition that can be met does not deny, and a Deny that is always met leaves nothing."""
    found = who_can(_details(*rows), ROLE, "s3:GetObject", OBJECT)
    assert found.allowed is allowed
    assert found.reason.startswith(reason)
    assert bool(found.by) is (allowed or reason == "denied")


@pytest.mark.parametrize("action", ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "kms:Decrypt"])
def test_keys_and_roles_have_a_say_of_their_own(action: str) -> None:
    """Their own policies must allow, too, and are not among the role's."""
    resource = KEY if action.startswith("kms") else "arn:aws:iam::123456789012:role/other"
    assert who_can(_details(allow("*")), ROLE, action, resource).allowed is None
    assert who_can(_details(allow("s3:*")), ROLE, action, resource).allowed is False


@pytest.mark.parametrize(
    ("trusted", "brings"),
    [
        ("sts:AssumeRole", False),
        (["sts:AssumeRole", "sts:TagSession"], True),
        ("sts:*", True),
        ("STS:Tag*", True),
        ("*", True),
        ({**TRUST, "NotAction": "sts:SetSourceIdentity"}, True),
        ({**TRUST, "NotAction": "sts:T*"}, False),
        ({**TRUST, "Effect": "Deny", "Action": "sts:TagSession"}, False),
    ],
)
def test_tags_of_the_role_hold_unless_sessions_bring_their_own(trusted: Any, brings: bool) -> None:
    """Tags of the session replace those of the role."""
    blue = allow(StringEquals={"aws:PrincipalTag/team": "blue"})
    assert who_can(_details(blue, trusted=trusted), ROLE, "s3:GetObject", OBJECT).allowed is brings
    red = allow(StringEquals={"aws:PrincipalTag/team": "red"})
    assert who_can(_details(red, trusted=trusted), ROLE, "s3:GetObject", OBJECT).allowed is True
