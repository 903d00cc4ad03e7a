"""Findings about single policies and principals: wildcards, administrators, keys, passwords.

Pure functions on what AWS returns; today's date is an argument. Source: "Security best practices in IAM".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asbuilt.iam.evaluator.evaluator import statements
from asbuilt.iam.language import catalogue
from asbuilt.iam.language.question import Question
from asbuilt.iam.proof.classes import Sorter
from asbuilt.iam.proof.reach import ADMIN, as_question, gains
from asbuilt.iam.proof.search import Counterexample

LISTED = 12


@dataclass(frozen=True)
class Wildcard:
    """A pattern that covers more than was documented: `documented` of `covered` actions, and the smallest list."""

    statement: str
    field: str
    pattern: str
    documented: int
    covered: int
    smallest: tuple[str, ...]


def wildcards(policies: Sequence[Mapping[str, Any]], allowance: Sequence[Mapping[str, Any]]) -> tuple[Wildcard, ...]:
    """Action patterns of Allows that cover undocumented actions, and resources that are `*` though not documented so.

    `policies` and `allowance` as `prove` takes them. Raises `PolicyError`.
    """
    own = as_question(policies)
    wanted = as_question([_as_policy(grant) for grant in allowance])
    documented = {name for service in _services(own) for name in _covered(wanted, service)}
    everywhere = any(
        "*" in ([g["resources"]] if isinstance(g["resources"], str) else g["resources"]) for g in allowance
    )
    return tuple(_wildcards(own, documented, everywhere=everywhere))


def _as_policy(grant: Mapping[str, Any]) -> dict[str, Any]:
    row = {"Effect": "Allow", "Action": grant["actions"], "Resource": grant["resources"]}
    return {"type": "identity", "document": {"Version": "2012-10-17", "Statement": row}}


def _services(question: Question) -> list[str]:
    sorter = Sorter(question.statements)
    plain = sorter.uniform and not sorter.everywhere()
    return [s for s in sorter.mentioned if catalogue.actions(s)] if plain else sorted(catalogue.services())


def _covered(question: Question, service: str) -> set[str]:
    sorter = Sorter([s for s in question.statements if s.allow])
    names = catalogue.actions(service)
    indexes = range(len(sorter.rows))
    return {a.name for name, a in names.items() if any(sorter.about(i, f"{service}:{name}") for i in indexes)}


def _wildcards(own: Question, documented: set[str], *, everywhere: bool) -> Iterator[Wildcard]:
    for statement in own.statements:
        if not statement.allow:
            continue
        for pattern in statement.actions if not statement.not_action else ():
            if "*" not in pattern and "?" not in pattern:
                continue
            service = pattern.lower().partition(":")[0]
            services = [service] if catalogue.actions(service) else sorted(catalogue.services())
            lone = Sorter([type(statement)(**{**statement.__dict__, "actions": (pattern,)})])
            covered = {a.name for s in services for n, a in catalogue.actions(s).items() if lone.about(0, f"{s}:{n}")}
            if covered - documented:
                kept = tuple(sorted(covered & documented))
                yield Wildcard(statement.name, "Action", pattern, len(kept), len(covered), kept[:LISTED])
        if "*" in statement.resources and not statement.not_resource and not everywhere:
            yield Wildcard(statement.name, "Resource", "*", 0, 1, ())


def allowed_actions(policies: Sequence[Mapping[str, Any]], service: str) -> set[str]:
    """The documented actions of a service that Allows are about, whatever their resources and conditions."""
    return _covered(as_question([policy for policy in policies if policy["type"] == "identity"]), service)


def wildcard_texts(policies: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The wildcards in Allows, a sentence each: in actions, and `*` for resources where an action takes named ones."""
    for statement in as_question([policy for policy in policies if policy["type"] == "identity"]).statements:
        if not statement.allow:
            continue
        where = f" ({statement.name.partition(' (')[2].replace(')', '', 1)})"
        for pattern in statement.actions:
            known = catalogue.find(pattern)
            if statement.not_action:
                yield f"all actions but {pattern}{where}"
            elif "*" in pattern or "?" in pattern:
                yield f"{pattern}{where}"
            elif not known or catalogue.NONE not in known.shapes:
                if statement.not_resource:
                    yield f"{pattern} on all but {', '.join(statement.resources)}{where}"
                elif any(text.strip("*?") == "" for text in statement.resources):
                    yield f"{pattern} on *{where}"


def administrator(policies: Sequence[Mapping[str, Any]], principal: str | None = None) -> bool | None:
    """Whether the policies allow everything that their limits let through; None when that is not known.

    A boundary or organization policy does not make an administrator's policy harmless, so only `identity` counts.
    """
    own = as_question([p for p in policies if p["type"] == "identity"], principal)
    admin = as_question([{"type": "identity", "document": ADMIN}], principal)
    found = gains(admin, own)
    return None if isinstance(found, str) else found is None


def widest(policies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The policies without their Denies and conditions: what somebody meant to give."""
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


def missing_from_admin(policies: Sequence[Mapping[str, Any]]) -> Counterexample | str | None:
    """A request an administrator could make and these policies do not allow, or why none was found."""
    return gains(as_question([{"type": "identity", "document": ADMIN}]), as_question(policies))


def old_keys(
    keys: Sequence[Mapping[str, Any]], today: datetime, *, after: timedelta = timedelta(days=90)
) -> tuple[str, ...]:
    """Active access keys older than that (`AccessKeyMetadata` of `iam:ListAccessKeys`)."""
    return tuple(
        str(row["AccessKeyId"]) for row in keys if row["Status"] == "Active" and today - row["CreateDate"] > after
    )


PASSWORD_RULES: dict[str, int | bool] = {
    "MinimumPasswordLength": 14,
    "RequireSymbols": True,
    "RequireNumbers": True,
    "RequireUppercaseCharacters": True,
    "RequireLowercaseCharacters": True,
    "PasswordReusePrevention": 24,
}


def weak_password_rules(policy: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Rules of the password policy below the CIS benchmark's (`iam:GetAccountPasswordPolicy`; None: there is none)."""
    return tuple(name for name, least in PASSWORD_RULES.items() if (policy or {}).get(name, 0) < least)
