"""Who looks, and whether the root user can act, or did.

Sources: `sts:GetCallerIdentity`, `iam:GetAccountSummary` and the credential report, whose columns and values are told
in "Generate credential reports" of the IAM user guide.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

_SUMMARY, _REPORT = "iam:account-summary", "iam:credential-report"
_LAST_USES = ("password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date")
_NO_USE = {"N/A", "no_information"}  # there is no such credential, or no use of it was ever recorded


@check("aws:account", severity="critical", fix="Verify with a role that can only read: see `asbuilt policy`.")
def read_as(caller: Record) -> str:
    """As what sort of identity the account is being looked at: assumed-role, user, federated-user or root."""
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
    """Whether the root user signs in with a second factor."""
    return account.all(_SUMMARY)[0]["AccountMFAEnabled"] == 1


@check(
    "aws:account",
    severity="high",
    reads=[_REPORT],
    controls=["CIS AWS 1.7"],
    fix="Do the root user's daily work with a role; find out who signed in from CloudTrail: aws cloudtrail "
    "lookup-events --region us-east-1 --lookup-attributes AttributeKey=Username,AttributeValue=root",
)
def root_used_within_days(caller: Record, account: Account, now: datetime, days: str) -> bool:
    """Whether the root user signed in, or used a key of its own, within so many days.

    AWS makes the report every four hours at most, and keeps no use of a key that was deleted.
    """
    root = account.find(_REPORT, "<root_account>")
    if root is None:
        raise Unknown("the credential report has no line for the root user")
    uses = [root[column] for column in _LAST_USES]
    untold = [use for use in uses if not isinstance(use, datetime) and use not in _NO_USE]
    if untold:
        raise Unknown(f"the credential report says {untold[0]!r} where the root user's last use belongs")
    within = timedelta(days=int(days))
    return any(now - use <= within for use in uses if isinstance(use, datetime))
