"""Texts with policy variables, resolved to patterns by what is known of the request.

Source: "IAM policy elements: Variables and tags" in the IAM user guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from asbuilt.iam.language.condition_keys import RESOURCE_ACCOUNT
from asbuilt.iam.language.patterns import Pattern, Token, _cases, tidy

VARIABLE = re.compile(r"\$\{([^}]*)\}")
VALUE: Token = ("any", True)
# A character for each unknown value when patterns with variables are compared; no policy holds these characters.
MARKS = tuple(chr(0xE000 + index) for index in range(1000))
Known = Mapping[str, str | list[str] | None]


@dataclass(frozen=True)
class ResolvedPattern:
    """A pattern whose variables are resolved.

    `wide` matches any text in place of a variable of unknown value. `unknown` lists the keys of these variables, and
    `needed` those among them that the request must have. `narrow` is the reading with the fewest matches where AWS does
    not define whether a wildcard matches a colon. `marked` has a character of its own for each unknown variable.
    """

    wide: Pattern
    narrow: Pattern | None
    marked: Pattern | None = None
    unknown: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()


def keys_in(text: str) -> list[str]:
    """The condition keys that a text uses as variables, in lower case."""
    return [_key_and_default(found)[0] for found in VARIABLE.findall(text) if found not in {"*", "?", "$"}]


def _key_and_default(variable: str) -> tuple[str, str | None]:
    """The key of a variable, in lower case, and its default (`key, 'default'`); None where it has none."""
    key, comma, default = variable.partition(",")
    return key.strip().lower(), default.strip().strip("'") if comma else None


def _tokens(
    text: str, known: Known, marks: Mapping[str, str], *, variables: bool, wildcards: bool, ignore_case: bool
) -> tuple[list[Token], list[Token], list[str], list[str]] | None:
    """The tokens with any text for unknown variables, those with marks, the unknown keys, and the keys that are needed.

    None where a variable has no value and no default.
    """
    wide: list[Token] = []
    marked: list[Token] = []
    unknown: list[str] = []
    needed: list[str] = []

    def write(written: str, *, wild: bool) -> None:
        for c in written:
            token = ("any", c == "*") if wild and c in "*?" else (_cases(c) if ignore_case else c, False)
            wide.append(token)
            marked.append(token)

    at = 0
    for found in VARIABLE.finditer(text) if variables else ():
        write(text[at : found.start()], wild=wildcards)
        at = found.end()
        if found[1] in {"*", "?", "$"}:
            write(found[1], wild=False)
            continue
        key, default = _key_and_default(found[1])
        value = known.get(key)
        if key in known and not isinstance(value, str):
            value = default
            if value is None:
                return None
        if isinstance(value, str) and key != RESOURCE_ACCOUNT:  # the ARN may name another account
            write(value, wild=False)
            continue
        wide.append(VALUE)
        marked.append((marks.setdefault(key, MARKS[len(marks)]), False))  # type: ignore[attr-defined]
        unknown.append(key)
        if default is None:
            needed.append(key)
    write(text[at:], wild=wildcards)
    return wide, marked, unknown, needed


def text_pattern(
    text: str, known: Known, marks: Mapping[str, str], *, variables: bool, wildcards: bool, ignore_case: bool = False
) -> ResolvedPattern | None:
    """The pattern of a condition value that is compared as text; None where a variable has no value."""
    made = _tokens(text, known, marks, variables=variables, wildcards=wildcards, ignore_case=ignore_case)
    if made is None:
        return None
    wide, marked, unknown, needed = made
    whole = tidy(wide)
    return ResolvedPattern(whole, whole, tidy(marked) if unknown else None, tuple(unknown), tuple(needed))


def _parts(tokens: list[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token == (":", False) and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _joined(parts: list[list[Token]]) -> Pattern:
    return tidy(token for index, part in enumerate(parts) for token in ([(":", False), *part] if index else part))


def arn_pattern(text: str, known: Known, marks: Mapping[str, str], *, variables: bool) -> ResolvedPattern | None:
    """The pattern of a value of an ARN operator, whose six parts match one by one; None where a variable has no value.

    With fewer than six parts, AWS does not define what it matches, and `narrow` is None.
    """
    made = _tokens(text, known, marks, variables=variables, wildcards=True, ignore_case=False)
    if made is None:
        return None
    wide, marked, unknown, needed = made
    parts = _parts(wide)
    whole = tidy(wide)
    if len(parts) < 6:
        return ResolvedPattern(tidy([("any", True)]), None)
    if not unknown:
        confined = [[("nocolon", r) if s == "any" else (s, r) for s, r in part] for part in parts[:5]]
        whole = _joined([*confined, parts[5]])
    return ResolvedPattern(whole, whole, tidy(marked) if unknown else None, tuple(unknown), tuple(needed))


def resource_pattern(text: str, known: Known, marks: Mapping[str, str], *, variables: bool) -> ResolvedPattern | None:
    """The pattern of a Resource; None where a variable has no value.

    A star at the end of a part of the ARN matches colons, too. AWS does not define that of other wildcards in the first
    five parts.
    """
    made = _tokens(text, known, marks, variables=variables, wildcards=True, ignore_case=False)
    if made is None:
        return None
    wide, marked, unknown, needed = made
    whole = tidy(wide)
    if unknown:
        return ResolvedPattern(whole, whole, tidy(marked), tuple(unknown), tuple(needed))
    parts = _parts(wide)
    if len(parts) < 6:
        completed = _joined([*parts, *[[("any", True)]] * (6 - len(parts))])
        if whole.open_end or whole.literal == "*":
            return ResolvedPattern(whole, whole)
        return ResolvedPattern(completed, whole)
    narrow = _joined([*[_confined(part) for part in parts[:5]], parts[5]])
    return ResolvedPattern(whole, narrow)


def _confined(part: list[Token]) -> list[Token]:
    last = len(part) - 1
    return [
        ("nocolon", repeats) if symbol == "any" and not (repeats and index == last) else (symbol, repeats)
        for index, (symbol, repeats) in enumerate(part)
    ]
