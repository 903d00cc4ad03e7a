"""Questions about S3 buckets (`s3:ListBuckets` and what is asked of each bucket)."""

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
    """Where the bucket's objects are."""
    found = account.details("s3:bucket.location", bucket)[0].get("LocationConstraint")
    return {None: "us-east-1", "EU": "eu-west-1"}.get(found, found)  # AWS's words for its two oldest regions


@check(
    "s3:bucket",
    severity="critical",
    reads=["s3:bucket.public-access"],
    controls=["AWS FSBP S3.8"],
    fix="aws s3api put-public-access-block --bucket {name} --public-access-block-configuration "
    "BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true",
)
def closed_to_public(bucket: Record, account: Account) -> bool:
    """Whether no access list and no policy can open the bucket to the public."""
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
    """How new objects are encrypted by default: `AES256`, `aws:kms`, `aws:kms:dsse`."""
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
    """Whether overwritten and deleted objects can be had back; a bucket that was never versioned has no status."""
    return account.details("s3:bucket.versioning", bucket)[0].get("Status", "") == "Enabled"


@check(
    "s3:bucket",
    severity="medium",
    reads=["s3:bucket.policy"],
    controls=["AWS FSBP S3.5"],
    fix="Add a statement to the policy of bucket {name} that denies s3:* where aws:SecureTransport is false.",
)
def tls_only(bucket: Record, account: Account) -> bool:
    """Whether the Denies of the bucket's policy leave no request over plain HTTP, to the bucket or its objects."""
    policy = account.detail("s3:bucket.policy", bucket)
    return policy is not None and _refuses_http(policy["Policy"].spelt_out(), bucket.entry.arn)


@check(
    "s3:bucket",
    severity="low",
    reads=["s3:bucket.lifecycle"],
    fix="aws s3api put-bucket-lifecycle-configuration --bucket {name} --lifecycle-configuration file://lifecycle.json",
)
def moves_to(bucket: Record, account: Account) -> frozenset[str]:
    """The storage classes that life-cycle rules in force move objects to: all of them, and not some by their names."""
    whole = [rule for rule in _rules(bucket, account) if of_all_objects(rule)]
    return frozenset(move["StorageClass"] for rule in whole for move in rule.get("Transitions", ()))


@check(
    "s3:bucket",
    severity="low",
    reads=["s3:bucket.lifecycle"],
    controls=["AWS FSBP S3.13"],
    fix="aws s3api put-bucket-lifecycle-configuration --bucket {name} --lifecycle-configuration file://lifecycle.json",
)
def lifecycle_rules(bucket: Record, account: Account) -> int:
    """How many life-cycle rules are in force."""
    return len(_rules(bucket, account))


@check(
    "s3:bucket",
    severity="low",
    reads=["s3:bucket.sizes", "s3:bucket.sizes.bytes"],
    fix="Review what bucket {name} holds, or plan for its size.",
)
def size_gib(bucket: Record, account: Account) -> float:
    """What the bucket held when S3 last measured it, over all storage classes."""
    sizes = []
    for series in account.details("s3:bucket.sizes", bucket):
        points = account.details("s3:bucket.sizes.bytes", series)
        sizes += [max(points, key=lambda point: point["Timestamp"])["Average"]] if points else []
    if not sizes:
        raise Unknown(f"S3 has not measured {bucket['Name']!r} in the last three days: it is empty, or new")
    return round(sum(sizes) / _GIB, 3)


def of_all_objects(rule: Record) -> bool:
    """Whether a life-cycle rule is about every object of its bucket: by no prefix, tag or size."""
    # the older form has the prefix beside the filter's place
    narrowing = dict(rule.get("Filter", {"Prefix": rule.get("Prefix", "")}))
    return narrowing in ({}, {"Prefix": ""})


def _rules(bucket: Record, account: Account) -> list[Record]:
    return [rule for rule in account.details("s3:bucket.lifecycle", bucket) if rule["Status"] == "Enabled"]


def _refuses_http(policy: dict[str, Any], arn: str) -> bool:
    """Whether nobody gets through without TLS who may otherwise do anything. Raises `Unknown` where that is open."""
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
        raise Unknown(f"whether {arn} takes requests without TLS is not decided: {found.reason}")
    return found.verdict == "subset"
