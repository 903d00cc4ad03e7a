"""One request against raw policy documents: allowed, denied, or not decided by AWS's documentation (None).

Written apart from the prover and sharing no code with it, so that each can be held against the other: no automata,
no normal forms, just the rules in the order of "Policy evaluation logic" in the IAM user guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asbuilt.iam.evaluator.request import Answer, Context, action_matches, condition_holds, lower_keys, resource_matches

FREE = "sts:getcalleridentity"
TRUSTED = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity")


@dataclass(frozen=True)
class Decision:
    """`allowed` is None when the documentation leaves it open; `by` names the statement that decided."""

    allowed: Answer
    by: str
    reason: str


def both(answers: Iterable[Answer]) -> Answer:
    """Whether all hold: no if any does not, open if any is open."""
    listed = list(answers)
    return False if False in listed else None if None in listed else True


def either(answers: Iterable[Answer]) -> Answer:
    """Whether any holds: yes if any does, open if any is open."""
    listed = list(answers)
    return True if True in listed else None if None in listed else False


def opposite(answer: Answer) -> Answer:
    """Not; what is open stays open."""
    return None if answer is None else not answer


def label(policy: Mapping[str, Any], index: int) -> str:
    """How a policy of the question is called."""
    name = f" {policy['name']!r}" if policy.get("name") else ""
    return f"policies[{index}] ({policy['type']}{name})"


def statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements of a document, one or many."""
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


def identity_facts(principal: str | None) -> Context:
    """What a principal's ARN says about its requests."""
    parts = (principal or "").split(":", 5)
    if len(parts) != 6:
        return {}
    known: Context = {"aws:principalarn": principal or "", "aws:principalaccount": parts[4]}
    if parts[5].startswith("user/"):
        known |= {"aws:username": parts[5].rsplit("/", 1)[1], "aws:principaltype": "User"}
    elif parts[5].startswith("role/"):
        known["aws:principaltype"] = "AssumedRole"
    return known


def about(row: Mapping[str, Any], action: str) -> bool:
    """Whether a statement is about an action, whatever its resource and conditions."""
    used = "Action" if "Action" in row else "NotAction"
    listed = [row[used]] if isinstance(row[used], str) else row[used]
    return bool(listed) and any(action_matches(pattern, action) for pattern in listed) == (used == "Action")


def applies(
    row: Mapping[str, Any], version: str, action: str, resource: str, context: Context, *, check_resource: bool = True
) -> Answer:
    """Whether a statement, leaving its principal aside, is about this request."""
    answers: list[Answer] = []
    for name, matching in (("Action", action_matches), ("Resource", None)):
        inverse = f"Not{name}"
        if name == "Resource" and (not check_resource or (name not in row and inverse not in row)):
            continue
        used = name if name in row else inverse
        listed = [row[used]] if isinstance(row[used], str) else row[used]
        if not listed:
            return False
        if matching is not None:
            found: Answer = any(action_matches(pattern, action) for pattern in listed)
        else:
            found = either(resource_matches(pattern, resource, version, context) for pattern in listed)
            if used == inverse and resource == "*" and found is not True:
                found = None  # whether a request without a resource is "not" one of some ARNs is nowhere defined
        answers.append(opposite(found) if used == inverse else found)
    if False in answers:
        return False
    for operator, keys in (row.get("Condition") or {}).items():
        for key, values in keys.items():
            answers.append(condition_holds(operator, key, values, version, context))
    return both(answers)


