"""Requests made of the literals of a question: values that its statements name, values next to them, and absent keys.

A request drawn at random rarely has the one value on which a rule depends; these are drawn at such values.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from asbuilt.iam.language.catalogue import find
from benchmarks.iam_policies import ALWAYS, REQUESTS, VALUES, Item

ABSENT = 0.25  # the probability that an optional key is absent
VARIABLE = re.compile(r"\$\{([^}]*)\}")
MANY = {key for key, (families, _) in VALUES.items() if families == ["multi"]}
NAMES = {key.lower(): key for key in VALUES}


def rows_of(item: Item) -> list[Item]:
    """Every statement of the question's policies, and its grants as statements."""
    documents = [policy["document"]["Statement"] for policy in item["policies"]]
    stated = [row for rows in documents for row in (rows if isinstance(rows, list) else [rows])]
    granted = [
        {"Action": grant["actions"], "Resource": grant["resources"], "Condition": grant.get("condition") or {}}
        for grant in item["allowance"]
    ]
    return [*stated, *granted]


def request(random: Random, item: Item) -> Item:
    """A request that the question's principal could make, drawn at one of its statements and at its conditions."""
    rows = rows_of(item)
    at = random.choice(rows) if rows else {}
    action = _action(random, at)
    context = _context(random, item, rows, at)
    return {"action": action, "resource": _resource(random, action, at, context), "context": context}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _action(random: Random, row: Item) -> str:
    """An action that the statement covers, or, in one case of four, any action."""
    patterns = [str(text).lower() for text in _listed(row.get("Action", row.get("NotAction", "*")))]
    named = [action for action in REQUESTS if any(fnmatchcase(action.lower(), pattern) for pattern in patterns)]
    return random.choice(named if named and random.random() < 0.75 else list(REQUESTS))


def _resource(random: Random, action: str, row: Item, context: Mapping[str, Any]) -> str:
    """An ARN that a pattern of the statement matches or nearly matches, of a type that the action supports."""
    known = find(action)
    formats = [arn_format.pattern() for arn_format in known.formats] if known else []
    patterns = _listed(row.get("Resource", row.get("NotResource", "*")))
    for _ in range(6):
        text = _filled(random, str(random.choice(patterns)), context) if patterns else "*"
        if random.random() < 0.25:
            text = _nearly(random, text)
        if any(arn_format.accepts(text) for arn_format in formats):
            return text
    return random.choice(REQUESTS[action])


def _filled(random: Random, pattern: str, context: Mapping[str, Any]) -> str:
    """A text that a pattern matches or nearly matches, with texts in place of its variables and wildcards."""

    def value(found: re.Match[str]) -> str:
        key, _, default = found[1].partition(",")
        if found[1] in {"*", "?", "$"}:
            return random.choice([found[1], "a"])
        own = next((v for k, v in context.items() if k.lower() == key.strip().lower() and isinstance(v, str)), "")
        return random.choice([own or "bob", own or "bob", default.strip(" '") or "red", "eve", "", found[0]])

    text = VARIABLE.sub(value, pattern)
    stars = ["", "a", "q", "home/bob/x", "us-east-1", "123456789012", "b", "a:b"]
    text = re.sub(r"\*", lambda _: random.choice(stars), text)
    return re.sub(r"\?", lambda _: random.choice(["b", "2", "b", "", "ab"]), text)


def _nearly(random: Random, text: str) -> str:
    """The text with one change."""
    changes = [f"{text}x", f"{text}/x", text[:-1], text.swapcase(), text.replace("us-", "eu-"), text.replace("a", "A")]
    return random.choice(changes)


def _context(random: Random, item: Item, rows: list[Item], at: Item) -> Item:
    """Values for the keys of the question, at or next to those that its conditions name, and for some other keys."""
    fixed = {name.lower() for name in (*item.get("facts", {}), *item.get("absent", []))}
    asked: dict[str, list[tuple[str, Any]]] = {}
    for row in rows:
        # The values of the chosen statement are more probable.
        for operator, keys in (row.get("Condition") or {}).items():
            for key, values in keys.items():
                asked.setdefault(key.lower(), []).extend(
                    [(operator, v) for v in _listed(values)] * (2 + 2 * (row is at))
                )
    context: Item = {}
    for key, (_, plain) in VALUES.items():
        here = asked.get(key.lower(), [])
        needed = key in ALWAYS
        if key.lower() in fixed or (not needed and random.random() < (ABSENT if here else 0.7)):
            continue
        if key == "aws:ResourceAccount" and not here:
            continue  # a bucket without a known owner is taken to be the principal's
        literals = [made for operator, value in here for made in _values(random, operator, value)]
        options = [text for text in literals if _legal(key, text)] or [v for v in plain if _legal(key, v)]
        if random.random() < 0.15:
            options = [v for v in plain if _legal(key, v)]
        if key in MANY:
            context[key] = random.sample(options, random.randint(0, min(3, len(options))))
        else:
            context[key] = random.choice(options)
    return context


def _legal(key: str, value: Any) -> bool:
    """Whether the value is valid in a request: an ARN without wildcards, an address that is no range, and so on."""
    families = VALUES[key][0]
    text = str(value)
    if "arn" in families:
        parts = text.split(":", 5)
        return (
            parts[0] == "arn" and len(parts) == 6 and all((parts[1], parts[2], parts[5])) and not set(text) & set("*?")
        )
    if "address" in families:
        return "/" not in text
    return "bool" not in families or text.lower() in {"true", "false"}


def _values(random: Random, operator: str, value: Any) -> Iterator[Any]:
    """Values at and around what an operator compares with."""
    name = operator.rpartition(":")[2].removesuffix("IfExists")
    text = str(value)
    if name.startswith("Numeric"):
        yield from (text, f"{float(text) + random.choice([-1, -0.5, 0.5, 1]):g}", f"{float(text):.2f}")
    elif name.startswith("Date"):
        yield from _moments(random, text)
    elif name.endswith("IpAddress"):
        yield from _addresses(random, text)
    elif name == "Bool":
        yield from ("true", "false")
    elif name != "Null":
        filled = _filled(random, text, {})
        yield from (filled, filled, filled.swapcase(), _nearly(random, filled), VARIABLE.sub("bob", text))
        yield text.replace("*", "a:b", 1).replace("*", "c")


def _moments(random: Random, text: str) -> Iterator[str]:
    when = (
        datetime.fromtimestamp(int(text), UTC)
        if text.isdigit()
        else datetime.fromisoformat(text).replace(tzinfo=datetime.fromisoformat(text).tzinfo or UTC)
    )
    moved = when + timedelta(seconds=random.choice([-1, 0, 1, 86400, -86400]))
    yield from (text, moved.isoformat(), str(int(moved.timestamp())))


def _addresses(random: Random, text: str) -> Iterator[str]:
    reach = ipaddress.ip_network(text, strict=False)
    first, last = int(reach.network_address), int(reach.broadcast_address)
    made = type(reach.network_address)
    yield from (str(made(number)) for number in (first, last, first - 1, last + 1, random.randint(first, last)))
    yield "8.8.8.8"
