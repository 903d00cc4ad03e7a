"""Questions about what becomes of an S3 bucket's objects: archives, old versions, copies elsewhere, a web page."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

from .s3 import of_all_objects

_LIFECYCLE, _LOCATION = "s3:bucket.lifecycle", "s3:bucket.location"
_COPIES = "s3:bucket.replication"
_RULES = "aws s3api put-bucket-lifecycle-configuration --bucket {name} --lifecycle-configuration file://lifecycle.json"


@check("s3:bucket", severity="medium", reads=[_LIFECYCLE], fix=_RULES)
def old_version_days(bucket: Record, account: Account) -> int | None:
    """After how many days overwritten and deleted objects are gone for good; nothing where not all ever are."""
    enabled = [rule for rule in account.details(_LIFECYCLE, bucket) if rule["Status"] == "Enabled"]
    rules = [rule for rule in enabled if of_all_objects(rule)]
    expiries = [rule["NoncurrentVersionExpiration"] for rule in rules if "NoncurrentVersionExpiration" in rule]
    return min((expiry["NoncurrentDays"] for expiry in expiries), default=None)


@check(
    "s3:bucket",
    severity="high",
    reads=["s3:bucket.index-page"],
    fix="aws s3 sync build/ s3://{name}",
)
def holds_index_page(bucket: Record, account: Account) -> bool:
    """Whether an object index.html, which is not empty, lies at its top."""
    found = account.details("s3:bucket.index-page", bucket)
    return any(item["Key"] == "index.html" and item["Size"] > 0 for item in found)


@check(
    _COPIES, severity="low", fix="aws s3api put-bucket-replication --bucket {SourceBucket} --replication-configuration"
)
def replicating(rule: Record) -> bool:
    """Whether the rule is in force."""
    return rule["Status"] == "Enabled"


@check(
    _COPIES,
    severity="low",
    reads=["s3:bucket", _LOCATION],
    fix="Copy bucket {SourceBucket} to a bucket in another region.",
)
def copies_to_another_region(rule: Record, account: Account) -> bool:
    """Whether the bucket that objects are copied to is in another region than the one they come from."""
    target = rule["Destination"]["Bucket"].rpartition(":")[2]
    places = [account.details(_LOCATION, account.get("s3:bucket", name))[0] for name in (rule["SourceBucket"], target)]
    # AWS leaves the oldest region's name out
    return places[0].get("LocationConstraint") != places[1].get("LocationConstraint")
