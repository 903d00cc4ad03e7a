"""Questions about what an IAM role is allowed, proved for all requests (`iam:GetAccountAuthorizationDetails`).

The role's own policies, its permissions boundary and its organization's service control policies decide (docs/iam.md).
What the policies of buckets, queues and keys allow is asked of those resources; what they deny counts for `allows`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from asbuilt.account import Account
from asbuilt.check import Departures, Expects, check
from asbuilt.evidence import Record, Unknown
from asbuilt.iam.language.arn import account_of
from asbuilt.iam.records.organization import READS, organization_of
from asbuilt.iam.records.policies import OWN_POLICIES, own_policies
from asbuilt.iam.records.principals import escalation_question, principal_of

_POLICIES, _SECRETS = "iam:policy", "secretsmanager:secret"
_ENDING = re.compile(r"-[A-Za-z0-9]{6}$")
EVERYTHING = "its policies allow every action on every resource"
_DOCUMENTED = "aws iam put-role-policy --role-name {name} --policy-name documented --policy-document {instead}"
_TAKEN = "Take the statements named above out of the policies of role {name}."
_SECRETS_NAMED = "Let role {name} read the documented secrets by ARN, and no others."
_NARROWER = f"{_DOCUMENTED}  # then take the statements named above out of its other policies"


def _grants(raw: Any, kinds: Mapping[str, str]) -> tuple[Any, frozenset[str]]:
    """Grants as a spec writes them; the catalogue of actions is loaded only where a spec has grants."""
    from asbuilt.iam.questions.grant_text import read

    return read(raw, kinds)


def _needed(raw: Any, kinds: Mapping[str, str]) -> tuple[Any, frozenset[str]]:
    if raw == []:
        raise ValueError("names no grant, so that it always holds: name the grants that the role needs")
    return _grants(raw, kinds)


def _promised(raw: Any, _: Mapping[str, str]) -> tuple[Any, frozenset[str]]:
    if raw is not True:
        raise ValueError("can only be promised: write true, or leave it out")
    return True, frozenset()


GRANTS, NEEDED, PROMISED = Expects(list, _grants), Expects(list, _needed), Expects(bool, _promised)


@check("iam:role", severity="high", reads=[_POLICIES, *READS], names_subjects=True, expects=GRANTS, fix=_NARROWER)
def allows_at_most(role: Record, account: Account, expected: Any) -> frozenset[str]:
    """The requests that the role's policies allow and no documented grant covers, one for each statement too wide."""
    from asbuilt.iam.questions.excess_grants import excess_grants

    allowance = _resolved(expected, role, account, generous=True)
    principal, _, unread = _limited(role, account)
    return _judged(excess_grants(principal, allowance), allowance, unread)


@check(
    "iam:role",
    severity="high",
    reads=[_POLICIES, *READS],
    of_named=list(OWN_POLICIES.values()),
    names_subjects=True,
    expects=NEEDED,
    fix=_DOCUMENTED,
)
def allows(role: Record, account: Account, expected: Any) -> frozenset[str]:
    """The documented grants that the role is not wholly allowed, each with a request and what stops the request.

    What the own policies of the buckets, secrets and keys that the grants name deny counts, too.
    """
    from asbuilt.iam.questions.missing_grants import denied_by_resources, missing_grants
    from asbuilt.iam.questions.principal import only_effect

    grants = [(grant.text, _resolved([grant], role, account, generous=False, whole=True)) for grant in expected]
    allowance = [entry for _, entries in grants for entry in entries]
    _, organization, unread = _limited(role, account)
    # Nobody is allowed to use a key that its own policy does not allow.
    keys = [only_effect(policy, "Allow") for policy in own_policies(account, ["kms:key"])]
    principal = principal_of(role, account).with_policies(keys)
    found = missing_grants(principal, grants, organization)
    if not found.findings and not found.unknown:
        if unread:
            why = f"its own policies grant it, and an organization's may stop it: {unread.reason}"
            raise Unknown(why, unread.permission)
        found = denied_by_resources(principal, grants, own_policies(account, OWN_POLICIES), organization)
    return _judged(found, allowance, None)


@check("iam:role", severity="high", reads=[_POLICIES, *READS], names_subjects=True, expects=NEEDED, fix=_TAKEN)
def allows_none_of(role: Record, account: Account, expected: Any) -> frozenset[str]:
    """The grants ruled out of which the role is allowed a request, each with the request and the statement."""
    from asbuilt.iam.questions.excess_grants import forbidden_grants

    grants = [(grant.text, _resolved([grant], role, account, generous=True, whole=True)) for grant in expected]
    principal, _, unread = _limited(role, account)
    return _judged(forbidden_grants(principal, grants), [], unread)


@check("iam:role", severity="high", reads=[_POLICIES, _SECRETS], names_subjects=True, fix=_SECRETS_NAMED)
def readable_secrets(role: Record, account: Account) -> frozenset[str]:
    """The secrets (by subject, else by name) that the role is allowed to read; an ARN where it may read future ones."""
    subjects = {record.entry.arn: name for name, record in account.subjects()}
    there, own = account.all(_SECRETS), principal_of(role, account)
    found = {
        subjects.get(item["ARN"]) or account.unnamed(item["Name"], item["ARN"])
        for item in there
        if _read(own, Resource=item["ARN"])
    }
    # A secret that is created again gets another ending.
    again = [_ENDING.sub("-??????", item["ARN"]) for item in there]
    return frozenset(found | _read(own, **({"NotResource": again} if again else {"Resource": "*"})))


