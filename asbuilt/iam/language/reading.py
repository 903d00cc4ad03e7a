"""Reading of policies that notes every problem with its place, its field and the nearest valid name.

Source: "Grammar of the IAM JSON policy language", "Condition operators" in the IAM user guide.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from asbuilt.iam.language.operators import OPERATORS, QUALIFIERS, VARIABLE_FAMILIES, check_value
from asbuilt.problems import closest


@dataclass(frozen=True)
class Problem:
    """A problem of an input. `fatal`: no verdict is possible; `note`: it is told, and is not an error."""

    where: str
    field: str
    message: str
    fatal: bool = True
    note: bool = False

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.field, self.message) if part)


class PolicyError(ValueError):
    """An input that cannot be used; `problems` lists everything that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True)
class Condition:
    """One operator on one key: `qualifier` is `all`, `any` or empty; values are texts."""

    operator: str
    qualifier: str
    if_exists: bool
    key: str
    values: tuple[str, ...]


@dataclass
class PolicyReader:
    """Collects the problems of documents while they are read."""

    problems: list[Problem] = field(default_factory=list)

    def wrong(self, where: str, name: str, message: str, *, fatal: bool = True) -> None:
        """Note a problem."""
        self.problems.append(Problem(where, name, message, fatal))

    def finish(self) -> None:
        """Raise `PolicyError` if anything fatal was noted."""
        if any(problem.fatal for problem in self.problems):
            raise PolicyError(self.problems)

    def keys(self, where: str, given: Mapping[str, Any], valid: Iterable[str]) -> None:
        """Note keys that are not valid here, each with the nearest valid key."""
        for key in given:
            if key not in valid:
                self.wrong(where, key, f"unknown key{near(key, valid)}")

    def texts(self, where: str, name: str, value: Any) -> tuple[str, ...]:
        """A text or a list of texts, as a tuple."""
        listed = value if isinstance(value, list) else [value]
        for entry in listed:
            if not isinstance(entry, str):
                self.wrong(where, name, f"{shown(entry)} is not a string")
            elif not entry.strip():
                self.wrong(where, name, "is empty")
        if not listed:
            self.wrong(where, name, "is an empty list, so the statement has no effect", fatal=False)
        return tuple(entry for entry in listed if isinstance(entry, str))


def near(word: str, valid: Iterable[str]) -> str:
    """`; did you mean ...?` with the nearest valid name, or the list of valid names."""
    names = list(valid)
    if close := closest(word, names):
        return f"; did you mean {close}?"
    return f"; valid: {', '.join(names)}" if len(names) <= 12 else ""


def shown(value: Any) -> str:
    """A value as JSON, cut short."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def check_action(reader: PolicyReader, where: str, name: str, action: str) -> None:
    """Note an action that is not `*` or `service:name`."""
    service, colon, rest = action.partition(":")
    if action.strip("*") and action.strip() and not (colon and service and rest and " " not in action):
        reader.wrong(where, name, f"{action!r} is not an action; write * or service:action")


def check_resource(reader: PolicyReader, where: str, name: str, resource: str) -> None:
    """Note a resource that is neither a wildcard nor an ARN."""
    if not resource.strip() or resource[0] in "*?" or resource.startswith("${"):
        return
    parts = resource.split(":", 5)
    if parts[0] != "arn" and not (parts[0].startswith("ar") and "*" in parts[0]):
        reader.wrong(where, name, f"{resource!r} is not an ARN; write * or an ARN that starts with arn:")
    elif len(parts) >= 3 and not (parts[1] and parts[2]):
        reader.wrong(where, name, f"{resource!r} is not an ARN: its partition or service is empty")
    elif len(parts) == 6 and not parts[5]:
        reader.wrong(where, name, f"{resource!r} is not an ARN: nothing follows the account", fatal=False)


def read_conditions(reader: PolicyReader, where: str, block: Any, *, variables: bool) -> tuple[Condition, ...]:
    """The conditions of a Condition block, all of which must hold."""
    if block is None:
        return ()
    if not isinstance(block, dict):
        reader.wrong(where, "Condition", f"must be an object, is {shown(block)}")
        return ()
    read: list[Condition] = []
    for written, keys in block.items():
        name = f"Condition.{written}"
        qualifier, colon, base = written.rpartition(":")
        operator, exists = (base.removesuffix("IfExists"), base.endswith("IfExists"))
        if (colon and qualifier not in QUALIFIERS) or operator not in OPERATORS or (operator == "Null" and exists):
            reader.wrong(where, name, f"is not a condition operator{_near_operator(written)}")
        elif not isinstance(keys, dict):
            reader.wrong(where, name, f"must be an object of condition keys, is {shown(keys)}")
        else:
            for key, values in keys.items():
                texts = _values(reader, where, f"{name}.{key}", values, operator, variables=variables)
                read.append(Condition(operator, QUALIFIERS.get(qualifier, ""), exists, key, texts))
    return tuple(read)


def _near_operator(written: str) -> str:
    names = [name + end for name in OPERATORS for end in ("", "IfExists")]
    prefixed = [f"{start}:{name}" for start in QUALIFIERS for name in names]
    return near(written, prefixed if ":" in written else names)


def _values(
    reader: PolicyReader, where: str, name: str, values: Any, operator: str, *, variables: bool
) -> tuple[str, ...]:
    family = OPERATORS[operator].family
    texts: list[str] = []
    for value in values if isinstance(values, list) else [values]:
        if not isinstance(value, str | bool | int | float):
            reader.wrong(where, name, f"{shown(value)} is neither a string, a number nor a boolean")
            continue
        text = str(value).lower() if isinstance(value, bool) else str(value)
        variable = variables and "${" in text and family in VARIABLE_FAMILIES
        problem = None if variable else check_value(family, text)
        if problem:
            reader.wrong(where, name, problem)
        texts.append(text)
    return tuple(texts)
