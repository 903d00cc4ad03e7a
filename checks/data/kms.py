"""Checks of KMS keys (`kms:ListKeys`, `kms:GetKeyPolicy`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown
from asbuilt.iam.records.policies import let_in

_POLICY = "kms:key.policy"


@check(
    "kms:key",
    severity="critical",
    reads=[_POLICY],
    fix="aws kms put-key-policy --key-id {name} --policy file://policy.json",
)
def reachable_by(key: Record, account: Account) -> frozenset[str]:
    """Who the key policy grants access: services, `role/name`, others by ARN or account id, `this account` if named."""
    policy = account.detail(_POLICY, key)
    if policy is None:
        raise Unknown(f"the policy of key {key['KeyId']} was not read, though every key has one")
    return let_in(policy["Policy"], key["KeyArn"])
