"""Mistakes in input files: what is wrong, where, and the nearest valid name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, options: Iterable[str]) -> str:
    """A hint for a message: the nearest valid name, or all of them where none is near."""
    valid = sorted(set(options))
    close = difflib.get_close_matches(word, valid, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"valid: {', '.join(valid[:12])}{', ...' if len(valid) > 12 else ''}" if valid else "none is valid here"
