"""What roles are granted, and whether the root user can act, both ways."""

from __future__ import annotations

import pytest

from checks import grants, root_use
from tests.records import account, entry, record

POLICIES, DEFINITIONS, SUMMARY = "iam:policy", "ecs:service.task-definition", "iam:account-summary"


def _role(*statements, arn="arn:role"):
    own = {"PolicyDocument": {"Statement": [{"Effect": "Allow", **item} for item in statements]}}
    return record({"Arn": arn, "RolePolicyList": [own]}, "iam:role", ["r"], arn=arn)


SEEN = account({POLICIES: []})
PUSH = {"Action": ["ecr:Put*"], "Resource": "arn:repository"}


@pytest.mark.parametrize(
    ("statement", "granted"),
    [
        (PUSH, True),
        ({"Action": "*", "Resource": "*"}, True),
        ({"Action": "ecr:Get*", "Resource": "*"}, False),
        ({**PUSH, "Effect": "Deny"}, False),
        ({"NotAction": "iam:*", "Resource": "*"}, True),
        ({"NotAction": ["ecr:*", "iam:*"], "Resource": "*"}, False),
    ],
)
def test_may(statement, granted):
    """An Allow that names the action, by wildcards too; a Deny grants nothing."""
    assert grants.may(_role(statement), SEEN, "ecr:PutImage") is granted


def test_may_on():
    """Subjects for what is theirs or in them, patterns for the rest, nothing for an action that is not granted."""
    subjects = {
        "repository": [entry({}, "ecr:repository", ["x"], arn="arn:repository")],
        "bucket": [entry({}, "s3:bucket", ["b"], arn="arn:aws:s3:::b")],
    }
    role = _role(PUSH, {"Action": "s3:GetObject", "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::c/*"]})
    seen = account({POLICIES: []}, subjects)
    assert grants.may_on(role, seen, "ecr:PutImage") == {"repository"}
    assert grants.may_on(role, seen, "s3:GetObject") == {"bucket", "arn:aws:s3:::c/*"}
    assert grants.may_on(role, seen, "s3:PutObject") == frozenset()


def test_attached_policies_count():
    """In their default version."""
    versions = [
        {"IsDefaultVersion": False, "Document": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}},
        {"IsDefaultVersion": True, "Document": {"Statement": {"Effect": "Allow", **PUSH}}},
    ]
    role = record({"AttachedManagedPolicies": [{"PolicyArn": "arn:p"}]}, "iam:role", ["r"])
    seen = account({POLICIES: [entry({"PolicyVersionList": versions}, POLICIES, ["p"], arn="arn:p")]})
    assert grants.may(role, seen, "ecr:PutImage") is True
    assert grants.may(role, seen, "ecs:UpdateService") is False


def test_passes_roles_to():
    """The services that a condition names; without one, any."""
    passing = {"Action": "iam:PassRole", "Resource": "arn:r"}
    only = {"Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}}
    assert grants.passes_roles_to(_role({**passing, **only}), SEEN) == {"ecs-tasks.amazonaws.com"}
    assert grants.passes_roles_to(_role({**passing, **only}, passing), SEEN) == {"ecs-tasks.amazonaws.com", "*"}
    assert grants.passes_roles_to(_role(PUSH), SEEN) == frozenset()


@pytest.mark.parametrize(("action", "full"), [("ecs:*", True), ("ECS:*", True), ("*", True), ("ecs:Describe*", False)])
def test_full_access(action, full):
    """All of a service, or all there is; or all but another's."""
    assert grants.full_access(_role({"Action": action, "Resource": "*"}), SEEN, "ecs") is full
    for left_out, rest in [("iam:*", True), ("ecs:*", False)]:
        assert grants.full_access(_role({"NotAction": left_out, "Resource": "*"}), SEEN, "ecs") is rest


def test_given_to_tasks_as():
    """What task definitions of services make of a role."""
    definitions = [{"executionRoleArn": "arn:role"}, {"taskRoleArn": "arn:role"}, {"taskRoleArn": "arn:other"}]
    of = [entry(data, DEFINITIONS, [str(number)]) for number, data in enumerate(definitions)]
    assert grants.given_to_tasks_as(_role(), account({DEFINITIONS: of[:1]})) == {"execution"}
    assert grants.given_to_tasks_as(_role(), account({DEFINITIONS: of})) == {"execution", "task"}
    assert grants.given_to_tasks_as(_role(), account({DEFINITIONS: of[2:]})) == frozenset()


@pytest.mark.parametrize(
    ("arn", "sort"),
    [
        ("arn:aws:iam::1:root", "root"),
        ("arn:aws:iam::1:user/a", "user"),
        ("arn:aws:sts::1:assumed-role/auditor/me", "assumed-role"),
    ],
)
def test_read_as(arn, sort):
    """Root is a sort of its own."""
    assert root_use.read_as(record({"Arn": arn})) == sort


@pytest.mark.parametrize(("keys", "mfa", "second"), [(0, 1, True), (1, 0, False)])
def test_root_user(keys, mfa, second):
    """Its keys are counted, its second factor is there or is not."""
    summary = {"AccountAccessKeysPresent": keys, "AccountMFAEnabled": mfa}
    seen = account({SUMMARY: [entry(summary, SUMMARY)]})
    assert root_use.root_access_keys(record({}), seen) == keys
    assert root_use.root_mfa(record({}), seen) is second
