"""Grants that a role must not have, and the secrets that it may read."""

from __future__ import annotations

import pytest

from asbuilt.check import checks_of
from asbuilt.evidence import Unknown
from asbuilt.iam.records.organization import READS
from asbuilt.spec.expectation import expectation
from asbuilt_content.checks.iam import role as iam_role
from tests.records import account, entry, record

ARN = "arn:aws:iam::123456789012:role/app"
POLICIES, SECRETS = "iam:policy", "secretsmanager:secret"
IAM, SECRET = "arn:aws:iam::123456789012", "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
OURS, THEIRS = (
    entry({"Name": name, "ARN": f"{SECRET}{name}-AbCdEf"}, SECRETS, [name], arn=f"{SECRET}{name}-AbCdEf")
    for name in ("app/key", "pay/key")
)
ALONE = {**dict.fromkeys(READS, ()), "aws:account": [entry({}, "aws:account")]}  # in no organization
BUCKET = entry({}, "s3:bucket", ["media"], arn="arn:aws:s3:::media")
READ = "secretsmanager:GetSecretValue"
TO_TASKS = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}


def allow(action, resource="*", **more):
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    """A statement that denies."""
    return {**allow(action, resource, **more), "Effect": "Deny"}


def role(*statements, **more):
    """A role with one policy of its own."""
    own = {"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}
    trust: dict[str, object] = {"Statement": []}
    data = {"Arn": ARN, "RolePolicyList": [own], "AttachedManagedPolicies": [], "AssumeRolePolicyDocument": trust}
    return record({**data, **more}, "iam:role", ["app"], arn=ARN)


def policy(arn, *statements):
    """A managed policy whose first version, which is not the default, grants everything."""
    versions = [([allow("*")], False), (list(statements), True)]
    data = [{"IsDefaultVersion": default, "Document": {"Statement": rows}} for rows, default in versions]
    return entry({"PolicyVersionList": data}, POLICIES, [arn], arn=arn)


def ruled_out(held, grants, policies=(), media=(BUCKET,)):
    """Ask which of the grants that are ruled out a role has."""
    check = checks_of("iam:role")["allows_none_of"]
    wanted = expectation(grants, check, {"media": "s3:bucket"})
    seen = account({**ALONE, POLICIES: policies}, {"media": list(media)} if "media" in wanted.subjects else {})
    return check.ask(held, account=seen, expected=wanted.asked)


@pytest.mark.parametrize(
    ("statements", "grants", "found"),
    [
        ([allow("s3:GetObject")], ["iam:PassRole on *"], ""),
        ([allow("iam:Pass*", f"{IAM}:role/x")], ["iam:PassRole on *"], f"iam:PassRole on {IAM}:role/x"),
        ([{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], ["iam:PassRole on *"], "iam:PassRole on "),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], ["iam:* on *"], ""),
        ([allow("*"), deny("iam:*")], ["iam:* on *"], ""),
        ([allow("*"), deny("iam:*", f"{IAM}:role/x")], ["iam:PassRole on *"], "iam:PassRole on "),
        ([allow("iam:PassRole", Condition=TO_TASKS)], ["iam:PassRole on *"], "ecs-tasks.amazonaws.com"),
        (
            [allow("iam:PassRole", Condition=TO_TASKS)],
            ["iam:PassRole on * if iam:PassedToService = ec2.amazonaws.com"],
            "",
        ),
        ([allow("s3:*", "arn:aws:s3:::med?a/*")], ["s3:DeleteObject on media/*"], "arn:aws:s3:::media/"),
        ([allow("s3:*", "arn:aws:s3:::mediax/*")], ["s3:DeleteObject on media/*"], ""),
        ([allow("s3:GetObject"), allow("sqs:*")], ["s3:PutObject on *", "sqs:DeleteQueue on *"], "sqs:DeleteQueue"),
    ],
)
def test_what_is_ruled_out(statements, grants, found):
    """The answer is empty where no request is allowed; else it has a request, and the statement that allows it."""
    answer = " ".join(ruled_out(role(*statements), grants))
    assert bool(answer) is bool(found)
    assert found in answer
    assert "allowed by own Statement[" in answer or not found


