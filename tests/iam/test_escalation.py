"""Paths of privilege escalation."""

from __future__ import annotations

from typing import Any

import pytest

from asbuilt.iam.proof.allowed_requests import can
from asbuilt.iam.questions import escalation, inventory
from asbuilt.iam.questions.escalation import escalate
from tests.iam.builders import ROLE, USER, allow, deny, document, limit

ADMINISTRATOR_ACCESS = "arn:aws:iam::123456789012:role/admin"
ALL = document(allow("*"))


def trusts(principal: Any) -> dict[str, Any]:
    """A trust policy."""
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def admin(principal: Any) -> dict[str, Any]:
    """A role with all permissions and a trust policy."""
    return {"arn": ADMINISTRATOR_ACCESS, "trust_policy": trusts(principal), "policies": [ALL]}


LAMBDA = {"roles": [admin({"Service": "lambda.amazonaws.com"})]}
FUNCTION = {"arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "role": ADMINISTRATOR_ACCESS}
INSTANCE = {"arn": "arn:aws:ec2:us-east-1:123456789012:instance/i-1", "role": ADMINISTRATOR_ACCESS}
RUNNING = {"roles": [admin({"Service": "ec2.amazonaws.com"})], "instances": [INSTANCE]}
UNREAD = {"arn": ADMINISTRATOR_ACCESS, "trust_policy": trusts({"AWS": ROLE})}
READER = UNREAD | {"policies": [document(allow("s3:GetObject"))]}
LAUNCH = ["iam:PassRole", "lambda:CreateFunction"]


def ask(account: dict[str, Any], *policies: dict[str, Any], principal: str = ROLE, **more: Any) -> Any:
    """Ask for a principal with statements or policies."""
    listed = [document(p) if "Effect" in p else p for p in policies]
    return escalate({"principal": principal, "policies": listed, "account": account, **more})


@pytest.mark.parametrize(
    ("account", "policies", "verdict"),
    [
        ({"roles": []}, [allow("s3:*")], "safe"),
        (LAMBDA, [allow(LAUNCH)], "escalates"),
        (LAMBDA, [allow("iam:PassRole")], "safe"),
        (LAMBDA, [allow("lambda:*")], "unknown"),
        (LAMBDA | {"functions": []}, [allow("lambda:*")], "safe"),
        (LAMBDA, [allow(LAUNCH, StringEquals={"iam:PassedToService": "ec2.amazonaws.com"})], "safe"),
        (LAMBDA, [allow(LAUNCH), deny("iam:PassRole", ADMINISTRATOR_ACCESS)], "safe"),
        (LAMBDA, [allow("lambda:CreateFunction"), allow("iam:PassRole", ROLE)], "safe"),
        ({"roles": [admin({"Service": "ec2.amazonaws.com"})]}, [allow(LAUNCH)], "safe"),
        (
            {"roles": [admin({"Service": "ec2.amazonaws.com"})]},
            [allow(["iam:PassRole", "ec2:RunInstances"])],
            "escalates",
        ),
        (LAMBDA, [allow(LAUNCH), limit("boundary", allow("s3:*"))], "safe"),
        (LAMBDA, [allow(LAUNCH), limit("scp", allow("*"), deny("lambda:*"), level="root")], "safe"),
        ({"roles": []}, [allow("iam:PutRolePolicy", ROLE)], "escalates"),
        ({"roles": []}, [allow("iam:PutRolePolicy", ADMINISTRATOR_ACCESS)], "safe"),
        ({"roles": []}, [allow("iam:AttachRolePolicy")], "escalates"),
        ({"roles": [admin({"AWS": ROLE})]}, [allow("s3:GetObject")], "escalates"),
        ({"roles": [admin({"AWS": "123456789012"})]}, [allow("sts:AssumeRole", ADMINISTRATOR_ACCESS)], "escalates"),
        ({"roles": [admin({"AWS": "123456789012"})]}, [allow("s3:GetObject")], "safe"),
        ({"roles": [admin({"Service": "x.amazonaws.com"})]}, [allow("iam:UpdateAssumeRolePolicy")], "escalates"),
        ({"roles": []}, [allow("*")], "safe"),
        ({"roles": []}, [allow(["iam:*", "s3:*"]), limit("boundary", allow("s3:*"))], "safe"),
        ({"roles": [READER]}, [allow("s3:*")], "safe"),
        ({"roles": [UNREAD]}, [allow("s3:*")], "unknown"),
        (LAMBDA | {"functions": [FUNCTION]}, [allow("lambda:UpdateFunctionCode")], "escalates"),
        (RUNNING, [allow("ssm:SendCommand")], "escalates"),
    ],
)
def test_paths_of_roles(account: dict[str, Any], policies: list[dict[str, Any]], verdict: str) -> None:
    """A path is open where every step is allowed, what it needs exists, and it gives more permissions."""
    found = ask(account, *policies)
    assert found.verdict == verdict, found.reason
    assert bool(found.ways) == (verdict == "escalates")


@pytest.mark.parametrize(
    ("action", "verdict"),
    [
        ("iam:PutUserPolicy", "escalates"),
        ("iam:AttachUserPolicy", "escalates"),
        ("iam:CreateAccessKey", "escalates"),
        ("iam:UpdateLoginProfile", "escalates"),
        ("iam:CreatePolicyVersion", "escalates"),
        ("iam:AddUserToGroup", "escalates"),
        ("iam:PutGroupPolicy", "escalates"),
        ("iam:PutRolePolicy", "safe"),
        ("iam:ListUsers", "safe"),
    ],
)
def test_paths_of_users(action: str, verdict: str) -> None:
    """Own policies, groups and the credentials of others."""
    account = {
        "roles": [],
        "users": [{"arn": "arn:aws:iam::123456789012:user/boss", "policies": [ALL]}],
        "groups": [{"arn": "arn:aws:iam::123456789012:group/admins", "policies": [ALL]}],
    }
    own = {"attached": ["arn:aws:iam::123456789012:policy/own"], "groups": ["developers"]}
    assert ask(account, allow(action), principal=USER, **own).verdict == verdict


def test_steps_are_requests() -> None:
    """Each step names its action, resource and context."""
    steps = ask(LAMBDA, allow(LAUNCH)).as_json()["steps"]
    assert [step["action"] for step in steps] == LAUNCH
    assert steps[0]["resource"] == ADMINISTRATOR_ACCESS
    assert steps[0]["context"] == {"iam:PassedToService": "lambda.amazonaws.com"}


def test_removing_the_boundary_escalates() -> None:
    """The gain is a request that the boundary stops."""
    policies = [allow("*"), limit("boundary", allow(["s3:*", "iam:DeleteRolePermissionsBoundary"]))]
    assert ask({"roles": []}, *policies).verdict == "escalates"


def test_the_number_of_searches_does_not_grow_with_the_number_of_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    """An action that is allowed nowhere is not searched for again for each role of the account."""
    searches: list[str] = []

    def counted(question: Any, action: str, *more: Any) -> Any:
        searches.append(action)
        return can(question, action, *more)

    for module in (escalation, inventory):
        monkeypatch.setattr(module, "can", counted)
    counts = []
    for size in (1, 200):
        roles = [
            {
                "arn": f"arn:aws:iam::123456789012:role/r{number}",
                "trust_policy": trusts({"Service": "ec2.amazonaws.com"}),
                "policies": [ALL],
            }
            for number in range(size)
        ]
        searches.clear()
        assert ask({"roles": roles}, allow("s3:*")).verdict == "safe"
        counts.append(len(searches))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("trusted", [{"AWS": ROLE}, {"AWS": "*"}, "*", {"Service": "x.amazonaws.com", "AWS": ROLE}])
def test_a_role_that_trusts_a_principal_of_an_account_is_searched(trusted: Any) -> None:
    """Only a trust policy for services and providers alone is passed over."""
    assert ask({"roles": [admin(trusted)]}, allow("sts:AssumeRole")).verdict == "escalates"


def test_a_trust_policy_with_other_principals_excepted_is_searched() -> None:
    """NotPrincipal names principals of accounts by leaving some out."""
    trust = document({"Effect": "Allow", "NotPrincipal": {"AWS": USER}, "Action": "sts:AssumeRole"})
    role = {"arn": ADMINISTRATOR_ACCESS, "trust_policy": trust, "policies": [ALL]}
    assert ask({"roles": [role]}, allow("sts:AssumeRole")).verdict != "safe"
