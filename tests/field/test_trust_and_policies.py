"""Trust policies of roles, and the permissions of their policies."""

from __future__ import annotations

import json

import pytest

from asbuilt.iam.questions.escalation import escalate
from tests.field.empty_account import OWN, policy

HUB = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::{OWN}:oidc-provider/{HUB}"
PASS = "iam:PassRole"


def _role(account, trust, *allowed):
    """Create the role `deploy`, with a trust policy and an inline policy."""
    account.aws.iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=policy(trust))
    if allowed:
        account.aws.iam.put_role_policy(RoleName="deploy", PolicyName="own", PolicyDocument=policy(*allowed))


def _trusting_hub(**conditions):
    """A trust policy for GitHub's tokens with the right audience and these conditions."""
    return {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{HUB}:aud": "sts.amazonaws.com"}, **conditions},
    }


def _assumable_by(account, trust):
    _role(account, trust)
    found = account.ask("iam:role", "deploy", "assumable_only_by", []).found
    account.aws.iam.delete_role(RoleName="deploy")
    return found


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="conditions on the subject of a provider's tokens are ignored"
)
@pytest.mark.parametrize(
    "conditions",
    [{}, {"StringLike": {f"{HUB}:sub": "repo:campus*:*"}}],
    ids=["any subject", "a subject that begins alike"],
)
def test_a_role_for_every_repository_is_public(account, conditions):
    """GitHub signs tokens for all repositories, so a trust policy must restrict the subject to the owner's."""
    owners = _assumable_by(account, _trusting_hub(StringLike={f"{HUB}:sub": "repo:campus/web:*"}))
    assert _assumable_by(account, _trusting_hub(**conditions)) != owners


def test_a_role_for_one_repository_is_not_public(account):
    """Only the repository's workflows get tokens with its subject."""
    owners = _assumable_by(account, _trusting_hub(StringLike={f"{HUB}:sub": "repo:campus/web:*"}))
    assert "*" not in owners
    assert owners


def _trusting_organization(operator):
    """A trust policy for all principals of this organization, with this condition operator."""
    return {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "sts:AssumeRole",
        "Condition": {operator: {"aws:PrincipalOrgID": "o-ours000000"}},
    }


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="strangers are assumed to be members of an organization")
def test_a_role_with_an_organization_condition_with_if_exists_is_public(account):
    """Requests of accounts without an organization lack aws:PrincipalOrgID, so IfExists holds."""
    assert "*" in _assumable_by(account, _trusting_organization("StringEqualsIfExists"))


def test_a_role_with_an_organization_condition_is_not_public(account):
    """Without IfExists, a condition does not hold for a request without its key."""
    assert "*" not in _assumable_by(account, _trusting_organization("StringEquals"))


EC2 = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="an action that no service has counts as an exclusion")
@pytest.mark.parametrize("but", [["nosuch:action"], ["s3:NoSuchAction", "nosuch:*"]], ids=" ".join)
def test_not_action_with_an_unknown_action_allows_everything(account, but):
    """IAM accepts NotAction with an action that no service has, which then allows all actions."""
    _role(account, EC2, {"Effect": "Allow", "NotAction": but, "Resource": "*"})
    assert account.ask("iam:role", "deploy", "no_admin", True).status == "failed"


@pytest.mark.parametrize(
    ("statement", "status"),
    [({"NotAction": "iam:*"}, "passed"), ({"Action": "*"}, "failed")],
    ids=["everything but a service", "everything"],
)
def test_an_administrator_may_do_everything(account, statement, status):
    """A role without the actions of one service is no administrator; a role with all actions is."""
    _role(account, EC2, {"Effect": "Allow", "Resource": "*", **statement})
    assert account.ask("iam:role", "deploy", "no_admin", True).status == status


SERVICES = ("ec2", "glue", "codebuild", "cloudformation", "sagemaker", "tasks.apprunner", "bedrock-agentcore")


def _document(**statement):
    return json.loads(policy({"Effect": "Allow", **statement}))


def _escalates(*actions):
    """The finding for a role with these actions on all resources, if each service has an administrator's role."""
    roles = [
        {
            "arn": f"arn:aws:iam::{OWN}:role/{service}",
            "trust_policy": _document(Action="sts:AssumeRole", Principal={"Service": f"{service}.amazonaws.com"}),
            "policies": [_document(Action="*", Resource="*")],
        }
        for service in SERVICES
    ]
    own = {"type": "identity", "document": _document(Action=list(actions), Resource="*")}
    there = {"roles": roles, "users": [], "groups": []}
    return escalate({"principal": f"arn:aws:iam::{OWN}:role/app", "policies": [own], "account": there}).verdict


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="these ways to pass a role are not modelled")
@pytest.mark.parametrize(
    "actions",
    [
        (PASS, "ec2:RequestSpotInstances"),
        (PASS, "autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup"),
        (PASS, "codebuild:CreateProject", "codebuild:StartBuildBatch"),
        (PASS, "glue:CreateJob", "glue:CreateTrigger"),
        (PASS, "glue:UpdateJob", "glue:CreateTrigger"),
        (PASS, "cloudformation:UpdateStackSet"),
        (PASS, "sagemaker:CreateNotebookInstance"),
    ],
    ids=" ".join,
)
def test_passing_an_administrators_role_to_a_service_escalates(actions):
    """A role that may pass an administrator's role to a service can do what that role can."""
    assert _escalates(*actions) == "escalates"


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="these ways through running resources are not modelled")
@pytest.mark.parametrize(
    "actions",
    [
        ("ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"),
        ("ec2-instance-connect:SendSSHPublicKey",),
        ("ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"),
        ("glue:UpdateDevEndpoint",),
        ("codebuild:StartBuildBatch",),
        ("cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"),
        ("apprunner:UpdateService",),
        ("sagemaker:CreatePresignedNotebookInstanceUrl",),
        ("bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter"),
    ],
    ids=" ".join,
)
def test_changing_code_that_may_run_as_an_administrator_is_unknown(actions):
    """A principal that can change running code can use the role of that code; whether code runs was not read here."""
    assert _escalates(*actions) in ("escalates", "unknown")


@pytest.mark.parametrize(
    ("actions", "verdict"),
    [
        ((PASS, "ec2:RunInstances"), "escalates"),
        ((PASS,), "safe"),
        (("ec2:RequestSpotInstances",), "safe"),
        (("ec2:DescribeInstances", "sagemaker:DescribeNotebookInstance"), "safe"),
    ],
    ids=str,
)
def test_passing_a_role_needs_a_resource_that_uses_it(actions, verdict):
    """Both are needed: to pass a role, and to start a resource that uses it."""
    assert _escalates(*actions) == verdict
