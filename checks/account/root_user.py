"""Checks of the identity that reads the account, and of the root user's credentials and last use.

Sources: `sts:GetCallerIdentity`, `iam:GetAccountSummary` and the credential report, whose columns and values are
described in "Generate credential reports" of the IAM user guide.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, ResourceId, Unknown

_SUMMARY, _REPORT = "iam:account-summary", "iam:credential-report"
_ROOT = ResourceId("<root_account>")  # how the report calls the root user; no IAM user can have this name
_LAST_USES = ("password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date")
_NO_USE = {"N/A", "no_information"}  # the credential does not exist, or AWS has never recorded a use of it


@check("aws:account", severity="critical", fix="Verify with a read-only role: see `asbuilt policy`.")
def read_as(caller: Record) -> str:
    """The type of the identity that reads the account: assumed-role, user, federated-user or root."""
    return "".join(caller["Arn"].split(":", 5)[5:]).partition("/")[0]


@check(
    "aws:account",
    severity="critical",
    reads=[_SUMMARY],
    controls=["CIS AWS 1.4", "AWS FSBP IAM.4"],
    fix="Sign in as the root user and delete its access keys: IAM console, My security credentials.",
)
def root_access_keys(caller: Record, account: Account) -> int:
    """How many access keys the root user has."""
    return account.all(_SUMMARY)[0]["AccountAccessKeysPresent"]


@check(
    "aws:account",
    severity="critical",
    reads=[_SUMMARY],
    controls=["CIS AWS 1.5", "AWS FSBP IAM.9"],
    fix="Sign in as the root user and register an MFA device: IAM console, My security credentials.",
)
def root_mfa(caller: Record, account: Account) -> bool:
    """Whether the root user has a multi-factor authentication (MFA) device."""
    return account.all(_SUMMARY)[0]["AccountMFAEnabled"] == 1


@check(
    "aws:account",
    severity="high",
    reads=[_REPORT],
    controls=["CIS AWS 1.7"],
    fix="Use a role for the work that the root user did, and find the sign-ins in CloudTrail: aws cloudtrail "
    "lookup-events --region us-east-1 --lookup-attributes AttributeKey=Username,AttributeValue=root",
)
def root_used_within_days(caller: Record, account: Account, now: datetime, days: str) -> bool:
    """Whether the root user signed in or used an access key within the given number of days.

    AWS generates the report at most every four hours, and records no use of a deleted key.
    """
    root = account.find(_REPORT, _ROOT)
    if root is None:
        raise Unknown("the credential report has no row for the root user")
    uses = [root[column] for column in _LAST_USES]
    unreadable = [use for use in uses if not isinstance(use, datetime) and use not in _NO_USE]
    if unreadable:
        raise Unknown(f"the credential report has {unreadable[0]!r} as the root user's last use, which is no date")
    within = timedelta(days=int(days))
    return any(now - use <= within for use in uses if isinstance(use, datetime))
