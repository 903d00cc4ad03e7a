"""Whether policies make a principal an administrator.

Source: "Security best practices in IAM" in the IAM user guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from asbuilt.iam.evaluator.statements import statements
from asbuilt.iam.proof.allowed_requests import ADMINISTRATOR_ACCESS, additional_request, as_question


def administrator(policies: Sequence[Mapping[str, Any]], principal: str | None = None) -> bool | None:
    """Whether identity policies allow everything; None where that is not decided.

    Boundaries and organization policies are not counted: an administrator's policy is one whatever limits it today.
    """
    own = as_question([p for p in policies if p["type"] == "identity"], principal)
    admin = as_question([{"type": "identity", "document": ADMINISTRATOR_ACCESS}], principal)
    found = additional_request(admin, own)
    return None if isinstance(found, str) else found is None


def unconditional_allows(policies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The policies without their Denies and without the conditions of their Allows."""
    return [
        {
            **policy,
            "document": {
                **policy["document"],
                "Statement": [
                    {field: value for field, value in row.items() if field != "Condition"}
                    for row in statements(policy["document"])
                    if row["Effect"] == "Allow"
                ],
            },
        }
        for policy in policies
    ]
