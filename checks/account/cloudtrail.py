"""Checks of CloudTrail trails (`cloudtrail:DescribeTrails`, `cloudtrail:GetTrailStatus`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_TRAIL, _STATUS, _LOG_GROUP = "cloudtrail:trail", "cloudtrail:trail.status", "logs:log-group"


@check(
    "aws:account",
    severity="high",
    reads=[_TRAIL, _STATUS],
    controls=["AWS FSBP CloudTrail.1"],
    fix="aws cloudtrail start-logging --name {cloudtrail:trail[].Name | [0] ?? <trail>}",
)
def logging_trails(caller: Record, account: Account) -> int:
    """How many trails record API calls and deliver their log files."""
    return len(_logging(account))


@check(
    "aws:account",
    severity="medium",
    reads=[_TRAIL, _STATUS],
    controls=["AWS FSBP CloudTrail.1", "AWS FSBP CloudTrail.4"],
    fix="aws cloudtrail update-trail --name {cloudtrail:trail[].Name | [0] ?? <trail>} "
    "--is-multi-region-trail --enable-log-file-validation",
)
def tamper_evident_trails(caller: Record, account: Account) -> int:
    """How many of the recording trails cover all regions and validate their log files."""
    return sum(trail["IsMultiRegionTrail"] and trail["LogFileValidationEnabled"] for trail in _logging(account))


def _logging(account: Account) -> list[Record]:
    statuses = [(trail, account.details(_STATUS, trail)) for trail in account.all(_TRAIL)]
    return [trail for trail, found in statuses if any(_delivers(status, "LatestDeliveryError") for status in found)]


def _delivers(status: Record, error: str) -> bool:
    # AWS names the last error only while deliveries fail
    return status["IsLogging"] and not status.get(error, "")


@check(
    _TRAIL,
    severity="medium",
    reads=[_LOG_GROUP, _STATUS],
    controls=["AWS FSBP CloudTrail.5"],
    fix="aws cloudtrail update-trail --name {name} --cloud-watch-logs-log-group-arn <group> "
    "--cloud-watch-logs-role-arn <role>",
)
def kept_in_logs(trail: Record, account: Account) -> bool:
    """Whether the trail records, and its last delivery reached an existing log group."""
    # AWS omits the field of a trail that delivers to no log group
    arn = trail.get("CloudWatchLogsLogGroupArn", "").removesuffix(":*")
    [status] = account.details(_STATUS, trail)
    delivers = _delivers(status, "LatestCloudWatchLogsDeliveryError")
    exists = any(group["arn"].removesuffix(":*") == arn for group in account.all(_LOG_GROUP))
    return bool(arn) and delivers and exists
