"""Checks of S3 buckets (`s3:ListBuckets` and the calls that describe each bucket)."""

from __future__ import annotations

from typing import Any

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown
from asbuilt.iam.records.policies import as_list, principals

_GIB = 1024**3


@check(
    "s3:bucket",
    severity="medium",
    reads=["s3:bucket.location"],
    fix="Create the bucket in the documented region and copy its objects there.",
)
def region(bucket: Record, account: Account) -> str:
    """The region of the bucket."""
    found = account.details("s3:bucket.location", bucket)[0].get("LocationConstraint")
    return {None: "us-east-1", "EU": "eu-west-1"}.get(found, found)  # S3's names of its two oldest regions


@check(
    "s3:bucket",
    severity="critical",
    reads=["s3:bucket.public-access"],
    controls=["AWS FSBP S3.8"],
    fix="aws s3api put-public-access-block --bucket {name} --public-access-block-configuration "
    "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
)
def closed_to_public(bucket: Record, account: Account) -> bool:
    """Whether all four settings of the bucket's public access block are on."""
    block = account.detail("s3:bucket.public-access", bucket)
    flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return block is not None and all(block.get(flag, False) for flag in flags)


@check(
    "s3:bucket",
    severity="high",
    reads=["s3:bucket.encryption"],
    fix="aws s3api put-bucket-encryption --bucket {name} --server-side-encryption-configuration "
    "'Rules=[{ApplyServerSideEncryptionByDefault={SSEAlgorithm=AES256}}]'",
)
def encryption(bucket: Record, account: Account) -> str | None:
    """The default encryption of new objects: `AES256`, `aws:kms` or `aws:kms:dsse`."""
    found = account.detail("s3:bucket.encryption", bucket)
    return found["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] if found else None


@check(
    "s3:bucket",
    severity="medium",
    reads=["s3:bucket.versioning"],
    controls=["AWS FSBP S3.14"],
    fix="aws s3api put-bucket-versioning --bucket {name} --versioning-configuration Status=Enabled",
)
def versioned(bucket: Record, account: Account) -> bool:
    """Whether versioning is enabled, so that overwritten and deleted objects can be restored."""
    # a bucket that was never versioned has no status
    return account.details("s3:bucket.versioning", bucket)[0].get("Status", "") == "Enabled"


@check(
    "s3:bucket",
    severity="medium",
    reads=["s3:bucket.policy"],
    controls=["AWS FSBP S3.5"],
    fix="Add a statement to the policy of bucket {name} that denies s3:* where aws:SecureTransport is false.",
)
def tls_only(bucket: Record, account: Account) -> bool:
    """Whether the bucket policy denies every request over plain HTTP, to the bucket and to its objects."""
    policy = account.detail("s3:bucket.policy", bucket)
    return policy is not None and _refuses_http(policy["Policy"].spelt_out(), bucket.entry.arn)


@check(
    "s3:bucket",
    severity="low",
    reads=["s3:bucket.lifecycle"],
    fix="aws s3api put-bucket-lifecycle-configuration --bucket {name} --lifecycle-configuration file://lifecycle.json",
)
def moves_to(bucket: Record, account: Account) -> frozenset[str]:
    """The storage classes that enabled lifecycle rules move all objects to, not only some of them."""
    whole = [rule for rule in enabled_rules(bucket, account) if of_all_objects(rule)]
    return frozenset(move["StorageClass"] for rule in whole for move in rule.get("Transitions", ()))


@check(
    "s3:bucket",
    severity="low",
    reads=["s3:bucket.lifecycle"],
    controls=["AWS FSBP S3.13"],
    fix="aws s3api put-bucket-lifecycle-configuration --bucket {name} --lifecycle-configuration file://lifecycle.json",
)
def lifecycle_rules(bucket: Record, account: Account) -> int:
    """How many lifecycle rules are enabled."""
    return len(enabled_rules(bucket, account))


@check(
    "s3:bucket",
    severity="low",
    reads=["s3:bucket.sizes", "s3:bucket.sizes.bytes"],
    fix="Review what bucket {name} holds, or plan for its size.",
)
def size_gib(bucket: Record, account: Account) -> float:
    """The size of the bucket over all storage classes, as S3 last measured it."""
    sizes = []
    for series in account.details("s3:bucket.sizes", bucket):
        points = account.details("s3:bucket.sizes.bytes", series)
        sizes += [max(points, key=lambda point: point["Timestamp"])["Average"]] if points else []
    if not sizes:
        raise Unknown(f"S3 published no size of {bucket['Name']!r} in the last three days: it is empty or new")
    return round(sum(sizes) / _GIB, 3)


def of_all_objects(rule: Record) -> bool:
    """Whether a lifecycle rule applies to every object of its bucket, without a prefix, tag or size filter."""
    # the older form has a prefix in place of a filter
    narrowing = dict(rule.get("Filter", {"Prefix": rule.get("Prefix", "")}))
    return narrowing in ({}, {"Prefix": ""})


def enabled_rules(bucket: Record, account: Account) -> list[Record]:
    """The lifecycle rules of a bucket that are enabled."""
    return [rule for rule in account.details("s3:bucket.lifecycle", bucket) if rule["Status"] == "Enabled"]


def _refuses_http(policy: dict[str, Any], arn: str) -> bool:
    """Whether the policy's Denies stop every request without TLS, even of a caller that is allowed everything.

    Raises `Unknown` where that is not decided.
    """
    from asbuilt.iam.proof.prover import prove

    everybody = [row for row in as_list(policy["Statement"]) if principals(row) & {"*", "AWS *"}]
    denies = {**policy, "Statement": [row for row in everybody if row["Effect"] == "Deny"]}
    anything = {"Effect": "Allow", "Action": "s3:*", "Resource": [arn, f"{arn}/*"]}
    found = prove(
        {
            "id": arn,
            "kind": "containment",
            "policies": [
                {"type": "identity", "document": {"Version": "2012-10-17", "Statement": [anything]}},
                {"type": "resource", "document": denies, "attached_to": arn},
            ],
            "allowance": [],
            "facts": {"aws:SecureTransport": "false"},
        }
    )
    if found.verdict == "unknown":
        raise Unknown(f"whether {arn} accepts requests without TLS is not decided: {found.reason}")
    return found.verdict == "subset"
