"""The algebra of patterns: overlap, inclusion, and a text in the difference of patterns.

The answers are exact: a search that exceeds its limit raises `TooLargeError`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from functools import lru_cache

from asbuilt.iam.language.patterns import CLASSES, Pattern, Token, admits

# The characters of witnesses, the most readable first; one for each combination of character classes is enough.
READABLE = "xabcdefghijklmnopqrstuvwyz0123456789XABCDEFGHIJKLMNOPQRSTUVWYZ_-.=@+,!~#%&()[]{}<>|;^'/:"
BEYOND = tuple(chr(code) for code in range(0x100, 0x180))
LIMIT = 60_000


class TooLargeError(Exception):
    """A search over patterns exceeds its limit of states."""


@lru_cache(maxsize=500_000)
def disjoint(one: Pattern, other: Pattern) -> bool:
    """Whether no text matches both patterns."""
    for left, right in ((one.prefix, other.prefix), (one.suffix, other.suffix)):
        shorter = min(len(left), len(right))
        if left[:shorter] != right[:shorter]:
            return True
    if one.literal is not None:
        return not _member(one.literal, other)
    if other.literal is not None:
        return not _member(other.literal, one)
    if one.plain and other.plain and (one.everything or other.everything):
        return False
    return not _overlap(one.tokens, other.tokens)


def _overlap(one: tuple[Token, ...], other: tuple[Token, ...]) -> bool:
    """Whether a text matches both patterns: a search over pairs of positions."""
    goal = (len(one), len(other))
    seen, waiting = {(0, 0)}, [(0, 0)]
    while waiting:
        at, other_at = waiting.pop()
        if (at, other_at) == goal:
            return True
        left = one[at] if at < goal[0] else None
        right = other[other_at] if other_at < goal[1] else None
        after = []
        if left and left[1]:
            after.append((at + 1, other_at))
        if right and right[1]:
            after.append((at, other_at + 1))
        if left and right and _common(left[0], right[0]):
            after.append((at if left[1] else at + 1, other_at if right[1] else other_at + 1))
        for pair in after:
            if pair not in seen:
                seen.add(pair)
                waiting.append(pair)
    return False


@lru_cache(maxsize=100_000)
def _common(one: str, other: str) -> bool:
    """Whether a character matches both symbols."""
    if len(one) <= 2:
        return any(admits(other, character) for character in one)
    if len(other) <= 2:
        return any(admits(one, character) for character in other)
    return any(admits(one, character) and admits(other, character) for character in READABLE)


def _member(text: str, pattern: Pattern) -> bool:
    return pattern.regex.fullmatch(text) is not None if pattern.plain else pattern.accepts(text)


@lru_cache(maxsize=500_000)
def included(inner: Pattern, outer: Pattern) -> bool:
    """Whether every text of the first pattern matches the second; False also where the search for it is too long."""
    if inner is outer or outer.everything:
        return True
    if outer.literal is not None:
        return inner.literal == outer.literal
    if inner.literal is not None:
        return _member(inner.literal, outer)
    if outer.plain:
        # The character that stands for a wildcard matches a star only, and a star matches any text in its place.
        return outer.regex.fullmatch(inner.filled) is not None
    if not inner.prefix.startswith(outer.prefix[: len(inner.prefix)]):
        return False
    try:
        return witness((inner,), (outer,), limit=3000) is None
    except TooLargeError:
        return False


def _choices(active: list[list[str]], every: list[str]) -> list[str]:
    """The characters to try next: those that the patterns have there, and one more of each kind."""
    narrow = [symbols for symbols in active if all(len(symbol) <= 2 for symbol in symbols)]
    if narrow:
        return sorted({character for symbol in min(narrow, key=len) for character in symbol}, key=_rank)
    written = {character for symbol in every if len(symbol) <= 2 for character in symbol}
    fresh = [next((c for c in kind if c not in written), None) for kind in _kinds()]
    return sorted(written.union(c for c in fresh if c is not None), key=_rank)


@lru_cache(maxsize=1)
def _kinds() -> tuple[tuple[str, ...], ...]:
    """The characters by the classes that they belong to, the most readable first."""
    kinds: dict[tuple[bool, ...], list[str]] = {}
    for character in (*READABLE, *BEYOND):
        kinds.setdefault(tuple(member(character) for member in CLASSES.values()), []).append(character)
    return tuple(map(tuple, kinds.values()))


@lru_cache(maxsize=2000)
def _rank(character: str) -> int:
    found = READABLE.find(character)
    return found if found >= 0 else len(READABLE) + ord(character)


def witness(inside: Iterable[Pattern], outside: Iterable[Pattern], *, limit: int = LIMIT) -> str | None:
    """The shortest text that matches all patterns `inside` and no pattern `outside`; None where there is no such text.

    Raises `TooLargeError` where the search takes more than `limit` states.
    """
    must, must_not = tuple(dict.fromkeys(inside)), tuple(dict.fromkeys(outside))
    start = (tuple(p.start for p in must), tuple(p.start for p in must_not))
    queue = deque([start])
    reached: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[object, str]] = {start: (None, "")}
    while queue:
        state = queue.popleft()
        wanted, unwanted = state
        if all(m & p.end for m, p in zip(wanted, must, strict=True)) and not any(
            m & p.end for m, p in zip(unwanted, must_not, strict=True)
        ):
            return _text_to(reached, state)
        if any(m & p.open_end for m, p in zip(unwanted, must_not, strict=True)):
            continue
        active = [p.symbols(m) for m, p in zip(wanted, must, strict=True)]
        every = [s for symbols in active for s in symbols]
        every += [s for m, p in zip(unwanted, must_not, strict=True) for s in p.symbols(m)]
        for character in _choices(active, every):
            after = tuple(p.step(m, character) for m, p in zip(wanted, must, strict=True))
            if not all(after):
                continue
            others = tuple(p.step(m, character) if m else 0 for m, p in zip(unwanted, must_not, strict=True))
            if (after, others) not in reached:
                reached[after, others] = (state, character)
                queue.append((after, others))
        if len(reached) > limit:
            raise TooLargeError(f"{len(must)} patterns without {len(must_not)} have more than {limit} states")
    return None


def _text_to(reached: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[object, str]], state: object) -> str:
    letters: list[str] = []
    while state is not None:
        state, character = reached[state]  # type: ignore[index]  # every state but None is a key
        letters.append(character)
    return "".join(reversed(letters))
