"""How long reading may take, and how many pages an answer may have."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from asbuilt.evidence import TargetError

DEADLINE = 120.0  # seconds for all reading of a run
PAGES = 1000


@dataclass(frozen=True)
class Limits:
    """Limits of one run. By default there are none, as for a mock account in this process.

    - `end`: the moment (of `time.monotonic`) at which all reading ends; `seconds`: how long the run was given.
    - `call`: seconds until the next page of an answer, with the SDK's retries; `row`: seconds for all pages of it.
    - `pages`: the most pages of an answer.
    """

    end: float = math.inf
    seconds: float = math.inf
    call: float = math.inf
    row: float = math.inf
    pages: int = PAGES

    @classmethod
    def starting_now(cls, deadline: str = "", pages: str = "") -> Limits:
        """The limits of a run that starts now, as its options give them: seconds, and a number of pages.

        Raises `TargetError` for texts that are no such numbers.
        """
        seconds = _number(deadline, "--deadline", DEADLINE, 0.1)
        most = int(_number(pages, "--max-pages", PAGES, 1))
        return cls(time.monotonic() + seconds, seconds, min(45.0, seconds), min(90.0, seconds), most)


def _number(text: str, option: str, default: float, least: float) -> float:
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value < math.inf:
        raise TargetError(f"{option} {text!r} is not a number from {least:g} on: write one such as {default:g}")
    return value
