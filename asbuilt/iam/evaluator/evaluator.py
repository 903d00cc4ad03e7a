"""One request against raw policy documents: allowed, denied, or left open by AWS's documentation (None).

The evaluator shares no code with the prover, so that each can be compared with the other. It has no automata and no
normal forms. `evaluate` takes the steps of "How AWS enforcement code logic evaluates requests to allow or deny access"
in the IAM user guide, one function a step: explicit deny, organization policies, resource policy, identity policy,
permissions boundary, session policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asbuilt.iam.evaluator.matching import Context, lower_keys
from asbuilt.iam.evaluator.statements import (
    ACCOUNT,
    DIRECT,
    PERHAPS,
    applies,
    arn_parts,
    identity_facts,
    principal_match,
    statements,
)
from asbuilt.iam.evaluator.truth import Truth, both, either, opposite

FREE = "sts:getcalleridentity"  # needs no permission
RESOURCE_SIDE = ("kms:", "sts:assumerole", "sts:tagsession", "sts:setsourceidentity")
"""The starts of actions that the resource's own policy must allow, too: a key policy, a role's trust policy."""


@dataclass(frozen=True)
class Decision:
    """`allowed` is None where the documentation leaves it open; `by` names the statement or policy that decides."""

    allowed: Truth
    by: str
    reason: str


@dataclass(frozen=True)
class Asked:
    """A request with its caller: `principal` is an ARN, `account` a number; None where they are not known."""

    action: str
    resource: str
    context: Context
    principal: str | None
    account: str | None

    @property
    def needs_resource_side(self) -> bool:
        """Whether the resource's own policy must allow the request, too."""
        return self.action.lower().startswith(RESOURCE_SIDE) and self.resource != "*"

    @property
    def beyond_scps(self) -> bool:
        """Whether SCPs do not apply: to service-linked roles and to principals of the management account."""
        management = _text(self.context.get("aws:principalorgmasteraccountid"))
        linked = ":role/aws-service-role/" in (self.principal or "")
        return linked or (self.account is not None and self.account == management)


@dataclass(frozen=True)
class Matched:
    """Whether a statement, by name, matches the request; `how` a resource policy's statement names the caller."""

    holds: Truth
    name: str
    how: str


@dataclass(frozen=True)
class Consulted:
    """A policy that applies to the request, with its statements by effect.

    `limit` is what a boundary, a session policy or a level of the organization is called; empty for other policies.
    """

    kind: str
    limit: str
    attached_to: str | None
    allows: tuple[Matched, ...]
    denies: tuple[Matched, ...]


def evaluate(
    request: Mapping[str, Any],
    policies: Sequence[Mapping[str, Any]],
    *,
    principal: str | None = None,
    facts: Mapping[str, Any] | None = None,
    resource_side_assumed: bool = True,
) -> Decision:
    """Decide `{action, resource, context}` for a principal (an ARN); `policies` are as `prove` takes them.

    `resource_side_assumed`: whether a KMS key or role whose own policy is not among the policies lets the account's
    identity policies decide, as AWS's default key policy does. If not, such a request is left open.
    """
    asked = _asked(request, principal, facts)
    if asked.action.lower() == FREE:
        return Decision(True, "", "needs no permission")
    consulted = list(_consult(policies, asked))
    denied, denied_by = explicit_deny(consulted)
    if denied is True:
        return Decision(False, denied_by, "denied")
    organization = organization_policies(consulted)
    limits = [*permissions_boundaries(consulted), *session_policies(consulted)]
    by_resource = resource_policies(consulted, asked, limits)
    by_identity = identity_policies(consulted, asked, resource_side_assumed=resource_side_assumed)
    granted = either([by_resource, both([by_identity, *limits])])
    allowed = both([granted, *organization, opposite(denied)])
    if allowed:
        return Decision(True, _granting(consulted, alone=by_resource), "allowed")
    if allowed is None:
        return Decision(None, "", "the documentation does not decide this request")
    return _implicit_deny(consulted, by_identity)