def _read(own: Any, **resources: Any) -> set[str]:
    """One of these resources that the role is allowed to read as a secret; empty where there is none."""
    from asbuilt.iam.questions.principal import allowed_request_among

    request, why = allowed_request_among(
        own, [{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", **resources}]
    )
    if request is None and why:
        raise Unknown(f"whether {own.arn} may read {resources} is not decided: {why}")
    return {request.resource} if request else set()


@check(
    "iam:role",
    severity="high",
    reads=[_POLICIES],
    expects=PROMISED,
    controls=["AWS FSBP IAM.21"],
    fix="Name the actions and resources that role {name} needs in place of the wildcards.",
)
def no_wildcards(role: Record, account: Account, expected: Any) -> frozenset[str]:
    """The wildcards in Allows: in actions, and `*` for resources where the action takes named ones."""
    from asbuilt.iam.questions.wildcards import wildcard_texts

    return frozenset(wildcard_texts(principal_of(role, account).policies))


@check(
    "iam:role",
    severity="critical",
    reads=[_POLICIES],
    expects=PROMISED,
    controls=["AWS FSBP IAM.1"],
    fix="Replace the administrator's policy of role {name} by one that names what it needs.",
)
def no_admin(role: Record, account: Account, expected: Any) -> frozenset[str]:
    """Whether its Allows are everything, as `*` or in parts that add up; conditions and Denies are not counted."""
    from asbuilt.iam.questions.administrator import administrator, unconditional_allows

    principal = principal_of(role, account)
    found = administrator(unconditional_allows(principal.policies), principal.arn)
    if found is None:
        raise Unknown(f"whether {principal.arn} may do everything is not decided")
    return frozenset({EVERYTHING} if found else ())


@check(
    "iam:role",
    severity="critical",
    reads=[_POLICIES, "iam:role", "iam:user", "iam:group", *READS],
    expects=PROMISED,
    fix="Remove the first step of the path from the policies of role {name}, or limit it to roles that give no more.",
)
def no_escalation(role: Record, account: Account, expected: Any) -> frozenset[str]:
    """The open paths of privilege escalation, each with its steps and its gain; an administrator is one, too."""
    from asbuilt.iam.questions.administrator import administrator
    from asbuilt.iam.questions.escalation import escalate
    from asbuilt.iam.questions.principal import request_text

    own = principal_of(role, account)
    if administrator(own.policies, own.arn):
        return frozenset({EVERYTHING})
    principal, _, unread = _limited(role, account)
    found = escalate(escalation_question(principal, role, account))
    if found.verdict == "unknown":
        raise Unknown(found.reason)
    ways = (
        f"{way.name} ({way.target}): {', then '.join(map(request_text, way.steps))}; gains {request_text(way.gain)}"
        for way in found.ways
    )
    return frozenset(_with_unread(ways, unread))


@check(
    "iam:role",
    severity="high",
    fix="aws iam update-assume-role-policy --role-name {name} --policy-document file://trust.json",
)
def assumable_only_by(role: Record) -> frozenset[str]:
    """Who may assume the role: services, providers, `role/name`, `this account`, others by ARN or number; `*`: anyone.

    Conditions and Denies count only for `*`, where they may keep principals of other accounts out.
    """
    from asbuilt.iam.questions.allowed_principals import trusted_principals

    names, anyone, reason = trusted_principals(role["AssumeRolePolicyDocument"].spelt_out(), role["Arn"])
    if anyone is None:
        raise Unknown(f"whether anybody may assume {role['Arn']} is not decided: {reason}")
    return frozenset(names)


def _limited(role: Record, account: Account) -> tuple[Any, Any, Unknown | None]:
    """The role as its organization limits it, and the organization; else the role alone, and why the rest is unread."""
    principal = principal_of(role, account)
    try:
        organization = organization_of(principal.arn, account)
    except Unknown as unread:
        return principal, None, unread
    return (organization.limit(principal) if organization else principal), organization, None


def _with_unread(found: Iterable[str], unread: Unknown | None) -> list[str]:
    """The findings, with a note that an organization's policies, which were not read, may stop some of them."""
    listed = list(found)
    return [*listed, f"what an organization denies is not counted: {unread.reason}"] if listed and unread else listed


def _resolved(
    grants: Any, role: Record, account: Account, *, generous: bool, whole: bool = False
) -> list[dict[str, Any]]:
    """Grants as the prover takes them; with `whole`, a grant that names an absent subject grants nothing."""
    from asbuilt.iam.questions.grant_text import GrantBindings, allowance, complete

    arns: dict[str, list[tuple[str, str]]] = {}
    for name, record in account.subjects():
        if not record.entry.arn:
            raise Unknown(f"a {record.entry.kind} has no ARN to grant something on: {name}")
        arns.setdefault(name, []).append((record.entry.kind, record.entry.arn))
    bound = GrantBindings(arns, account_of(role["Arn"]), generous)
    return allowance([grant for grant in grants if not whole or complete(grant, bound)], bound)


def _judged(found: Any, allowance: list[dict[str, Any]], unread: Unknown | None) -> Departures:
    from asbuilt.iam.proof.minimal_policy import minimal_policy_json

    if not found.findings and found.unknown:
        raise Unknown(found.unknown)
    return Departures(_with_unread(found.findings, unread), minimal_policy_json(allowance))
