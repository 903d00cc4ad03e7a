"""The policy that grants exactly what is documented, which the fix of a failed check offers.

Source: "Grammar of the IAM JSON policy language" in the IAM user guide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from asbuilt.iam.language.catalogue import NO_RESOURCE_TYPE, ArnFormat, actions, find
from asbuilt.iam.language.patterns import glob
from asbuilt.iam.language.question import read_allowance
from asbuilt.iam.language.reading import PolicyError, PolicyReader
from asbuilt.iam.proof.action_classes import matching_names
from asbuilt.iam.proof.pattern_algebra import disjoint


def minimal_policy(allowance: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The policy document of the grants `[{actions, resources, condition?}]`.

    Grants with the same resources and condition become one statement. Each action keeps the resources that it can act
    on; a pattern of actions that can act on none of them is dropped. Raises `PolicyError` for grants that are not
    valid, such as a named action on resources that it never acts on.
    """
    reader = PolicyReader()
    read_allowance(reader, list(allowance), "grants")
    reader.finish()
    rows: dict[str, dict[str, Any]] = {}
    for entry in allowance:
        condition = entry.get("condition")
        listed = [entry["resources"]] if isinstance(entry["resources"], str) else entry["resources"]
        for action in [entry["actions"]] if isinstance(entry["actions"], str) else entry["actions"]:
            resources = [text for text in listed if can_act(action, text)]
            if not resources:
                if "*" not in action and "?" not in action:
                    reader.wrong("grants", action, f"acts on none of the resources {', '.join(listed)}")
                continue
            key = json.dumps([resources, condition], sort_keys=True)
            row = rows.setdefault(key, {"actions": [], "resources": resources, "condition": condition})
            row["actions"].append(action)
    if reader.problems:
        raise PolicyError(reader.problems)
    statements = [_statement(row) for row in rows.values()]
    return {"Version": "2012-10-17", "Statement": statements}


def minimal_policy_json(allowance: Sequence[Mapping[str, Any]]) -> str:
    """The minimal policy as one line of JSON. Raises `PolicyError`."""
    return json.dumps(minimal_policy(allowance))


def _statement(row: Mapping[str, Any]) -> dict[str, Any]:
    resources = sorted(set(row["resources"]))
    made: dict[str, Any] = {
        "Effect": "Allow",
        "Action": sorted(set(row["actions"])),
        "Resource": resources[0] if len(resources) == 1 else resources,
    }
    return made | ({"Condition": row["condition"]} if row["condition"] else {})


def can_act(action: str, resource: str) -> bool:
    """Whether an action of the pattern acts on a resource type whose ARNs the resource's pattern may match."""
    if resource.strip("*") == "" or "${" in resource:
        return True
    formats = _formats(action)
    return not formats or any(
        arn_format != NO_RESOURCE_TYPE and not disjoint(arn_format.pattern(), glob(resource)) for arn_format in formats
    )


def _formats(action: str) -> set[ArnFormat]:
    service, _, _ = action.lower().partition(":")
    if "*" in service or "?" in service:
        return set()
    one = find(action)
    found = [one] if one else [actions(service)[name] for name in matching_names(action.lower(), service)]
    return {arn_format for known in found for arn_format in known.formats}
