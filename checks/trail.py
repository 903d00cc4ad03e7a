"""Questions about one audit trail (`cloudtrail:DescribeTrails`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_STATUS = "cloudtrail:trail.status"


@check(
    "cloudtrail:trail",
    severity="medium",
    reads=["logs:log-group", _STATUS],
    controls=["AWS FSBP CloudTrail.5"],
    fix="aws cloudtrail update-trail --name {name} --cloud-watch-logs-log-group-arn <group> "
    "--cloud-watch-logs-role-arn <role>",
)
def kept_in_logs(trail: Record, account: Account) -> bool:
    """Whether it records, and its last delivery reached a log group that exists."""
    # AWS leaves the field out of a trail that delivers to no group, and the error where there is none
    arn = trail.get("CloudWatchLogsLogGroupArn", "").removesuffix(":*")
    [status] = account.details(_STATUS, trail)
    works = status["IsLogging"] and not status.get("LatestCloudWatchLogsDeliveryError", "")
    there = any(group["arn"].removesuffix(":*") == arn for group in account.all("logs:log-group"))
    return bool(arn) and works and there
