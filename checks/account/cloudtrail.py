"""Questions about the audit trail (`cloudtrail:DescribeTrails`, `cloudtrail:GetTrailStatus`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_READS = ("cloudtrail:trail", "cloudtrail:trail.status")


@check(
    "aws:account",
    severity="high",
    reads=_READS,
    controls=["AWS FSBP CloudTrail.1"],
    fix="aws cloudtrail start-logging --name {cloudtrail:trail[].Name | [0] ?? <trail>}",
)
def logging_trails(caller: Record, account: Account) -> int:
    """How many trails are recording calls and delivering what they record."""
    return len(_logging(account))


@check(
    "aws:account",
    severity="medium",
    reads=_READS,
    controls=["AWS FSBP CloudTrail.1", "AWS FSBP CloudTrail.4"],
    fix="aws cloudtrail update-trail --name {cloudtrail:trail[].Name | [0] ?? <trail>} "
    "--is-multi-region-trail --enable-log-file-validation",
)
def tamper_evident_trails(caller: Record, account: Account) -> int:
    """How many of the recording trails cover every region and sign their files."""
    return sum(trail["IsMultiRegionTrail"] and trail["LogFileValidationEnabled"] for trail in _logging(account))


def _logging(account: Account) -> list[Record]:
    trails = account.all("cloudtrail:trail")
    return [trail for trail in trails if any(map(_works, account.details("cloudtrail:trail.status", trail)))]


def _works(status: Record) -> bool:
    # AWS names the last error only while deliveries fail
    return status["IsLogging"] and not status.get("LatestDeliveryError", "")


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
