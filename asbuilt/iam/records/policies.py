"""The looser corners of IAM's policy language, as records hold it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from asbuilt.account import Account
from asbuilt.evidence import Record, Unknown
from asbuilt.sources.redaction import PLACEHOLDER, SECRET

THIS_ACCOUNT = frozenset({"this account"})  # whose roles' and users' own policies are enough for most resources

# Where the own policy of a resource stands, by its kind: the detail, and its field.
_HELD = {
    "s3:bucket": ("s3:bucket.policy", "Policy"),
    "secretsmanager:secret": ("secretsmanager:secret.policy", "ResourcePolicy"),
    "kms:key": ("kms:key.policy", "Policy"),
}
OWN_POLICIES = {kind: detail for kind, (detail, _) in _HELD.items()}


def as_list(value: Any) -> list[Any]:
    """The items of a place where IAM lets a single item stand without its list."""
    return [value] if isinstance(value, str | Mapping) else list(value)


def principals(statement: Mapping[str, Any]) -> frozenset[str]:
    """Whom a statement is about: `*` for everybody, else with their sort (`Service ecs-tasks.amazonaws.com`)."""
    found = statement.get("Principal", {})
    if isinstance(found, str):
        return frozenset({found})
    return frozenset(f"{sort} {name}" for sort in found for name in as_list(found[sort]))


def document(policy: Record) -> dict[str, Any]:
    """A policy as plain data. Raises `Unknown` where a text in it looked like a secret and was taken out."""
    found: dict[str, Any] = policy.spelt_out()
    if any(mark in str(found) for mark in (SECRET, PLACEHOLDER)):
        raise Unknown(f"a policy of {policy.entry.label!r} holds what looks like a secret, which is not kept")
    return found


def let_in(policy: Any, arn: str, account: str = "") -> frozenset[str]:
    """Whom a resource's policy lets in, as `access.admitted` calls them; nobody where there is none.

    `account` is the resource's own, where its ARN names none. Raises `Unknown` where the policy leaves it open.
    """
    from asbuilt.iam.questions.access import admitted

    if policy is None:
        return frozenset()
    names, anyone, reason = admitted(policy.spelt_out(), arn, account=account)
    if anyone is None:
        raise Unknown(f"whether anybody may use {arn} is not decided: {reason}")
    return names


def own_policies(account: Account, kinds: Container[str]) -> list[dict[str, Any]]:
    """The policies of the resources of these kinds that a fact names, as `prover.prove` takes them."""
    found = []
    for name, record in account.subjects():
        if record.entry.kind not in kinds:
            continue
        detail, field = _HELD[record.entry.kind]
        holder = account.detail(detail, record)
        if holder is None or (detail == "secretsmanager:secret.policy" and field not in holder):
            continue  # AWS leaves the field out for a secret without a policy
        about = {"name": f"policy of {name}", "attached_to": record.entry.arn}
        found.append({"type": "resource", **about, "document": document(holder[field])})
    return found
