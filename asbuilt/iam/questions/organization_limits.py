"""What an organization's policies leave a principal of a member account.

Source: "SCP evaluation" and "Resource control policies" in the AWS Organizations user guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from asbuilt.iam.evaluator.statements import statements
from asbuilt.iam.language.arn import parse_arn
from asbuilt.iam.proof.allowed_requests import Possibility, as_question, can
from asbuilt.iam.questions.principal import Allowance, PolicyItem, Principal, gap, only_effect

REGION = "aws:RequestedRegion"
ELSEWHERE = "elsewhere"  # a region that no policy names


@dataclass(frozen=True)
class Organization:
    """The organization of a member account: its id, its path down to the account, and its SCPs and RCPs by level."""

    account: str
    id: str
    path: str
    scps: Sequence[PolicyItem]
    rcps: Sequence[PolicyItem]

    def limit(self, principal: Principal) -> Principal:
        """The principal with the SCPs that limit it, and the condition keys that its requests then have."""
        return principal.with_policies(self.scps).knowing(self.principal_context())

    def principal_context(self) -> dict[str, Any]:
        """The condition keys of requests that principals of the account make."""
        return {"aws:PrincipalOrgID": self.id, "aws:PrincipalOrgPaths": [self.path]}

    def resource_context(self) -> dict[str, Any]:
        """The condition keys of requests on resources of the account."""
        return {
            "aws:ResourceAccount": self.account,
            "aws:ResourceOrgID": self.id,
            "aws:ResourceOrgPaths": [self.path],
        }


def denied_by_organization(principal: Principal, organization: Organization, allowance: Allowance) -> tuple[str, str]:
    """What of a grant the organization stops, or why that is not decided; `principal` is limited by its SCPs.

    A grant names neither the region of its requests nor the owner of the resources, for which such policies often ask.
    """
    settled = _settled(organization, allowance)
    lack, why = gap(principal.knowing(settled), allowance)
    if lack and any(
        gap(principal.knowing({**supposed, **settled}), allowance) == ("", "") for supposed in _places(organization)
    ):
        return "", f"an organization stops it in some regions, or on the resources of others: {lack}"
    if lack or why:
        return lack, why
    denies = [policy for policy in map(_denies, organization.rcps) if policy["document"]["Statement"]]
    if denies:
        lack, why = gap(principal.with_policies(denies).knowing(settled), allowance)
    return "", f"a resource control policy may stop it: {lack or why}" if lack or why else ""


def allowed_within_organization(
    principal: Principal, organization: Organization, action: str, resource: str
) -> Possibility:
    """Whether the principal is allowed an action within the organization, which its own policies allow."""
    limited = organization.limit(principal)
    facts = {**limited.facts, **_settled(organization, [{"actions": [action], "resources": [resource]}])}

    def within(more: Sequence[PolicyItem]) -> Possibility:
        return can(as_question([*limited.policies, *more], limited.arn, facts, name=limited.arn), action, (resource,))

    found = within(())
    if found.request is None or within([_denies(policy) for policy in organization.rcps]).request is not None:
        return found
    return Possibility(None, None, "", "a resource control policy may stop it")


def _settled(organization: Organization, allowance: Allowance) -> dict[str, Any]:
    """The condition keys that the ARNs of a grant settle; one that names no account is taken to be the principal's."""
    parts = [_region_and_account(text) for entry in allowance for text in entry["resources"]]
    own = {account for _, account in parts} <= {"", organization.account}
    known = organization.resource_context() if own else {}
    region, *others = {region for region, _ in parts}
    return known if others or not region or set(region) & set("*?$") else {**known, REGION: region}


def _region_and_account(resource: str) -> tuple[str, str]:
    arn = parse_arn(resource)
    return (arn.region, arn.account) if arn else ("*", "*")


def _places(organization: Organization) -> Iterator[dict[str, Any]]:
    """The account's own resources in any region, in a region that no policy names, and in each that a policy names."""
    yield organization.resource_context()
    rows = [item for policy in organization.scps for item in statements(policy["document"])]
    blocks = [block for item in rows for block in (item.get("Condition") or {}).values()]
    named = [value for block in blocks for key, value in block.items() if key.lower() == REGION.lower()]
    for text in (ELSEWHERE, *(text for value in named for text in ([value] if isinstance(value, str) else value))):
        yield {**organization.resource_context(), REGION: text.replace("*", "west-1").replace("?", "1")}


def _denies(rcp: PolicyItem) -> PolicyItem:
    """The Denies of a resource control policy, as if they covered every resource and principal."""
    denies = only_effect(rcp, "Deny")["document"]
    rows = [{key: said for key, said in item.items() if "Principal" not in key} for item in denies["Statement"]]
    return {"type": "identity", "name": rcp["name"], "document": {**denies, "Statement": rows}}
