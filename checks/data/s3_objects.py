"""Questions about what a bucket was given to keep: when, never what (`s3:ListObjectsV2`)."""

import datetime

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record


@check(
    "s3:bucket",
    severity="high",
    reads=["s3:bucket.objects"],
    fix="Find out why nothing is written to {name}: look at the log of what backs up to it.",
)
def newest_object_hours(bucket: Record, account: Account, now: datetime.datetime) -> float | None:
    """Hours since the last object was written; nothing where the bucket holds none."""
    times = [item["LastModified"] for item in account.details("s3:bucket.objects", bucket)]
    return round(max((now - max(times)).total_seconds(), 0) / 3600, 1) if times else None
