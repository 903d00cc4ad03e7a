"""Sets of texts: what a pattern of a policy matches.

A pattern is a row of tokens. A token is a symbol and whether it repeats; a symbol is one character, two characters
(the cases of a letter where case is ignored) or the name of a character class.

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
NEVER = "\x00"  # occurs in no policy: what a wildcard is filled with to see which wildcard takes it


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
