"""What an IAM role may do, proved for all requests (`iam:GetAccountAuthorizationDetails`, see docs/iam.md).

Its own policies, its boundary and its organization's service control policies decide. What the policies of buckets,
queues and keys give is those resources' question; what they deny is counted where a grant must be had (`allows`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from asbuilt.account import Account
from asbuilt.check import Departures, Expects, check
from asbuilt.evidence import Record, Unknown
from asbuilt.iam.records.organization import READS, organization_of
from asbuilt.iam.records.policies import OWN_POLICIES, own_policies
from asbuilt.iam.records.principals import principal_of, surroundings

_POLICIES, _SECRETS = "iam:policy", "secretsmanager:secret"
_ENDING = re.compile(r"-[A-Za-z0-9]{6}$")
EVERYTHING = "its policies allow every action on every resource"
_DOCUMENTED = "aws iam put-role-policy --role-name {name} --policy-name documented --policy-document {instead}"
_TAKEN = "Take the statements named above out of the policies of role {name}."
_SECRETS_NAMED = "Let role {name} read the documented secrets by ARN, and no others."
_NARROWER = f"{_DOCUMENTED}  # then take the statements named above out of its other policies"


def _grants(raw: Any, kinds: Mapping[str, str]) -> tuple[Any, frozenset[str]]:
    """Grants as a spec writes them; the catalogue of actions is read only where a spec has some."""
    from asbuilt.iam.questions.grant_text import read

    return read(raw, kinds)


def _needed(raw: Any, kinds: Mapping[str, str]) -> tuple[Any, frozenset[str]]:
    if raw == []:
        raise ValueError("names no grant, so that it always holds: name what must be granted")
    return _grants(raw, kinds)


def _promised(raw: Any, _: Mapping[str, str]) -> tuple[Any, frozenset[str]]:
    if raw is not True:
        raise ValueError("is a promise: write true, or leave it out")
    return True, frozenset()


GRANTS, NEEDED, PROMISED = Expects(list, _grants), Expects(list, _needed), Expects(bool, _promised)


@check("iam:role", severity="high", reads=[_POLICIES, *READS], names_subjects=True, expects=GRANTS, fix=_NARROWER)
def allows_at_most(role: Record, account: Account, expected: Any) -> frozenset[str]:
    """The requests that the role's policies allow and no documented grant covers, one for each statement too wide."""
    from asbuilt.iam.questions.departures import beyond

    allowance = _resolved(expected, role, account, generous=True)
    principal, _, unread = _limited(role, account)
    return _judged(beyond(principal, allowance), allowance, unread)


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
    """The documented grants that the role lacks some of: a request, and the gap, Deny or boundary that stops it.

    Of buckets, secrets and keys that are named, what their own policies deny counts, too.
    """
    from dataclasses import replace

    from asbuilt.iam.questions.shortfalls import only, refused, short_of

    grants = [(grant.text, _resolved([grant], role, account, generous=False, whole=True)) for grant in expected]
    allowance = [entry for _, entries in grants for entry in entries]
    _, organization, unread = _limited(role, account)
    keys = [
        only(policy, "Allow") for policy in own_policies(account, ["kms:key"])
    ]  # without which nobody may use a key
    own = principal_of(role, account)
    principal = replace(own, policies=[*own.policies, *keys])
    found = short_of(principal, grants, organization)
    if not found.departures and not found.unknown:
        if unread:
            why = f"its own policies grant it, and an organization's may stop it: {unread.reason}"
            raise Unknown(why, unread.permission)
        found = refused(principal, grants, own_policies(account, OWN_POLICIES), organization)
    return _judged(found, allowance, None)


@check("iam:role", severity="high", reads=[_POLICIES, *READS], names_subjects=True, expects=NEEDED, fix=_TAKEN)
def allows_none_of(role: Record, account: Account, expected: Any) -> frozenset[str]:
    """The grants ruled out that the role has some of: a request, and the statement that allows it."""
    from asbuilt.iam.questions.departures import among

    grants = [(grant.text, _resolved([grant], role, account, generous=True, whole=True)) for grant in expected]
    principal, _, unread = _limited(role, account)
    return _judged(among(principal, grants), [], unread)


@check("iam:role", severity="high", reads=[_POLICIES, _SECRETS], names_subjects=True, fix=_SECRETS_NAMED)
def readable_secrets(role: Record, account: Account) -> frozenset[str]:
    """The secrets (by subject, else by name) that its policies let some request read; an ARN for any that may come."""
    subjects = {record.entry.arn: name for name, record in account.subjects()}
    there, own = account.all(_SECRETS), principal_of(role, account)
    found = {subjects.get(item["ARN"], item["Name"]) for item in there if _read(own, Resource=item["ARN"])}
    # a secret that is made anew gets another ending
    again = [_ENDING.sub("-??????", item["ARN"]) for item in there]
    return frozenset(found | _read(own, **({"NotResource": again} if again else {"Resource": "*"})))


