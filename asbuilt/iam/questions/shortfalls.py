"""Which documented grants fall short, a sentence each: of its own policies, or of what an organization leaves them.

Source: "SCP evaluation" and "Resource control policies" in the AWS Organizations user guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from asbuilt.iam.evaluator import evaluator
from asbuilt.iam.proof.prover import Proof, prove
from asbuilt.iam.proof.reach import Reach, as_question, can
from asbuilt.iam.questions.departures import Found, Policy, Principal, question, row, shown, some_request

Allowance = Sequence[Mapping[str, Any]]
REGION = "aws:RequestedRegion"
ELSEWHERE = "elsewhere"  # a region that no policy names


@dataclass(frozen=True)
class Organization:
    """What an organization says of a member account: its id, its path to the account, and its policies by level."""

    account: str
    id: str
    path: str
    scps: Sequence[Policy]
    rcps: Sequence[Policy]

    def around(self, principal: Principal) -> Principal:
        """The principal with the service control policies that limit it, and what its requests say of it."""
        facts = {**principal.facts, **self.says()}
        return replace(principal, policies=[*principal.policies, *self.scps], facts=facts)

    def says(self) -> dict[str, Any]:
        """What requests of its principals say of these."""
        return {"aws:PrincipalOrgID": self.id, "aws:PrincipalOrgPaths": [self.path]}

    def own(self) -> dict[str, Any]:
        """What requests on the account's own resources say of these."""
        return {
            "aws:ResourceAccount": self.account,
            "aws:ResourceOrgID": self.id,
            "aws:ResourceOrgPaths": [self.path],
        }


def short_of(
    principal: Principal, grants: Sequence[tuple[str, Allowance]], organization: Organization | None = None
) -> Found:
    """The grants (by their text) of which something is not allowed, with a request and what stops it."""
    told: list[str] = []
    unknown: list[str] = []
    for text, allowance in grants:
        if not allowance:
            told.append(f"{text}: something that it names is not there")
            continue
        lack, why = _lack(principal, allowance, organization.says() if organization else {})
        if organization and not lack and not why:
            lack, why = stopped(organization.around(principal), organization, allowance)
        told += [f"{text}: {lack}"] if lack else []
        unknown += [f"{text}: {why}"] if why else []
    return Found(tuple(told), "; ".join(unknown))


def _lack(principal: Principal, allowance: Allowance, facts: Mapping[str, Any] | None = None) -> tuple[str, str]:
    """What of a grant is not allowed, or why that is not known; neither where all of it is."""
    return _told(_proof(replace(principal, facts={**principal.facts, **(facts or {})}), allowance))


def _proof(principal: Principal, allowance: Allowance) -> Proof:
    return prove(question("required", principal, principal.policies, allowance))


def _told(proof: Proof) -> tuple[str, str]:
    if proof.counterexample is None:
        return "", "" if proof.verdict == "granted" else proof.reason
    why = proof.reason.partition(" is documented but ")[2] or proof.reason
    return f"not {shown(proof.counterexample)}: {why}", ""


def stopped(principal: Principal, organization: Organization, allowance: Allowance) -> tuple[str, str]:
    """What of a grant the organization around a principal stops, or why that is not known.

    A grant says neither in which region nor on whose resources it is used, which such policies often ask.
    """
    settled = _settled(organization, allowance)
    lack, why = _lack(principal, allowance, settled)
    if lack and any(
        _lack(principal, allowance, {**supposed, **settled}) == ("", "") for supposed in _places(organization)
    ):
        return "", f"an organization stops it in some regions, or on the resources of others: {lack}"
    if lack or why:
        return lack, why
    denies = [policy for policy in map(_denies, organization.rcps) if policy["document"]["Statement"]]
    if denies:
        lack, why = _lack(replace(principal, policies=[*principal.policies, *denies]), allowance, settled)
    return "", f"a resource control policy may stop it: {lack or why}" if lack or why else ""


def refused(
    principal: Principal,
    grants: Sequence[tuple[str, Allowance]],
    policies: Sequence[Policy],
    organization: Organization | None = None,
) -> Found:
    """The grants (by their text) of which something is stopped by what resources' own policies deny.

    A Deny that some requests of a grant meet and others don't, by their condition keys, leaves it unknown. `policies`
    are `{type: resource, name, document, attached_to}`. Raises `PolicyError`.
    """
    told: list[str] = []
    unknown: list[str] = []
    for text, allowance in grants:
        facts = {**(organization.says() if organization else {}), **_on_own(principal.arn.split(":")[4], allowance)}
        lack, why = _refused(replace(principal, facts={**principal.facts, **facts}), allowance, policies)
        told += [f"{text}: {lack}"] if lack else []
        unknown += [f"{text}: {why}"] if why else []
    return Found(tuple(told), "; ".join(unknown))


