"""Sets of texts: what a pattern of a policy matches, and whether two or more patterns leave anything between them.

A pattern is a row of tokens. A token is a symbol and whether it repeats; a symbol is one character, two characters
(the cases of a letter where case is ignored) or the name of a character class. Everything here is exact: a search
that would grow past its limit raises `TooLargeError` instead of answering.

Source: "IAM JSON policy elements: Resource" and "Condition operators" in the IAM user guide.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

Token = tuple[str, bool]

CLASSES: dict[str, Callable[[str], bool]] = {
    "any": lambda character: True,
    "nocolon": lambda character: character != ":",
    "noslash": lambda character: character not in "/:",
    "digit": lambda character: character in "0123456789",
    "lower": lambda character: character in "abcdefghijklmnopqrstuvwxyz0123456789-",
}
# Characters a witness is written with, the most readable first; one per combination of classes is enough.
READABLE = "xabcdefghijklmnopqrstuvwyz0123456789XABCDEFGHIJKLMNOPQRSTUVWYZ_-.=@+,!~#%&()[]{}<>|;^'/:"
BEYOND = tuple(chr(code) for code in range(0x100, 0x180))
NEVER = "\x00"  # occurs in no policy: what a wildcard is filled with to see which wildcard takes it
LIMIT = 60_000


class TooLargeError(Exception):
    """A search over patterns went past its limit of states."""


@dataclass(frozen=True)
class Pattern:
    """A set of texts, written as tokens."""

    tokens: tuple[Token, ...]

    @cached_property
    def _hash(self) -> int:
        return hash(self.tokens)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def literal(self) -> str | None:
        """The only text in the set, if there is only one and it is written out."""
        return "".join(s for s, _ in self.tokens) if all(len(s) == 1 and not r for s, r in self.tokens) else None

    @cached_property
    def everything(self) -> bool:
        """Whether the pattern is a lone wildcard."""
        return self.tokens == (("any", True),)

    @cached_property
    def plain(self) -> bool:
        """Whether its only wildcards are stars over all characters."""
        return all(token == ("any", True) or (len(token[0]) == 1 and not token[1]) for token in self.tokens)

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The same set as a regular expression; for plain patterns only."""
        return re.compile("".join(".*" if r else re.escape(s) for s, r in self.tokens), re.DOTALL)

    @cached_property
    def filled(self) -> str:
        """The pattern as a text with a character in its wildcards that occurs nowhere else."""
        return "".join(s if len(s) == 1 else NEVER for s, _ in self.tokens)

    @cached_property
    def prefix(self) -> str:
        """The characters every member starts with, as far as they are written out."""
        taken = []
        for symbol, repeats in self.tokens:
            if repeats or len(symbol) != 1:
                break
            taken.append(symbol)
        return "".join(taken)

    @cached_property
    def suffix(self) -> str:
        """The characters every member ends with, reversed."""
        return Pattern(self.tokens[::-1]).prefix

    @cached_property
    def stars(self) -> int:
        """The repeating tokens, as bits."""
        return sum(1 << index for index, (_, repeats) in enumerate(self.tokens) if repeats)

    @cached_property
    def end(self) -> int:
        """The bit of the position behind the last token."""
        return 1 << len(self.tokens)

    @cached_property
    def open_end(self) -> int:
        """The bit of a last star over all characters: once there, anything may follow."""
        return 1 << (len(self.tokens) - 1) if self.tokens and self.tokens[-1] == ("any", True) else 0

    @cached_property
    def _admitting(self) -> dict[str, int]:
        return {}

    def close(self, mask: int) -> int:
        """The positions reachable without reading: a star may be left out."""
        while True:
            more = mask | ((mask & self.stars) << 1)
            if more == mask:
                return mask
            mask = more

    @cached_property
    def start(self) -> int:
        """The positions before anything was read."""
        return self.close(1)

    def step(self, mask: int, character: str) -> int:
        """The positions after one more character."""
        admitting = self._admitting.get(character)
        if admitting is None:
            admitting = sum(1 << i for i, (symbol, _) in enumerate(self.tokens) if admits(symbol, character))
            self._admitting[character] = admitting
        mask &= admitting
        return self.close(((mask & ~self.stars) << 1) | (mask & self.stars))

    def symbols(self, mask: int) -> list[str]:
        """The symbols that can be read next."""
        return [symbol for index, (symbol, _) in enumerate(self.tokens) if mask >> index & 1]

    def accepts(self, text: str) -> bool:
        """Whether the text is in the set."""
        mask = self.start
        for character in text:
            mask = self.step(mask, character)
            if not mask:
                return False
        return bool(mask & self.end)


def admits(symbol: str, character: str) -> bool:
    """Whether a symbol stands for a character."""
    return character in symbol if len(symbol) <= 2 else CLASSES[symbol](character)


def literal(text: str, *, ignore_case: bool = False) -> Pattern:
    """The set with this one text in it, or with all its spellings in upper and lower case."""
    return Pattern(tuple((_cases(character) if ignore_case else character, False) for character in text))


