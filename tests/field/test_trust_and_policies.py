"""Who gets a role, and what the policies of roles come to."""

from __future__ import annotations

import json

import pytest

from asbuilt.iam.questions.escalation import escalate
from tests.field.empty_account import OWN, policy

HUB = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::{OWN}:oidc-provider/{HUB}"
PASS = "iam:PassRole"


def _role(account, trust, *allowed):
    """The role `deploy`, with a trust policy and what an inline policy says."""
    account.aws.iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=policy(trust))
    if allowed:
        account.aws.iam.put_role_policy(RoleName="deploy", PolicyName="own", PolicyDocument=policy(*allowed))


def _trusting_hub(**conditions):
    """Trust in GitHub's tokens for the right audience, with further conditions on their subject."""
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
    strict=True, raises=AssertionError, reason="the subject of a provider's tokens does not count in who gets a role"
)
@pytest.mark.parametrize(
    "conditions",
    [{}, {"StringLike": {f"{HUB}:sub": "repo:campus*:*"}}],
    ids=["any subject", "a subject that begins alike"],
)
def test_a_role_for_every_repository_is_told_from_one_for_the_owners(account, conditions):
    """GitHub signs tokens for everybody's repositories, so a role must ask for the subject of the owner's."""
    owners = _assumable_by(account, _trusting_hub(StringLike={f"{HUB}:sub": "repo:campus/web:*"}))
    assert _assumable_by(account, _trusting_hub(**conditions)) != owners


def test_a_role_for_the_owners_repository_lets_in_nobody_else(account):
    """Tokens whose subject names the owner's repository come from its workflows alone."""
    owners = _assumable_by(account, _trusting_hub(StringLike={f"{HUB}:sub": "repo:campus/web:*"}))
    assert "*" not in owners
    assert owners


def _trusting_organization(operator):
    """Trust in everyone whose organization is the own one, by this operator."""
    return {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "sts:AssumeRole",
        "Condition": {operator: {"aws:PrincipalOrgID": "o-ours000000"}},
    }


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="a stranger is taken to be a member of some organization")
def test_an_organization_that_is_asked_for_if_it_exists_keeps_nobody_from_a_role(account):
    """Requests from accounts outside of any organization lack aws:PrincipalOrgID, and IfExists is true of them."""
    assert "*" in _assumable_by(account, _trusting_organization("StringEqualsIfExists"))


def test_an_organization_that_is_asked_for_keeps_strangers_from_a_role(account):
    """Without IfExists, a condition does not hold of a request that lacks its key."""
    assert "*" not in _assumable_by(account, _trusting_organization("StringEquals"))


EC2 = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="an action that no service has is taken for something left out"
)
@pytest.mark.parametrize("but", [["nosuch:action"], ["s3:NoSuchAction", "nosuch:*"]], ids=" ".join)
def test_everything_but_what_does_not_exist_is_everything(account, but):
    """IAM takes NotAction with an action that no service has, and then allows every action that there is."""
    _role(account, EC2, {"Effect": "Allow", "NotAction": but, "Resource": "*"})
    assert account.ask("iam:role", "deploy", "no_admin", True).status == "failed"


@pytest.mark.parametrize(
    ("statement", "status"),
    [({"NotAction": "iam:*"}, "passed"), ({"Action": "*"}, "failed")],
    ids=["everything but a service", "everything"],
)
def test_an_administrator_may_do_everything(account, statement, status):
    """Who may do nothing in one service is no administrator; who may do all is."""
    _role(account, EC2, {"Effect": "Allow", "Resource": "*", **statement})
    assert account.ask("iam:role", "deploy", "no_admin", True).status == status


SERVICES = ("ec2", "glue", "codebuild", "cloudformation", "sagemaker", "tasks.apprunner", "bedrock-agentcore")


def _document(**statement):
    return json.loads(policy({"Effect": "Allow", **statement}))


def _escalates(*actions):
    """The verdict on who may do this everywhere, where each service has a role that may do everything."""
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


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="these ways to pass a role are not known")
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
def test_whoever_has_a_service_act_as_an_administrator_escalates(actions):
    """Who may pass an administrator's role to what a service runs for him may do what the role may."""
    assert _escalates(*actions) == "escalates"


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="these ways over what runs already are not known")
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
def test_whoever_takes_over_what_may_run_as_an_administrator_is_not_safe(actions):
    """A role that runs already acts for whoever changes the code it runs; whether one does was not read here."""
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
def test_a_role_is_passed_to_something_that_runs(actions, verdict):
    """It takes both: to pass a role, and to start what acts as it."""
    assert _escalates(*actions) == verdict