def named(
    row: Mapping[str, Any], principal: str | None, account: str | None, external: str | None = None
) -> str | None:
    """How a resource policy's statement names the caller: directly, everyone, its account, perhaps, or None: not."""
    used = "Principal" if "Principal" in row else "NotPrincipal"
    block = row.get(used, {})
    listed = {"AWS": ["*"]} if block == "*" else {k: [v] if isinstance(v, str) else v for k, v in block.items()}
    if external is not None:
        names = [name for key in ("Service", "Federated") for name in listed.get(key, [])]
        everyone = "*" in listed.get("AWS", []) or "*" in names
        hit = external in names or everyone
        return "direct" if hit == (used == "Principal") else None
    names = listed.get("AWS", [])
    roots = {account, f"arn:aws:iam::{account}:root"} if account else set()
    is_root = any(n in roots or (account and n.endswith(f":iam::{account}:root")) for n in names)
    session_of = _session_names(principal)
    if used == "NotPrincipal":
        if "*" in names or (principal in names and is_root):
            return None
        if principal is None and names:
            return "perhaps"
        return "perhaps" if principal in names or is_root or any(session_of(n) for n in names) else "direct"
    if "*" in names:
        return "everyone"
    if principal is not None and principal in names:
        return "direct"
    if is_root:
        return "account"
    if principal is None:
        return "perhaps" if any(not account or f":{account}:" in n or n == account for n in names) else None
    return "perhaps" if any(session_of(n) for n in names) else None


def _session_names(principal: str | None) -> Any:
    parts = (principal or "").split(":", 5)
    if len(parts) != 6 or not parts[5].startswith("role/"):
        return lambda name: False
    start = f":sts::{parts[4]}:assumed-role/{parts[5].rsplit('/', 1)[1]}/"
    return lambda name: start in name


def evaluate(
    request: Mapping[str, Any],
    policies: Sequence[Mapping[str, Any]],
    *,
    principal: str | None = None,
    facts: Mapping[str, Any] | None = None,
    resource_side_assumed: bool = True,
) -> Decision:
    """Decide `{action, resource, context}` for a principal (an ARN) with these policies, as `prove` takes them.

    `resource_side_assumed`: whether KMS keys and roles whose own policy is not among the policies let the
    account's identity policies decide, as AWS's default key policy does; if not, such requests stay undecided.
    """
    action, resource = str(request["action"]), str(request["resource"])
    context = identity_facts(principal) | lower_keys(facts or {}) | lower_keys(request.get("context") or {})
    context = owned(context, resource)
    if action.lower() == FREE:
        return Decision(True, "", "needs no permission")
    principal = principal or _text(context.get("aws:principalarn"))
    account = _text(context.get("aws:principalaccount"))
    linked = ":role/aws-service-role/" in (principal or "")
    management = account is not None and account == _text(context.get("aws:principalorgmasteraccountid"))

    scoped = [p for p in policies if p["type"] == "resource" and in_scope(p.get("attached_to"), resource)]
    skipped = {"scp"} if linked or management else set()
    heard = _hear(policies, scoped, skipped, (action, resource, context), principal, account)
    denied = either(holds for holds, _ in heard.denies)
    if denied is True:
        return Decision(False, next(n for h, n in heard.denies if h is True), "denied")
    owners = {owner_of(p.get("attached_to") or resource, context) for p in scoped} - {None}
    same_account = account is None or owners <= {account}
    identity = either(holds for holds, _ in heard.allows.get("identity", []))
    by_resource = either(holds for holds, _, _ in heard.direct)
    needs_resource = action.lower().startswith(("kms:", *TRUSTED)) and resource != "*"
    if scoped and (needs_resource or not same_account):
        identity = both([identity, by_resource])
    elif needs_resource and not scoped and not resource_side_assumed:
        identity = both([identity, None])
    limits = {group: either(h for h, _ in found) for group, found in heard.allows.items() if group != "identity"}
    organization = [answer for group, answer in limits.items() if group.startswith("scp")]
    inner = [answer for group, answer in limits.items() if not group.startswith("scp")]
    through_resource: Answer = False
    if scoped and same_account:
        through_resource = either(
            both([h, _within(how, principal, inner)]) for h, _, how in heard.direct if how not in {"", "account"}
        )
    through = either([both([identity, *inner]), through_resource])
    allowed = both([through, *organization, opposite(denied)])
    if allowed:
        granting = [n for h, n in heard.allows.get("identity", []) if h is True]
        granting += [n for h, n, how in heard.direct if h is True and (through_resource or how != "account")]
        return Decision(True, granting[0] if granting else "", "allowed")
    if allowed is None:
        return Decision(None, "", "the documentation does not decide this request")
    return _refusal(either([identity, by_resource]), limits)


