"""Three-valued truth: True, False, or None where AWS's documentation leaves the answer open."""

from __future__ import annotations

from collections.abc import Iterable

Truth = bool | None


def both(answers: Iterable[Truth]) -> Truth:
    """Whether all answers hold: False if one is False, else None if one is open."""
    listed = list(answers)
    return False if False in listed else None if None in listed else True


def either(answers: Iterable[Truth]) -> Truth:
    """Whether one of the answers holds: True if one is True, else None if one is open."""
    listed = list(answers)
    return True if True in listed else None if None in listed else False


def opposite(answer: Truth) -> Truth:
    """The negation of an answer; an open answer stays open."""
    return None if answer is None else not answer
