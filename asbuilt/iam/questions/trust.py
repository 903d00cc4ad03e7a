"""Who can assume a role: each candidate asked of the trust policy and its own policies, and strangers.

Source: "Cross-account policy evaluation logic", "Using external IDs", "Configuring a role for GitHub OIDC" and
"The confused deputy problem" in the IAM user guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asbuilt.iam.evaluator import evaluator
from asbuilt.iam.evaluator.request import action_matches, lower_keys
from asbuilt.iam.language.patterns import glob
from asbuilt.iam.language.policy import Statement, read_document
from asbuilt.iam.language.reading import Reader
from asbuilt.iam.proof.conditions import Setting, condition_node, setting
from asbuilt.iam.proof.formula import Node, every, negate, opens, pessimistic, some
from asbuilt.iam.proof.overlap import TooLargeError
from asbuilt.iam.proof.reach import identities
from asbuilt.iam.proof.solver import Solver

KEYS = ("role", "trust_policy", "candidates", "id")
CANDIDATE_KEYS = ("principal", "identity_policies", "action", "context", "can_assume")
ASSUME = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
STRANGER = "999999999999"
# What a caller of another account can't choose, with what it then is: nothing, or something of its own.
STRANGERS_FACTS: dict[str, str | None] = {
    "aws:principalaccount": STRANGER,
    "aws:principalorgid": "o-stranger",
    "aws:principalisawsservice": "false",
    "aws:principalservicename": None,
    "aws:sourceaccount": None,
    "aws:sourcearn": None,
    "aws:sourceorgid": None,
    "aws:sourceip": "198.51.100.77",
    "aws:sourcevpc": None,
    "aws:sourcevpce": None,
    "aws:vpcesourceip": None,
    "aws:username": None,
    "aws:viaawsservice": "false",
}


def brings_tags(document: Mapping[str, Any]) -> bool:
    """Whether whoever assumes the role may bring tags of its own, which then take the place of the role's.

    Source: "Passing session tags in AWS STS".
    """
    return any(
        row["Effect"] == "Allow" and evaluator.about(row, "sts:TagSession") for row in evaluator.statements(document)
    )


@dataclass(frozen=True)
class Candidate:
    """Whether somebody can assume the role; None when that is not known."""

    principal: str
    can_assume: bool | None
    reason: str
    expected: bool | None = None


@dataclass(frozen=True)
class Trust:
    """The answers about one role; `findings` names trust that is wider than it looks."""

    role: str
    candidates: tuple[Candidate, ...]
    anyone_in_any_account: bool | None
    reason: str
    findings: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The line that `trust` prints."""
        return {
            "role": self.role,
            "candidates": [
                {"principal": c.principal, "can_assume": c.can_assume, "reason": c.reason} for c in self.candidates
            ],
            "anyone_in_any_account": self.anyone_in_any_account,
            "reason": self.reason,
            "findings": list(self.findings),
        }


def trust(item: Mapping[str, Any]) -> Trust:
    """Answer `{role, trust_policy, candidates: [{principal, identity_policies, action, context}]}`.

    `role` is its ARN (or an object with `arn`), a principal an ARN, an account number, a service such as
    `ec2.amazonaws.com`, or `{Service|Federated|AWS: name}`. Raises `PolicyError`.
    """
    reader = Reader()
    if not isinstance(item, dict):
        reader.wrong("", "", "an item must be an object")
        reader.finish()
    named = f"role {item.get('role')!r}"
    reader.keys(named, item, KEYS)
    role = item.get("role")
    role = role.get("arn") if isinstance(role, dict) else role
    if not (isinstance(role, str) and role.count(":") >= 5 and ":role/" in role):
        reader.wrong(named, "role", "must be the ARN of a role")
    label = f"{named} trust_policy"
    rows = read_document(reader, item.get("trust_policy"), label, "trust")
    rows_raw = item.get("candidates", [])
    if not isinstance(rows_raw, list):
        reader.wrong(named, "candidates", "must be a list")
        rows_raw = []
    for index, row in enumerate(rows_raw):
        _check_candidate(reader, row, f"{named} candidates[{index}]")
    reader.finish()
    candidates = tuple(_candidate(str(role), item["trust_policy"], row) for row in rows_raw)
    anyone, reason = strangers(rows)
    return Trust(str(role), candidates, anyone, reason, tuple(findings(rows)))


