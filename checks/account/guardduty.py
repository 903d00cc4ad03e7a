"""Checks of GuardDuty (`guardduty:GetDetector`)."""

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record


@check(
    "aws:account",
    severity="high",
    reads=["guardduty:detector.ids", "guardduty:detector"],
    controls=["AWS FSBP GuardDuty.1"],
    fix="aws guardduty create-detector --enable, or update-detector --enable --detector-id "
    "{guardduty:detector[?Status!='ENABLED'].DetectorId | [0] ?? <detector>}",
)
def threat_detectors(caller: Record, account: Account) -> int:
    """How many GuardDuty detectors are enabled in the region."""
    return sum(detector["Status"] == "ENABLED" for detector in account.all("guardduty:detector"))
