"""Boolean formulas over requests, in negation normal form.

The variables are the resource of a request and its condition keys; each atom is about one of them. The value of a key
is a text (constrained by patterns), one of a finite list (constrained by bit masks), or several texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from asbuilt.iam.language.patterns import Pattern

RESOURCE = "resource"


@dataclass(frozen=True)
class Text:
    """The text of the variable matches the pattern; a key that is absent matches nothing."""

    variable: str
    pattern: Pattern


@dataclass(frozen=True)
class OneOf:
    """The value of the key is one of those in the mask."""

    key: str
    mask: int


@dataclass(frozen=True)
class SomeValue:
    """A value of a multi-valued key matches one of the patterns; with `outside`, it matches none of them."""

    key: str
    outside: bool
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True)
class Absent:
    """The request does not have the key."""

    key: str


@dataclass(frozen=True)
class Undecided:
    """What the documentation or the facts leave open: a free truth value, which is the same wherever it occurs."""

    name: str
    reason: str
    variable: str = ""
    marked: Pattern | None = None


Atom = Text | OneOf | SomeValue | Absent | Undecided


@dataclass(frozen=True)
class Literal:
    """An atom or its negation."""

    atom: Atom
    holds: bool


@dataclass(frozen=True)
class And:
    """All parts hold."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    """At least one part holds."""

    parts: tuple[Node, ...]


Node = bool | Literal | And | Or


def atom(what: Atom) -> Node:
    """The formula of an atom."""
    return Literal(what, holds=True)


def every(parts: Iterable[Node]) -> Node:
    """The conjunction of formulas."""
    kept: dict[Node, None] = {}
    for part in parts:
        if part is False:
            return False
        if part is not True:
            kept.update(dict.fromkeys(part.parts) if isinstance(part, And) else {part: None})
    listed = tuple(kept)
    return True if not listed else listed[0] if len(listed) == 1 else And(listed)


def some(parts: Iterable[Node]) -> Node:
    """The disjunction of formulas."""
    kept: dict[Node, None] = {}
    for part in parts:
        if part is True:
            return True
        if part is not False:
            kept.update(dict.fromkeys(part.parts) if isinstance(part, Or) else {part: None})
    listed = tuple(kept)
    return False if not listed else listed[0] if len(listed) == 1 else Or(listed)


def negate(node: Node) -> Node:
    """The negation of a formula."""
    if isinstance(node, bool):
        return not node
    if isinstance(node, Literal):
        return Literal(node.atom, not node.holds)
    parts = map(negate, node.parts)
    return some(parts) if isinstance(node, And) else every(parts)


def pessimistic(node: Node) -> Node:
    """The formula in which every undecided atom is False, also where it is negated."""
    if isinstance(node, Literal):
        return False if isinstance(node.atom, Undecided) else node
    if isinstance(node, bool):
        return node
    parts = map(pessimistic, node.parts)
    return every(parts) if isinstance(node, And) else some(parts)


def undecided_atoms(node: Node) -> set[Undecided]:
    """The undecided atoms of a formula."""
    if isinstance(node, Literal):
        return {node.atom} if isinstance(node.atom, Undecided) else set()
    return set() if isinstance(node, bool) else set().union(*map(undecided_atoms, node.parts))