def _check_candidate(reader: Reader, row: Any, where: str) -> None:
    if not isinstance(row, dict):
        reader.wrong(where, "", "must be an object")
        return
    reader.keys(where, row, CANDIDATE_KEYS)
    principal = row.get("principal")
    if not isinstance(principal, str | dict) or not principal:
        reader.wrong(where, "principal", "is missing" if not principal else "must be an ARN, a service or an object")
    if not isinstance(row.get("context") or {}, dict):
        reader.wrong(where, "context", "must be an object of condition keys and values")
    policies = row.get("identity_policies") or []
    if not isinstance(policies, list):
        reader.wrong(where, "identity_policies", "must be a list of policy documents")
        return
    for number, policy in enumerate(policies):
        document = policy.get("document", policy) if isinstance(policy, dict) else policy
        read_document(reader, document, f"{where} identity_policies[{number}]", "identity")


def _candidate(role: str, document: Any, row: Mapping[str, Any]) -> Candidate:
    principal = row["principal"]
    kind, name = next(iter(principal.items())) if isinstance(principal, dict) else (kind_of(principal), principal)
    name = name[0] if isinstance(name, list) else name
    expected = row.get("can_assume")
    action = row.get("action") or (ASSUME[0] if kind != "Federated" else federated_action(name))
    context = row.get("context") or {}
    shown = name if isinstance(principal, str) else f"{kind}: {name}"
    if kind in {"Service", "Federated"}:
        answer, reason = external(document, kind, name, action, role, context)
        return Candidate(shown, answer, reason, expected)
    if name.isdigit():
        name = f"arn:aws:iam::{name}:root"
    policies: list[dict[str, Any]] = identities(row.get("identity_policies") or [])
    policies.append({"type": "resource", "name": "trust policy", "document": document, "attached_to": role})
    request = {"action": action, "resource": role, "context": context}
    decision = evaluator.evaluate(request, policies, principal=name)
    reason = (
        f"allowed by {decision.by}" if decision.allowed else " by ".join(filter(None, (decision.reason, decision.by)))
    )
    return Candidate(shown, decision.allowed, reason, expected)


def kind_of(principal: str) -> str:
    """Whether a principal is an AWS service, an identity provider, or something of an account."""
    if ":oidc-provider/" in principal or ":saml-provider/" in principal:
        return "Federated"
    if principal.startswith("arn:") or principal.isdigit() or principal == "*":
        return "AWS"
    return "Service" if principal.endswith((".amazonaws.com", ".amazonaws.com.cn", ".amazon.com")) else "Federated"


def federated_action(provider: str) -> str:
    """The action by which users of an identity provider assume roles."""
    return ASSUME[2] if ":saml-provider/" in provider else ASSUME[1]


def external(
    document: Mapping[str, Any], kind: str, name: str, action: str, role: str, context: Mapping[str, Any]
) -> tuple[bool | None, str]:
    """Whether a trust policy lets a service or a federated user in; nobody else's policy has a say."""
    allows: list[tuple[bool | None, str]] = []
    denies: list[tuple[bool | None, str]] = []
    version = str(document.get("Version", "2008-10-17"))
    for index, row in enumerate(evaluator.statements(document)):
        label = f"trust policy Statement[{index}]" + (f" {row['Sid']!r}" if row.get("Sid") else "")
        used = "Principal" if "Principal" in row else "NotPrincipal"
        block = row.get(used, {})
        listed = ["*"] if block == "*" else block.get(kind, [])
        hit = name in ([listed] if isinstance(listed, str) else listed) or "*" in listed
        hit = hit if used == "Principal" else not hit
        holds = evaluator.applies(row, version, action, role, lower_keys(context)) if hit else False
        (allows if row["Effect"] == "Allow" else denies).append((holds, label))
    for holds, label in denies:
        if holds is not False:
            return (False if holds else None), f"denied by {label}" if holds else f"perhaps denied by {label}"
    answer = evaluator.either(holds for holds, _ in allows)
    by = next((label for holds, label in allows if holds is answer), "")
    return answer, f"allowed by {by}" if answer else "not decided" if answer is None else "no statement lets it in"


