"""Recognise secrets in a text by their form, and in a named value by its name, its form, or its randomness."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from asbuilt.sources.secrets import names
from asbuilt.sources.secrets.values import CONTEXTS, TOKENS

NAMED, RANDOM, PLACEHOLDER = "named-secret", "random-text", "placeholder"
SHORTEST = 8  # characters; no form of a secret is shorter
_RANDOM_LENGTH, _TWO_CLASSES, _FEWEST_DIGITS = 20, 32, 6  # characters of a text that can be random
_BITS, _HEX_BITS = 3.7, 3.0  # the least Shannon entropy of a random text, for each character
_DEEPEST = 3  # levels of base64 within base64

# what comes before a value: name=, "name":, name: and <name>; or --name
_PAIR = re.compile(
    r"""(?:(?<![A-Za-z0-9_]) | (?<=%26))(?P<name>[A-Za-z_][\w.-]{0,80})
        (?: \s{0,40}(?:=>|:=|==?)\s*(?:\\\n\s*)? | \\?["']\s?(?:=>|=|:)\s* | :\s+(?:[|>][+-]?\s*\n\s*)?
          | :(?=\\?["']) | %3[Dd] | > )""",
    re.VERBOSE,
)
_FLAG = re.compile(r"(?<![\w-])--?(?P<name>[A-Za-z][\w-]*)\s+(?![\s-])")
_VALUE = re.compile(
    r"""(?P<quote>\\?["'])?(?P<value>(?(quote)(?:(?!(?P=quote))(?:\\.|.)){0,4000}
      | (?:[^\s"'<>;,&|)}\]\\] | [,&}](?=[^\s"'=:,;&|}]{1,80}(?:\s|$))){0,4000}))""",
    re.DOTALL | re.VERBOSE,
)
_MARKED = ("[redacted: ", "[digest: ")  # what begins with one is a mark in place of a secret
# every context and every pair has one of these, and most names and ARNs have none
_UNUSUAL = re.compile(r"[=$@\"'> ~}\n%]")
_UNUSUAL_TEXTS = ("://", "-us", ":AA", ".atlasv1", "ook", "/bot")
_SEPARATORS = ("=", ": ", '":', "':", ":'", ':"', ">", "--", '\\"', "%3D", "%3d")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RANDOM = re.compile(r"(?:base64:)?[A-Za-z0-9+/_-]{12,}={0,2}")
_BASE64 = re.compile(r"(?:base64:)?([A-Za-z0-9+/\n]{16,}={0,2})\s*")
_WRITTEN = re.compile(r"[a-z]{2,}|[A-Z][a-z]{2,}|[A-Z]{3,}")
_PLAIN_WORD = re.compile(r"[A-Z]?[a-z]{4,}|[A-Z]{5,}")
_NUMBER = re.compile(r"[\d.,:+-]+\s?\w{0,2}")
_LETTER_AND_DIGIT = re.compile(r"(?=.*[A-Za-z])(?=.*\d)\S{8,}")


@dataclass(frozen=True)
class Span:
    """The part of a text that is a secret of a kind."""

    start: int
    end: int
    kind: str


@cache
def _tokens() -> re.Pattern[str]:
    """All rows of `TOKENS` as one expression, grouped by their first character, which is several times faster."""
    by_first: dict[str, list[str]] = {}
    for form in (form for kind in TOKENS for form in kind.pattern.split(" | ")):
        by_first.setdefault(form[0], []).append(form[1:])
    groups = (f"{first}(?:{'|'.join(rest)})" for first, rest in by_first.items())
    return re.compile(f"(?<![A-Za-z0-9])(?:{'|'.join(groups)})")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A row's expression. Compiling all rows takes longer than a short run takes to search with the few it needs."""
    return re.compile(pattern.replace(" | ", "|"))


@lru_cache(maxsize=8192)
def _token_kind(token: str) -> str:
    return next(kind.id for kind in TOKENS if _compiled(kind.pattern).match(token))


@cache
def _hints() -> tuple[str, ...]:
    return tuple(sorted({hint for kind in CONTEXTS for hint in kind.hints}))


@cache
def _in_names() -> tuple[str, ...]:
    """Texts of which each name of a secret has one, to look only at texts and names that can hold a secret."""
    phrases = names.KEYS | names.DOUBTFUL_KEYS
    words = {*names.PASSWORDS, *names.TOKENS, *names.DOUBTFUL, *names.PASSWORD_ENDINGS, "key"}
    words |= {phrase[0] for phrase in phrases if not words & set(phrase)}
    return tuple(sorted(word for word in words if not any(other in word for other in words - {word})))


@lru_cache(maxsize=8192)
def spans(text: str) -> tuple[Span, ...]:
    """The parts of a text that are secrets by their form, in order and without overlaps."""
    if len(text) < SHORTEST:
        return ()
    found = list(_found(text, 0))
    if len(found) < 2:
        return tuple(found)
    found.sort(key=lambda span: (span.start, -span.end))
    kept = [found[0]]
    for span in found[1:]:
        last = kept[-1]
        if span.start >= last.end:
            kept.append(span)
        elif span.end > last.end:
            kept[-1] = Span(last.start, span.end, last.kind)
    return tuple(kept)


def _found(text: str, depth: int) -> Iterator[Span]:
    for match in _tokens().finditer(text):
        yield Span(match.start(), match.end(), _token_kind(match[0]))
    hidden = _decoded(text) if depth < _DEEPEST else ""
    if hidden and any(_found(hidden, depth + 1)):
        yield Span(0, len(text), next(_found(hidden, depth + 1)).kind)
    if not _UNUSUAL.search(text) and not any(part in text for part in _UNUSUAL_TEXTS):
        return
    lowered = text.lower()
    if any(hint in lowered for hint in _hints()):
        yield from _in_context(text, lowered)
    if any(mark in text for mark in _SEPARATORS) and any(word in lowered for word in _in_names()):
        for pattern in (_PAIR, _FLAG) if "-" in text else (_PAIR,):
            yield from _pairs(text, pattern)


def _pairs(text: str, pattern: re.Pattern[str]) -> Iterator[Span]:
    for match in pattern.finditer(text):
        lowered = match["name"].lower()
        value = _VALUE.match(text, match.end()) if any(word in lowered for word in _in_names()) else None
        kind = by_name(match["name"], value["value"]) if value else ""
        if value and kind and not text.startswith(_MARKED, value.start("value")):
            yield Span(value.start("value"), value.end("value"), kind)


def _in_context(text: str, lowered: str) -> Iterator[Span]:
    for kind in CONTEXTS:
        if any(hint in lowered for hint in kind.hints):
            pattern = _compiled(kind.pattern)
            for match in pattern.finditer(text):
                group = "secret" if "secret" in pattern.groupindex else 0
                yield Span(match.start(group), match.end(group), kind.id)


def _decoded(text: str) -> str:
    """The printable text that a base64 text encodes, else ""."""
    match = _BASE64.fullmatch(text)
    if not match:
        return ""
    bare = match[1].replace("\n", "").rstrip("=")
    try:
        decoded = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return decoded if all(char.isprintable() or char in "\n\r\t" for char in decoded) else ""


def kind_of(name: str, value: str) -> str:
    """The kind of secret that a named value is, "" where it is none.

    It is one by its name, by its form, or because it is long and random. `PLACEHOLDER` is a value such as `change-me`
    in place of a secret.
    """
    if not value.strip():
        return ""
    named, formed = by_name(name, value), spans(value)
    if named:
        return PLACEHOLDER if names.PLACEHOLDER.search(value) else formed[0].kind if formed else named
    if formed:
        return formed[0].kind
    words = names.words(name)
    by_design = names.RANDOM_BY_DESIGN & set(words) or words[-2:] == ("public", "key")
    return RANDOM if not by_design and is_random(value) else ""


@lru_cache(maxsize=8192)
def by_name(name: str, value: str) -> str:
    """`NAMED` for a value whose name is that of a secret, "" for another, and for one that only refers to a secret."""
    of = names.words(name)
    if not of or not value.strip() or names.describes(of) or _refers(value):
        return ""
    if names.PASSWORDS & set(of) or any(word.endswith(names.PASSWORD_ENDINGS) for word in of):
        return NAMED
    if _NUMBER.fullmatch(value):
        return ""
    if names.TOKENS & set(of) or names.has_phrase(of, names.KEYS):
        return "" if _UUID.fullmatch(value) and {"encryption", "master", "kms"} & set(of) else NAMED
    doubtful = names.DOUBTFUL & set(of) or names.has_phrase(of, names.DOUBTFUL_KEYS)
    return NAMED if doubtful and _LETTER_AND_DIGIT.fullmatch(value) and "://" not in value else ""


def _refers(value: str) -> bool:
    """Whether a value is a switch, or refers to a secret that is kept elsewhere."""
    return (
        value.lower() in names.SWITCHES
        or names.REFERENCE.fullmatch(value) is not None
        or (names.PATH.fullmatch(value) is not None and not any(map(is_random, re.split(r"[/\\]", value))))
    )


def is_random(value: str) -> bool:
    """Whether a text is long and random: no words, no UUID, and no base64 of a text."""
    if not _RANDOM.fullmatch(value) or _UUID.fullmatch(value):
        return False
    parts = re.split(r"[/_-]", value)
    if len(parts) > 1 and any(map(_WRITTEN.fullmatch, parts)):  # words, as in `app/web/50dc6c495c0c9188`
        return any(is_random(part) for part in parts)
    bare = value.removeprefix("base64:").rstrip("=")
    if re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", bare):
        return len(bare) >= _TWO_CLASSES and _entropy(bare) >= _HEX_BITS
    classes = [any(map(test, bare)) for test in (str.islower, str.isupper, str.isdigit)]
    digits = sum(map(str.isdigit, bare))
    long = len(bare) >= (_RANDOM_LENGTH if all(classes) else _TWO_CLASSES)
    spelt = sum(map(len, _PLAIN_WORD.findall(bare)))
    random = long and digits > 1 and (all(classes) or digits >= _FEWEST_DIGITS) and 2 * spelt < len(bare)
    return random and _entropy(bare) >= _BITS and not _decoded(value)


def _entropy(text: str) -> float:
    """The Shannon entropy of a text in bits for each character."""
    return -sum(times / len(text) * math.log2(times / len(text)) for times in Counter(text).values())
