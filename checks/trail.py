"""Questions about one audit trail (`cloudtrail:DescribeTrails`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record


@check(
    "cloudtrail:trail",
    severity="medium",
    reads=["logs:log-group"],
    controls=["AWS FSBP CloudTrail.5"],
    fix="aws cloudtrail update-trail --name {name} --cloud-watch-logs-log-group-arn <arn> "
    "--cloud-watch-logs-role-arn <arn>",
)
def kept_in_logs(trail: Record, account: Account) -> bool:
    """Whether it delivers to a log group that exists; AWS leaves the field out of a trail that delivers to none."""
    arn = trail.get("CloudWatchLogsLogGroupArn", "").removesuffix(":*")
    return bool(arn) and any(group["arn"].removesuffix(":*") == arn for group in account.all("logs:log-group"))
