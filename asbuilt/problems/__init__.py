"""Mistakes in input files: a file is read once, and all its mistakes are reported with line and nearest valid name.

`parsing` makes a `file.InputFile` of a text, `rules` states which keys and values are valid, and `lines` finds the
line of each key. A mistake is one line: `file:line: what is expected, what was found, and what to write instead`.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from typing import Any

UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_NEAR = 0.66  # the least similarity (difflib's ratio) of a misspelt name and the valid name that a message suggests
_LONGEST_LIST = 100  # characters of valid names in a hint
_FLAGS = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}


class InputError(Exception):
    """All mistakes in an input. `problems` holds one line for each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


def closest(word: str, options: Iterable[str]) -> str:
    """The valid name that is nearest to a misspelt word; "" where none is near."""
    by_lower = {option.lower(): option for option in sorted(options)}
    lower = word.lower()
    close = [name for name in by_lower if name.partition(":")[2] == lower]  # `bucket` for `s3:bucket`
    close += difflib.get_close_matches(lower, by_lower, n=5, cutoff=_NEAR)
    close.sort(key=lambda name: sorted(name) != sorted(lower))  # a name of the same letters comes first
    return next((by_lower[name] for name in close if _same_service(lower, name)), "")


def nearest(word: str, options: Iterable[str]) -> str:
    """A hint for a message: the nearest valid name, else the valid names with a word in common, else all, shortened."""
    valid = sorted(set(options))
    if not valid:
        return "none is valid here"
    if close := closest(word, valid):
        return f"did you mean {close!r}?"
    valid = [name for name in valid if _words(name) & _words(word)] or valid
    count = max(1, sum(len(", ".join(valid[:end])) <= _LONGEST_LIST for end in range(1, len(valid) + 1)))
    return f"valid: {', '.join(valid[:count])}{', ...' if count < len(valid) else ''}"


def _words(name: str) -> set[str]:
    """The words of a name. Of a kind such as `ec2:nat-gateway` only the service, since many services have gateways."""
    service, colon, _ = name.lower().partition(":")
    return {service} if colon else set(re.split(r"[_-]", service))


def _same_service(word: str, name: str) -> bool:
    """Whether a word can stand for a kind such as `rds:db`: their services, or their whole names, must be similar."""
    service, colon, resource = name.partition(":")
    if not colon or word == resource:
        return True
    parts, whole = (word.partition(":")[0], service), (word, name)
    return any(difflib.SequenceMatcher(None, *pair).ratio() >= limit for pair, limit in ((parts, _NEAR), (whole, 0.85)))


def shown(value: Any, depth: int = 2) -> str:
    """A value as a message shows it, at most 60 characters: `true`, `7`, `'postgres'`, `[1, 2]`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, dict | list) and value and not depth:
        text = "..."
    elif isinstance(value, dict):
        text = f"{{ {', '.join(f'{key} = {shown(item, depth - 1)}' for key, item in list(value.items())[:9])} }}"
    elif isinstance(value, list | tuple):
        text = f"[{', '.join(shown(item, depth - 1) for item in value[:9])}]"
    else:
        text = repr(value) if isinstance(value, str) else str(value)
    text = UNPRINTABLE.sub("?", text)
    return text if len(text) <= 60 else f"{text[:57]}..."


def hint(value: Any, wanted: type) -> str:
    """The end of a message about a value of the wrong type: what to write instead, or "" where that is not clear."""
    if wanted in (list, frozenset, tuple) and isinstance(value, str | int | float):
        return f": write [{json.dumps(value, ensure_ascii=False)}]"
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str | int | float):
        return f": write {json.dumps(value[0], ensure_ascii=False)}"
    if wanted is bool and str(value).lower() in _FLAGS:
        return f": write {_FLAGS[str(value).lower()]}"
    if wanted in (int, float) and isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return f": write {value}"
    if wanted is str and isinstance(value, int | float):
        return f': write "{json.dumps(value)}"'
    return ""
