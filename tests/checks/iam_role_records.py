"""Records of an IAM role and its account for the tests of `checks/iam/role.py`, and the way to ask its checks."""

from __future__ import annotations

from asbuilt.check import checks_of
from asbuilt.iam.records.organization import READS
from asbuilt.iam.records.policies import OWN_POLICIES
from asbuilt.spec.expectation import expectation
from tests.records import account, entry, record

ARN = "arn:aws:iam::123456789012:role/app"
KINDS = {
    "media": "s3:bucket",
    "key": "secretsmanager:secret",
    "group": "logs:log-group",
    "cluster": "ecs:cluster",
    "task_role": "iam:role",
    "lock": "kms:key",
    "network": "ec2:vpc",
}
LOGS = "arn:aws:logs:us-east-1:123456789012:log-group:web"
SECRET_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:key"
SUBJECTS = {
    "media": [entry({}, "s3:bucket", ["media"], arn="arn:aws:s3:::media")],
    "key": [entry({}, "secretsmanager:secret", ["key"], arn=f"{SECRET_ARN}-AbCdEf")],
    "group": [entry({}, "logs:log-group", ["web"], arn=f"{LOGS}:*")],
    "cluster": [entry({}, "ecs:cluster", ["c"], arn="arn:aws:ecs:us-east-1:123456789012:cluster/c")],
    "task_role": [entry({}, "iam:role", ["task"], arn="arn:aws:iam::123456789012:role/task")],
}
ALONE = {**dict.fromkeys(READS, ()), "aws:account": [entry({}, "aws:account")]}  # an account in no organization
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def allow(action, resource="*", **more):
    """A statement that allows."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def role(*statements, **more):
    """A role with one inline policy."""
    own = {"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}
    data = {"Arn": ARN, "RolePolicyList": [own], "AttachedManagedPolicies": [], "AssumeRolePolicyDocument": TRUST}
    return {**data, **more}


def policy(arn, *statements):
    """A managed policy with one version."""
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return entry({"PolicyVersionList": [{"IsDefaultVersion": True, "Document": document}]}, "iam:policy", arn=arn)


def ask(name, data, expected, policies=(), others=(), subjects=SUBJECTS, details=None):
    """Ask a check as the engine does, and judge its answer; `details` are the own policies of resources."""
    check = checks_of("iam:role")[name]
    wanted = expectation(expected, check, KINDS)
    own = dict.fromkeys(OWN_POLICIES.values(), ()) if details is None else details
    kinds = {"iam:policy": policies, "iam:role": others, "iam:user": [], "iam:group": [], **ALONE, **own}
    seen = account(kinds, {name: of for name, of in subjects.items() if name in wanted.subjects})
    answer = check.ask(record(data, "iam:role", ["app"], arn=ARN), account=seen, expected=wanted.asked)
    return answer, wanted.holds(answer)