def explicit_deny(consulted: Sequence[Consulted]) -> tuple[Truth, str]:
    """Step 1: whether a Deny of any policy matches, and the name of the first that does."""
    denies = [deny for policy in consulted for deny in policy.denies]
    return either(deny.holds for deny in denies), next((deny.name for deny in denies if deny.holds is True), "")


def organization_policies(consulted: Sequence[Consulted]) -> list[Truth]:
    """Step 2: whether each level of the organization allows the request by a service control policy."""
    return list(_limits(consulted, "scp").values())


def resource_policies(consulted: Sequence[Consulted], asked: Asked, limits: Sequence[Truth]) -> Truth:
    """Step 3: whether the resource's own policy allows the request without an identity policy.

    That takes a resource of the caller's own account, and a statement that names the caller and not only its account.
    """
    if not _same_account(consulted, asked):
        return False
    return either(
        both([allow.holds, _within_limits(allow.how, asked.principal, limits)])
        for allow in _resource_allows(consulted)
        if allow.how not in {"", ACCOUNT}
    )


def identity_policies(consulted: Sequence[Consulted], asked: Asked, *, resource_side_assumed: bool) -> Truth:
    """Step 4: whether an identity policy allows the request, and with it the resource's own policy where both must."""
    allowed = either(allow.holds for policy in consulted if policy.kind == "identity" for allow in policy.allows)
    has_resource_policy = any(policy.kind == "resource" for policy in consulted)
    if has_resource_policy and (asked.needs_resource_side or not _same_account(consulted, asked)):
        return both([allowed, either(allow.holds for allow in _resource_allows(consulted))])
    if asked.needs_resource_side and not has_resource_policy and not resource_side_assumed:
        return both([allowed, None])
    return allowed


def permissions_boundaries(consulted: Sequence[Consulted]) -> list[Truth]:
    """Step 5: whether each permissions boundary allows the request."""
    return list(_limits(consulted, "boundary").values())


def session_policies(consulted: Sequence[Consulted]) -> list[Truth]:
    """Step 6: whether the session policies allow the request; nothing where there are none."""
    return list(_limits(consulted, "session").values())


def is_documented(
    request: Mapping[str, Any], allowance: Sequence[Mapping[str, Any]], facts: Mapping[str, Any] | None = None
) -> Truth:
    """Whether a documented grant (`{actions, resources, condition?}`) covers the request."""
    resource = str(request["resource"])
    context = with_resource_account(lower_keys(facts or {}) | lower_keys(request.get("context") or {}), resource)
    return either(
        applies(
            {"Action": grant["actions"], "Resource": grant["resources"], "Condition": grant.get("condition")},
            "2012-10-17",
            str(request["action"]),
            resource,
            context,
        )
        for grant in allowance
    )


def in_scope(attached_to: str | None, resource: str) -> bool:
    """Whether a policy attached to one resource applies to another: the same resource, or a part of it."""
    return attached_to is None or resource == attached_to or resource.startswith((f"{attached_to}/", f"{attached_to}:"))


def owner_of(resource: str, context: Context) -> str | None:
    """The account that owns a resource, from its ARN, else from aws:ResourceAccount; None where neither names one."""
    account = arn_parts(resource)[4]
    return account if account.isdigit() else _text(context.get("aws:resourceaccount"))


def with_resource_account(context: Context, resource: str) -> Context:
    """The context, in which aws:ResourceAccount, where the request has it, is the account that the ARN names."""
    if not context.get("aws:resourceaccount"):
        return context
    return context | {"aws:resourceaccount": arn_parts(resource)[4] or context["aws:resourceaccount"]}


def _asked(request: Mapping[str, Any], principal: str | None, facts: Mapping[str, Any] | None) -> Asked:
    action, resource = str(request["action"]), str(request["resource"])
    context = identity_facts(principal) | lower_keys(facts or {}) | lower_keys(request.get("context") or {})
    context = with_resource_account(context, resource)
    caller = principal or _text(context.get("aws:principalarn"))
    return Asked(action, resource, context, caller, _text(context.get("aws:principalaccount")))


