"""Conditions as formulas: which values each key may have, and what each operator says about them.

Source: "Condition operators", "Policies with multiple context keys or values" in the IAM user guide.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from asbuilt.iam.language import catalogue
from asbuilt.iam.language.keys import ALWAYS, RESOURCE_ACCOUNT, global_type
from asbuilt.iam.language.operators import OPERATORS, Operator, moment, network, number
from asbuilt.iam.language.patterns import Pattern, glob, literal, tidy
from asbuilt.iam.language.policy import Statement
from asbuilt.iam.language.reading import Condition
from asbuilt.iam.proof.formula import Absent, Node, Open, Pick, Some, Text, atom, every, negate, some
from asbuilt.iam.proof.owners import owned
from asbuilt.iam.proof.solver import Domain
from asbuilt.iam.proof.templates import Known, Resolved, arn_pattern, keys_in, text_pattern

ARN_FORMAT = tidy(
    [(c, False) for c in "arn:"] + ([("nocolon", True), (":", False)] * 4) + [("any", False), ("any", True)]
)
TWELVE_DIGITS = tidy([("digit", False)] * 12)
TEXTUAL = frozenset({"string", "arn", "bool", "binary"})
COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "==": lambda given, wanted: given == wanted,
    "<": lambda given, wanted: given < wanted,
    "<=": lambda given, wanted: given <= wanted,
    ">": lambda given, wanted: given > wanted,
    ">=": lambda given, wanted: given >= wanted,
}
READABLE: dict[str, tuple[str, ...]] = {
    "aws:requestedregion": ("us-east-1", "eu-west-1"),
    "aws:principaltype": ("AssumedRole", "User"),
    "aws:principalarn": ("arn:aws:iam::*:role/*",),
}


@dataclass
class Setting:
    """The keys of a question: what is known of them, what they may be, and marks for variables of unknown value."""

    known: Known
    domains: dict[str, Domain] = field(default_factory=dict)
    mixed: frozenset[str] = frozenset()
    marks: dict[str, str] = field(default_factory=dict)

    def resolve(self, condition: Condition, value: str, *, variables: bool) -> Resolved | None:
        """The pattern of one value of a condition on texts."""
        operator = OPERATORS[condition.operator]
        if operator.family == "arn":
            return arn_pattern(value, self.known, self.marks, variables=variables)
        like, ignore = operator.relation == "like", operator.relation == "equals-ignoring-case"
        variables = variables and operator.family == "string"
        return text_pattern(value, self.known, self.marks, variables=variables, wildcards=like, ignore_case=ignore)


def setting(statements: Iterable[Statement], known: Known) -> Setting:
    """The keys these statements ask about."""
    used: dict[str, list[Condition]] = {}
    variables: set[str] = set()
    for statement in statements:
        for condition in statement.conditions:
            used.setdefault(condition.key.lower(), []).append(condition)
        if statement.variables:
            values = [value for condition in statement.conditions for value in condition.values]
            variables.update(key for text in (*statement.resources, *values) if "${" in text for key in keys_in(text))
    made = Setting(known)
    mixed = set()
    for key in used.keys() | variables:
        if key not in known:
            made.domains[key], clear = _domain(key, used.get(key, []))
            if not clear:
                mixed.add(key)
    made.mixed = frozenset(mixed)
    return made


def _domain(key: str, conditions: list[Condition]) -> tuple[Domain, bool]:
    """What a key may be, and whether its operators are of kinds that can be reasoned about together."""
    kind = global_type(key) or catalogue.key_type(key)
    always = key in ALWAYS
    conditions = [c for c in conditions if c.operator != "Null"]
    families = {OPERATORS[c.operator].family for c in conditions}
    qualified = any(c.qualifier for c in conditions)
    many = kind.startswith("ArrayOf") if kind else qualified
    if key == RESOURCE_ACCOUNT and not families <= {"string", "arn"}:
        return Domain(always=always), False
    lacking: tuple[str | None, ...] = () if always else (None,)
    if many:
        return Domain(many=True, always=always), families <= {"string", "arn", "bool", "binary"}
    if kind == "Bool" or families == {"bool"}:
        return Domain(values=("true", "false", *lacking), always=always), True
    if not families & {"number", "date", "address"}:
        values = [value for c in conditions for value in c.values]
        arns = kind == "ARN" or families == {"arn"}
        arns = arns and all(v.startswith(("arn:", "*", "${")) for v in values)
        preferred = tuple(glob(text) for text in READABLE.get(key, ()))
        preferred += (TWELVE_DIGITS,) if key.endswith("account") else ()
        return Domain(base=(ARN_FORMAT,) if arns else (), preferred=preferred, always=always), True
    if families == {"address"}:
        return Domain(values=(*_addresses(c.values for c in conditions), *lacking), always=always), True
    if families <= {"number", "date"}:
        stamps = families == {"date"} and key != "aws:epochtime"
        return Domain(values=(*_numbers(conditions, stamps=stamps), *lacking), always=always), True
    return Domain(always=always), False


def _numbers(conditions: list[Condition], *, stamps: bool) -> list[str]:
    """A number below, at, between and above all that is compared with; as dates if `stamps`."""
    read = {"number": number, "date": moment}
    cuts = sorted({read[f](v) for c in conditions if (f := OPERATORS[c.operator].family) in read for v in c.values})
    if not cuts:
        cuts = [Decimal(0)]
    between = [(low + high) / 2 for low, high in pairwise(cuts)]
    listed = sorted([*cuts, *between, cuts[-1] + 1, cuts[0] - 1], key=lambda n: (n < 0, n))
    return [_stamp(value) if stamps else f"{value:f}" for value in listed]


def _stamp(seconds: Decimal) -> str:
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(seconds * 1_000_000))
    return when.isoformat().replace("+00:00", "Z")


def _addresses(values: Iterable[tuple[str, ...]]) -> list[str]:
    """Addresses at the edges of all ranges and just outside them, and one elsewhere of either version."""
    found = ["203.0.113.10", "2001:db8::10"]
    for text in (text for listed in values for text in listed):
        reach = network(text)
        low, high = int(reach.network_address), int(reach.broadcast_address)
        make: Callable[[int], object] = ipaddress.IPv4Address if reach.version == 4 else ipaddress.IPv6Address
        for edge in (low, high, low - 1, high + 1):
            if 0 <= edge < 2**reach.max_prefixlen:
                found.append(str(make(edge)))
    return list(dict.fromkeys(found))


def condition_node(condition: Condition, given: Setting, *, variables: bool) -> Node:
    """When a condition holds."""
    key = condition.key.lower()
    operator = OPERATORS[condition.operator]
    if operator.family == "null":
        lacking = _absent(key, given)
        return some(lacking if value.lower() == "true" else negate(lacking) for value in condition.values)
    if key in given.known:
        return _fixed(condition, operator, given, given.known[key], variables=variables)
    domain = given.domains[key]
    unclear = atom(Open(f"condition {condition.operator} {key} {condition.values}", _why(key, domain)))
    if domain.many and not (condition.qualifier and key not in given.mixed):
        return _lacking(condition, operator, negate(_absent(key, given)), unclear, key, given)
    if key in given.mixed:
        return _lacking(condition, operator, negate(_absent(key, given)), unclear, key, given)
    if domain.values is not None:
        parts = [_fixed(condition, operator, given, value, variables=variables) for value in domain.values]
        if all(isinstance(part, bool) for part in parts):
            return atom(Pick(key, sum(1 << index for index, part in enumerate(parts) if part)))
        return some(every((atom(Pick(key, 1 << index)), part)) for index, part in enumerate(parts))
    if domain.many:
        return _several(condition, operator, given, unclear, variables=variables)
    matches = some(_matches(condition, value, key, given, variables=variables) for value in condition.values)
    return _qualified(condition, operator, matches, key, given)


def _why(key: str, domain: Domain) -> str:
    if domain.many:
        return f"{key} has many values, and an operator for single values on it is not defined"
    return f"{key} is compared both as a text and as a number, date or address"


def _absent(key: str, given: Setting) -> Node:
    if key in given.known:
        return given.known[key] is None or given.known[key] == []
    domain = given.domains[key]
    if domain.always:
        return False
    if domain.values is not None:
        return atom(Pick(key, 1 << domain.values.index(None)))
    return atom(Absent(key))


def _lacking(condition: Condition, operator: Operator, present: Node, unclear: Node, key: str, given: Setting) -> Node:
    """An operator whose outcome is open when the key is there, and as ever when it is not."""
    lacking = negate(present)
    if condition.qualifier == "all" or condition.if_exists or (operator.negated and not condition.qualifier):
        return some((lacking, unclear))
    return every((present, unclear))


def _qualified(condition: Condition, operator: Operator, matches: Node, key: str, given: Setting) -> Node:
    lacking = _absent(key, given)
    one = negate(matches) if operator.negated else matches
    if condition.qualifier:
        there = (negate(lacking), negate(_text(key, literal(""), given)))
        one = every((one, *there)) if condition.qualifier == "any" else negate(every((negate(one), *there)))
    return some((one, lacking)) if condition.if_exists else one


def _matches(condition: Condition, value: str, key: str, given: Setting, *, variables: bool) -> Node:
    return matching(given.resolve(condition, value, variables=variables), key, value, given)


def matching(made: Resolved | None, variable: str, written: str, given: Setting) -> Node:
    """That a variable matches a resolved pattern; open where the pattern is."""
    if made is None:
        return False
    if made.unknown:
        name = f"={variable} {written}"
        free = Open(name, f"the value of {', '.join(made.unknown)} in {written!r} is not known", variable, made.marked)
        present = [negate(_absent(key, given)) for key in made.needed]
        return every((_text(variable, made.wide, given), atom(free), *present))
    if made.narrow is made.wide:
        return _text(variable, made.wide, given)
    why = f"what {written!r} matches is not defined (fewer than six parts, or a wildcard inside a part across a colon)"
    narrow = _text(variable, made.narrow, given) if made.narrow is not None else False
    return some((narrow, every((_text(variable, made.wide, given), atom(Open(f"~{variable} {written}", why))))))


def _text(variable: str, pattern: Pattern, given: Setting) -> Node:
    """That a variable matches a pattern; whose a resource is, its ARN says, where it names an account."""
    found = atom(Text(variable, pattern))
    if variable != RESOURCE_ACCOUNT:
        return found
    return owned(pattern, found, negate(_absent(variable, given)))


def _several(condition: Condition, operator: Operator, given: Setting, unclear: Node, *, variables: bool) -> Node:
    """ForAllValues and ForAnyValue on a key with many values."""
    key = condition.key.lower()
    made = [given.resolve(condition, value, variables=variables) for value in condition.values]
    if any(one is not None and (one.unknown or one.narrow is None) for one in made):
        return _lacking(condition, operator, negate(_absent(key, given)), unclear, key, given)
    patterns: tuple[Pattern, ...] = tuple(one.wide for one in made if one is not None)
    if condition.qualifier == "any":
        found = atom(Some(key, operator.negated, patterns))
        return some((found, _absent(key, given))) if condition.if_exists else found
    return negate(atom(Some(key, not operator.negated, patterns)))


def _fixed(
    condition: Condition, operator: Operator, given: Setting, value: str | list[str] | None, *, variables: bool
) -> Node:
    """When a condition holds for a value that is known."""
    if value is None or value == []:
        if condition.qualifier:
            return condition.qualifier == "all" or condition.if_exists
        return condition.if_exists or operator.negated
    if isinstance(value, list) and not condition.qualifier:
        key = condition.key.lower()
        return atom(Open(f"condition {condition.operator} {key} {condition.values}", _why(key, Domain(many=True))))
    listed = [value] if isinstance(value, str) else value
    if condition.qualifier:
        listed = [one for one in listed if one]
    each = [_one(condition, operator, given, one, variables=variables) for one in listed]
    return some(each) if condition.qualifier == "any" else every(each)


def _one(condition: Condition, operator: Operator, given: Setting, value: str, *, variables: bool) -> Node:
    parts: list[Node] = []
    for written in condition.values:
        if operator.family in TEXTUAL:
            made = given.resolve(condition, written, variables=variables)
            found: Node = made is not None and made.wide.accepts(value)
            if made is not None and condition.key.lower() == RESOURCE_ACCOUNT:
                found = owned(made.wide, found, present=True)
            if found and made is not None and (made.unknown or made.narrow is None):
                name, why = f"={value} {written}", f"{written!r} is undefined or has variables of unknown value"
                present = [negate(_absent(key, given)) for key in made.needed]
                found = every((atom(Open(name, why, f"={value}", made.marked)), *present))
            parts.append(found)
        elif condition.key.lower() == RESOURCE_ACCOUNT:
            parts.append(atom(Open(f"condition {condition.operator} {written}", _why(RESOURCE_ACCOUNT, Domain()))))
        else:
            parts.append(_compares(operator, value, written))
    matches = some(parts)
    return negate(matches) if operator.negated else matches


def _compares(operator: Operator, value: str, written: str) -> bool:
    try:
        if operator.family == "address":
            one, reach = ipaddress.ip_address(value), network(written)
            return one.version == reach.version and one in reach
        read = number if operator.family == "number" else moment
        return COMPARE[operator.relation](read(value), read(written))
    except ValueError:
        return False
