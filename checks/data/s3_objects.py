"""Checks of when objects were written, never of their content (`s3:ListObjectsV2`)."""

import datetime

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record


@check(
    "s3:bucket",
    severity="high",
    reads=["s3:bucket.objects"],
    fix="Find out why nothing is written to {name}: read the log of the job that backs up to it.",
)
def newest_object_hours(bucket: Record, account: Account, now: datetime.datetime) -> float | None:
    """Hours since the last object was written; nothing if the bucket is empty."""
    times = [item["LastModified"] for item in account.details("s3:bucket.objects", bucket)]
    return round(max((now - max(times)).total_seconds(), 0) / 3600, 1) if times else None
