"""Roles out of an account's authorization details, and what one of them may do.

Source: `iam:GetAccountAuthorizationDetails` (IAM API reference).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from asbuilt.iam.evaluator.evaluator import evaluate
from asbuilt.iam.language.catalogue import find
from asbuilt.iam.language.question import unknown_action
from asbuilt.iam.language.reading import PolicyError, Problem, Reader, check_action, check_resource, near
from asbuilt.iam.proof.classes import needs_resource_side
from asbuilt.iam.proof.reach import ADMIN, as_question, can
from asbuilt.iam.questions.departures import Principal, carried
from asbuilt.iam.questions.shortfalls import Organization, possible
from asbuilt.iam.questions.trust import brings_tags

MANAGED = {"arn:aws:iam::aws:policy/AdministratorAccess": ADMIN}


@dataclass(frozen=True)
class Permission:
    """Whether some request of a role gets through, and what it carries; None when that is not known.

    `by` names the statement or policy that decides.
    """

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
    unknown = _checked(action, resource)
    roles = {row["Arn"]: row for row in details.get("RoleDetailList", [])}
    if role_arn not in roles:
        raise PolicyError([Problem("", "ROLE_ARN", f"{role_arn!r} is no role of the account{near(role_arn, roles)}")])
    role = roles[role_arn]
    policies = policies_of(details, role)
    tags = _tags(role)
    found = can(as_question(policies, role_arn, tags, name=role_arn), action, (resource,))
    if found.request is not None and organization:
        found = possible(Principal(role_arn, policies, tags), organization, action, resource)
        policies = [*policies, *map(dict, organization.scps)]
    allowed, by, reason = found.possible, found.by, found.reason
    if found.request is not None:
        reason += carried(found.request)
        if needs_resource_side(action) and resource != "*":
            allowed, by, reason = None, "", f"{reason} by {by}, but the key's or role's own policy decides, too"
        elif unread:
            allowed, reason = None, f"{reason} by its own policies; {unread}"
    elif allowed is False:
        request = {"action": action, "resource": resource, "context": {}}
        decision = evaluate(request, policies, principal=role_arn, facts=tags)
        if decision.allowed is False:  # what refuses a request without any condition key, to name it
            by, reason = decision.by, decision.reason
        reason += "" if by else "; the resource's own policy was not looked at"
    return Permission(role_arn, action, resource, allowed, by, f"{reason}; {unknown}" if unknown else reason)


def _checked(action: str, resource: str) -> str:
    """Refuse what cannot be asked; returns what is to be said of an action that the catalogue does not know, or ""."""
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
    return unknown


def _tags(role: Mapping[str, Any]) -> dict[str, str]:
    """The tags that the role's requests carry; none is known where a session may bring its own."""
    if "AssumeRolePolicyDocument" not in role or brings_tags(document_of(role["AssumeRolePolicyDocument"])):
        return {}
    return {f"aws:PrincipalTag/{tag['Key']}": tag["Value"] for tag in role.get("Tags", [])}