def _cases(character: str) -> str:
    lower, upper = character.lower(), character.upper()
    return lower + upper if lower != upper and len(lower) == len(upper) == 1 else character


def tidy(tokens: Iterable[Token]) -> Pattern:
    """The pattern of these tokens, two equal stars in a row written as one."""
    kept: list[Token] = []
    for token in tokens:
        if not (token[1] and kept and kept[-1] == token):
            kept.append(token)
    return intern(tuple(kept))


@lru_cache(maxsize=200_000)
def intern(tokens: tuple[Token, ...]) -> Pattern:
    """One object per set, so that what was found out about it is kept."""
    return Pattern(tokens)


@lru_cache(maxsize=200_000)
def glob(text: str, *, ignore_case: bool = False) -> Pattern:
    """`*` for any text and `?` for one character; everything else stands for itself."""
    wild: dict[str, Token] = {"*": ("any", True), "?": ("any", False)}
    return tidy(wild.get(c) or (_cases(c) if ignore_case else c, False) for c in text)


@lru_cache(maxsize=500_000)
def disjoint(one: Pattern, other: Pattern) -> bool:
    """Whether no text is in both."""
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
    return not _meet(one.tokens, other.tokens)


def _meet(one: tuple[Token, ...], other: tuple[Token, ...]) -> bool:
    """Whether two patterns have a text in common: a walk over pairs of positions."""
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
    """Whether two symbols stand for a common character."""
    if len(one) <= 2:
        return any(admits(other, character) for character in one)
    if len(other) <= 2:
        return any(admits(one, character) for character in other)
    return any(admits(one, character) and admits(other, character) for character in READABLE)


def _member(text: str, pattern: Pattern) -> bool:
    return pattern.regex.fullmatch(text) is not None if pattern.plain else pattern.accepts(text)


@lru_cache(maxsize=500_000)
def included(inner: Pattern, outer: Pattern) -> bool:
    """Whether every text of the first is surely in the second; False where that would take longer to find out."""
    if inner is outer or outer.everything:
        return True
    if outer.literal is not None:
        return inner.literal == outer.literal
    if inner.literal is not None:
        return _member(inner.literal, outer)
    if outer.plain:
        # A plain pattern has only stars to take the filling, and what takes one character takes any text.
        return outer.regex.fullmatch(inner.filled) is not None
    if not inner.prefix.startswith(outer.prefix[: len(inner.prefix)]):
        return False
    try:
        return witness((inner,), (outer,), limit=3000) is None
    except TooLargeError:
        return False


def _choices(active: list[list[str]], every: list[str]) -> list[str]:
    """Characters to try: those written next in some pattern, and one other of every kind."""
    narrow = [symbols for symbols in active if all(len(symbol) <= 2 for symbol in symbols)]
    if narrow:
        return sorted({character for symbol in min(narrow, key=len) for character in symbol}, key=_rank)
    written = {character for symbol in every if len(symbol) <= 2 for character in symbol}
    fresh = [next((c for c in kind if c not in written), None) for kind in _kinds()]
    return sorted(written.union(c for c in fresh if c is not None), key=_rank)


@lru_cache(maxsize=1)
def _kinds() -> tuple[tuple[str, ...], ...]:
    """Characters by the classes they are in, the most readable first."""
    kinds: dict[tuple[bool, ...], list[str]] = {}
    for character in (*READABLE, *BEYOND):
        kinds.setdefault(tuple(member(character) for member in CLASSES.values()), []).append(character)
    return tuple(map(tuple, kinds.values()))


@lru_cache(maxsize=2000)
def _rank(character: str) -> int:
    found = READABLE.find(character)
    return found if found >= 0 else len(READABLE) + ord(character)


def witness(inside: Iterable[Pattern], outside: Iterable[Pattern], *, limit: int = LIMIT) -> str | None:
    """The shortest text that is in every one of the first patterns and in none of the second, or None.

    Raises `TooLargeError` when more than `limit` states had to be looked at.
    """
    must, must_not = tuple(dict.fromkeys(inside)), tuple(dict.fromkeys(outside))
    start = (tuple(p.start for p in must), tuple(p.start for p in must_not))
    queue = deque([start])
    came: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[object, str]] = {start: (None, "")}
    while queue:
        state = queue.popleft()
        wanted, unwanted = state
        if all(m & p.end for m, p in zip(wanted, must, strict=True)) and not any(
            m & p.end for m, p in zip(unwanted, must_not, strict=True)
        ):
            return _spell(came, state)
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
            if (after, others) not in came:
                came[after, others] = (state, character)
                queue.append((after, others))
        if len(came) > limit:
            raise TooLargeError(f"more than {limit} states for {len(must)} patterns without {len(must_not)}")
    return None


def _spell(came: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple[object, str]], state: object) -> str:
    letters: list[str] = []
    while state is not None:
        state, character = came[state]  # type: ignore[index]  # every state but None is a key
        letters.append(character)
    return "".join(reversed(letters))