def test_what_boundaries_and_versions_in_force_take_away():
    """A boundary excludes what it does not allow; only the default version counts."""
    attached = {"AttachedManagedPolicies": [{"PolicyName": "p", "PolicyArn": "arn:p"}]}
    bounded = {"PermissionsBoundary": {"PermissionsBoundaryArn": "arn:b"}}
    assert ruled_out(role(**attached), ["iam:PassRole on *"], [policy("arn:p", allow("s3:*"))]) == frozenset()
    assert ruled_out(role(**attached), ["s3:PutObject on *"], [policy("arn:p", allow("s3:*"))])
    boundary = policy("arn:b", allow("s3:*"))
    assert ruled_out(role(allow("*"), **bounded), ["iam:PassRole on *"], [boundary]) == frozenset()
    with pytest.raises(Unknown):
        ruled_out(role(**attached), ["iam:PassRole on *"])


def test_what_is_ruled_out_of_something_absent_is_not_known():
    """Nothing is asked about an absent subject, so nothing is proved."""
    with pytest.raises(Unknown, match="not there to ask about"):
        ruled_out(role(allow("*")), ["s3:DeleteObject on media/*"], media=())


@pytest.mark.parametrize(("trusted", "brings"), [("sts:AssumeRole", False), ("sts:*", True), ("sts:TagSession", True)])
def test_tags_of_the_role_count_unless_sessions_bring_their_own(trusted, brings):
    """A condition on a tag is decided by the tag, unless sessions choose it."""
    trust = {"Statement": {"Effect": "Allow", "Principal": {"AWS": f"{IAM}:root"}, "Action": trusted}}
    own = allow("s3:*", "arn:aws:s3:::${aws:PrincipalTag/bucket}/*")
    held = role(own, Tags=[{"Key": "bucket", "Value": "other"}], AssumeRolePolicyDocument=trust)
    assert bool(ruled_out(held, ["s3:DeleteObject on media/*"])) is brings
    assert ruled_out(held, ["s3:DeleteObject on arn:aws:s3:::other/*"])


def readable(held, secrets=(OURS, THEIRS)):
    """The secrets that a role may read, in an account where one secret is a subject."""
    seen = account({POLICIES: [], SECRETS: list(secrets)}, {"ours": [OURS] if OURS in secrets else []})
    return iam_role.readable_secrets(held, seen)


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ([allow(READ, f"{SECRET}app/key-AbCdEf")], {"ours"}),
        ([allow(READ, f"{SECRET}app/key-??????")], {"ours"}),
        ([allow("secretsmanager:Get*", [f"{SECRET}app/key-??????", f"{SECRET}pay/key-AbCdEf"])], {"ours", "pay/key"}),
        ([allow(READ), deny(READ, "arn:aws:secretsmanager:*")], set()),
        ([allow(READ), deny(READ, f"{SECRET}*")], {"arn:aws:secretsmanager:"}),  # secrets of other regions remain
        ([allow(READ), {"Effect": "Deny", "Action": READ, "NotResource": f"{SECRET}app/key-??????"}], {"ours"}),
        ([allow(READ, f"{SECRET}APP/key-??????")], {f"{SECRET}APP/key-"}),
        ([allow(READ, f"{SECRET}app/key-*")], {"ours", f"{SECRET}app/key-"}),
        ([allow(READ)], {"ours", "pay/key", "arn:aws:secretsmanager:"}),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": f"{SECRET}pay/key-??????"}], {"pay/key"}),
        ([allow("secretsmanager:ListSecrets")], set()),
    ],
)
def test_which_secrets_a_role_may_read(statements, found):
    """Secrets are named by subject or name, with one ARN more where future ones may be read."""
    answer = readable(role(*statements))
    assert len(answer) == len(found)
    assert all(any(text.startswith(wanted) for text in answer) for wanted in found)


def test_secrets_of_an_empty_account():
    """No secret exists, and future ones may be read."""
    assert readable(role(allow("s3:*")), secrets=()) == frozenset()
    assert [text.split(":")[2] for text in readable(role(allow(READ)), secrets=())] == ["secretsmanager"]
