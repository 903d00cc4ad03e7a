"""Who can assume a role: its trust policy and the candidates' own policies together, and trust that is too wide.

Source: "Cross-account policy evaluation logic", "Using external IDs", "Configuring a role for GitHub OIDC" and
"The confused deputy problem" in the IAM user guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asbuilt.iam.evaluator.evaluator import evaluate
from asbuilt.iam.evaluator.matching import lower_keys
from asbuilt.iam.evaluator.statements import applies, covers_action, statements
from asbuilt.iam.evaluator.truth import either, opposite
from asbuilt.iam.language.arn import parse_arn
from asbuilt.iam.language.policy import Statement, read_document
from asbuilt.iam.language.reading import PolicyReader
from asbuilt.iam.proof.allowed_requests import identities
from asbuilt.iam.questions.any_account import ASSUME_ROLE, anyone_in_any_account

KEYS = ("role", "trust_policy", "candidates", "id")
CANDIDATE_KEYS = ("principal", "identity_policies", "action", "context", "can_assume")
# Services that call only for the account whose resource they run, so that no other account can make them call.
WITHOUT_CONFUSED_DEPUTY = frozenset({"ec2.amazonaws.com", "lambda.amazonaws.com", "edgelambda.amazonaws.com"})
SOURCE_KEYS = frozenset({"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid"})


def allows_session_tags(document: Mapping[str, Any]) -> bool:
    """Whether a trust policy lets sessions bring tags, which take the place of the role's tags.

    Source: "Passing session tags in AWS STS".
    """
    return any(row["Effect"] == "Allow" and covers_action(row, "sts:TagSession") for row in statements(document))


@dataclass(frozen=True)
class Candidate:
    """Whether a principal can assume the role; None: not decided. `expected` is the answer that the item states."""

    principal: str
    can_assume: bool | None
    reason: str
    expected: bool | None = None


@dataclass(frozen=True)
class Trust:
    """The answers about one role; `findings` has a sentence for each statement that trusts more than it seems to."""

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
    reader = PolicyReader()
    if not isinstance(item, dict):
        reader.wrong("", "", "an item must be an object")
        reader.finish()
    named = f"role {item.get('role')!r}"
    reader.keys(named, item, KEYS)
    role = item.get("role")
    role = role.get("arn") if isinstance(role, dict) else role
    if not (isinstance(role, str) and parse_arn(role) and ":role/" in role):
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
    anyone, reason = anyone_in_any_account(rows)
    return Trust(str(role), candidates, anyone, reason, tuple(findings(rows)))


def _check_candidate(reader: PolicyReader, row: Any, where: str) -> None:
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
    action = row.get("action") or (ASSUME_ROLE[0] if kind != "Federated" else federated_action(name))
    context = row.get("context") or {}
    shown = name if isinstance(principal, str) else f"{kind}: {name}"
    if kind in {"Service", "Federated"}:
        answer, reason = admits_service_or_provider(document, kind, name, action, role, context)
        return Candidate(shown, answer, reason, expected)
    if name.isdigit():
        name = f"arn:aws:iam::{name}:root"
    policies: list[dict[str, Any]] = identities(row.get("identity_policies") or [])
    policies.append({"type": "resource", "name": "trust policy", "document": document, "attached_to": role})
    request = {"action": action, "resource": role, "context": context}
    decision = evaluate(request, policies, principal=name)
    reason = (
        f"allowed by {decision.by}" if decision.allowed else " by ".join(filter(None, (decision.reason, decision.by)))
    )
    return Candidate(shown, decision.allowed, reason, expected)


def kind_of(principal: str) -> str:
    """The kind of a principal: AWS (of an account), Service, or Federated (an identity provider)."""
    if ":oidc-provider/" in principal or ":saml-provider/" in principal:
        return "Federated"
    if principal.startswith("arn:") or principal.isdigit() or principal == "*":
        return "AWS"
    return "Service" if principal.endswith((".amazonaws.com", ".amazonaws.com.cn", ".amazon.com")) else "Federated"


def federated_action(provider: str) -> str:
    """The action with which users of an identity provider assume roles."""
    return ASSUME_ROLE[2] if ":saml-provider/" in provider else ASSUME_ROLE[1]


def admits_service_or_provider(
    document: Mapping[str, Any], kind: str, name: str, action: str, role: str, context: Mapping[str, Any]
) -> tuple[bool | None, str]:
    """Whether a trust policy alone lets a service or a federated user assume the role, and which statement decides."""
    allows: list[tuple[bool | None, str]] = []
    denies: list[tuple[bool | None, str]] = []
    version = str(document.get("Version", "2008-10-17"))
    for index, row in enumerate(statements(document)):
        label = f"trust policy Statement[{index}]" + (f" {row['Sid']!r}" if row.get("Sid") else "")
        used = "Principal" if "Principal" in row else "NotPrincipal"
        block = row.get(used, {})
        listed = ["*"] if block == "*" else block.get(kind, [])
        hit = name in ([listed] if isinstance(listed, str) else listed) or "*" in listed
        hit = hit if used == "Principal" else not hit
        holds = applies(row, version, action, role, lower_keys(context)) if hit else False
        (allows if row["Effect"] == "Allow" else denies).append((holds, label))
    denied = either(holds for holds, _ in denies)
    if denied is not False:
        by = next(label for holds, label in denies if holds is denied)
        return opposite(denied), f"denied by {by}" if denied else f"perhaps denied by {by}"
    answer = either(holds for holds, _ in allows)
    by = next((label for holds, label in allows if holds is answer), "")
    return answer, f"allowed by {by}" if answer else "not decided" if answer is None else "no statement allows it"


def findings(rows: Sequence[Statement]) -> list[str]:
    """The statements that trust more than they seem to, a sentence each."""
    allows = [row for row in rows if row.allow and row.principals is not None]
    return [sentence for row in allows for sentence in (*_service_findings(row), *_provider_findings(row))]


def _keys_of(row: Statement) -> set[str]:
    return {condition.key.lower() for condition in row.conditions}


def _service_findings(row: Statement) -> Iterator[str]:
    for service in (row.principals or {}).get("Service", ()):
        if service not in WITHOUT_CONFUSED_DEPUTY and not _keys_of(row) & SOURCE_KEYS:
            yield f"{row.name}: {service} may act for other accounts; limit aws:SourceAccount or aws:SourceArn"


def _provider_findings(row: Statement) -> Iterator[str]:
    for provider in (row.principals or {}).get("Federated", ()):
        if ":saml-provider/" in provider:
            continue
        missing = [f"…:{end}" for end in ("aud", "sub") if not any(key.endswith(f":{end}") for key in _keys_of(row))]
        if missing:
            yield f"{row.name}: {provider} is not limited by {' and '.join(missing)}"
        for condition in row.conditions:
            if condition.key.lower().endswith(":sub") and condition.operator in {"StringLike", "ArnLike"}:
                for value in filter(_open_owner, condition.values):
                    yield (
                        f"{row.name}: {condition.key} {value!r} also matches owners whose names begin with these "
                        "characters; end the owner's name with /"
                    )


def _open_owner(value: str) -> bool:
    """Whether a wildcard stands where the owner's name may go on."""
    before = value.partition("*")[0]
    return "*" in value and (before == "" or before[-1] not in "/:")