def _refusal(somehow: Answer, limits: Mapping[str, Answer]) -> Decision:
    if not somehow:
        return Decision(False, "", "nothing allows it")
    stopping = [group for group, answer in limits.items() if not answer]
    if stopping:
        kind, _, which = stopping[0].partition(" ")
        named = {"boundary": f"the boundary policies[{which}]", "scp": f"the organization's level {which!r}"}
        return Decision(False, named.get(kind, "the session policy"), "not allowed")
    return Decision(False, "", "the resource's own policy does not allow it")


@dataclass
class Heard:
    """What statements say: Allows by group (a boundary, the session, an SCP level), the resource's own, and Denies."""

    allows: dict[str, list[tuple[Answer, str]]]
    direct: list[tuple[Answer, str, str]]
    denies: list[tuple[Answer, str]]


def _hear(
    policies: Sequence[Mapping[str, Any]],
    scoped: list[Mapping[str, Any]],
    skipped: set[str],
    asked: tuple[str, str, Context],
    principal: str | None,
    account: str | None,
) -> Heard:
    """Ask every statement of the policies that have a say."""
    heard = Heard({}, [], [])
    for index, policy in enumerate(policies):
        kind = policy["type"]
        if kind in skipped or (kind == "resource" and policy not in scoped):
            continue
        group = f"scp {policy.get('level', '')}" if kind == "scp" else f"{kind} {index}" if kind == "boundary" else kind
        if kind != "resource":
            heard.allows.setdefault(group, [])
        document = policy["document"]
        for number, row in enumerate(statements(document)):
            name = f"{label(policy, index)} Statement[{number}]" + (f" {row['Sid']!r}" if row.get("Sid") else "")
            holds = applies(row, document.get("Version", "2008-10-17"), *asked)
            how = named(row, principal, account) if kind == "resource" else "direct"
            holds = False if how is None else both([holds, None if how == "perhaps" else True])
            if row["Effect"] == "Deny":
                heard.denies.append((holds, name))
            elif kind == "resource":
                heard.direct.append((holds, name, how or ""))
            else:
                heard.allows[group].append((holds, name))
    return heard


def _within(how: str, principal: str | None, limits: list[Answer]) -> Answer:
    """Whether boundary and session let through what a resource policy grants by itself."""
    if both(limits) is True:
        return True
    if how == "direct" and ":user/" in (principal or ""):
        return True  # "implicit deny in a permissions boundary doesn't limit" a user named in a resource policy
    return None


def in_scope(attached_to: str | None, resource: str) -> bool:
    """Whether a resource policy attached there is asked about this resource: the thing itself or a part of it."""
    return attached_to is None or resource == attached_to or resource.startswith((f"{attached_to}/", f"{attached_to}:"))


def owner_of(resource: str, context: Context) -> str | None:
    """The account that owns a resource, from its ARN or from aws:ResourceAccount; None where neither says."""
    parts = resource.split(":", 5)
    return (parts[4] if len(parts) == 6 and parts[4].isdigit() else None) or _text(context.get("aws:resourceaccount"))


def owned(context: Context, resource: str) -> Context:
    """The context with the account that the ARN names as `aws:ResourceAccount`, where the request has that key."""
    if not context.get("aws:resourceaccount"):
        return context
    return context | {"aws:resourceaccount": "".join(resource.split(":")[4:5]) or context["aws:resourceaccount"]}


def _text(value: str | list[str] | None) -> str | None:
    return value if isinstance(value, str) else None


def documented(
    request: Mapping[str, Any], allowance: Sequence[Mapping[str, Any]], facts: Mapping[str, Any] | None = None
) -> Answer:
    """Whether a documented grant covers the request."""
    context = owned(lower_keys(facts or {}) | lower_keys(request.get("context") or {}), str(request["resource"]))
    return either(
        applies(
            {"Action": g["actions"], "Resource": g["resources"], "Condition": g.get("condition")},
            "2012-10-17",
            str(request["action"]),
            str(request["resource"]),
            context,
        )
        for g in allowance
    )
