"""Whether one pattern or condition matches one request, by AWS's rules as they are written.

The module shares no code with the prover. Source: "IAM JSON policy elements: Resource", "Condition operators",
"Policies with multiple context keys or values", "Variables and tags" in the IAM user guide.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from asbuilt.iam.evaluator.truth import Truth, both, either, opposite

Context = dict[str, str | list[str]]
STAR, ONE = object(), object()


def lower_keys(context: Mapping[str, Any]) -> Context:
    """A context with its keys in lower case and its values as texts or lists of texts."""
    return {k.lower(): [text(one) for one in v] if isinstance(v, list) else text(v) for k, v in context.items()}


def text(value: Any) -> str:
    """A JSON value as the text that is compared: true and "true" are the same."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def action_matches(pattern: str, action: str) -> bool:
    """Whether an action pattern matches an action; case is ignored."""
    return wild(list(map(_wildcard, pattern.lower())), action.lower())


def _wildcard(character: str) -> object:
    return {"*": STAR, "?": ONE}.get(character, character)


def wild(pattern: list[object], value: str, stop: Callable[[int], bool] = lambda index: False) -> bool:
    """Whether a pattern matches a text, every choice of a star tried; `stop(i)`: the wildcard at i takes no colon."""
    reached = {0}
    for position in range(len(value) + 1):
        for index in sorted(reached):
            at = index
            while at < len(pattern) and pattern[at] is STAR:
                at += 1
                reached.add(at)
        if position == len(value):
            return len(pattern) in reached
        character, after = value[position], set()
        for index in reached:
            if index == len(pattern):
                continue
            wanted = pattern[index]
            if wanted is STAR and not (character == ":" and stop(index)):
                after.add(index)
            elif (wanted is ONE and not (character == ":" and stop(index))) or wanted == character:
                after.add(index + 1)
        reached = after
    return False


def resolve(pattern: str, version: str, context: Context, *, wildcards: bool = True) -> list[object] | None:
    """A pattern as characters and wildcards, its policy variables replaced; None where a variable has no value."""
    done: list[object] = []
    at = 0
    while at < len(pattern):
        close = pattern.find("}", at)
        if version == "2012-10-17" and pattern.startswith("${", at) and close > 0:
            inner = pattern[at + 2 : close]
            at = close + 1
            if inner in {"*", "?", "$"}:
                done.append(inner)
                continue
            key, comma, fallback = inner.partition(",")
            value = context.get(key.strip().lower())
            if isinstance(value, str):
                done.extend(value)
            elif comma:
                done.extend(fallback.strip().strip("'"))
            else:
                return None
            continue
        done.append(_wildcard(pattern[at]) if wildcards else pattern[at])
        at += 1
    return done


def resource_matches(pattern: str, resource: str, version: str, context: Context) -> Truth:
    """Whether a Resource matches; None where a star would have to match a colon, or parts of the ARN are missing."""
    items = resolve(pattern, version, context)
    if items is None:
        return False
    colons = [index for index, item in enumerate(items) if item == ":"][:5]
    if len(colons) < 5:
        if wild(items, resource):
            return True
        completed = items + [":", STAR] * (5 - len(colons))
        return None if items != [STAR] and wild(completed, resource) else False

    def stop(index: int) -> bool:
        return index < colons[4] and (items[index] is ONE or items[index + 1] != ":")

    if wild(items, resource, stop):
        return True
    return None if wild(items, resource) else False


def timestamp(value: str) -> Fraction:
    """A date as seconds since 1970. Raises ValueError."""
    try:
        return Fraction(value)
    except ValueError:
        when = datetime.fromisoformat(value)
        return Fraction(str((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()))


def _compare(convert: Callable[[str], Any], test: Callable[[Any, Any], bool]) -> Callable[[str, str], Truth]:
    def matches(given: str, wanted: str) -> Truth:
        try:
            return test(convert(given), convert(wanted))
        except (ValueError, binascii.Error):
            return False

    return matches


def _inside(given: str, wanted: str) -> Truth:
    try:
        address, network = ipaddress.ip_address(given), ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False
    return address.version == network.version and address in network


ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda given, wanted: bool(given == wanted),
    "LessThan": lambda given, wanted: bool(given < wanted),
    "LessThanEquals": lambda given, wanted: bool(given <= wanted),
    "GreaterThan": lambda given, wanted: bool(given > wanted),
    "GreaterThanEquals": lambda given, wanted: bool(given >= wanted),
}


def _test(operator: str) -> tuple[Callable[[str, Any], Truth], bool]:
    """How an operator that is not negated compares two values, and whether the policy's value may hold variables."""
    for start, convert in (("Numeric", Fraction), ("Date", timestamp)):
        if operator.startswith(start):
            return _compare(convert, ORDER[operator.removeprefix(start)]), False
    if operator == "Bool":
        return lambda given, wanted: given.lower() == wanted.lower(), False
    if operator == "BinaryEquals":
        return _compare(base64.b64decode, lambda given, wanted: bool(given == wanted)), False
    if operator == "IpAddress":
        return _inside, False
    if operator.startswith("Arn"):
        return _arn, True
    if operator == "StringLike":
        return lambda given, wanted: wild(wanted, given), True
    if operator == "StringEqualsIgnoreCase":
        return lambda given, wanted: "".join(wanted).lower() == given.lower(), True
    return lambda given, wanted: "".join(wanted) == given, True


def _arn(given: str, wanted: list[object]) -> Truth:
    parts: list[list[object]] = [[]]
    for item in wanted:
        if item == ":" and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(item)
    values = given.split(":", 5)
    if len(parts) < 6:
        return None
    return len(values) == 6 and all(wild(p, v) for p, v in zip(parts, values, strict=True))


def condition_holds(operator: str, key: str, values: Any, version: str, context: Context) -> Truth:
    """Whether a condition of one operator, one key and its values holds in a context."""
    listed = [text(value) for value in (values if isinstance(values, list) else [values])]
    given = context.get(key.lower())
    present = given is not None and given != []
    if operator == "Null":
        return any(value.lower() == ("false" if present else "true") for value in listed)
    qualifier, _, name = operator.rpartition(":")
    if name.endswith("IfExists"):
        name = name.removesuffix("IfExists")
        if not present:
            return True
    if qualifier:
        several = [given] if isinstance(given, str) else given or []
        each = [_value_matches(name, one, listed, version, context) for one in several if one != ""]
        return both(each) if qualifier == "ForAllValues" else either(each)
    if not present:
        return "Not" in name
    return _value_matches(name, given, listed, version, context) if isinstance(given, str) else None


def _value_matches(operator: str, given: str, listed: list[str], version: str, context: Context) -> Truth:
    """Whether one value of a key meets an operator: one of the listed values, or none of them if it is negated."""
    test, has_variables = _test(operator.replace("Not", ""))
    wildcards = operator.endswith("Like") or operator.startswith("Arn")
    answers: list[Truth] = []
    for value in listed:
        wanted: Any = resolve(value, version, context, wildcards=wildcards) if has_variables else value
        answers.append(False if wanted is None else test(given, wanted))
    found = either(answers)
    return opposite(found) if "Not" in operator else found