def _consult(policies: Sequence[Mapping[str, Any]], asked: Asked) -> Iterator[Consulted]:
    """The policies that apply to the request, each with its statements compared with it."""
    for index, policy in enumerate(policies):
        kind, attached_to = policy["type"], policy.get("attached_to")
        if (kind == "scp" and asked.beyond_scps) or (kind == "resource" and not in_scope(attached_to, asked.resource)):
            continue
        rows = statements(policy["document"])
        label = _label(policy, index)
        found = [(row["Effect"], _matched(row, policy, f"{label} Statement[{n}]", asked)) for n, row in enumerate(rows)]
        limit = {
            "boundary": f"the boundary policies[{index}]",
            "scp": f"the organization's level {policy.get('level', '')!r}",
            "session": "the session policy",
        }.get(kind, "")
        allows, denies = (tuple(one for effect, one in found if effect == wanted) for wanted in ("Allow", "Deny"))
        yield Consulted(kind, limit, attached_to, allows, denies)


def _matched(row: Mapping[str, Any], policy: Mapping[str, Any], name: str, asked: Asked) -> Matched:
    version = policy["document"].get("Version", "2008-10-17")
    holds = applies(row, version, asked.action, asked.resource, asked.context)
    how = principal_match(row, asked.principal, asked.account) if policy["type"] == "resource" else DIRECT
    holds = False if how is None else both([holds, None if how == PERHAPS else True])
    return Matched(holds, name + (f" {row['Sid']!r}" if row.get("Sid") else ""), how or "")


def _label(policy: Mapping[str, Any], index: int) -> str:
    """What a policy of the question is called in reasons."""
    name = f" {policy['name']!r}" if policy.get("name") else ""
    return f"policies[{index}] ({policy['type']}{name})"


def _limits(consulted: Sequence[Consulted], *kinds: str) -> dict[str, Truth]:
    """What limits the caller, by name, in the order of the policies, and whether it allows the request."""
    allows: dict[str, list[Truth]] = {}
    for policy in consulted:
        if policy.kind in kinds:
            allows.setdefault(policy.limit, []).extend(allow.holds for allow in policy.allows)
    return {name: either(answers) for name, answers in allows.items()}


def _resource_allows(consulted: Sequence[Consulted]) -> list[Matched]:
    return [allow for policy in consulted if policy.kind == "resource" for allow in policy.allows]


def _same_account(consulted: Sequence[Consulted], asked: Asked) -> bool:
    """Whether the resource belongs to the caller's account, as far as that is known."""
    attached = [policy.attached_to for policy in consulted if policy.kind == "resource"]
    owners = {owner_of(arn or asked.resource, asked.context) for arn in attached} - {None}
    return asked.account is None or owners <= {asked.account}


def _within_limits(how: str, principal: str | None, limits: Sequence[Truth]) -> Truth:
    """Whether boundaries and session policies let through what a resource policy grants without an identity policy."""
    if both(limits) is True:
        return True
    if how == DIRECT and ":user/" in (principal or ""):
        return True  # "implicit deny in a permissions boundary doesn't limit" a user named in a resource policy
    return None


def _granting(consulted: Sequence[Consulted], *, alone: Truth) -> str:
    """The statement that grants an allowed request; `alone`: whether a resource policy grants it by itself."""
    allows = [allow for policy in consulted if policy.kind == "identity" for allow in policy.allows]
    allows += [allow for allow in _resource_allows(consulted) if alone or allow.how != ACCOUNT]
    return next((allow.name for allow in allows if allow.holds is True), "")


def _implicit_deny(consulted: Sequence[Consulted], by_identity: Truth) -> Decision:
    """Why a request is not allowed that no policy denies: which Allow is missing, or which limit is silent."""
    identity = either(allow.holds for policy in consulted if policy.kind == "identity" for allow in policy.allows)
    if not either([by_identity, *(allow.holds for allow in _resource_allows(consulted))]):
        return Decision(False, "", "nothing allows it")
    for limit, answer in _limits(consulted, "scp", "boundary", "session").items():
        if not answer:
            return Decision(False, limit, "not allowed")
    if not identity:
        return Decision(False, "", "the resource's own policy allows it, but no identity policy does")
    return Decision(False, "", "the resource's own policy does not allow it")


def _text(value: str | list[str] | None) -> str | None:
    return value if isinstance(value, str) else None
