"""A principal with the policies that decide for it, and what is asked of the prover about it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from asbuilt.iam.evaluator.statements import statements
from asbuilt.iam.proof.prover import Proof, prove
from asbuilt.iam.proof.search import Counterexample

PolicyItem = Mapping[str, Any]  # `{type, document, name?, level?, attached_to?}`, as `prove` takes it
Allowance = Sequence[Mapping[str, Any]]  # `{actions, resources, condition?}`, as `prove` takes it


@dataclass(frozen=True)
class Principal:
    """A principal by its ARN, its policies as `prove` takes them, and the condition keys known of its requests."""

    arn: str
    policies: Sequence[PolicyItem]
    facts: Mapping[str, Any]

    def knowing(self, facts: Mapping[str, Any]) -> Principal:
        """The principal with more known of its requests."""
        return replace(self, facts={**self.facts, **facts})

    def with_policies(self, policies: Sequence[PolicyItem]) -> Principal:
        """The principal with more policies."""
        return replace(self, policies=[*self.policies, *policies])


@dataclass(frozen=True)
class GrantFindings:
    """A sentence for each grant that does not hold, and why there may be more of them (empty: there are no more)."""

    findings: tuple[str, ...]
    unknown: str = ""


def proof_question(
    kind: str, principal: Principal, policies: Sequence[PolicyItem], allowance: Allowance
) -> dict[str, Any]:
    """A question of `prove` about a principal; `kind` is containment or required."""
    return {
        "id": principal.arn,
        "kind": kind,
        "policies": list(policies),
        "allowance": list(allowance),
        "principal": principal.arn,
        "facts": dict(principal.facts),
    }


def allowed_request_among(principal: Principal, rows: Sequence[Mapping[str, Any]]) -> tuple[Counterexample | None, str]:
    """A request that the principal is allowed and one of these statements covers; else why there may be one, or "".

    Raises `PolicyError`.
    """
    # A session policy grants nothing and limits the principal to what it lists, which are the statements asked about.
    asked = {"type": "session", "name": "asked", "document": {"Version": "2012-10-17", "Statement": list(rows)}}
    proof = prove(proof_question("containment", principal, [*principal.policies, asked], ()))
    return proof.counterexample, "" if proof.verdict == "subset" else proof.reason


def proof_of_required(principal: Principal, allowance: Allowance) -> Proof:
    """The proof that the principal is allowed everything that is documented. Raises `PolicyError`."""
    return prove(proof_question("required", principal, principal.policies, allowance))


def gap_of(proof: Proof) -> tuple[str, str]:
    """What is documented and not allowed, or why that is not decided; both are empty where everything is allowed."""
    if proof.counterexample is None:
        return "", "" if proof.verdict == "granted" else proof.reason
    why = proof.reason.partition(" is documented but ")[2] or proof.reason
    return f"not {request_text(proof.counterexample)}: {why}", ""


def gap(principal: Principal, allowance: Allowance) -> tuple[str, str]:
    """What of a grant the principal is not allowed, or why that is not decided; both are empty where it is allowed."""
    return gap_of(proof_of_required(principal, allowance))


def as_statement(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A documented grant as a statement that allows it."""
    limits = {"Condition": entry["condition"]} if "condition" in entry else {}
    return {"Effect": "Allow", "Action": entry["actions"], "Resource": entry["resources"], **limits}


def only_effect(policy: PolicyItem, effect: str, *, conditional: bool | None = None) -> PolicyItem:
    """A policy with its statements of one effect alone; `conditional`: with conditions, without, or either (None)."""
    rows = [item for item in statements(policy["document"]) if item["Effect"] == effect]
    kept = [item for item in rows if conditional is None or bool(item.get("Condition")) is conditional]
    return {**policy, "document": {**policy["document"], "Statement": kept}}


def request_text(request: Counterexample) -> str:
    """A request on one line: `s3:GetObject on arn:aws:s3:::media/x with aws:SecureTransport = false`."""
    return f"{request.action} on {request.resource}{context_text(request)}"


def context_text(request: Counterexample) -> str:
    """The condition keys that a request must carry (` with aws:SecureTransport = false`); empty where it needs none."""
    context = ", ".join(
        f"{key} = {value if isinstance(value, str) else json.dumps(value)}" for key, value in request.context.items()
    )
    return f" with {context}" if context else ""
