"""Actions sorted into classes: two actions that the same statements are about need only be looked at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from asbuilt.iam.language import catalogue
from asbuilt.iam.language.catalogue import FREE_ACTIONS, Action, Shape
from asbuilt.iam.language.patterns import Pattern, glob, tidy
from asbuilt.iam.language.policy import Statement
from asbuilt.iam.proof.overlap import TooLargeError, disjoint, included, witness

WELL_FORMED = tidy([("lower", False), ("lower", True), (":", False), ("lower", False), ("lower", True)])


@dataclass(frozen=True)
class Class:
    """Actions that the same statements (by index) are about, with one of them for each ARN format."""

    statements: frozenset[int]
    actions: dict[Shape, Action]
    resource_side: bool


# What a role's trust policy must allow, too ("Passing session tags in AWS STS", "Monitor and control actions").
OF_TRUST = frozenset(
    f"sts:{name}"
    for name in ("assumerole", "assumerolewithsaml", "assumerolewithwebidentity", "tagsession", "setsourceidentity")
)


def needs_resource_side(action: str) -> bool:
    """Whether the resource's own policy must agree: KMS keys and role trust ("Key policies", "Policy evaluation")."""
    return action.lower().startswith("kms:") or action.lower() in OF_TRUST


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


class Sorter:
    """Sorts actions by the statements that are about them."""

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
        """The services that some pattern names."""
        return list(dict.fromkeys(service for _, _, by_service, _ in self.rows for service in by_service))

    @property
    def uniform(self) -> bool:
        """Whether all services that no pattern names are alike: no pattern has a wildcard in part of a service."""
        return all(p.strip("*") in {"", ":"} for _, _, _, generic in self.rows for p in generic)

    def everywhere(self) -> frozenset[int]:
        """The statements about every action of a service that no pattern names (if `uniform`)."""
        return frozenset(i for i, inverse, _, generic in self.rows if bool(generic) != inverse)

    def classes(self, service: str) -> list[Class]:
        """The classes of a service's documented actions."""
        known = catalogue.actions(service)
        about: dict[str, list[int]] = {name: [] for name in known}
        for index, inverse, by_service, generic in self.rows:
            patterns = (*by_service.get(service, ()), *generic)
            if not patterns and not inverse:
                continue
            matched = frozenset().union(*(matching_names(pattern, service) for pattern in patterns))
            for name in known.keys() - matched if inverse else matched:
                about[name].append(index)
        classes: dict[tuple[frozenset[int], bool], dict[Shape, Action]] = {}
        for name, indexes in about.items():
            action = known[name]
            if indexes and f"{service}:{name}" not in FREE_ACTIONS:
                shapes = classes.setdefault((frozenset(indexes), needs_resource_side(action.name)), {})
                for shape in action.shapes:
                    shapes.setdefault(shape, action)
        return [Class(statements, shapes, side) for (statements, side), shapes in classes.items()]

    def unknown(self) -> Iterator[Class]:
        """Classes of the actions that patterns name and the catalogue lacks. Raises `TooLargeError`."""
        seen = set()
        for pattern, written in self.patterns.items():
            service = pattern.partition(":")[0]
            if pattern.strip("*") in {"", ":"} or ("*" in service or "?" in service):
                continue
            if matching_names(pattern, service):
                continue
            for word in [pattern] if "*" not in pattern and "?" not in pattern else self._samples(pattern):
                if word not in seen and word not in FREE_ACTIONS:
                    seen.add(word)
                    action = catalogue.unknown(written if word == pattern else word)
                    statements = frozenset(i for i in range(len(self.rows)) if self.about(i, word))
                    shapes = dict.fromkeys(action.shapes, action)
                    yield Class(statements, shapes, needs_resource_side(word))

    def about(self, index: int, action: str) -> bool:
        """Whether a statement's actions match an action (in lower case)."""
        _, inverse, by_service, generic = self.rows[index]
        patterns = (*by_service.get(action.partition(":")[0], ()), *generic)
        return any(_compiled(p if ":" in p else "*").fullmatch(action) for p in patterns) != inverse

    def _samples(self, pattern: str) -> list[str]:
        """A word for every way in which the other patterns can meet this one."""
        own = glob(pattern)
        others = [g for g in map(glob, self.patterns) if g is not own and not disjoint(g, own) and not included(own, g)]
        cases: list[tuple[tuple[Pattern, ...], tuple[Pattern, ...]]] = [((own, WELL_FORMED), ())]
        for other in others:
            split = [((*yes, other), no) for yes, no in cases] + [(yes, (*no, other)) for yes, no in cases]
            cases = [(yes, no) for yes, no in split if witness(yes, no) is not None]
            if len(cases) > 256:
                raise TooLargeError(f"the patterns that meet {pattern!r} divide unknown actions into too many kinds")
        return [word for yes, no in cases if (word := witness(yes, no)) is not None]
