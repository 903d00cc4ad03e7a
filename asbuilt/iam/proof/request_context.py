"""The condition keys of a question: what is known of each, and which values each may have.

Source: "AWS global condition context keys" and "Condition operators" in the IAM user guide.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from asbuilt.iam.language import catalogue
from asbuilt.iam.language.condition_keys import ALWAYS, RESOURCE_ACCOUNT, global_type
from asbuilt.iam.language.operators import OPERATORS, network, number, timestamp
from asbuilt.iam.language.patterns import glob, tidy
from asbuilt.iam.language.policy import Statement
from asbuilt.iam.language.reading import Condition
from asbuilt.iam.proof.policy_variables import Known, ResolvedPattern, arn_pattern, keys_in, text_pattern
from asbuilt.iam.proof.solver import Domain

ARN_FORMAT = tidy(
    [(c, False) for c in "arn:"] + ([("nocolon", True), (":", False)] * 4) + [("any", False), ("any", True)]
)
TWELVE_DIGITS = tidy([("digit", False)] * 12)
READABLE: dict[str, tuple[str, ...]] = {
    "aws:requestedregion": ("us-east-1", "eu-west-1"),
    "aws:principaltype": ("AssumedRole", "User"),
    "aws:principalarn": ("arn:aws:iam::*:role/*",),
}
"""Readable values of keys, which counterexamples prefer."""


@dataclass
class RequestContext:
    """The condition keys of a question.

    `known` maps keys to their known values, and `domains` the other keys to the values that they may have. `mixed` are
    keys that are compared by operators of types that cannot be combined. `marks` has a character for each variable of
    unknown value.
    """

    known: Known
    domains: dict[str, Domain] = field(default_factory=dict)
    mixed: frozenset[str] = frozenset()
    marks: dict[str, str] = field(default_factory=dict)

    def resolve(self, condition: Condition, value: str, *, variables: bool) -> ResolvedPattern | None:
        """The pattern of one value of a condition on texts; None where a variable in it has no value."""
        operator = OPERATORS[condition.operator]
        if operator.family == "arn":
            return arn_pattern(value, self.known, self.marks, variables=variables)
        like, ignore = operator.relation == "like", operator.relation == "equals-ignoring-case"
        variables = variables and operator.family == "string"
        return text_pattern(value, self.known, self.marks, variables=variables, wildcards=like, ignore_case=ignore)


def request_context(statements: Iterable[Statement], known: Known) -> RequestContext:
    """The context for the keys that these statements use."""
    used: dict[str, list[Condition]] = {}
    variables: set[str] = set()
    for statement in statements:
        for condition in statement.conditions:
            used.setdefault(condition.key.lower(), []).append(condition)
        if statement.variables:
            values = [value for condition in statement.conditions for value in condition.values]
            variables.update(key for text in (*statement.resources, *values) if "${" in text for key in keys_in(text))
    made = RequestContext(known)
    mixed = set()
    for key in used.keys() | variables:
        if key not in known:
            made.domains[key], clear = _domain(key, used.get(key, []))
            if not clear:
                mixed.add(key)
    made.mixed = frozenset(mixed)
    return made


def _domain(key: str, conditions: list[Condition]) -> tuple[Domain, bool]:
    """The values that a key may have, and whether the types of its operators can be combined."""
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
        dates = families == {"date"} and key != "aws:epochtime"
        return Domain(values=(*_numbers(conditions, dates=dates), *lacking), always=always), True
    return Domain(always=always), False


def _numbers(conditions: list[Condition], *, dates: bool) -> list[str]:
    """Numbers at, between, below and above all numbers that the conditions compare with; as dates where `dates`."""
    read = {"number": number, "date": timestamp}
    cuts = sorted({read[f](v) for c in conditions if (f := OPERATORS[c.operator].family) in read for v in c.values})
    if not cuts:
        cuts = [Decimal(0)]
    between = [(low + high) / 2 for low, high in pairwise(cuts)]
    listed = sorted([*cuts, *between, cuts[-1] + 1, cuts[0] - 1], key=lambda n: (n < 0, n))
    return [_date(value) if dates else f"{value:f}" for value in listed]


def _date(seconds: Decimal) -> str:
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(seconds * 1_000_000))
    return when.isoformat().replace("+00:00", "Z")


def _addresses(values: Iterable[tuple[str, ...]]) -> list[str]:
    """The first and last address of each range, the addresses next to them, and one address of each IP version."""
    found = ["203.0.113.10", "2001:db8::10"]
    for text in (text for listed in values for text in listed):
        addresses = network(text)
        low, high = int(addresses.network_address), int(addresses.broadcast_address)
        make: Callable[[int], object] = ipaddress.IPv4Address if addresses.version == 4 else ipaddress.IPv6Address
        edges = (edge for edge in (low, high, low - 1, high + 1) if 0 <= edge < 2**addresses.max_prefixlen)
        found += [str(make(edge)) for edge in edges]
    return list(dict.fromkeys(found))
