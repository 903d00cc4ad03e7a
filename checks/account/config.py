"""Checks of AWS Config (`config:DescribeConfigurationRecorderStatus`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record


@check(
    "aws:account",
    severity="medium",
    reads=["config:recorder"],
    controls=["AWS FSBP Config.1"],
    fix="aws configservice start-configuration-recorder --configuration-recorder-name default",
)
def records_configuration(caller: Record, account: Account) -> bool:
    """Whether an AWS Config recorder is recording and its last delivery did not fail."""
    recorders = account.all("config:recorder")
    return any(item["recording"] and item.get("lastStatus", "PENDING") != "FAILURE" for item in recorders)
