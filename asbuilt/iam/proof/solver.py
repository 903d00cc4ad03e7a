"""The solver: the search for a request that satisfies a formula, by assumptions and branching."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from asbuilt.iam.language.patterns import Pattern, glob
from asbuilt.iam.proof.formula import (
    RESOURCE,
    Absent,
    And,
    Atom,
    Literal,
    Node,
    OneOf,
    Or,
    SomeValue,
    Text,
    Undecided,
    every,
    negate,
    some,
)
from asbuilt.iam.proof.pattern_algebra import disjoint, included, witness

NOT_EMPTY = glob("?*")


@dataclass(frozen=True)
class Domain:
    """The values that a key may have.

    `values` lists them where they are finite (None: the key is absent); otherwise they are the texts that match all of
    `base`. `preferred` are patterns of readable values. `many`: the key has several values. `always`: every request has
    the key.
    """

    base: tuple[Pattern, ...] = ()
    preferred: tuple[Pattern, ...] = ()
    values: tuple[str | None, ...] | None = None
    many: bool = False
    always: bool = False


@dataclass
class Assumptions:
    """The assumptions of a search, by variable."""

    inside: dict[str, tuple[Pattern, ...]] = field(default_factory=dict)
    outside: dict[str, tuple[Pattern, ...]] = field(default_factory=dict)
    absent: dict[str, bool] = field(default_factory=dict)
    masks: dict[str, int] = field(default_factory=dict)
    several: dict[str, tuple[tuple[SomeValue, bool], ...]] = field(default_factory=dict)
    opened: dict[Undecided, bool] = field(default_factory=dict)

    def copy(self) -> Assumptions:
        """A copy that is independent of this object."""
        return Assumptions(*(dict(getattr(self, name)) for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Model:
    """A request that satisfies a formula: texts by variable, and the undecided atoms that are assumed to hold."""

    texts: Mapping[str, str | list[str]]
    supposed: frozenset[Undecided]


@lru_cache(maxsize=200_000)
def text_between(inside: frozenset[Pattern], outside: frozenset[Pattern]) -> str | None:
    """A text that matches all of the first and none of the second patterns, or None. Raises `TooLargeError`."""
    if any(disjoint(a, b) for a in inside for b in inside if a is not b):
        return None
    near = [n for n in outside if not any(disjoint(n, p) for p in inside)]
    if any(included(p, n) for p in inside for n in near):
        return None
    return witness(sorted(inside, key=lambda p: len(p.tokens)), near)


class Solver:
    """Searches for a request that satisfies a formula; a key that is not in `domains` has any text, or is absent."""

    def __init__(self, domains: Mapping[str, Domain]) -> None:
        self.domains = domains

    def domain(self, key: str) -> Domain:
        """The values that the key may have."""
        return self.domains.get(key, Domain())

    def value(self, what: Atom, state: Assumptions) -> bool | None:
        """Whether the assumptions make an atom true or false; None where they leave it open."""
        if isinstance(what, Text):
            return self._text_value(what, state)
        if isinstance(what, OneOf):
            mask = state.masks.get(what.key, -1)
            full = (1 << len(self.domain(what.key).values or ())) - 1
            left = mask & full
            return True if left & what.mask == left else False if not left & what.mask else None
        if isinstance(what, Absent):
            return state.absent.get(what.key)
        if isinstance(what, Undecided):
            return state.opened.get(what)
        return next((holds for some_, holds in state.several.get(what.key, ()) if some_ == what), None)

    def _text_value(self, what: Text, state: Assumptions) -> bool | None:
        if state.absent.get(what.variable):
            return False
        inside = state.inside.get(what.variable, ())
        for pattern in inside:
            if pattern is what.pattern or included(pattern, what.pattern):
                return True
        for pattern in state.outside.get(what.variable, ()):
            if pattern is what.pattern or included(what.pattern, pattern):
                return False
        return False if any(disjoint(pattern, what.pattern) for pattern in inside) else None

    def simplify(self, node: Node, state: Assumptions) -> Node:
        """The formula under the assumptions."""
        if isinstance(node, bool):
            return node
        if isinstance(node, Literal):
            known = self.value(node.atom, state)
            return node if known is None else known == node.holds
        build: Callable[[Iterable[Node]], Node] = every if isinstance(node, And) else some
        return build(self.simplify(part, state) for part in node.parts)

    def suppose(self, literal: Literal, state: Assumptions) -> bool:
        """Add an assumption; False where it contradicts the others."""
        what, holds = literal.atom, literal.holds
        if isinstance(what, Text):
            side = state.inside if holds else state.outside
            side[what.variable] = (*side.get(what.variable, ()), what.pattern)
            if holds and what.variable != RESOURCE:
                return self.suppose(Literal(Absent(what.variable), holds=False), state)
            return True
        if isinstance(what, OneOf):
            full = (1 << len(self.domain(what.key).values or ())) - 1
            mask = state.masks.get(what.key, full) & (what.mask if holds else ~what.mask)
            state.masks[what.key] = mask & full
            return bool(mask & full)
        if isinstance(what, Absent):
            if holds and (self.domain(what.key).always or state.inside.get(what.key)):
                return False
            return state.absent.setdefault(what.key, holds) == holds
        if isinstance(what, Undecided):
            return state.opened.setdefault(what, holds) == holds and self._imply(what, state)
        state.several[what.key] = (*state.several.get(what.key, ()), (what, holds))
        return not holds or self.suppose(Literal(Absent(what.key), holds=False), state)

    def _imply(self, what: Undecided, state: Assumptions) -> bool:
        """Whether no wider pattern with the same unknown variables is assumed not to match."""
        pairs = [(a, b) for a, yes in state.opened.items() if yes for b, other in state.opened.items() if not other]
        return not any(
            a.marked and b.marked and a.variable == b.variable and _wider(b.marked, a.marked)
            for a, b in pairs
            if what in (a, b)
        )

    def solve(self, node: Node, state: Assumptions | None = None) -> Model | None:
        """A request that satisfies the formula; None where there is none. Raises `TooLargeError`."""
        state = state.copy() if state is not None else Assumptions()
        while True:
            node = self.simplify(node, state)
            if node is False:
                return None
            units = [node] if isinstance(node, Literal) else _literals(node) if isinstance(node, And) else []
            if not units:
                break
            for unit in units:
                known = self.value(unit.atom, state)
                if known is (not unit.holds) or (known is None and not self.suppose(unit, state)):
                    return None
        model = self._model(state)
        if model is None or node is True:
            return model
        branch = node if isinstance(node, Or) else min(node.parts, key=_width)  # type: ignore[union-attr]
        rest = True if isinstance(node, Or) else every(p for p in node.parts if p is not branch)  # type: ignore[union-attr]
        for part in branch.parts:  # type: ignore[union-attr]
            found = self.solve(every((part, rest)), state)
            if found is not None:
                return found
            if isinstance(part, Literal):
                rest = every((negate(part), rest))
        return None

    def _model(self, state: Assumptions) -> Model | None:
        texts: dict[str, str | list[str]] = {}
        for name in dict.fromkeys((*state.inside, *state.outside, *state.absent, *state.several)):
            domain = self.domain(name)
            if state.absent.get(name):
                continue
            if domain.many:
                listed = self._several(name, state)
                if listed is None:
                    return None
                if listed:
                    texts[name] = listed
            elif name in state.inside or domain.always or state.absent.get(name) is False:
                found = self._text(name, state)
                if found is None:
                    return None
                texts[name] = found
        for key, mask in state.masks.items():
            values = self.domain(key).values or ()
            picked = next((value for index, value in enumerate(values) if mask >> index & 1), None)
            if picked is not None:
                texts[key] = picked
        return Model(texts, frozenset(state.opened))

    def _text(self, name: str, state: Assumptions) -> str | None:
        domain = self.domain(name)
        inside = frozenset((*state.inside.get(name, ()), *domain.base))
        outside = frozenset(state.outside.get(name, ()))
        if not inside:
            inside = frozenset({glob("*")})
        plain = text_between(inside, outside)
        if plain is None:
            return None
        for preferred in domain.preferred:
            nicer = text_between(inside | {preferred}, outside)
            if nicer is not None:
                return nicer
        return plain

    def _several(self, key: str, state: Assumptions) -> list[str] | None:
        """Values of a multi-valued key that meet its assumptions; empty where it may be absent, None where none do."""
        clauses: list[tuple[Pattern, ...]] = [(p,) for p in (NOT_EMPTY, *self.domain(key).base)]
        never: list[Pattern] = []
        wanted: list[SomeValue] = []
        for what, holds in state.several.get(key, ()):
            if holds:
                wanted.append(what)
            elif what.outside:
                clauses.append(what.patterns)
            else:
                never += what.patterns
        found: list[str] = []
        for what in wanted or ([None] if state.absent.get(key) is False or self.domain(key).always else []):  # type: ignore[list-item]
            more = () if what is None or what.outside else (what.patterns,)
            less = what.patterns if what is not None and what.outside else ()
            value = _element([*clauses, *more], frozenset((*never, *less)))
            if value is None:
                return None
            found.append(value)
        return list(dict.fromkeys(found))


def _element(
    clauses: list[tuple[Pattern, ...]], outside: frozenset[Pattern], inside: tuple[Pattern, ...] = ()
) -> str | None:
    """A text that matches one pattern of every clause, all of `inside` and none of `outside`."""
    if not clauses:
        return text_between(frozenset(inside), outside)
    first, *others = sorted(clauses, key=len)
    for pattern in first:
        if not any(disjoint(pattern, p) for p in inside):
            found = _element(others, outside, (*inside, pattern))
            if found is not None:
                return found
    return None


def _wider(outer: Pattern, inner: Pattern) -> bool:
    """Whether a pattern includes another for every value of the variables marked in both."""
    return all(len(s) <= 2 or repeats for s, repeats in outer.tokens) and included(inner, outer)


def _literals(node: And) -> list[Literal]:
    return [part for part in node.parts if isinstance(part, Literal)]


def _width(node: Node) -> int:
    return len(node.parts) if isinstance(node, Or) else 10_000
