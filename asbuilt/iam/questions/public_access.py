"""Public access to a bucket: what its policy allows principals of an account that nobody knows.

Source: "How Amazon S3 determines whether a bucket policy is public" and "Cross-account policy evaluation logic".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from asbuilt.iam.evaluator.matching import action_matches
from asbuilt.iam.evaluator.statements import statements
from asbuilt.iam.language import catalogue
from asbuilt.iam.proof.prover import prove
from asbuilt.iam.questions.any_account import OUTSIDE_PRINCIPAL

_ADDRESS = "aws:sourceip"
_PUBLIC_PREFIX = {4: 8, 6: 16}  # a range with a shorter prefix is a part of the internet and not one known network


def public_actions(document: Mapping[str, Any], arn: str, owner: str) -> tuple[dict[str, bool], str]:
    """The actions that principals outside the bucket owner's account are allowed.

    Each is mapped to whether all its requests over TLS are allowed. The text says why there may be more (empty: there
    are no more). Raises `PolicyError`.
    """
    rows = [{**row, "Principal": "*"} for row in _about_everyone(document)]
    held = {"type": "resource", "document": {**document, "Statement": rows}, "attached_to": arn}
    found: dict[str, bool] = {}
    unknown: list[str] = []
    for action in _actions(rows):
        verdicts = [_some_allowed(action, held, owner, address) for address in _addresses(rows)]
        if "exceeds" in verdicts:
            found[action] = _all_allowed(action, held, owner)
        elif "unknown" in verdicts:
            unknown.append(f"whether anybody may {action} on {arn} is not decided")
    return found, "; ".join(unknown)


def _about_everyone(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The statements about everyone, or about everyone but some; other statements do not cover an unknown principal."""
    for row in statements(document):
        block = row.get("Principal", row.get("NotPrincipal", {}))
        listed = _texts(block if isinstance(block, str) else block.get("AWS", ()))
        if ("*" in listed) == ("Principal" in row):
            yield {key: value for key, value in row.items() if key != "NotPrincipal"}


def _some_allowed(action: str, held: Mapping[str, Any], owner: str, address: str) -> str:
    """The verdict on a request from an address: `exceeds` where one is allowed."""
    facts = {**OUTSIDE_PRINCIPAL, "aws:resourceaccount": owner, _ADDRESS: address}
    return _verdict("containment", action, held, facts, [])


def _all_allowed(action: str, held: Mapping[str, Any], owner: str) -> bool:
    """Whether all requests over TLS are allowed, from any address."""
    facts = {**OUTSIDE_PRINCIPAL, "aws:resourceaccount": owner, "aws:securetransport": "true"}
    del facts[_ADDRESS]
    grants = [{"actions": [action], "resources": _resources(held)}]
    return _verdict("required", action, held, facts, grants) == "granted"


def _verdict(
    kind: str, action: str, held: Mapping[str, Any], facts: Mapping[str, str | None], grants: list[dict[str, Any]]
) -> str:
    theirs = {"Effect": "Allow", "Action": action, "Resource": _resources(held)}
    identity = {"type": "identity", "document": {"Version": "2012-10-17", "Statement": theirs}}
    known = {key: value for key, value in facts.items() if value is not None}
    absent = [key for key, value in facts.items() if value is None]
    asked = {"id": action, "kind": kind, "policies": [identity, held], "allowance": grants}
    return prove({**asked, "facts": known, "absent": absent}).verdict


def _resources(held: Mapping[str, Any]) -> list[str]:
    return [held["attached_to"], f"{held['attached_to']}/*"]


def _actions(rows: list[dict[str, Any]]) -> list[str]:
    """The actions that Allows cover; an action that the catalogue lacks is taken as the policy writes it."""
    found: set[str] = set()
    for row in (row for row in rows if row["Effect"] == "Allow"):
        written = _texts(row.get("Action", row.get("NotAction")))
        known = [action.name for action in catalogue.actions("s3").values()]
        covered = {name for name in known if any(action_matches(text, name) for text in written)}
        if "NotAction" in row:
            found |= set(known) - covered
        else:
            found |= covered | {text for text in written if not set("*?") & set(text) and not catalogue.find(text)}
    return sorted(found)


def _addresses(rows: list[dict[str, Any]]) -> list[str]:
    """An address that no policy names, and one of each part of the internet that a condition names."""
    found = [str(OUTSIDE_PRINCIPAL[_ADDRESS])]
    blocks = [block for row in rows for block in (row.get("Condition") or {}).values()]
    named = [
        text for block in blocks for key, value in block.items() if key.lower() == _ADDRESS for text in _texts(value)
    ]
    for text in named:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            continue  # the prover raises `PolicyError` for it
        if network.prefixlen < _PUBLIC_PREFIX[network.version]:
            found.append(str(network.network_address + 1))
    return found


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
