"""Questions about the IAM users of an account: access keys, second factors and passwords."""

from __future__ import annotations

from datetime import datetime

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_USERS, _KEYS, _DEVICES, _PASSWORD = "iam:user", "iam:user.access-keys", "iam:user.mfa", "iam:user.password"
_RULES = "iam:password-policy"
_ACTIVE = "iam:user.access-keys[?Status=='Active']"
_DEACTIVATE = (
    "aws iam update-access-key --status Inactive "
    f"--access-key-id {{{_ACTIVE}.AccessKeyId | [0] ?? <key>}} --user-name {{{_ACTIVE}.UserName | [0] ?? <user>}}"
)


@check(
    "aws:account",
    severity="critical",
    reads=[_USERS, _KEYS],
    fix=f"Give its user a role: {_DEACTIVATE}",
)
def active_user_keys(caller: Record, account: Account) -> int:
    """How many long-lived access keys of IAM users are active."""
    keys = (key for user in account.all(_USERS) for key in account.details(_KEYS, user))
    return sum(key["Status"] == "Active" for key in keys)


@check(
    "aws:account",
    severity="high",
    reads=[_USERS, _KEYS],
    controls=["CIS AWS 1.14", "AWS FSBP IAM.3"],
    fix="Use a new key, then: aws iam update-access-key --status Inactive --access-key-id <key> --user-name <user>",
)
def long_lived_user_keys(caller: Record, account: Account, now: datetime) -> frozenset[str]:
    """The users who have an active access key that is older than 90 days."""
    from asbuilt.iam.questions.credentials import old_keys

    keys = {user["UserName"]: account.details(_KEYS, user) for user in account.all(_USERS)}
    return frozenset(name for name, of in keys.items() if old_keys(of, now))


@check(
    "aws:account",
    severity="high",
    reads=[_USERS, _DEVICES, _PASSWORD],
    controls=["CIS AWS 1.10", "AWS FSBP IAM.5"],
    fix="Let the user register a device: aws iam enable-mfa-device --user-name <user> ...",
)
def users_without_mfa(caller: Record, account: Account) -> frozenset[str]:
    """The users who sign in with a password and no second factor."""
    with_password = [user for user in account.all(_USERS) if account.detail(_PASSWORD, user) is not None]
    return frozenset(user["UserName"] for user in with_password if not account.details(_DEVICES, user))


@check(
    "aws:account",
    severity="medium",
    reads=[_RULES],
    controls=["CIS AWS 1.8", "CIS AWS 1.9", "AWS FSBP IAM.7"],
    fix="aws iam update-account-password-policy --minimum-password-length 14 --password-reuse-prevention 24 "
    "--require-symbols --require-numbers --require-uppercase-characters --require-lowercase-characters",
)
def weak_password_rules(caller: Record, account: Account) -> frozenset[str]:
    """The password rules that are weaker than the CIS benchmark's; all of them where the account has no policy."""
    from asbuilt.iam.questions.credentials import weak_password_rules

    found = account.all(_RULES)
    return frozenset(weak_password_rules(found[0] if found else None))
