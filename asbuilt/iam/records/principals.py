"""Roles, users and groups of an account with their policies, as the proofs take them."""

from __future__ import annotations

from typing import Any

from asbuilt.account import Account
from asbuilt.evidence import Record, ResourceId, Unknown
from asbuilt.iam.records.policies import document
from asbuilt.sources.redaction import redacted

_POLICIES = "iam:policy"


def principal_of(role: Record, account: Account) -> Any:
    """The role with all its policies. Raises `Unknown` where a policy was not read."""
    from asbuilt.iam.questions.principal import Principal

    found: list[dict[str, Any]] = [
        {"type": "identity", "name": item["PolicyName"], "document": document(item["PolicyDocument"])}
        for item in role["RolePolicyList"]
    ]
    found += [_managed("identity", item.reference("PolicyArn"), account) for item in role["AttachedManagedPolicies"]]
    if "PermissionsBoundary" in role:
        found.append(_managed("boundary", role["PermissionsBoundary"].reference("PermissionsBoundaryArn"), account))
    return Principal(role["Arn"], found, _tags(role))


def escalation_question(own: Any, role: Record, account: Account) -> dict[str, Any]:
    """A question of `escalate`: the role (`own`, as its organization limits it) and the account's other principals."""
    return {
        "principal": own.arn,
        "policies": list(own.policies),
        "facts": dict(own.facts),
        "attached": [item["PolicyArn"] for item in role["AttachedManagedPolicies"]],
        "account": {
            "roles": [_other(item, account) for item in account.all("iam:role") if item["Arn"] != own.arn],
            "users": [_holder(item, account) for item in account.all("iam:user")],
            "groups": [_holder(item, account) for item in account.all("iam:group")],
        },
    }


def _other(role: Record, account: Account) -> dict[str, Any]:
    """Another role, without its policies where one was not read: then they are not known, which is not none."""
    about = {"arn": role["Arn"], "trust_policy": role["AssumeRolePolicyDocument"].spelt_out()}
    try:
        return {**about, "policies": list(principal_of(role, account).policies)}
    except Unknown:
        return about


def _holder(item: Record, account: Account) -> dict[str, Any]:
    """A user or group with its policies; without them where one was not read."""
    kind = "User" if item.entry.kind == "iam:user" else "Group"
    about: dict[str, Any] = {"arn": item["Arn"]}
    if kind == "User":
        about["groups"] = list(item.get("GroupList", ()))
    try:
        own = [
            {"type": "identity", "name": policy["PolicyName"], "document": document(policy["PolicyDocument"])}
            for policy in item.get(f"{kind}PolicyList", ())  # AWS omits an empty list
        ]
        attached = [
            _managed("identity", policy.reference("PolicyArn"), account)
            for policy in item.get("AttachedManagedPolicies", ())
        ]
    except Unknown:
        return about
    return {**about, "policies": [*own, *attached]}


def _managed(kind: str, arn: ResourceId, account: Account) -> dict[str, Any]:
    policy = account.get(_POLICIES, arn)
    versions = [version["Document"] for version in policy["PolicyVersionList"] if version["IsDefaultVersion"]]
    if len(versions) != 1:
        raise Unknown(f"policy {arn} has {len(versions)} default versions")
    return {"type": kind, "name": arn.rpartition("/")[2], "document": document(versions[0])}


def _tags(role: Record) -> dict[str, str]:
    """The tags that the role's requests carry; none is known where sessions may bring their own."""
    from asbuilt.iam.questions.trust import allows_session_tags

    if allows_session_tags(role["AssumeRolePolicyDocument"].spelt_out()):
        return {}
    tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", ())}
    return {f"aws:PrincipalTag/{key}": text for key, text in tags.items() if not redacted(text)}
