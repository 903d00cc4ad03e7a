"""Questions of `prove`: policies, documented grants and known facts, read and validated.

A question is `{id, kind: "containment"|"required", policies: [{type, document, level?, attached_to?, name?}],
allowance: [{actions, resources, condition?}], principal?, facts?, absent?}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from asbuilt.iam.language import catalogue
from asbuilt.iam.language.operators import OPERATORS, check_value
from asbuilt.iam.language.policy import TYPES, Policy, Statement, read_document
from asbuilt.iam.language.reading import (
    PolicyError,
    PolicyReader,
    Problem,
    check_action,
    check_resource,
    near,
    read_conditions,
)

# Operators that compare numbers, dates, addresses or booleans, and so reject a fact of another type.
COMPARED = frozenset(name for name, row in OPERATORS.items() if row.family in {"number", "date", "address", "bool"})
KINDS = ("containment", "required")
KEYS = ("id", "kind", "policies", "allowance", "principal", "facts", "absent")
POLICY_KEYS = ("type", "document", "level", "attached_to", "name")
GRANT_KEYS = ("actions", "resources", "condition")


@dataclass(frozen=True)
class Question:
    """A question that was read. `known` maps condition keys in lower case to values; None: the key is absent."""

    id: str
    kind: str
    policies: tuple[Policy, ...]
    allowance: tuple[Statement, ...]
    principal: str | None
    known: Mapping[str, str | list[str] | None]
    raw: Mapping[str, Any]
    problems: tuple[Problem, ...] = ()

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All statements: first those of the policies, then the documented grants."""
        return (*(s for policy in self.policies for s in policy.statements), *self.allowance)


def read_question(item: Any) -> Question:
    """Read a question. Raises `PolicyError` with everything that is wrong with it."""
    reader = PolicyReader()
    if not isinstance(item, dict):
        raise PolicyError([Problem("", "", "an item must be an object")])
    named = f"item {item['id']!r}" if "id" in item else "item without id"
    reader.keys(named, item, KEYS)
    if not isinstance(item.get("id"), str | int):
        reader.wrong(named, "id", "is missing" if "id" not in item else "must be a string")
    if item.get("kind") not in KINDS:
        reader.wrong(named, "kind", f"must be containment or required{near(str(item.get('kind')), KINDS)}")
    policies = read_policies(reader, item.get("policies"), named)
    allowance = read_allowance(reader, item.get("allowance"), named)
    principal = item.get("principal")
    if isinstance(principal, dict):
        principal = principal.get("AWS") or principal.get("arn")
    if principal is not None and not (isinstance(principal, str) and _is_principal(principal)):
        reader.wrong(named, "principal", f"{principal!r} is not the ARN of a role, user or account")
        principal = None
    known = read_facts(reader, item, named, principal)
    statements = (*(s for policy in policies for s in policy.statements), *allowance)
    for condition in (c for statement in statements for c in statement.conditions):
        value = known.get(condition.key.lower())
        for text in value if isinstance(value, list) else [] if value is None else [value]:
            wrong = check_value(OPERATORS[condition.operator].family, text) if condition.operator in COMPARED else None
            if wrong:
                reader.wrong(named, f"facts.{condition.key}", wrong)
    reader.finish()
    question = Question(
        id=str(item["id"]),
        kind=item["kind"],
        policies=policies,
        allowance=allowance,
        principal=principal or _one(known.get("aws:principalarn")),
        known=known,
        raw=item,
    )
    noted = (*reader.problems, *check_names(question.statements, named))
    return Question(**{**question.__dict__, "problems": noted})


def _one(value: str | list[str] | None) -> str | None:
    return value if isinstance(value, str) else None


def _is_principal(text: str) -> bool:
    parts = text.split(":", 5)
    return len(parts) == 6 and parts[0] == "arn" and parts[2] in {"iam", "sts"} and bool(parts[5])


def read_policies(reader: PolicyReader, value: Any, named: str) -> tuple[Policy, ...]:
    """The policies of a question."""
    if not isinstance(value, list):
        reader.wrong(named, "policies", "must be a list of {type, document}")
        return ()
    read = []
    for index, row in enumerate(value):
        where = f"{named} policies[{index}]"
        if not isinstance(row, dict):
            reader.wrong(where, "", "must be an object")
            continue
        kind = row.get("type")
        if kind not in TYPES:
            reader.wrong(where, "type", f"{kind!r} is no policy type{near(str(kind), TYPES)}")
            kind = "identity"
        reader.keys(where, row, POLICY_KEYS)
        name = f" {row['name']!r}" if row.get("name") else ""
        if "document" not in row:
            reader.wrong(where, "document", "is missing")
            continue
        attached = row.get("attached_to")
        if attached is not None and not isinstance(attached, str):
            reader.wrong(where, "attached_to", "must be an ARN")
            attached = None
        rows = read_document(reader, row["document"], f"{where} ({kind}{name})", kind)
        short = f"policies[{index}] ({kind}{name})"
        read.append(Policy(kind, short, rows, str(row.get("level", "")), attached if kind == "resource" else None))
    return tuple(read)


