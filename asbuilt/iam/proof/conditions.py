"""Conditions as formulas: when each operator holds, by the values that its key may have.

Source: "Condition operators", "Policies with multiple context keys or values" in the IAM user guide.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from decimal import Decimal

from asbuilt.iam.language.condition_keys import RESOURCE_ACCOUNT
from asbuilt.iam.language.operators import OPERATORS, Operator, network, number, timestamp
from asbuilt.iam.language.patterns import Pattern, literal
from asbuilt.iam.language.reading import Condition
from asbuilt.iam.proof.formula import Absent, Node, OneOf, SomeValue, Text, Undecided, atom, every, negate, some
from asbuilt.iam.proof.policy_variables import ResolvedPattern
from asbuilt.iam.proof.request_context import RequestContext
from asbuilt.iam.proof.resource_account import account_matches
from asbuilt.iam.proof.solver import Domain

TEXTUAL = frozenset({"string", "arn", "bool", "binary"})
COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "==": lambda given, wanted: given == wanted,
    "<": lambda given, wanted: given < wanted,
    "<=": lambda given, wanted: given <= wanted,
    ">": lambda given, wanted: given > wanted,
    ">=": lambda given, wanted: given >= wanted,
}


def condition_node(condition: Condition, given: RequestContext, *, variables: bool) -> Node:
    """The formula of a condition; `variables`: whether its values may hold policy variables."""
    key = condition.key.lower()
    operator = OPERATORS[condition.operator]
    if operator.family == "null":
        lacking = _absent(key, given)
        return some(lacking if value.lower() == "true" else negate(lacking) for value in condition.values)
    if key in given.known:
        return _fixed(condition, operator, given, given.known[key], variables=variables)
    domain = given.domains[key]
    unclear = atom(Undecided(f"condition {condition.operator} {key} {condition.values}", _why(key, domain)))
    if key in given.mixed or (domain.many and not condition.qualifier):
        return _undecided_if_present(condition, operator, negate(_absent(key, given)), unclear)
    if domain.values is not None:
        parts = [_fixed(condition, operator, given, value, variables=variables) for value in domain.values]
        if all(isinstance(part, bool) for part in parts):
            return atom(OneOf(key, sum(1 << index for index, part in enumerate(parts) if part)))
        return some(every((atom(OneOf(key, 1 << index)), part)) for index, part in enumerate(parts))
    if domain.many:
        return _several(condition, operator, given, unclear, variables=variables)
    matches = some(_matches(condition, value, key, given, variables=variables) for value in condition.values)
    return _qualified(condition, operator, matches, key, given)


def _why(key: str, domain: Domain) -> str:
    if domain.many:
        return f"{key} has many values, and AWS does not define an operator for single values on it"
    return f"{key} is compared both as a text and as a number, date or address"


def _absent(key: str, given: RequestContext) -> Node:
    if key in given.known:
        return given.known[key] is None or given.known[key] == []
    domain = given.domains[key]
    if domain.always:
        return False
    if domain.values is not None:
        return atom(OneOf(key, 1 << domain.values.index(None)))
    return atom(Absent(key))


def _undecided_if_present(condition: Condition, operator: Operator, present: Node, unclear: Node) -> Node:
    """A condition that is undecided for a request that has the key, and decided as usual for one that lacks it."""
    lacking = negate(present)
    if condition.qualifier == "all" or condition.if_exists or (operator.negated and not condition.qualifier):
        return some((lacking, unclear))
    return every((present, unclear))


def _qualified(condition: Condition, operator: Operator, matches: Node, key: str, given: RequestContext) -> Node:
    lacking = _absent(key, given)
    one = negate(matches) if operator.negated else matches
    if condition.qualifier:
        there = (negate(lacking), negate(_text(key, literal(""), given)))
        one = every((one, *there)) if condition.qualifier == "any" else negate(every((negate(one), *there)))
    return some((one, lacking)) if condition.if_exists else one


def _matches(condition: Condition, value: str, key: str, given: RequestContext, *, variables: bool) -> Node:
    return matching(given.resolve(condition, value, variables=variables), key, value, given)


def matching(made: ResolvedPattern | None, variable: str, written: str, given: RequestContext) -> Node:
    """That a variable matches a resolved pattern; undecided where AWS does not define what the pattern matches."""
    if made is None:
        return False
    if made.unknown:
        name = f"={variable} {written}"
        free = Undecided(
            name, f"the value of {', '.join(made.unknown)} in {written!r} is not known", variable, made.marked
        )
        present = [negate(_absent(key, given)) for key in made.needed]
        return every((_text(variable, made.wide, given), atom(free), *present))
    if made.narrow is made.wide:
        return _text(variable, made.wide, given)
    why = f"AWS does not define what {written!r} matches (fewer than six parts, or a wildcard that spans a colon)"
    narrow = _text(variable, made.narrow, given) if made.narrow is not None else False
    return some((narrow, every((_text(variable, made.wide, given), atom(Undecided(f"~{variable} {written}", why))))))


def _text(variable: str, pattern: Pattern, given: RequestContext) -> Node:
    """That a variable matches a pattern; for aws:ResourceAccount, that the account in the resource's ARN does."""
    found = atom(Text(variable, pattern))
    if variable != RESOURCE_ACCOUNT:
        return found
    return account_matches(pattern, found, negate(_absent(variable, given)))


