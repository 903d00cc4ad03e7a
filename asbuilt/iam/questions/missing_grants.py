"""Missing grants: what is documented and not allowed, a sentence for each grant.

The own policies of a principal may lack a grant, or policies of its organization or of the resource may deny it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from asbuilt.iam.language.arn import account_of, parse_arn
from asbuilt.iam.questions.organization_limits import Organization, denied_by_organization
from asbuilt.iam.questions.principal import (
    Allowance,
    GrantFindings,
    PolicyItem,
    Principal,
    allowed_request_among,
    as_statement,
    gap,
    gap_of,
    only_effect,
    proof_of_required,
)

Grants = Sequence[tuple[str, Allowance]]


def missing_grants(principal: Principal, grants: Grants, organization: Organization | None = None) -> GrantFindings:
    """The grants (by their text) of which a request is not allowed, with the request and what stops it."""

    def ask(allowance: Allowance) -> tuple[str, str]:
        if not allowance:
            return "something that it names is not there", ""
        lack, why = gap(principal.knowing(organization.principal_context() if organization else {}), allowance)
        if organization and not lack and not why:
            return denied_by_organization(organization.limit(principal), organization, allowance)
        return lack, why

    return _each(grants, ask)


def denied_by_resources(
    principal: Principal,
    grants: Grants,
    policies: Sequence[PolicyItem],
    organization: Organization | None = None,
) -> GrantFindings:
    """The grants (by their text) of which the own policies of resources deny a request.

    A Deny that matches only some requests of a grant, by their condition keys, leaves the grant unknown. `policies` are
    `{type: resource, name, document, attached_to}`. Raises `PolicyError`.
    """
    known = organization.principal_context() if organization else {}

    def ask(allowance: Allowance) -> tuple[str, str]:
        facts = {**known, **_usual_context(account_of(principal.arn), allowance)}
        return _denied(principal.knowing(facts), allowance, policies)

    return _each(grants, ask)


def _each(grants: Grants, ask: Callable[[Allowance], tuple[str, str]]) -> GrantFindings:
    """Ask about each grant for what it lacks, and why that is not decided."""
    found: list[str] = []
    unknown: list[str] = []
    for text, allowance in grants:
        lack, why = ask(allowance)
        found += [f"{text}: {lack}"] if lack else []
        unknown += [f"{text}: {why}"] if why else []
    return GrantFindings(tuple(found), "; ".join(unknown))


def _denied(principal: Principal, allowance: Allowance, policies: Sequence[PolicyItem]) -> tuple[str, str]:
    always, perhaps = (
        [only_effect(policy, "Deny", conditional=conditional) for policy in policies] for conditional in (False, True)
    )
    lack, why = gap(principal.with_policies(always), allowance)
    if lack or why:
        return lack, why
    limited = principal.with_policies([*always, *perhaps])
    proof = proof_of_required(limited, allowance)
    lack, why = gap_of(proof)
    if proof.counterexample is None:
        return lack, why
    place = {"actions": [proof.counterexample.action], "resources": [proof.counterexample.resource]}
    request, doubt = allowed_request_among(limited, [as_statement({**entry, **place}) for entry in allowance])
    never_allowed = request is None and not doubt
    return (lack, "") if never_allowed else ("", f"a resource's own policy may stop it: {lack}")


def _usual_context(account: str, allowance: Allowance) -> dict[str, str]:
    """What is known of the requests of a grant: TLS, which SDKs use, and the account where its ARNs name no other."""
    arns = [parse_arn(text) for entry in allowance for text in entry["resources"]]
    own = all(arn and arn.account in {"", account} for arn in arns)
    return {"aws:SecureTransport": "true", **({"aws:ResourceAccount": account} if own else {})}