def strangers(rows: Sequence[Statement], actions: Sequence[str] = (ASSUME[0],)) -> tuple[bool | None, str]:
    """Whether somebody in an account that the policy does not know of gets in, whatever they say of themselves."""
    known: dict[str, str | list[str] | None] = dict(STRANGERS_FACTS)
    given = setting(rows, known)
    if "aws:principalarn" in given.domains:
        domain = given.domains["aws:principalarn"]
        own = glob(f"arn:aws:iam::{STRANGER}:*")
        given.domains["aws:principalarn"] = type(domain)(base=(*domain.base, own), always=True)
    open_rows: list[Node] = []
    closed: list[Node] = []
    for row in rows:
        if any(action_matches(a, action) for a in row.actions for action in actions) == row.not_action:
            continue
        names = (row.principals or {}).get("AWS", ())
        if ("*" in names) == row.not_principal:
            continue
        node = every(condition_node(c, given, variables=row.variables) for c in row.conditions)
        (open_rows if row.allow else closed).append(node)
    return _decide(open_rows, closed, given, rows)


def _decide(
    open_rows: list[Node], closed: list[Node], given: Setting, rows: Sequence[Statement]
) -> tuple[bool | None, str]:
    if not open_rows:
        return False, "no statement names everyone"
    whole = every([some(open_rows), *map(negate, closed)])
    solver = Solver(given.domains)
    try:
        if solver.solve(whole) is None:
            return False, "the conditions keep strangers out"
        model = solver.solve(pessimistic(whole))
    except TooLargeError as error:
        return None, f"a limit was reached: {error}"
    if model is None:
        return None, "; ".join(sorted(o.reason for o in opens(whole)))
    said = ", ".join(f"{key} = {value}" for key, value in model.texts.items())
    everyone = (r for r in rows if r.allow and ("*" in (r.principals or {}).get("AWS", ())) != r.not_principal)
    name = next(everyone).name
    return True, f"{name} lets in everyone" + (f" with {said}" if said else "")


def findings(rows: Sequence[Statement]) -> list[str]:
    """Trust that is wider than it looks, one sentence each."""
    found: list[str] = []
    for row in rows:
        if not row.allow or row.principals is None:
            continue
        keys = {c.key.lower() for c in row.conditions}
        for service in row.principals.get("Service", ()):
            if service not in ORDINARY and not keys & {"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid"}:
                found.append(
                    f"{row.name}: {service} may act for other accounts; limit aws:SourceAccount or aws:SourceArn"
                )
        for provider in row.principals.get("Federated", ()):
            if ":saml-provider/" in provider:
                continue
            missing = [f"…:{end}" for end in ("aud", "sub") if not any(key.endswith(f":{end}") for key in keys)]
            if missing:
                found.append(f"{row.name}: {provider} is not limited by {' and '.join(missing)}")
            found += [
                f"{row.name}: {c.key} {value!r} also lets in names that only begin alike; end the owner's name with /"
                for c in row.conditions
                if c.key.lower().endswith(":sub") and "Like" in c.operator and "Not" not in c.operator
                for value in c.values
                if _loose(value)
            ]
    return found


def _loose(value: str) -> bool:
    """Whether a wildcard stands where the owner's name still may go on."""
    before = value.partition("*")[0]
    return "*" in value and (before == "" or before[-1] not in "/:")


# Services that call only for the account whose resource they run: no confused deputy.
ORDINARY = frozenset({"ec2.amazonaws.com", "lambda.amazonaws.com", "edgelambda.amazonaws.com"})