def _several(
    condition: Condition, operator: Operator, given: RequestContext, unclear: Node, *, variables: bool
) -> Node:
    """A condition with ForAllValues or ForAnyValue on a key with many values."""
    key = condition.key.lower()
    made = [given.resolve(condition, value, variables=variables) for value in condition.values]
    if any(one is not None and (one.unknown or one.narrow is None) for one in made):
        return _undecided_if_present(condition, operator, negate(_absent(key, given)), unclear)
    patterns: tuple[Pattern, ...] = tuple(one.wide for one in made if one is not None)
    if condition.qualifier == "any":
        found = atom(SomeValue(key, operator.negated, patterns))
        return some((found, _absent(key, given))) if condition.if_exists else found
    return negate(atom(SomeValue(key, not operator.negated, patterns)))


def _fixed(
    condition: Condition, operator: Operator, given: RequestContext, value: str | list[str] | None, *, variables: bool
) -> Node:
    """The formula of a condition on a key whose value is known; None: the key is absent."""
    if value is None or value == []:
        if condition.qualifier:
            return condition.qualifier == "all" or condition.if_exists
        return condition.if_exists or operator.negated
    if isinstance(value, list) and not condition.qualifier:
        key = condition.key.lower()
        return atom(Undecided(f"condition {condition.operator} {key} {condition.values}", _why(key, Domain(many=True))))
    listed = [value] if isinstance(value, str) else value
    if condition.qualifier:
        listed = [one for one in listed if one]
    each = [_one(condition, operator, given, one, variables=variables) for one in listed]
    return some(each) if condition.qualifier == "any" else every(each)


def _one(condition: Condition, operator: Operator, given: RequestContext, value: str, *, variables: bool) -> Node:
    parts: list[Node] = []
    for written in condition.values:
        if operator.family in TEXTUAL:
            made = given.resolve(condition, written, variables=variables)
            found: Node = made is not None and made.wide.accepts(value)
            if made is not None and condition.key.lower() == RESOURCE_ACCOUNT:
                found = account_matches(made.wide, found, present=True)
            if found and made is not None and (made.unknown or made.narrow is None):
                name, why = (
                    f"={value} {written}",
                    f"AWS or an unknown value leaves open what {written!r} matches",
                )
                present = [negate(_absent(key, given)) for key in made.needed]
                found = every((atom(Undecided(name, why, f"={value}", made.marked)), *present))
            parts.append(found)
        elif condition.key.lower() == RESOURCE_ACCOUNT:
            parts.append(atom(Undecided(f"condition {condition.operator} {written}", _why(RESOURCE_ACCOUNT, Domain()))))
        else:
            parts.append(_compares(operator, value, written))
    matches = some(parts)
    return negate(matches) if operator.negated else matches


def _compares(operator: Operator, value: str, written: str) -> bool:
    try:
        if operator.family == "address":
            one, addresses = ipaddress.ip_address(value), network(written)
            return one.version == addresses.version and one in addresses
        read = number if operator.family == "number" else timestamp
        return COMPARE[operator.relation](read(value), read(written))
    except ValueError:
        return False
