"""Questions about secrets (`secretsmanager:ListSecrets`, `GetResourcePolicy`): never about their values."""

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
    """Whether the secret is renewed on a schedule; AWS leaves the field out for one that never was."""
    return secret.get("RotationEnabled", False)


@check(
    "secretsmanager:secret",
    severity="critical",
    reads=[_POLICY],
    fix="aws secretsmanager put-resource-policy --secret-id {name} --resource-policy file://policy.json",
)
def reachable_by(secret: Record, account: Account) -> frozenset[str]:
    """Whom the secret's policy lets in (services, others by ARN or number, `*`), and `this account`."""
    policy = account.detail(_POLICY, secret)
    # a secret without a policy is answered for without the field
    return THIS_ACCOUNT | let_in(policy.get("ResourcePolicy") if policy else None, secret["ARN"])
