"""Actions sorted into classes: the actions of a class are covered by the same statements, and are proved together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from asbuilt.iam.language import catalogue
from asbuilt.iam.language.catalogue import FREE_ACTIONS, Action, ArnFormat
from asbuilt.iam.language.patterns import Pattern, glob, tidy
from asbuilt.iam.language.policy import Statement
from asbuilt.iam.proof.pattern_algebra import TooLargeError, disjoint, included, witness

WELL_FORMED = tidy([("lower", False), ("lower", True), (":", False), ("lower", False), ("lower", True)])


@dataclass(frozen=True)
class ActionClass:
    """Actions that the same statements (by index) cover, with one of these actions for each ARN format.

    `resource_side`: the resource's own policy must allow the actions, too.
    """

    statements: frozenset[int]
    actions: dict[ArnFormat, Action]
    resource_side: bool


# Actions that a role's trust policy must allow, too ("Passing session tags in AWS STS", "Monitor and control actions").
TRUST_POLICY_ACTIONS = frozenset(
    f"sts:{name}"
    for name in ("assumerole", "assumerolewithsaml", "assumerolewithwebidentity", "tagsession", "setsourceidentity")
)


def needs_resource_side(action: str) -> bool:
    """Whether the resource's own policy must allow an action: a KMS key's ("Key policies") or a role's trust policy."""
    return action.lower().startswith("kms:") or action.lower() in TRUST_POLICY_ACTIONS


@lru_cache(maxsize=100_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern))


@lru_cache(maxsize=100_000)
def matching_names(pattern: str, service: str) -> frozenset[str]:
    """The names of a service's actions (in lower case) that a pattern (in lower case) matches."""
    start, colon, name = pattern.partition(":")
    known = catalogue.actions(service)
    if not colon:
        return frozenset(known)
    if "*" in start or "?" in start:
        whole = _compiled(pattern)
        return frozenset(key for key in known if whole.fullmatch(f"{service}:{key}"))
    if start != service:
        return frozenset()
    if name.strip("*") == "":
        return frozenset(known)
    if "*" not in name and "?" not in name:
        return frozenset({name}) & known.keys()
    whole = _compiled(name)
    return frozenset(key for key in known if whole.fullmatch(key))


class ActionClassifier:
    """Sorts actions by the statements that cover them."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = statements
        self.rows: list[tuple[int, bool, dict[str, list[str]], list[str]]] = []
        self.patterns: dict[str, str] = {}
        for index, statement in enumerate(statements):
            by_service: dict[str, list[str]] = {}
            generic: list[str] = []
            for written in statement.actions:
                pattern = written.lower()
                self.patterns.setdefault(pattern, written)
                service = pattern.partition(":")[0]
                if "*" in service or "?" in service:
                    generic.append(pattern)
                else:
                    by_service.setdefault(service, []).append(pattern)
            self.rows.append((index, statement.not_action, by_service, generic))

    @property
    def mentioned(self) -> list[str]:
        """The services that a pattern names."""
        return list(dict.fromkeys(service for _, _, by_service, _ in self.rows for service in by_service))

    @property
    def uniform(self) -> bool:
        """Whether the same statements cover all services that no pattern names: no pattern has a part of a service."""
        return all(p.strip("*") in {"", ":"} for _, _, _, generic in self.rows for p in generic)

    def everywhere(self) -> frozenset[int]:
        """The statements that cover every action of a service that no pattern names (where `uniform` holds)."""
        return frozenset(i for i, inverse, _, generic in self.rows if bool(generic) != inverse)

    def classes(self, service: str) -> list[ActionClass]:
        """The classes of a service's documented actions."""
        known = catalogue.actions(service)
        covering: dict[str, list[int]] = {name: [] for name in known}
        for index, inverse, by_service, generic in self.rows:
            patterns = (*by_service.get(service, ()), *generic)
            if not patterns and not inverse:
                continue
            matched = frozenset().union(*(matching_names(pattern, service) for pattern in patterns))
            for name in known.keys() - matched if inverse else matched:
                covering[name].append(index)
        classes: dict[tuple[frozenset[int], bool], dict[ArnFormat, Action]] = {}
        for name, indexes in covering.items():
            action = known[name]
            if indexes and f"{service}:{name}" not in FREE_ACTIONS:
                formats = classes.setdefault((frozenset(indexes), needs_resource_side(action.name)), {})
                for arn_format in action.formats:
                    formats.setdefault(arn_format, action)
        return [ActionClass(statements, formats, side) for (statements, side), formats in classes.items()]

    def unknown(self) -> Iterator[ActionClass]:
        """The classes of the actions that patterns name and the catalogue lacks. Raises `TooLargeError`."""
        seen = set()
        for pattern, written in self.patterns.items():
            service = pattern.partition(":")[0]
            if pattern.strip("*") in {"", ":"} or ("*" in service or "?" in service):
                continue
            if matching_names(pattern, service):
                continue
            for word in [pattern] if "*" not in pattern and "?" not in pattern else self._examples(pattern):
                if word not in seen and word not in FREE_ACTIONS:
                    seen.add(word)
                    action = catalogue.unknown(written if word == pattern else word)
                    statements = frozenset(i for i in range(len(self.rows)) if self.covers(i, word))
                    formats = dict.fromkeys(action.formats, action)
                    yield ActionClass(statements, formats, needs_resource_side(word))

    def covers(self, index: int, action: str) -> bool:
        """Whether the statement at an index covers an action (in lower case)."""
        _, inverse, by_service, generic = self.rows[index]
        patterns = (*by_service.get(action.partition(":")[0], ()), *generic)
        return any(_compiled(p if ":" in p else "*").fullmatch(action) for p in patterns) != inverse

    def _examples(self, pattern: str) -> list[str]:
        """An action for every combination of other patterns that can match together with this one."""
        own = glob(pattern)
        others = [g for g in map(glob, self.patterns) if g is not own and not disjoint(g, own) and not included(own, g)]
        cases: list[tuple[tuple[Pattern, ...], tuple[Pattern, ...]]] = [((own, WELL_FORMED), ())]
        for other in others:
            split = [((*yes, other), no) for yes, no in cases] + [(yes, (*no, other)) for yes, no in cases]
            cases = [(yes, no) for yes, no in split if witness(yes, no) is not None]
            if len(cases) > 256:
                raise TooLargeError(f"unknown actions that match {pattern!r} fall into more than 256 classes")
        return [word for yes, no in cases if (word := witness(yes, no)) is not None]