def read_allowance(reader: PolicyReader, value: Any, named: str) -> tuple[Statement, ...]:
    """The documented grants of a question, as statements that allow."""
    if not isinstance(value, list):
        reader.wrong(named, "allowance", "must be a list of {actions, resources, condition?}")
        return ()
    read = []
    for index, row in enumerate(value):
        where = f"{named} allowance[{index}]"
        if not isinstance(row, dict):
            reader.wrong(where, "", "must be an object")
            continue
        reader.keys(where, row, GRANT_KEYS)
        for key in ("actions", "resources"):
            if key not in row:
                reader.wrong(where, key, "is missing")
        actions = reader.texts(where, "actions", row.get("actions", "*"))
        resources = reader.texts(where, "resources", row.get("resources", "*"))
        for action in actions:
            check_action(reader, where, "actions", action)
        for resource in resources:
            check_resource(reader, where, "resources", resource)
        conditions = read_conditions(reader, where, row.get("condition"), variables=True)
        read.append(
            Statement(f"allowance[{index}]", index, "", True, actions, False, resources, False, conditions, True)
        )
    return tuple(read)


def read_facts(
    reader: PolicyReader, item: Mapping[str, Any], named: str, principal: str | None
) -> dict[str, str | list[str] | None]:
    """What is known of every request: what follows from the principal, the facts, and the keys that are absent."""
    known: dict[str, str | list[str] | None] = dict(principal_facts(principal))
    facts = item.get("facts", {})
    if not isinstance(facts, dict):
        reader.wrong(named, "facts", "must be an object of condition keys and values")
        facts = {}
    for key, value in facts.items():
        if not isinstance(value, str | bool | int | float | list):
            reader.wrong(named, f"facts.{key}", "must be a string, number, boolean or a list of them")
            continue
        known[key.lower()] = [_text(one) for one in value] if isinstance(value, list) else _text(value)
    absent = item.get("absent", [])
    if not isinstance(absent, list) or not all(isinstance(key, str) for key in absent):
        reader.wrong(named, "absent", "must be a list of condition keys")
        absent = []
    for key in absent:
        if key.lower() in {name.lower() for name in facts}:
            reader.wrong(named, f"absent.{key}", "is also among the facts")
        known[key.lower()] = None
    return known


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def principal_facts(principal: str | None) -> dict[str, str | None]:
    """The condition keys that follow from a principal's ARN ("AWS global condition context keys")."""
    parts = (principal or "").split(":", 5)
    if len(parts) != 6:
        return {}
    known: dict[str, str | None] = {"aws:principalarn": principal, "aws:principalaccount": parts[4]}
    kind, _, name = parts[5].partition("/")
    if kind == "user":
        known |= {"aws:username": name.rsplit("/", 1)[-1], "aws:principaltype": "User"}
    elif kind == "role":
        known |= {"aws:username": None, "aws:principaltype": "AssumedRole"}
    elif kind == "root":
        known |= {"aws:username": None, "aws:principaltype": "Account"}
    return known


def check_names(statements: Sequence[Statement], named: str) -> list[Problem]:
    """The actions that the catalogue lacks: an error with the nearest name, or a note where no name is near."""
    found = []
    for statement in statements:
        grant = statement.policy.startswith("allowance")
        where = f"{named} {statement.policy}" if grant else statement.name
        field = "actions" if grant else "NotAction" if statement.not_action else "Action"
        for action in dict.fromkeys(statement.actions):
            told = _check_name(action.lower(), action)
            if told:
                found.append(Problem(where, field, told[0], fatal=False, note=told[1]))
    return found


def unknown_action(action: str) -> str:
    """The message about an action that the catalogue lacks; empty for an action that it has."""
    told = _check_name(action.lower(), action)
    return told[0] if told else ""


@lru_cache(maxsize=50_000)
def _check_name(lower: str, action: str) -> tuple[str, bool] | None:
    if "*" in lower or "?" in lower or catalogue.find(lower) is not None:
        return None
    close = catalogue.nearest(lower)
    date = catalogue.catalogue_date()
    if close:
        return f"{action!r} is not in the catalogue of {date}; did you mean {close}?", False
    return f"{action!r} is not in the catalogue of {date}, and is taken to be newer", True
