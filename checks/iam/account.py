"""Roles out of an account's authorization details, and what one of them may do.

Source: `iam:GetAccountAuthorizationDetails` (IAM API reference).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from checks.iam.catalogue import find
from checks.iam.departures import Principal
from checks.iam.evaluator import evaluate
from checks.iam.question import unknown_action
from checks.iam.reach import ADMIN, as_question
from checks.iam.reading import PolicyError, Problem, Reader, check_action, check_resource, near
from checks.iam.shortfalls import Organization, stopped

MANAGED = {"arn:aws:iam::aws:policy/AdministratorAccess": ADMIN}


@dataclass(frozen=True)
class Permission:
    """Whether a role may do something; None when that is not known; `by` names the statement or policy that decides."""

    role: str
    action: str
    resource: str
    allowed: bool | None
    by: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        """The line that `who-can` prints."""
        return dict(self.__dict__)


def document_of(value: Any) -> Any:
    """A policy document as AWS hands it out: an object, or URL-encoded JSON."""
    return json.loads(unquote(value)) if isinstance(value, str) else value


def policies_of(details: Mapping[str, Any], role: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The policies of a role, as `prove` takes them. Raises `PolicyError` when a document is missing."""
    managed = {p["Arn"]: p for p in details.get("Policies", [])}
    found = []
    wanted = [("identity", p["PolicyArn"]) for p in role.get("AttachedManagedPolicies", [])]
    boundary = role.get("PermissionsBoundary")
    wanted += [("boundary", boundary["PermissionsBoundaryArn"])] if boundary else []
    for row in role.get("RolePolicyList", []):
        found.append({"type": "identity", "name": row["PolicyName"], "document": document_of(row["PolicyDocument"])})
    for kind, arn in wanted:
        document = MANAGED.get(arn)
        for version in managed.get(arn, {}).get("PolicyVersionList", []):
            if version.get("IsDefaultVersion"):
                document = document_of(version["Document"])
        if document is None:
            raise PolicyError(
                [Problem(str(role.get("Arn")), arn, f"the details lack the document of this {kind} policy")]
            )
        found.append({"type": kind, "name": arn.rsplit("/", 1)[-1], "document": document})
    return found


def who_can(
    details: Mapping[str, Any],
    role_arn: str,
    action: str,
    resource: str,
    organization: Organization | None = None,
    unread: str = "",
) -> Permission:
    """Whether a role of the account may do something. Raises `PolicyError` for unknown roles and bad arguments.

    `organization` is what limits the account; `unread` says why that is not known.
    """
    reader = Reader()
    check_action(reader, "", "ACTION", action)
    if "*" in action or "?" in action:
        reader.wrong("", "ACTION", f"{action!r} must be one action, without wildcards")
    check_resource(reader, "", "RESOURCE", resource)
    known, unknown = find(action), unknown_action(action)
    if not reader.problems and "did you mean" in unknown:
        reader.wrong("", "ACTION", unknown)
    if not reader.problems and known and not any(shape.pattern().accepts(resource) for shape in known.shapes):
        acts = ", ".join(sorted(shape.text or "*" for shape in known.shapes))
        reader.wrong("", "RESOURCE", f"{resource!r} is nothing that {known.name} acts on: {acts}")
    reader.finish()
    roles = {row["Arn"]: row for row in details.get("RoleDetailList", [])}
    if role_arn not in roles:
        raise PolicyError([Problem("", "ROLE_ARN", f"{role_arn!r} is no role of the account{near(role_arn, roles)}")])
    role = roles[role_arn]
    policies = policies_of(details, role)
    tags = {f"aws:PrincipalTag/{tag['Key']}": tag["Value"] for tag in role.get("Tags", [])}
    as_question(policies, role_arn, tags, name=role_arn)
    request = {"action": action, "resource": resource, "context": {}}
    decision = evaluate(request, policies, principal=role_arn, facts=tags, resource_side_assumed=False)
    allowed, by, reason = decision.allowed, decision.by, decision.reason
    if allowed and unread:
        allowed, reason = None, f"{reason} by its own policies; {unread}"
    elif allowed and organization:
        anything = Principal(role_arn, [{"type": "identity", "document": ADMIN}], tags)
        lack, why = stopped(
            organization.around(anything), organization, [{"actions": [action], "resources": [resource]}]
        )
        if lack or why:
            allowed, by, reason = (False if lack else None), "", lack or why
    if decision.allowed is False and not decision.by:
        reason += "; the resource's own policy was not looked at"
    if unknown:
        reason += f"; {unknown}"
    return Permission(role_arn, action, resource, allowed, by, reason)
