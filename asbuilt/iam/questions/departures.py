"""Where a principal departs from what is documented, a sentence each: every statement that lets too much through.

The prover shows one request that is too many. Here the statements that allowed it are then left out and the rest is
asked again: what fewer statements allow, all of them allow, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asbuilt.iam.evaluator import evaluator
from asbuilt.iam.evaluator.request import lower_keys
from asbuilt.iam.proof.prover import prove
from asbuilt.iam.proof.search import Counterexample

Policy = Mapping[str, Any]
LISTED = 20  # statements that are named one by one
VOID: Policy = {"Effect": "Allow", "Action": [], "Resource": []}  # allows nothing, and keeps the others' numbers


@dataclass(frozen=True)
class Principal:
    """Whose requests are asked about: an ARN, its policies as `prove` takes them, and what is known of its requests."""

    arn: str
    policies: Sequence[Policy]
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """The departures, and why there may be more (empty: there are no more)."""

    departures: tuple[str, ...]
    unknown: str = ""


def beyond(principal: Principal, allowance: Sequence[Mapping[str, Any]]) -> Found:
    """The statements that allow what no grant covers, each with a request that shows it. Raises `PolicyError`."""
    left = list(principal.policies)
    told: list[str] = []
    while len(told) < LISTED:
        proof = prove(question("containment", principal, left, allowance))
        if proof.counterexample is None:
            return Found(tuple(told), "" if proof.verdict == "subset" else proof.reason)
        request = proof.counterexample
        names, narrower = _without_allowing(left, request, principal)
        told.append(f"{shown(request)}: allowed by {', '.join(names)}")
        if not names:
            break
        left = narrower
    return Found(tuple(told))


def among(principal: Principal, grants: Sequence[tuple[str, Sequence[Mapping[str, Any]]]]) -> Found:
    """The grants (by their text) of which something is allowed, with a request and what allows it."""
    told: list[str] = []
    unknown: list[str] = []
    for text, allowance in grants:
        if not allowance:
            unknown.append(f"{text}: something that it names is not there to ask about")
            continue
        request, why = some_request(principal, [row(entry) for entry in allowance])
        if request is not None:
            names, _ = _without_allowing(principal.policies, request, principal)
            told.append(f"{text}: {shown(request)}: allowed by {', '.join(names)}")
        elif why:
            unknown.append(f"{text}: {why}")
    return Found(tuple(told), "; ".join(unknown))


def some_request(principal: Principal, statements: Sequence[Mapping[str, Any]]) -> tuple[Counterexample | None, str]:
    """A request that is allowed and that one of these statements allows, too; else why there may be one, or nothing.

    Raises `PolicyError`.
    """
    # a session policy grants nothing and lets through what it lists: what is then still allowed is what was asked for
    asked = {"type": "session", "name": "asked", "document": {"Version": "2012-10-17", "Statement": list(statements)}}
    proof = prove(question("containment", principal, [*principal.policies, asked], ()))
    return proof.counterexample, "" if proof.verdict == "subset" else proof.reason


def row(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A documented grant as a statement that allows it."""
    limits = {"Condition": entry["condition"]} if "condition" in entry else {}
    return {"Effect": "Allow", "Action": entry["actions"], "Resource": entry["resources"], **limits}


def shown(request: Counterexample) -> str:
    """A request on one line: `s3:GetObject on arn:aws:s3:::media/x with aws:SecureTransport = false`."""
    return f"{request.action} on {request.resource}{carried(request)}"


def carried(request: Counterexample) -> str:
    """The condition keys that a request must carry: ` with aws:SecureTransport = false`; nothing where none matters."""
    context = ", ".join(
        f"{key} = {value if isinstance(value, str) else json.dumps(value)}" for key, value in request.context.items()
    )
    return f" with {context}" if context else ""


def question(
    kind: str, principal: Principal, policies: Sequence[Policy], allowance: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What `prove` is asked."""
    return {
        "id": principal.arn,
        "kind": kind,
        "policies": list(policies),
        "allowance": list(allowance),
        "principal": principal.arn,
        "facts": dict(principal.facts),
    }


def _without_allowing(
    policies: Sequence[Policy], request: Counterexample, principal: Principal
) -> tuple[list[str], list[Policy]]:
    """The statements of identity policies that allow a request, and the policies with nothing in their place."""
    context = evaluator.identity_facts(principal.arn) | lower_keys(principal.facts) | lower_keys(request.context)
    names: list[str] = []
    narrower: list[Policy] = []
    for policy in policies:
        document = policy["document"]
        version, rows = str(document.get("Version", "2008-10-17")), evaluator.statements(document)
        allowing = [
            index
            for index, item in enumerate(rows)
            if policy["type"] == "identity" and item["Effect"] == "Allow"
            if evaluator.applies(item, version, request.action, request.resource, context) is True
        ]
        names += [f"{policy.get('name') or 'policy'} Statement[{index}]" + _sid(rows[index]) for index in allowing]
        left = [VOID if index in allowing else item for index, item in enumerate(rows)]
        narrower.append({**policy, "document": {**document, "Statement": left}})
    return names, narrower


def _sid(row: Mapping[str, Any]) -> str:
    return f" {row['Sid']!r}" if row.get("Sid") else ""
