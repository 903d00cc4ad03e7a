"""Checks of buckets, and of the rotation of secrets."""

from __future__ import annotations

import datetime

import pytest

from asbuilt.evidence import Unknown
from asbuilt_content.checks.data import s3, secretsmanager
from tests.records import account, entry, record

BUCKET = record({"Name": "files"}, "s3:bucket", ["files"], arn="arn:aws:s3:::files")
EVERYTHING = ["arn:aws:s3:::files", "arn:aws:s3:::files/*"]
NO_HTTP = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": EVERYTHING,
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def having(kind, *details):
    """An account with details of one kind for the bucket."""
    return account({kind: [entry(data, kind, [str(n)], BUCKET.entry.id) for n, data in enumerate(details)]})


@pytest.mark.parametrize(
    ("answer", "where"),
    [
        ({}, "us-east-1"),
        ({"LocationConstraint": None}, "us-east-1"),
        ({"LocationConstraint": "EU"}, "eu-west-1"),
        ({"LocationConstraint": "ap-south-1"}, "ap-south-1"),
    ],
)
def test_region(answer, where):
    """S3 has special names for the two oldest regions."""
    assert s3.region(BUCKET, having("s3:bucket.location", answer)) == where


def test_closed_to_public_takes_all_four_blocks():
    """All four settings are needed; three of them or none do not suffice."""
    closed = dict.fromkeys(["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], True)
    assert s3.closed_to_public(BUCKET, having("s3:bucket.public-access", closed)) is True
    assert (
        s3.closed_to_public(BUCKET, having("s3:bucket.public-access", closed | {"BlockPublicPolicy": False})) is False
    )
    assert s3.closed_to_public(BUCKET, having("s3:bucket.public-access")) is False


def test_encryption_by_default():
    """The algorithm of the default rule; nothing without a rule."""
    rule = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
    assert s3.encryption(BUCKET, having("s3:bucket.encryption", rule)) == "aws:kms"
    assert s3.encryption(BUCKET, having("s3:bucket.encryption")) is None


@pytest.mark.parametrize(
    ("answer", "kept"), [({"Status": "Enabled"}, True), ({"Status": "Suspended"}, False), ({}, False)]
)
def test_versioned(answer, kept):
    """A bucket that was never versioned has no status."""
    assert s3.versioned(BUCKET, having("s3:bucket.versioning", answer)) is kept


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Effect": "Allow"}, False),
        ({"Action": "s3:GetObject"}, False),
        ({"Resource": "arn:aws:s3:::files/*"}, False),
        ({"Principal": {"AWS": "arn:aws:iam::1:root"}}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, False),
        ({"Condition": {"Bool": {"aws:securetransport": ["false"]}}}, True),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "false"}}}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}, "StringLike": {"aws:UserAgent": "*"}}}, True),
        ({"Resource": "*"}, True),
        ({"Action": "s3:*Object*"}, False),
    ],
)
def test_tls_only(change, refused):
    """All principals must be denied all actions on the bucket and its objects."""
    assert s3.tls_only(BUCKET, having("s3:bucket.policy", {"Policy": {"Statement": [NO_HTTP | change]}})) is refused


def test_tls_only_without_a_policy():
    """Without a policy plain HTTP is allowed."""
    assert s3.tls_only(BUCKET, having("s3:bucket.policy")) is False


def test_only_enabled_rules_count():
    """A disabled rule has no effect."""
    on = {"Status": "Enabled", "Transitions": [{"Days": 0, "StorageClass": "INTELLIGENT_TIERING"}]}
    off = {"Status": "Disabled", "Transitions": [{"Days": 9, "StorageClass": "GLACIER"}]}
    seen = having("s3:bucket.lifecycle", on, off)
    assert s3.moves_to(BUCKET, seen) == {"INTELLIGENT_TIERING"}
    narrow = {**on, "Filter": {"And": {"Prefix": "tmp/", "Tags": []}}}
    assert s3.moves_to(BUCKET, having("s3:bucket.lifecycle", narrow)) == frozenset()
    assert s3.lifecycle_rules(BUCKET, seen) == 1
    assert s3.lifecycle_rules(BUCKET, having("s3:bucket.lifecycle")) == 0


def test_size_is_the_latest_of_every_storage_class():
    """The sizes of storage classes add up; without a measurement the size is unknown."""
    series = [entry({}, "s3:bucket.sizes", [name], BUCKET.entry.id) for name in ("standard", "tiering")]
    day = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    points = [
        entry({"Timestamp": day, "Average": 3 * 1024**3}, "s3:bucket.sizes.bytes", ["a"], series[0].id),
        entry(
            {"Timestamp": day - datetime.timedelta(days=1), "Average": 9e12},
            "s3:bucket.sizes.bytes",
            ["b"],
            series[0].id,
        ),
        entry({"Timestamp": day, "Average": 1024**3}, "s3:bucket.sizes.bytes", ["c"], series[1].id),
    ]
    assert s3.size_gib(BUCKET, account({"s3:bucket.sizes": series, "s3:bucket.sizes.bytes": points})) == 4
    with pytest.raises(Unknown):
        s3.size_gib(BUCKET, having("s3:bucket.sizes"))


def test_a_secret_that_was_never_rotated_has_no_such_field():
    """AWS omits the field until rotation is first configured."""
    assert secretsmanager.rotates(record({"RotationEnabled": True})) is True
    assert secretsmanager.rotates(record({"RotationEnabled": False})) is False
    assert secretsmanager.rotates(record({})) is False
