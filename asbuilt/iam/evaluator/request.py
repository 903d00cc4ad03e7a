"""Whether one pattern or condition matches one request, read straight off AWS's rules; shares nothing with the prover.

Source: "IAM JSON policy elements: Resource", "Condition operators", "Policies with multiple context keys or values",
"Variables and tags" in the IAM user guide.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

Answer = bool | None
Context = dict[str, str | list[str]]
STAR, ONE = object(), object()


def lower_keys(context: Mapping[str, Any]) -> Context:
    """A context with its keys in lower case and its values as texts or lists of texts."""
    return {k.lower(): [text(one) for one in v] if isinstance(v, list) else text(v) for k, v in context.items()}


def text(value: Any) -> str:
    """A JSON value as the text that is compared: true and "true" are the same."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def action_matches(pattern: str, action: str) -> bool:
    """Whether an action pattern matches, in any case."""
    return wild(list(map(_wildcard, pattern.lower())), action.lower())


def _wildcard(character: str) -> object:
    return {"*": STAR, "?": ONE}.get(character, character)


def wild(pattern: list[object], value: str, stop: Callable[[int], bool] = lambda index: False) -> bool:
    """Match with backtracking to every earlier star; `stop(i)`: the wildcard at i takes no colon."""
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


def spell(pattern: str, version: str, context: Context, *, wildcards: bool = True) -> list[object] | None:
    """A pattern as characters and wildcards, its variables replaced; None when a variable has no value."""
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


def resource_matches(pattern: str, resource: str, version: str, context: Context) -> Answer:
    """Whether a Resource matches; None where a star would have to cross a colon, or parts of the ARN are missing."""
    items = spell(pattern, version, context)
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


def moment(value: str) -> Fraction:
    """A date as seconds since 1970."""
    try:
        return Fraction(value)
    except ValueError:
        when = datetime.fromisoformat(value)
        return Fraction(str((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()))


def _compare(convert: Callable[[str], Any], test: Callable[[Any, Any], bool]) -> Callable[[str, str], Answer]:
    def matches(given: str, wanted: str) -> Answer:
        try:
            return test(convert(given), convert(wanted))
        except (ValueError, binascii.Error):
            return False

    return matches


def _inside(given: str, wanted: str) -> Answer:
    try:
        address, reach = ipaddress.ip_address(given), ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False
    return address.version == reach.version and address in reach


ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda given, wanted: bool(given == wanted),
    "LessThan": lambda given, wanted: bool(given < wanted),
    "LessThanEquals": lambda given, wanted: bool(given <= wanted),
    "GreaterThan": lambda given, wanted: bool(given > wanted),
    "GreaterThanEquals": lambda given, wanted: bool(given >= wanted),
}


def _test(operator: str) -> tuple[Callable[[str, Any], Answer], bool]:
    """How a positive operator compares a value with a written one, and whether the written one is spelt out."""
    for start, convert in (("Numeric", Fraction), ("Date", moment)):
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


def _arn(given: str, wanted: list[object]) -> Answer:
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


def condition_holds(operator: str, key: str, values: Any, version: str, context: Context) -> Answer:
    """Whether one operator on one key holds."""
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
    negated = name.startswith("Not") or "Not" in name
    test, spelt = _test(name.replace("Not", ""))
    exact = not name.endswith("Like") and not name.startswith("Arn")

    def matches(one: str) -> Answer:
        answers: list[Answer] = []
        for value in listed:
            wanted: Any = spell(value, version, context, wildcards=not exact) if spelt else value
            answers.append(False if wanted is None else test(one, wanted))
        found = True if True in answers else None if None in answers else False
        return found if not negated else None if found is None else not found

    if qualifier:
        several = [given] if isinstance(given, str) else given or []
        each = [matches(one) for one in several if one != ""]
        if qualifier == "ForAllValues":
            return False if False in each else None if None in each else True
        return True if True in each else None if None in each else False
    if not present:
        return negated
    return matches(given) if isinstance(given, str) else None
