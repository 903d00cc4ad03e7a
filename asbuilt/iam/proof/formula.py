"""Boolean formulas over what a request may be, in negation normal form.

The variables of a request are its resource and its condition keys; each atom speaks of one of them. A key's value is
a text (constrained by patterns), one of a finite list (constrained by bit masks), or several texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from asbuilt.iam.language.patterns import Pattern

RESOURCE = "resource"


@dataclass(frozen=True)
class Text:
    """The variable's text matches; an absent key matches nothing."""

    variable: str
    pattern: Pattern


@dataclass(frozen=True)
class Pick:
    """The key's value is one of those in the mask."""

    key: str
    mask: int


@dataclass(frozen=True)
class Some:
    """Some value of a multi-valued key matches one of the patterns (or, if `outside`, none of them)."""

    key: str
    outside: bool
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True)
class Absent:
    """The request lacks the key."""

    key: str


@dataclass(frozen=True)
class Open:
    """Something the documentation or the given facts leave open: a free truth value, the same wherever it occurs."""

    name: str
    reason: str
    variable: str = ""
    marked: Pattern | None = None


Atom = Text | Pick | Some | Absent | Open


@dataclass(frozen=True)
class Literal:
    """An atom or its opposite."""

    atom: Atom
    holds: bool


@dataclass(frozen=True)
class All:
    """Every part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Any_:  # noqa: N801  # `Any` is typing's
    """Some part holds."""

    parts: tuple[Node, ...]


Node = bool | Literal | All | Any_


def atom(what: Atom) -> Node:
    """The formula that an atom holds."""
    return Literal(what, holds=True)


def every(parts: Iterable[Node]) -> Node:
    """All of them."""
    kept: dict[Node, None] = {}
    for part in parts:
        if part is False:
            return False
        if part is not True:
            kept.update(dict.fromkeys(part.parts) if isinstance(part, All) else {part: None})
    listed = tuple(kept)
    return True if not listed else listed[0] if len(listed) == 1 else All(listed)


def some(parts: Iterable[Node]) -> Node:
    """At least one of them."""
    kept: dict[Node, None] = {}
    for part in parts:
        if part is True:
            return True
        if part is not False:
            kept.update(dict.fromkeys(part.parts) if isinstance(part, Any_) else {part: None})
    listed = tuple(kept)
    return False if not listed else listed[0] if len(listed) == 1 else Any_(listed)


def negate(node: Node) -> Node:
    """The opposite."""
    if isinstance(node, bool):
        return not node
    if isinstance(node, Literal):
        return Literal(node.atom, not node.holds)
    parts = map(negate, node.parts)
    return some(parts) if isinstance(node, All) else every(parts)


def pessimistic(node: Node) -> Node:
    """The formula with everything left open decided against it."""
    if isinstance(node, Literal):
        return False if isinstance(node.atom, Open) else node
    if isinstance(node, bool):
        return node
    parts = map(pessimistic, node.parts)
    return every(parts) if isinstance(node, All) else some(parts)


def opens(node: Node) -> set[Open]:
    """What the formula leaves open."""
    if isinstance(node, Literal):
        return {node.atom} if isinstance(node.atom, Open) else set()
    return set() if isinstance(node, bool) else set().union(*map(opens, node.parts))
