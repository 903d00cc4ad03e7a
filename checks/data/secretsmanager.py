"""Checks of secrets (`secretsmanager:ListSecrets`, `GetResourcePolicy`), never of their values."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record
from asbuilt.iam.records.policies import THIS_ACCOUNT, let_in

_POLICY = "secretsmanager:secret.policy"


@check(
    "secretsmanager:secret",
    severity="medium",
    controls=["AWS FSBP SecretsManager.1"],
    fix="aws secretsmanager rotate-secret --secret-id {name} --rotation-rules AutomaticallyAfterDays=30",
)
def rotates(secret: Record) -> bool:
    """Whether the secret is rotated on a schedule."""
    return secret.get("RotationEnabled", False)  # AWS omits the field where rotation was never configured


@check(
    "secretsmanager:secret",
    severity="critical",
    reads=[_POLICY],
    fix="aws secretsmanager put-resource-policy --secret-id {name} --resource-policy file://policy.json",
)
def reachable_by(secret: Record, account: Account) -> frozenset[str]:
    """Who the secret's policy grants access (services, others by ARN or account id, `*`), and `this account`."""
    policy = account.detail(_POLICY, secret)
    # the answer for a secret without a policy has no such field
    return THIS_ACCOUNT | let_in(policy.get("ResourcePolicy") if policy else None, secret["ARN"])