def _refused(principal: Principal, allowance: Allowance, policies: Sequence[Policy]) -> tuple[str, str]:
    always, perhaps = ([only(p, "Deny", conditions) for p in policies] for conditions in (False, True))
    lack, why = _lack(replace(principal, policies=[*principal.policies, *always]), allowance)
    if lack or why:
        return lack, why
    held = replace(principal, policies=[*principal.policies, *always, *perhaps])
    proof = _proof(held, allowance)
    lack, why = _told(proof)
    if proof.counterexample is None:
        return lack, why
    place = {"actions": [proof.counterexample.action], "resources": [proof.counterexample.resource]}
    request, doubt = some_request(held, [row({**entry, **place}) for entry in allowance])
    stopped_always = request is None and not doubt
    return (lack, "") if stopped_always else ("", f"a resource's own policy may stop it: {lack}")


def only(policy: Policy, effect: str, conditions: bool | None = None) -> Policy:
    """A policy with its statements of one effect alone; of those, by whether they have conditions (None: either)."""
    rows = [item for item in evaluator.statements(policy["document"]) if item["Effect"] == effect]
    kept = [item for item in rows if conditions is None or bool(item.get("Condition")) is conditions]
    return {**policy, "document": {**policy["document"], "Statement": kept}}


def _on_own(account: str, allowance: Allowance) -> dict[str, Any]:
    """What requests of a grant say: that they come over TLS, as every SDK's do, and whose the resources are."""
    accounts = {_region_and_account(text)[1] for entry in allowance for text in entry["resources"]}
    return {"aws:SecureTransport": "true", **({"aws:ResourceAccount": account} if accounts <= {"", account} else {})}


def possible(principal: Principal, organization: Organization, action: str, resource: str) -> Reach:
    """Whether the principal can do something that its own policies allow, within the organization around it."""
    around = organization.around(principal)
    facts = {**around.facts, **_settled(organization, [{"actions": [action], "resources": [resource]}])}

    def within(more: Sequence[Policy]) -> Reach:
        return can(as_question([*around.policies, *more], around.arn, facts, name=around.arn), action, (resource,))

    found = within(())
    if found.request is None or within([_denies(policy) for policy in organization.rcps]).request is not None:
        return found
    return Reach(None, None, "", "a resource control policy may stop it")


def _settled(organization: Organization, allowance: Allowance) -> dict[str, Any]:
    """What the ARNs of a grant say of its requests; one that names no account is taken to be the principal's."""
    parts = [_region_and_account(text) for entry in allowance for text in entry["resources"]]
    said = organization.own() if {account for _, account in parts} <= {"", organization.account} else {}
    region, *others = {region for region, _ in parts}
    return said if others or not region or set(region) & set("*?$") else {**said, REGION: region}


def _region_and_account(resource: str) -> tuple[str, str]:
    parts = resource.split(":", 5)
    return (parts[3], parts[4]) if len(parts) == 6 else ("*", "*")


def _places(organization: Organization) -> Iterator[dict[str, Any]]:
    """The own resources, in any region, in one that no policy names, and in each that one does."""
    yield organization.own()
    rows = [item for policy in organization.scps for item in evaluator.statements(policy["document"])]
    blocks = [block for item in rows for block in (item.get("Condition") or {}).values()]
    named = [value for block in blocks for key, value in block.items() if key.lower() == REGION.lower()]
    for text in (ELSEWHERE, *(text for value in named for text in ([value] if isinstance(value, str) else value))):
        yield {**organization.own(), REGION: text.replace("*", "west-1").replace("?", "1")}


def _denies(rcp: Policy) -> Policy:
    """A resource control policy as if it were about every resource: what it stops, and perhaps more."""
    denies = only(rcp, "Deny")["document"]
    rows = [{key: said for key, said in item.items() if "Principal" not in key} for item in denies["Statement"]]
    return {"type": "identity", "name": rcp["name"], "document": {**denies, "Statement": rows}}
