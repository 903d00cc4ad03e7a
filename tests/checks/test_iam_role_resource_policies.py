"""Grants of a role on buckets, secrets and keys, whose own policies may deny them."""

from __future__ import annotations

import pytest

from asbuilt.evidence import Unknown
from tests.checks.iam_role_records import ARN, SUBJECTS, allow, ask, role
from tests.records import entry

MEDIA, KEY = SUBJECTS["media"][0], SUBJECTS["key"][0]
READS_MEDIA = allow("s3:GetObject", "arn:aws:s3:::media/*")
ORG = {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}


def deny(**more):
    """A statement of the bucket's policy that denies the role reading."""
    refused = allow("s3:GetObject", "arn:aws:s3:::media/*", Principal={"AWS": ARN})
    return {**refused, "Effect": "Deny", **more}


def with_policy(*statements, grants=("s3:GetObject on media/*",), own=(READS_MEDIA,)):
    """Ask whether the role has grants on the bucket, which has a policy of these statements."""
    policy = {"Policy": {"Version": "2012-10-17", "Statement": list(statements)}}
    read = [entry(policy, "s3:bucket.policy", parent=MEDIA.id)] if statements else []
    return ask("allows", role(*own), list(grants), details={"s3:bucket.policy": read})


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ([], ""),
        ([deny()], "denied by policies[1] (resource 'policy of media') Statement[0]"),
        ([deny(Principal="*")], "denied by"),
        ([deny(Principal={"AWS": "arn:aws:iam::123456789012:root"})], "denied by"),
        ([deny(Action="s3:*", Resource="arn:aws:s3:::media/private/*")], "arn:aws:s3:::media/private/"),
        ([deny(Principal={"AWS": "arn:aws:iam::123456789012:role/other"})], ""),
        ([deny(Action="s3:PutObject")], ""),
        ([deny(Resource="arn:aws:s3:::media")], ""),
        ([{**deny(), "Effect": "Allow"}], ""),
        # The condition is about the role itself.
        ([deny(Principal="*", Condition={"ArnNotEquals": {"aws:PrincipalArn": ARN}})], ""),
        ([deny(Principal="*", Condition={"ArnEquals": {"aws:PrincipalArn": ARN}})], "denied by"),
        # Requests of SDKs use TLS.
        ([deny(Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})], ""),
        ([deny(Principal="*", Condition={"Bool": {"aws:SecureTransport": "true"}})], "denied by"),
        ([deny(Condition=ORG), deny()], "denied by"),
    ],
)
def test_what_a_bucket_denies_is_not_allowed(statements, found):
    """What the bucket denies is not granted; what it allows adds nothing."""
    answer, holds = with_policy(*statements)
    assert holds is (found == "")
    assert found in " ".join(answer)


def test_what_a_bucket_denies_under_conditions_is_unknown():
    """A condition on a network or an organization depends on the request, which the grant leaves open."""
    for condition in ({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, ORG):
        with pytest.raises(Unknown, match=r"media.*may stop it"):
            with_policy(deny(Condition=condition))


def test_what_the_role_lacks_is_failed_before_what_a_bucket_may_deny():
    """What the role's own policies lack fails, whether or not the bucket's policy was read."""
    assert "not s3:GetObject" in " ".join(with_policy(deny(Condition=ORG), own=())[0])
    assert not ask("allows", role(), ["s3:GetObject on media/*"], details={})[1]


def test_a_bucket_policy_that_was_not_read_is_unknown():
    """A policy that was not read may deny."""
    unread = entry({}, "s3:bucket.policy", parent=MEDIA.id)
    with pytest.raises(Unknown, match="has no field Policy"):
        ask("allows", role(READS_MEDIA), ["s3:GetObject on media/*"], details={"s3:bucket.policy": [unread]})


def test_what_a_secret_denies_is_not_allowed():
    """AWS omits the field for a secret without a policy."""
    own = role(allow("secretsmanager:GetSecretValue", KEY.arn))
    refused = {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}
    for policy, holds in (
        ({}, True),
        ({"ResourcePolicy": {"Version": "2012-10-17", "Statement": refused}}, False),
    ):
        read = {"secretsmanager:secret.policy": [entry(policy, "secretsmanager:secret.policy", parent=KEY.id)]}
        assert ask("allows", own, ["secretsmanager:GetSecretValue on key"], details=read)[1] is holds


@pytest.mark.parametrize(
    ("statement", "own", "holds"),
    [
        ({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, True, True),
        ({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, False, False),
        ({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/other"}}, True, False),
        ({"Effect": "Deny", "Principal": "*"}, True, False),
    ],
)
def test_a_keys_own_policy_decides_too(statement, own, holds):
    """It must delegate to the account or name the role, and must not deny."""
    key = entry({}, "kms:key", ["k"], arn="arn:aws:kms:us-east-1:123456789012:key/k")
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Action": "kms:*", "Resource": "*"}]}
    read = {"kms:key.policy": [entry({"Policy": policy}, "kms:key.policy", parent=key.id)]}
    data = role(*([allow("kms:Decrypt", key.arn)] if own else []))
    assert ask("allows", data, ["kms:Decrypt on lock"], subjects={"lock": [key]}, details=read)[1] is holds
