"""Who can assume a role."""

from __future__ import annotations

from typing import Any

import pytest

from asbuilt.iam.questions.trust import trust
from tests.iam.builders import ROLE, allow, deny, document

CI = "arn:aws:iam::123456789012:role/ci"
FOREIGN = "arn:aws:iam::999999999999:role/vendor"
GITHUB = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
ROOT = "arn:aws:iam::123456789012:root"
MAY = [document(allow("sts:AssumeRole"))]


def policy(
    principal: Any, condition: dict[str, Any] | None = None, action: str = "sts:AssumeRole", **more: Any
) -> dict[str, Any]:
    """A trust policy with one statement."""
    row = {"Effect": "Allow", "Principal": principal, "Action": action} | more
    return document(row | ({"Condition": condition} if condition else {}))


def can(trust_policy: dict[str, Any], principal: Any, policies: Any = (), **more: Any) -> bool | None:
    """Whether a candidate can assume the role."""
    row = {"principal": principal, "identity_policies": list(policies), **more}
    return trust({"role": ROLE, "trust_policy": trust_policy, "candidates": [row]}).candidates[0].can_assume


@pytest.mark.parametrize(
    ("principal", "candidate", "policies", "answer"),
    [
        ({"AWS": CI}, CI, [], True),
        ({"AWS": CI}, CI, [document(deny("sts:*"))], False),
        ({"AWS": ROOT}, CI, [], False),
        ({"AWS": ROOT}, CI, MAY, True),
        ({"AWS": "123456789012"}, CI, MAY, True),
        ({"AWS": FOREIGN}, FOREIGN, [], False),
        ({"AWS": FOREIGN}, FOREIGN, MAY, True),
        ({"AWS": ROOT}, FOREIGN, MAY, False),
        ({"AWS": "arn:aws:iam::999999999999:root"}, FOREIGN, MAY, True),
        ("*", FOREIGN, MAY, True),
        ("*", FOREIGN, [], False),
        ({"Service": "ecs-tasks.amazonaws.com"}, "ecs-tasks.amazonaws.com", [], True),
        ({"Service": "ecs-tasks.amazonaws.com"}, {"Service": "ec2.amazonaws.com"}, [], False),
        ({"Service": "ecs-tasks.amazonaws.com"}, CI, MAY, False),
    ],
)
def test_who_is_let_in(principal: Any, candidate: Any, policies: Any, answer: bool) -> None:
    """Within an account, naming the principal is enough; across accounts both sides must allow."""
    assert can(policy(principal), candidate, policies) is answer


def test_external_id() -> None:
    """The right external id must be in the request."""
    trusted = policy({"AWS": FOREIGN}, {"StringEquals": {"sts:ExternalId": "secret"}})
    assert can(trusted, FOREIGN, MAY, context={"sts:ExternalId": "secret"}) is True
    assert can(trusted, FOREIGN, MAY, context={"sts:ExternalId": "guess"}) is False
    assert can(trusted, FOREIGN, MAY) is False


def test_a_deny_wins() -> None:
    """This holds for trust policies, too."""
    rows = policy({"AWS": CI})
    rows["Statement"].append(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sts:*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
        }
    )
    assert can(rows, CI, context={"aws:MultiFactorAuthPresent": "true"}) is True
    assert can(rows, CI) is False


def test_web_identity_by_subject_and_audience() -> None:
    """The claims of the token decide."""
    claims = {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": "repo:org/app:ref:refs/heads/main",
    }
    wanted = {
        "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
        "StringLike": {"token.actions.githubusercontent.com:sub": "repo:org/app:*"},
    }
    trusted = policy({"Federated": GITHUB}, wanted, "sts:AssumeRoleWithWebIdentity")
    assert can(trusted, {"Federated": GITHUB}, context=claims) is True
    assert (
        can(trusted, GITHUB, context=claims | {"token.actions.githubusercontent.com:sub": "repo:evil/app:x"}) is False
    )
    assert can(trusted, {"Federated": GITHUB}, action="sts:AssumeRole", context=claims) is False


@pytest.mark.parametrize(
    ("principal", "condition", "answer"),
    [
        ("*", None, True),
        ({"AWS": "*"}, None, True),
        ({"AWS": [CI, "*"]}, None, True),
        ({"AWS": CI}, None, False),
        ({"AWS": ROOT}, None, False),
        ({"Service": "ec2.amazonaws.com"}, None, False),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-ours"}}, False),
        ("*", {"StringNotEquals": {"aws:PrincipalOrgID": "o-ours"}}, True),
        ("*", {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}, False),
        ("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}}, False),
        ("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/deploy"}}, True),
        ("*", {"StringEquals": {"sts:ExternalId": "x"}}, True),
        ("*", {"StringLike": {"aws:PrincipalOrgID": "o-*"}}, True),
        ("*", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ("*", {"StringEquals": {"aws:PrincipalTag/team": "x"}}, True),
    ],
)
def test_anyone_in_any_account(principal: Any, condition: Any, answer: bool) -> None:
    """Principals of other accounts choose tags and external ids, but not account, organization or network."""
    assert trust({"role": ROLE, "trust_policy": policy(principal, condition)}).anyone_in_any_account is answer


def test_everyone_but_somebody_is_anyone() -> None:
    """Allow with NotPrincipal covers all other principals."""
    row = {"Effect": "Allow", "NotPrincipal": {"AWS": CI}, "Action": "sts:AssumeRole"}
    assert trust({"role": ROLE, "trust_policy": document(row)}).anyone_in_any_account is True


def test_deny_keeps_strangers_out() -> None:
    """A Deny for all other organizations closes an open Allow."""
    rows = policy("*")
    rows["Statement"].append(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sts:AssumeRole",
            "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-ours"}},
        }
    )
    assert trust({"role": ROLE, "trust_policy": rows}).anyone_in_any_account is False


@pytest.mark.parametrize(
    ("principal", "condition", "told"),
    [
        ({"Service": "cloudtrail.amazonaws.com"}, None, "aws:SourceAccount"),
        ({"Federated": GITHUB}, None, "aud and"),
        ({"Federated": GITHUB}, {"StringLike": {"t:sub": "repo:org*", "t:aud": "x"}}, "names begin with"),
    ],
)
def test_findings(principal: Any, condition: Any, told: str) -> None:
    """Statements that trust more than they seem to are named."""
    assert told in " ".join(trust({"role": ROLE, "trust_policy": policy(principal, condition)}).findings)
