"""Policies in the records of an account: their principals, their documents, and the policies of resources."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from asbuilt.account import Account
from asbuilt.evidence import Record, Unknown
from asbuilt.sources.redaction import MARK

THIS_ACCOUNT = frozenset({"this account"})  # its roles and users reach most resources by their own policies alone

# The detail and its field that hold the own policy of a resource, by kind.
_HELD = {
    "s3:bucket": ("s3:bucket.policy", "Policy"),
    "secretsmanager:secret": ("secretsmanager:secret.policy", "ResourcePolicy"),
    "kms:key": ("kms:key.policy", "Policy"),
}
OWN_POLICIES = {kind: detail for kind, (detail, _) in _HELD.items()}


def as_list(value: Any) -> list[Any]:
    """The items of an element for which IAM accepts one item or a list."""
    return [value] if isinstance(value, str | Mapping) else list(value)


def principals(statement: Mapping[str, Any]) -> frozenset[str]:
    """The principals of a statement: `*` for everyone, else with their kind (`Service ecs-tasks.amazonaws.com`)."""
    found = statement.get("Principal", {})
    if isinstance(found, str):
        return frozenset({found})
    return frozenset(f"{kind} {name}" for kind in found for name in as_list(found[kind]))


def document(policy: Record) -> dict[str, Any]:
    """A policy as plain data. Raises `Unknown` where a text in it was redacted because it looked like a secret."""
    found: dict[str, Any] = policy.spelt_out()
    if MARK.search(str(found)):
        raise Unknown(f"a policy of {policy.entry.label!r} holds what looks like a secret, which is not kept")
    return found


def let_in(policy: Any, arn: str, account: str = "") -> frozenset[str]:
    """The principals that a resource's policy allows, as `allowed_principals` calls them; empty without a policy.

    `account` is the resource's own, where its ARN names none. Raises `Unknown` where it is not decided whether everyone
    is allowed.
    """
    from asbuilt.iam.questions.allowed_principals import allowed_principals

    if policy is None:
        return frozenset()
    names, anyone, reason = allowed_principals(policy.spelt_out(), arn, account=account)
    if anyone is None:
        raise Unknown(f"whether anybody may use {arn} is not decided: {reason}")
    return names


def own_policies(account: Account, kinds: Container[str]) -> list[dict[str, Any]]:
    """The own policies of resources of these kinds that a fact names, as `prove` takes them."""
    found = []
    for name, record in account.subjects():
        if record.entry.kind not in kinds:
            continue
        detail, field = _HELD[record.entry.kind]
        holder = account.detail(detail, record)
        if holder is None or (detail == "secretsmanager:secret.policy" and field not in holder):
            continue  # AWS omits the field for a secret without a policy
        about = {"name": f"policy of {name}", "attached_to": record.entry.arn}
        found.append({"type": "resource", **about, "document": document(holder[field])})
    return found
