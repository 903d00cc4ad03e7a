"""The policy that grants exactly what was documented: the fix that a failed proof offers.

Source: "Grammar of the IAM JSON policy language" in the IAM user guide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from asbuilt.iam.language.catalogue import NONE, Shape, actions, find
from asbuilt.iam.language.patterns import glob
from asbuilt.iam.language.question import read_allowance
from asbuilt.iam.language.reading import PolicyError, Reader
from asbuilt.iam.proof.classes import matching_names
from asbuilt.iam.proof.overlap import disjoint


def minimal_policy(allowance: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A policy document for `[{actions, resources, condition?}]`, grants on the same terms put together.

    Each action is left with the resources it can act on; a pattern of actions that can act on none is left out.
    Raises `PolicyError` for grants that mean nothing, such as a named action on resources it never acts on.
    """
    reader = Reader()
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
                    reader.wrong("grants", action, f"acts on none of {', '.join(listed)}")
                continue
            key = json.dumps([resources, condition], sort_keys=True)
            row = rows.setdefault(key, {"actions": [], "resources": resources, "condition": condition})
            row["actions"].append(action)
    if reader.problems:
        raise PolicyError(reader.problems)
    statements = [_statement(row) for row in rows.values()]
    return {"Version": "2012-10-17", "Statement": statements}


def minimal_text(allowance: Sequence[Mapping[str, Any]]) -> str:
    """The minimal policy as JSON on one line. Raises `PolicyError`."""
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
    """Whether some action of the pattern has a resource type that the resource's pattern may match."""
    if resource.strip("*") == "" or "${" in resource:
        return True
    shapes = _shapes(action)
    return not shapes or any(shape != NONE and not disjoint(shape.pattern(), glob(resource)) for shape in shapes)


def _shapes(action: str) -> set[Shape]:
    service, _, _ = action.lower().partition(":")
    if "*" in service or "?" in service:
        return set()
    one = find(action)
    found = [one] if one else [actions(service)[name] for name in matching_names(action.lower(), service)]
    return {shape for known in found for shape in known.shapes}
