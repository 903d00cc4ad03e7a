"""Excess grants: what a principal is allowed and no grant documents, a sentence for each statement that allows it.

The prover shows one request. The statements that allow the request are then left out, and the rest is proved again:
whatever fewer statements allow, all of them allow, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from asbuilt.iam.evaluator.matching import lower_keys
from asbuilt.iam.evaluator.statements import applies, identity_facts, statements
from asbuilt.iam.proof.prover import prove
from asbuilt.iam.proof.search import Counterexample
from asbuilt.iam.questions.principal import (
    Allowance,
    GrantFindings,
    PolicyItem,
    Principal,
    allowed_request_among,
    as_statement,
    proof_question,
    request_text,
)

LISTED = 20  # statements that are named one by one
# Allows nothing; it takes the place of a statement that is left out, so that the others keep their numbers.
VOID: PolicyItem = {"Effect": "Allow", "Action": [], "Resource": []}


def excess_grants(principal: Principal, allowance: Allowance) -> GrantFindings:
    """The statements that allow what no grant covers, each with a request that shows it. Raises `PolicyError`."""
    left = list(principal.policies)
    found: list[str] = []
    while len(found) < LISTED:
        proof = prove(proof_question("containment", principal, left, allowance))
        if proof.counterexample is None:
            return GrantFindings(tuple(found), "" if proof.verdict == "subset" else proof.reason)
        request = proof.counterexample
        names, narrower = _without_allowing(left, request, principal)
        found.append(f"{request_text(request)}: allowed by {', '.join(names)}")
        if not names:
            break
        left = narrower
    return GrantFindings(tuple(found))


def forbidden_grants(principal: Principal, grants: Sequence[tuple[str, Allowance]]) -> GrantFindings:
    """The grants (by their text) of which the principal is allowed a request, and the statements that allow it."""
    found: list[str] = []
    unknown: list[str] = []
    for text, allowance in grants:
        if not allowance:
            unknown.append(f"{text}: something that it names is not there to ask about")
            continue
        request, why = allowed_request_among(principal, [as_statement(entry) for entry in allowance])
        if request is not None:
            names, _ = _without_allowing(principal.policies, request, principal)
            found.append(f"{text}: {request_text(request)}: allowed by {', '.join(names)}")
        elif why:
            unknown.append(f"{text}: {why}")
    return GrantFindings(tuple(found), "; ".join(unknown))


def _without_allowing(
    policies: Sequence[PolicyItem], request: Counterexample, principal: Principal
) -> tuple[list[str], list[PolicyItem]]:
    """The statements of identity policies that allow a request, and the policies with `VOID` in their place."""
    context = identity_facts(principal.arn) | lower_keys(principal.facts) | lower_keys(request.context)
    names: list[str] = []
    narrower: list[PolicyItem] = []
    for policy in policies:
        document = policy["document"]
        version, rows = str(document.get("Version", "2008-10-17")), statements(document)
        allowing = [
            index
            for index, item in enumerate(rows)
            if policy["type"] == "identity" and item["Effect"] == "Allow"
            if applies(item, version, request.action, request.resource, context) is True
        ]
        names += [f"{policy.get('name') or 'policy'} Statement[{index}]" + _sid(rows[index]) for index in allowing]
        left = [VOID if index in allowing else item for index, item in enumerate(rows)]
        narrower.append({**policy, "document": {**document, "Statement": left}})
    return names, narrower


def _sid(row: Mapping[str, Any]) -> str:
    return f" {row['Sid']!r}" if row.get("Sid") else ""
