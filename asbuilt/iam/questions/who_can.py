"""Whether a role of an account is allowed an action on a resource, by the account's authorization details.

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
from asbuilt.iam.language.reading import PolicyError, PolicyReader, Problem, check_action, check_resource, near
from asbuilt.iam.proof.action_classes import needs_resource_side
from asbuilt.iam.proof.allowed_requests import ADMINISTRATOR_ACCESS, as_question, can
from asbuilt.iam.questions.organization_limits import Organization, allowed_within_organization
from asbuilt.iam.questions.principal import Principal, context_text
from asbuilt.iam.questions.trust import allows_session_tags

MANAGED = {"arn:aws:iam::aws:policy/AdministratorAccess": ADMINISTRATOR_ACCESS}


@dataclass(frozen=True)
class Permission:
    """Whether a role is allowed a request of an action, and what the request must carry; None: not decided.

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
    """A policy document as AWS returns it: an object, or URL-encoded JSON."""
    return json.loads(unquote(value)) if isinstance(value, str) else value


def policies_of(details: Mapping[str, Any], role: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The policies of a role, as `prove` takes them. Raises `PolicyError` where a document is missing."""
    managed = {p["Arn"]: p for p in details.get("Policies", [])}
    found = [
        {"type": "identity", "name": row["PolicyName"], "document": document_of(row["PolicyDocument"])}
        for row in role.get("RolePolicyList", [])
    ]
    wanted = [("identity", p["PolicyArn"]) for p in role.get("AttachedManagedPolicies", [])]
    boundary = role.get("PermissionsBoundary")
    wanted += [("boundary", boundary["PermissionsBoundaryArn"])] if boundary else []
    for kind, arn in wanted:
        document = MANAGED.get(arn)
        for version in managed.get(arn, {}).get("PolicyVersionList", []):
            if version.get("IsDefaultVersion"):
                document = document_of(version["Document"])
        if document is None:
            raise PolicyError(
                [Problem(str(role.get("Arn")), arn, f"the account's details lack the document of this {kind} policy")]
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
    """Whether a role of the account is allowed an action on a resource.

    `organization` limits the account; `unread` says why its policies are not known. Raises `PolicyError` for a role
    that the account does not have, and for arguments that are not valid.
    """
    unknown = _checked(action, resource)
    roles = {row["Arn"]: row for row in details.get("RoleDetailList", [])}
    if role_arn not in roles:
        raise PolicyError(
            [Problem("", "ROLE_ARN", f"{role_arn!r} is not a role of the account{near(role_arn, roles)}")]
        )
    role = roles[role_arn]
    policies = policies_of(details, role)
    tags = _tags(role)
    found = can(as_question(policies, role_arn, tags, name=role_arn), action, (resource,))
    if found.request is not None and organization:
        found = allowed_within_organization(Principal(role_arn, policies, tags), organization, action, resource)
        policies = [*policies, *map(dict, organization.scps)]
    allowed, by, reason = found.possible, found.by, found.reason
    if found.request is not None:
        reason += context_text(found.request)
        if needs_resource_side(action) and resource != "*":
            allowed, by, reason = None, "", f"{reason} by {by}, but the policy of the key or role must allow it, too"
        elif unread:
            allowed, reason = None, f"{reason} by its own policies; {unread}"
    elif allowed is False:
        request = {"action": action, "resource": resource, "context": {}}
        decision = evaluate(request, policies, principal=role_arn, facts=tags)
        if decision.allowed is False:  # it names what denies a request without condition keys
            by, reason = decision.by, decision.reason
        reason += "" if by else "; the resource's own policy is not counted"
    return Permission(role_arn, action, resource, allowed, by, f"{reason}; {unknown}" if unknown else reason)


def _checked(action: str, resource: str) -> str:
    """Check the arguments; returns the note about an action that the catalogue lacks, or "". Raises `PolicyError`."""
    reader = PolicyReader()
    check_action(reader, "", "ACTION", action)
    if "*" in action or "?" in action:
        reader.wrong("", "ACTION", f"{action!r} must be one action, without wildcards")
    check_resource(reader, "", "RESOURCE", resource)
    known, unknown = find(action), unknown_action(action)
    if not reader.problems and "did you mean" in unknown:
        reader.wrong("", "ACTION", unknown)
    if (
        not reader.problems
        and known
        and not any(arn_format.pattern().accepts(resource) for arn_format in known.formats)
    ):
        acts = ", ".join(sorted(arn_format.text or "*" for arn_format in known.formats))
        reader.wrong("", "RESOURCE", f"{known.name} does not act on {resource!r}, but on {acts}")
    reader.finish()
    return unknown


def _tags(role: Mapping[str, Any]) -> dict[str, str]:
    """The tags that the role's requests carry; none is known where sessions may bring their own."""
    if "AssumeRolePolicyDocument" not in role or allows_session_tags(document_of(role["AssumeRolePolicyDocument"])):
        return {}
    return {f"aws:PrincipalTag/{tag['Key']}": tag["Value"] for tag in role.get("Tags", [])}
