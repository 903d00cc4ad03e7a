"""Patterns of policies as sets of texts.

A pattern is a sequence of tokens. A token is a symbol, and whether it repeats (any number of times, also none). A
symbol is one character, two characters (the two cases of a letter, where case is ignored) or the name of a character
class. A pattern is also an automaton: its states are positions between tokens, and a set of states is an integer with
one bit for each.

Source: "IAM JSON policy elements: Resource" and "Condition operators" in the IAM user guide.
"""

from __future__ import annotations

import re
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
NEVER = "\x00"  # a character that occurs in no policy; it stands for a wildcard when patterns are compared


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
        """The text of a pattern without wildcards; None for any other pattern."""
        return "".join(s for s, _ in self.tokens) if all(len(s) == 1 and not r for s, r in self.tokens) else None

    @cached_property
    def everything(self) -> bool:
        """Whether the pattern is a single star, which matches every text."""
        return self.tokens == (("any", True),)

    @cached_property
    def plain(self) -> bool:
        """Whether the pattern has no wildcards but stars that match all characters."""
        return all(token == ("any", True) or (len(token[0]) == 1 and not token[1]) for token in self.tokens)

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The pattern as a regular expression; for plain patterns only."""
        return re.compile("".join(".*" if r else re.escape(s) for s, r in self.tokens), re.DOTALL)

    @cached_property
    def filled(self) -> str:
        """The pattern as a text that has, for each wildcard, a character that no policy holds."""
        return "".join(s if len(s) == 1 else NEVER for s, _ in self.tokens)

    @cached_property
    def prefix(self) -> str:
        """The characters before the first wildcard, with which every text of the set starts."""
        taken = []
        for symbol, repeats in self.tokens:
            if repeats or len(symbol) != 1:
                break
            taken.append(symbol)
        return "".join(taken)

    @cached_property
    def suffix(self) -> str:
        """The characters after the last wildcard, in reverse order."""
        return Pattern(self.tokens[::-1]).prefix

    @cached_property
    def stars(self) -> int:
        """The positions of the tokens that repeat, as bits."""
        return sum(1 << index for index, (_, repeats) in enumerate(self.tokens) if repeats)

    @cached_property
    def end(self) -> int:
        """The position after the last token, as a bit."""
        return 1 << len(self.tokens)

    @cached_property
    def open_end(self) -> int:
        """The position of a star that ends the pattern and matches all characters, as a bit; 0 where there is none."""
        return 1 << (len(self.tokens) - 1) if self.tokens and self.tokens[-1] == ("any", True) else 0

    @cached_property
    def _admitting(self) -> dict[str, int]:
        return {}

    def close(self, mask: int) -> int:
        """The positions that are reached without reading a character, since a token that repeats may be skipped."""
        while True:
            more = mask | ((mask & self.stars) << 1)
            if more == mask:
                return mask
            mask = more

    @cached_property
    def start(self) -> int:
        """The positions before the first character is read."""
        return self.close(1)

    def step(self, mask: int, character: str) -> int:
        """The positions after one more character is read."""
        admitting = self._admitting.get(character)
        if admitting is None:
            admitting = sum(1 << i for i, (symbol, _) in enumerate(self.tokens) if admits(symbol, character))
            self._admitting[character] = admitting
        mask &= admitting
        return self.close(((mask & ~self.stars) << 1) | (mask & self.stars))

    def symbols(self, mask: int) -> list[str]:
        """The symbols at these positions, which match the next character."""
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
    """Whether a symbol matches a character."""
    return character in symbol if len(symbol) <= 2 else CLASSES[symbol](character)


def literal(text: str, *, ignore_case: bool = False) -> Pattern:
    """The pattern that matches this text alone, in any case where case is ignored."""
    return Pattern(tuple((_cases(character) if ignore_case else character, False) for character in text))


def _cases(character: str) -> str:
    lower, upper = character.lower(), character.upper()
    return lower + upper if lower != upper and len(lower) == len(upper) == 1 else character


def tidy(tokens: Iterable[Token]) -> Pattern:
    """The pattern of these tokens, with equal stars in a row merged into one."""
    kept: list[Token] = []
    for token in tokens:
        if not (token[1] and kept and kept[-1] == token):
            kept.append(token)
    return intern(tuple(kept))


@lru_cache(maxsize=200_000)
def intern(tokens: tuple[Token, ...]) -> Pattern:
    """The one object for these tokens, which keeps the properties that were computed for it."""
    return Pattern(tokens)


@lru_cache(maxsize=200_000)
def glob(text: str, *, ignore_case: bool = False) -> Pattern:
    """The pattern of a text in which `*` matches any text and `?` any one character."""
    wild: dict[str, Token] = {"*": ("any", True), "?": ("any", False)}
    return tidy(wild.get(c) or (_cases(c) if ignore_case else c, False) for c in text)
