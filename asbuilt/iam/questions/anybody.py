"""What anybody may do with a bucket: its policy asked as the principals of an account that nobody knows would find it.

Source: "How Amazon S3 determines whether a bucket policy is public" and "Cross-account policy evaluation logic".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from asbuilt.iam.evaluator import evaluator
from asbuilt.iam.evaluator.request import action_matches
from asbuilt.iam.language import catalogue
from asbuilt.iam.proof.prover import prove
from asbuilt.iam.questions.trust import STRANGERS_FACTS

_ADDRESS = "aws:sourceip"
_WIDE = {4: 8, 6: 16}  # prefixes shorter than these are no known network, but a part of the internet


def open_to_anybody(document: Mapping[str, Any], arn: str, owner: str) -> tuple[dict[str, bool], str]:
    """What strangers to a bucket's owner may do: action → whether all requests of it get through, over TLS.

    And why there may be more (empty: there is not). Raises `PolicyError`.
    """
    rows = [{**row, "Principal": "*"} for row in _about_everybody(document)]
    held = {"type": "resource", "document": {**document, "Statement": rows}, "attached_to": arn}
    found: dict[str, bool] = {}
    unknown: list[str] = []
    for action in _actions(rows):
        verdicts = [_asked(action, held, owner, address) for address in _addresses(rows)]
        if "exceeds" in verdicts:
            found[action] = _asked(action, held, owner, "") == "granted"
        elif "unknown" in verdicts:
            unknown.append(f"whether anybody may {action} on {arn} is not decided")
    return found, "; ".join(unknown)


def _about_everybody(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The statements that are about principals that nobody knows: of everyone, or of all but some."""
    for row in evaluator.statements(document):
        block = row.get("Principal", row.get("NotPrincipal", {}))
        listed = _texts(block if isinstance(block, str) else block.get("AWS", ()))
        if ("*" in listed) == ("Principal" in row):
            yield {key: value for key, value in row.items() if key != "NotPrincipal"}


def _asked(action: str, held: Mapping[str, Any], owner: str, address: str) -> str:
    """Whether a stranger at an address is allowed some request; without one, whether wherever from all are."""
    places = [held["attached_to"], f"{held['attached_to']}/*"]
    theirs = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": places}}
    facts = {**STRANGERS_FACTS, "aws:resourceaccount": owner, _ADDRESS: address}
    asked: dict[str, Any] = {"id": action, "kind": "containment", "allowance": []}
    if not address:
        asked = {"id": action, "kind": "required", "allowance": [{"actions": [action], "resources": places}]}
        del facts[_ADDRESS]
        facts["aws:securetransport"] = "true"
    known = {key: value for key, value in facts.items() if value is not None}
    absent = [key for key, value in facts.items() if value is None]
    policies = [{"type": "identity", "document": theirs}, held]
    return prove({**asked, "policies": policies, "facts": known, "absent": absent}).verdict


def _actions(rows: list[dict[str, Any]]) -> list[str]:
    """The actions that an Allow may be about; those that the catalogue lacks as they are written."""
    found: set[str] = set()
    for row in (row for row in rows if row["Effect"] == "Allow"):
        written = _texts(row.get("Action", row.get("NotAction")))
        known = [action.name for action in catalogue.actions("s3").values()]
        about = {name for name in known if any(action_matches(text, name) for text in written)}
        if "NotAction" in row:
            found |= set(known) - about
        else:
            found |= about | {text for text in written if not set("*?") & set(text) and not catalogue.find(text)}
    return sorted(found)


def _addresses(rows: list[dict[str, Any]]) -> list[str]:
    """One that no policy names, and one of each part of the internet that a condition names."""
    found = [str(STRANGERS_FACTS[_ADDRESS])]
    blocks = [block for row in rows for block in (row.get("Condition") or {}).values()]
    named = [
        text for block in blocks for key, value in block.items() if key.lower() == _ADDRESS for text in _texts(value)
    ]
    for text in named:
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            continue  # the prover says what is wrong with it
        if network.prefixlen < _WIDE[network.version]:
            found.append(str(network.network_address + 1))
    return found


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