def _read(own: Any, **resources: Any) -> set[str]:
    """One of these resources whose secret may be read, if there is one."""
    from asbuilt.iam.questions.departures import some_request

    request, why = some_request(own, [{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", **resources}])
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
    """The wildcards in what the role is allowed: in actions, and `*` for resources where actions take named ones."""
    from asbuilt.iam.questions.findings import wildcard_texts

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
    """That its Allows are everything, as `*` or in parts that add up; conditions and Denies make that no less."""
    from asbuilt.iam.questions.findings import administrator, widest

    principal = principal_of(role, account)
    found = administrator(widest(principal.policies), principal.arn)
    if found is None:
        raise Unknown(f"whether {principal.arn} may do everything is not decided")
    return frozenset({EVERYTHING} if found else ())


@check(
    "iam:role",
    severity="critical",
    reads=[_POLICIES, "iam:role", "iam:user", "iam:group", *READS],
    expects=PROMISED,
    fix="Take the first step of the way out of the policies of role {name}, or limit it to roles that give no more.",
)
def no_escalation(role: Record, account: Account, expected: Any) -> frozenset[str]:
    """The ways from what the role may do to more, each with its steps and its gain; being an administrator is one."""
    from asbuilt.iam.questions.departures import shown
    from asbuilt.iam.questions.escalation import escalate
    from asbuilt.iam.questions.findings import administrator

    own = principal_of(role, account)
    if administrator(own.policies, own.arn):
        return frozenset({EVERYTHING})
    principal, _, unread = _limited(role, account)
    found = escalate(surroundings(principal, role, account))
    if found.verdict == "unknown":
        raise Unknown(found.reason)
    ways = (
        f"{way.name} ({way.target}): {', then '.join(map(shown, way.steps))}; gains {shown(way.gain)}"
        for way in found.ways
    )
    return frozenset(_uncounted(ways, unread))


@check(
    "iam:role",
    severity="high",
    fix="aws iam update-assume-role-policy --role-name {name} --policy-document file://trust.json",
)
def assumable_only_by(role: Record) -> frozenset[str]:
    """Who may assume the role: services, providers, `role/name`, `this account`, others by ARN or number; `*`: anyone.

    Conditions and Denies are not counted as narrower, except where they keep strangers out of a `*`.
    """
    from asbuilt.iam.questions.access import trusted_by

    names, anyone, reason = trusted_by(role["AssumeRolePolicyDocument"].spelt_out(), role["Arn"])
    if anyone is None:
        raise Unknown(f"whether anybody may assume {role['Arn']} is not decided: {reason}")
    return frozenset(names)


def _limited(role: Record, account: Account) -> tuple[Any, Any, Unknown | None]:
    """The role as its organization limits it, and that organization; else the role alone, and why no more was read."""
    principal = principal_of(role, account)
    try:
        organization = organization_of(principal.arn, account)
    except Unknown as unread:
        return principal, None, unread
    return (organization.around(principal) if organization else principal), organization, None


def _uncounted(departures: Iterable[str], unread: Unknown | None) -> list[str]:
    """The departures, and what perhaps stops them; where there are none, less than the role's policies is none, too."""
    told = list(departures)
    return [*told, f"what an organization takes away is not counted: {unread.reason}"] if told and unread else told


def _resolved(
    grants: Any, role: Record, account: Account, *, generous: bool, whole: bool = False
) -> list[dict[str, Any]]:
    """Grants as the prover takes them; nothing of a grant that names something absent where it is asked for `whole`."""
    from asbuilt.iam.questions.grant_text import Bound, allowance, complete

    arns: dict[str, list[tuple[str, str]]] = {}
    for name, record in account.subjects():
        if not record.entry.arn:
            raise Unknown(f"a {record.entry.kind} has no ARN to grant something on: {name}")
        arns.setdefault(name, []).append((record.entry.kind, record.entry.arn))
    bound = Bound(arns, role["Arn"].split(":")[4], generous)
    return allowance([grant for grant in grants if not whole or complete(grant, bound)], bound)


def _judged(found: Any, allowance: list[dict[str, Any]], unread: Unknown | None) -> Departures:
    from asbuilt.iam.proof.minimal import minimal_text

    if not found.departures and found.unknown:
        raise Unknown(found.unknown)
    return Departures(_uncounted(found.departures, unread), minimal_text(allowance))
