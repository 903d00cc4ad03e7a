"""First questions about IAM: wildcards, secrets, keys, trust."""

from __future__ import annotations

import pytest

from asbuilt.evidence import Unknown
from checks import iam_account
from tests.records import account, entry, record

SECRETS = "secretsmanager:secret"
ARN = "arn:aws:secretsmanager:us-east-1:1:secret:"
OURS = entry({"Name": "app/key", "ARN": f"{ARN}app/key-AbCdEf"}, SECRETS, ["app/key"], arn=f"{ARN}app/key-AbCdEf")
THEIRS = entry({"Name": "pay/key", "ARN": f"{ARN}pay/key-AbCdEf"}, SECRETS, ["pay/key"], arn=f"{ARN}pay/key-AbCdEf")


def role(*statements, **more):
    """A role with one policy of its own."""
    own = {"PolicyName": "own", "PolicyDocument": {"Statement": [{"Effect": "Allow", **item} for item in statements]}}
    return record({"RolePolicyList": [own], "AttachedManagedPolicies": [], **more}, "iam:role", ["r"])


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ({"Action": ["ecr:GetAuthorizationToken", "ec2:Describe*"], "Resource": "*"}, set()),
        ({"Action": "s3:PutObject", "Resource": "arn:aws:s3:::a/*"}, set()),
        ({"Action": "s3:PutObject", "Resource": ["*"]}, {"s3:PutObject on *"}),
        ({"Action": "S3:*", "Resource": "arn:aws:s3:::a/*"}, {"S3:*"}),
        ({"Action": "*", "Resource": "*"}, {"*"}),
        ({"NotAction": "iam:*", "Resource": "*"}, {"all but iam:*"}),
        ({"Action": "sqs:DeleteQueue", "NotResource": "arn:a"}, {"sqs:DeleteQueue on *"}),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, set()),
    ],
)
def test_wildcards_beyond_reading(statement, found):
    """Reading everything is no wildcard in this sense; changing anything is, and so is all but something."""
    assert iam_account.wildcard_grants(role(statement), account({"iam:policy": []})) == found


def test_attached_policies_count_in_their_default_version():
    """Only the version in force grants; a policy that was not read is not known to be narrow."""
    wide = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    versions = [
        {"VersionId": "v2", "IsDefaultVersion": True, "Document": wide},
        {"VersionId": "v1", "IsDefaultVersion": False, "Document": {"Statement": []}},
    ]
    policy = entry({"PolicyName": "Admin", "PolicyVersionList": versions}, "iam:policy", ["Admin"], arn="arn:admin")
    attached = role(AttachedManagedPolicies=[{"PolicyName": "Admin", "PolicyArn": "arn:admin"}])
    assert iam_account.wildcard_grants(attached, account({"iam:policy": [policy]})) == {"*"}
    with pytest.raises(Unknown):
        iam_account.wildcard_grants(attached, account({"iam:policy": []}))


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ({"Action": "secretsmanager:GetSecretValue", "Resource": f"{ARN}app/*"}, {"secrets"}),
        (
            {"Action": "secretsmanager:Get*", "Resource": [f"{ARN}app/key-??????", f"{ARN}pay/*"]},
            {"secrets", "pay/key"},
        ),
        ({"Action": "secretsmanager:GetSecretValue", "Resource": f"{ARN}gone/*"}, {f"{ARN}gone/*"}),
        ({"Action": "secretsmanager:GetSecretValue", "Resource": "*"}, {"*"}),
        ({"Action": "*", "Resource": "arn:aws:secretsmanager:*:*:secret:*"}, {"*"}),
        ({"Action": "secretsmanager:ListSecrets", "Resource": "*"}, set()),
    ],
)
def test_which_secrets_a_role_may_read(statement, found):
    """Secrets by subject, strangers by name, a pattern that fits none as it is, and everything as `*`."""
    seen = account({"iam:policy": [], SECRETS: [OURS, THEIRS]}, {"secrets": [OURS]})
    assert iam_account.readable_secrets(role(statement), seen) == found


def test_active_keys_of_users():
    """A key that is switched off opens nothing."""
    users = [entry({"UserName": name}, "iam:user", [name]) for name in ("a", "b")]
    states = [("Active", users[0]), ("Inactive", users[0]), ("Active", users[1])]
    keys = [entry({"Status": s}, "iam:user.access-keys", [str(n)], u.id) for n, (s, u) in enumerate(states)]
    seen = account({"iam:user": users, "iam:user.access-keys": keys})
    assert iam_account.active_user_keys(record({}, "aws:account"), seen) == 2
    nobody = account({"iam:user": [], "iam:user.access-keys": []})
    assert iam_account.active_user_keys(record({}, "aws:account"), nobody) == 0


def test_which_services_may_act_as_a_role():
    """Services of allowing statements; accounts and federations are no services."""
    trust = {
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": ["ecs-tasks.amazonaws.com", "ec2.amazonaws.com"]}},
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}},
            {"Effect": "Deny", "Principal": {"Service": "lambda.amazonaws.com"}},
        ]
    }
    found = iam_account.trusted_services(record({"AssumeRolePolicyDocument": trust}))
    assert found == {"ecs-tasks.amazonaws.com", "ec2.amazonaws.com"}
