"""Access keys and the password policy of an account.

Source: "Security best practices in IAM" in the IAM user guide, and the CIS AWS Foundations Benchmark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

PASSWORD_RULES: dict[str, int | bool] = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "PasswordReusePrevention": 24,
}


def old_keys(
    keys: Sequence[Mapping[str, Any]], today: datetime, *, after: timedelta = timedelta(days=90)
) -> tuple[str, ...]:
    """The ids of active access keys that are older than `after` (`AccessKeyMetadata` of `iam:ListAccessKeys`)."""
    return tuple(
        str(row["AccessKeyId"]) for row in keys if row["Status"] == "Active" and today - row["CreateDate"] > after
    )


def weak_password_rules(policy: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The rules of a password policy that are weaker than the CIS benchmark's.

    The policy is that of `iam:GetAccountPasswordPolicy`; None: the account has none.
    """
    return tuple(name for name, least in PASSWORD_RULES.items() if (policy or {}).get(name, 0) < least)
