"""Who looks, and whether the root user can act (`sts:GetCallerIdentity`, `iam:GetAccountSummary`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_SUMMARY = "iam:account-summary"


@check("aws:account", severity="critical", fix="Verify with a role that can only read: see `asbuilt policy`.")
def read_as(caller: Record) -> str:
    """As what sort of identity the account is being looked at: assumed-role, user, federated-user or root."""
    return "".join(caller["Arn"].split(":", 5)[5:]).partition("/")[0]


@check(
    "aws:account",
    severity="critical",
    reads=[_SUMMARY],
    controls=["AWS FSBP IAM.4"],
    fix="Sign in as the root user and delete its access keys: IAM console, My security credentials.",
)
def root_access_keys(caller: Record, account: Account) -> int:
    """How many access keys the root user has."""
    return account.all(_SUMMARY)[0]["AccountAccessKeysPresent"]


@check(
    "aws:account",
    severity="critical",
    reads=[_SUMMARY],
    controls=["AWS FSBP IAM.9"],
    fix="Sign in as the root user and register an MFA device: IAM console, My security credentials.",
)
def root_mfa(caller: Record, account: Account) -> bool:
    """Whether the root user signs in with a second factor."""
    return account.all(_SUMMARY)[0]["AccountMFAEnabled"] == 1
