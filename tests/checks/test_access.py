"""Access by resource policies, and the credentials of the account's users."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from asbuilt.evidence import Unknown
from asbuilt_content.checks.data import kms, s3_access, secretsmanager, sqs
from asbuilt_content.checks.iam import users as iam_users
from tests.records import account, entry, record

OWN, FOREIGN = "123456789012", "999999999999"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def policy(principal, action="s3:GetObject", **condition):
    """A resource policy with one statement."""
    row = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [row | ({"Condition": condition} if condition else {})]}


@pytest.mark.parametrize(
    ("document", "names"),
    [
        (None, set()),
        (policy({"AWS": OWN}), set()),
        (policy({"AWS": f"arn:aws:iam::{OWN}:role/app"}), set()),
        (policy({"Service": "cloudfront.amazonaws.com"}), {"cloudfront.amazonaws.com"}),
        (policy({"AWS": FOREIGN}), {FOREIGN}),
        (policy("*"), {"*"}),
        (policy("*", StringEquals={"aws:SourceVpce": "vpce-1"}), {"* under conditions"}),
    ],
)
def test_buckets(document, names):
    """Principals beyond the bucket's account: other accounts, services, anyone."""
    bucket = entry({"Name": "b"}, "s3:bucket", ["b"], arn="arn:aws:s3:::b")
    policies = [entry({"Policy": document}, "s3:bucket.policy", ["p"], bucket.id)] if document else []
    seen = account({"s3:bucket.policy": policies, "aws:account": [entry({"Account": OWN}, "aws:account", [OWN])]})
    from asbuilt.evidence import Record, Trace

    assert s3_access.public_to(Record(bucket, Trace()), seen) == names


def test_secrets_keys_and_queues():
    """Their policies and this account grant access; only its policy grants access to a key."""
    arn = f"arn:aws:sqs:us-east-1:{OWN}:jobs"
    sns = policy({"Service": "sns.amazonaws.com"}, "sqs:SendMessage")
    queue = record({"QueueUrl": "u"}, "sqs:queue", ["u"])
    attributes = entry({"QueueArn": arn, "Policy": sns}, "sqs:queue.attributes", ["a"], queue.entry.id)
    seen = account({"sqs:queue.attributes": [attributes]})
    assert sqs.reachable_by(queue, seen) == {"this account", "sns.amazonaws.com"}
    with pytest.raises(Unknown):
        sqs.reachable_by(queue, account({"sqs:queue.attributes": []}))

    key = record({"KeyId": "k", "KeyArn": f"arn:aws:kms:us-east-1:{OWN}:key/k"}, "kms:key", ["k"])
    only = entry(
        {"Policy": policy({"AWS": f"arn:aws:iam::{OWN}:role/app"}, "kms:*")}, "kms:key.policy", ["p"], key.entry.id
    )
    assert kms.reachable_by(key, account({"kms:key.policy": [only]})) == {"role/app"}

    secret = record({"ARN": f"arn:aws:secretsmanager:us-east-1:{OWN}:secret:s"}, "secretsmanager:secret", ["s"])
    none = entry({"Name": "s"}, "secretsmanager:secret.policy", ["p"], secret.entry.id)
    assert secretsmanager.reachable_by(secret, account({"secretsmanager:secret.policy": [none]})) == {"this account"}
    opened = entry({"ResourcePolicy": policy("*", "secretsmanager:*")}, none.kind, ["p"], secret.entry.id)
    assert "*" in secretsmanager.reachable_by(secret, account({"secretsmanager:secret.policy": [opened]}))


def test_keys_devices_and_passwords_of_users():
    """Active keys that are old, passwords without MFA, and password rules weaker than the benchmark's."""
    users = [entry({"UserName": name}, "iam:user", [name]) for name in ("ann", "ben", "cat")]
    ages = {"ann": ("Active", 200), "ben": ("Inactive", 200), "cat": ("Active", 5)}
    keys = [
        entry(
            {"AccessKeyId": f"K{user.ids[0]}", "Status": status, "CreateDate": NOW - timedelta(days=days)},
            "iam:user.access-keys",
            [user.ids[0]],
            user.id,
        )
        for user in users
        for status, days in [ages[user.ids[0]]]
    ]
    passwords = [entry({"UserName": u.ids[0]}, "iam:user.password", ["p"], u.id) for u in users[:2]]
    devices = [entry({"SerialNumber": "d"}, "iam:user.mfa", ["d"], users[0].id)]
    caller = record({}, "aws:account")
    seen = account({"iam:user": users, "iam:user.access-keys": keys})
    assert iam_users.long_lived_user_keys(caller, seen, NOW) == {"ann"}
    seen = account({"iam:user": users, "iam:user.password": passwords, "iam:user.mfa": devices})
    assert iam_users.users_without_mfa(caller, seen) == {"ben"}
    short = entry({"MinimumPasswordLength": 8}, "iam:password-policy", ["p"])
    assert "MinimumPasswordLength" in iam_users.weak_password_rules(caller, account({"iam:password-policy": [short]}))
    assert len(iam_users.weak_password_rules(caller, account({"iam:password-policy": []}))) == 6


def test_active_keys_of_users():
    """Inactive keys do not count."""
    users = [entry({"UserName": name}, "iam:user", [name]) for name in ("a", "b")]
    states = [("Active", users[0]), ("Inactive", users[0]), ("Active", users[1])]
    keys = [entry({"Status": s}, "iam:user.access-keys", [str(n)], u.id) for n, (s, u) in enumerate(states)]
    seen = account({"iam:user": users, "iam:user.access-keys": keys})
    assert iam_users.active_user_keys(record({}, "aws:account"), seen) == 2
    nobody = account({"iam:user": [], "iam:user.access-keys": []})
    assert iam_users.active_user_keys(record({}, "aws:account"), nobody) == 0
