"""The same account in AWS's other partitions, with other ARN prefixes: `arn:aws-us-gov:`, `arn:aws-cn:`."""

from __future__ import annotations

import pytest

from tests.field.empty_account import empty_account, policy

PARTITIONS = {"us-east-1": "aws", "us-gov-west-1": "aws-us-gov", "cn-north-1": "aws-cn"}
OTHER = [
    pytest.param(
        region,
        marks=pytest.mark.xfail(
            strict=True, raises=AssertionError, reason="the ARN of a bucket has the prefix arn:aws: in all partitions"
        ),
    )
    for region in ("us-gov-west-1", "cn-north-1")
]
EVERYWHERE = ["us-east-1", *OTHER]


@pytest.fixture
def account(request, tmp_path):
    """An empty account in the test's region."""
    with empty_account(tmp_path, request.param) as built:
        yield built


def _bucket(account, **statement):
    """Create the bucket `files` with a policy of one statement on it and its objects, and return its ARN."""
    region = account.aws.region
    arn = f"arn:{PARTITIONS[region]}:s3:::files"
    placed = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    account.aws.s3.create_bucket(Bucket="files", **placed)
    rules = [{"ObjectOwnership": "BucketOwnerEnforced"}]
    account.aws.s3.put_bucket_ownership_controls(Bucket="files", OwnershipControls={"Rules": rules})
    row = {"Principal": "*", "Resource": [arn, f"{arn}/*"], **statement}
    account.aws.s3.put_bucket_policy(Bucket="files", Policy=policy(row))
    return arn


def _in_partition(region):
    """Set a role's ARN to the region's partition, which the mock of IAM does not do for all answers."""

    def placed(answer, asked):
        start = f"arn:{PARTITIONS[region]}:"
        roles = [{**role, "Arn": start + role["Arn"].split(":", 2)[2]} for role in answer["RoleDetailList"]]
        return answer | {"RoleDetailList": roles}

    return placed


PLAIN_HTTP = {"Effect": "Deny", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
PUBLIC = {"Effect": "Allow", "Action": "s3:GetObject"}


@pytest.mark.parametrize("account", EVERYWHERE, indirect=True)
def test_a_bucket_that_denies_plain_http_is_tls_only(account):
    """A Deny of all requests without TLS applies to the bucket and its objects in every partition."""
    _bucket(account, **PLAIN_HTTP)
    assert account.ask("s3:bucket", "files", "tls_only", True).status == "passed"


@pytest.mark.parametrize("account", EVERYWHERE, indirect=True)
def test_a_public_bucket_is_public(account):
    """A bucket's policy grants access in every partition."""
    _bucket(account, **PUBLIC)
    account.aws.s3.delete_public_access_block(Bucket="files")
    assert account.ask("s3:bucket", "files", "anonymous_actions", []).status == "failed"


@pytest.mark.parametrize("account", EVERYWHERE, indirect=True)
def test_a_grant_on_a_bucket_covers_what_a_role_may_do_there(account):
    """A grant names a bucket, whose ARN has its partition's prefix."""
    arn = _bucket(account, **PLAIN_HTTP)
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    account.aws.iam.create_role(RoleName="app", AssumeRolePolicyDocument=policy(trust))
    allowed = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{arn}/*"})
    account.aws.iam.put_role_policy(RoleName="app", PolicyName="own", PolicyDocument=allowed)
    account.amend("iam", "GetAccountAuthorizationDetails", _in_partition(account.aws.region))
    found = account.ask("iam:role", "app", "allows_at_most", ["s3:GetObject on files/*"], files=("s3:bucket", "files"))
    assert found.status == "passed"
