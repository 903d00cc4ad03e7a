"""Checks of the objects of S3 buckets: old versions, replication to another region, an index page."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, ResourceId, Unknown
from asbuilt.iam.language.arn import parse_arn

from .s3 import enabled_rules, of_all_objects

_LIFECYCLE, _LOCATION = "s3:bucket.lifecycle", "s3:bucket.location"
_COPIES = "s3:bucket.replication"
_RULES = "aws s3api put-bucket-lifecycle-configuration --bucket {name} --lifecycle-configuration file://lifecycle.json"


@check("s3:bucket", severity="medium", reads=[_LIFECYCLE], fix=_RULES)
def old_version_days(bucket: Record, account: Account) -> int | None:
    """After how many days old versions are deleted permanently; nothing if no rule for all objects deletes them."""
    rules = [rule for rule in enabled_rules(bucket, account) if of_all_objects(rule)]
    expiries = [rule["NoncurrentVersionExpiration"] for rule in rules if "NoncurrentVersionExpiration" in rule]
    return min((expiry["NoncurrentDays"] for expiry in expiries), default=None)


@check(
    "s3:bucket",
    severity="high",
    reads=["s3:bucket.index-page"],
    fix="aws s3 sync build/ s3://{name}",
)
def holds_index_page(bucket: Record, account: Account) -> bool:
    """Whether the bucket holds a non-empty index.html at its top level."""
    found = account.details("s3:bucket.index-page", bucket)
    return any(item["Key"] == "index.html" and item["Size"] > 0 for item in found)


@check(
    _COPIES, severity="low", fix="aws s3api put-bucket-replication --bucket {SourceBucket} --replication-configuration"
)
def replicating(rule: Record) -> bool:
    """Whether the replication rule is enabled."""
    return rule["Status"] == "Enabled"


@check(
    _COPIES,
    severity="low",
    reads=["s3:bucket", _LOCATION],
    fix="Copy bucket {SourceBucket} to a bucket in another region.",
)
def copies_to_another_region(rule: Record, account: Account) -> bool:
    """Whether the destination bucket is in another region than the source bucket."""
    destination = parse_arn(rule["Destination"]["Bucket"])
    if destination is None or destination.service != "s3":
        raise Unknown(f"a replication rule of {rule['SourceBucket']!r} names no bucket as its destination")
    ids = (rule.reference("SourceBucket"), ResourceId(destination.resource))  # a bucket's ARN holds its name only
    places = [account.details(_LOCATION, account.get("s3:bucket", bucket_id))[0] for bucket_id in ids]
    # AWS omits the name of the oldest region, us-east-1
    return places[0].get("LocationConstraint") != places[1].get("LocationConstraint")
