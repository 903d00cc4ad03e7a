"""A figure from a sample, with the bounds between which the true one lies."""

from __future__ import annotations

import math
from collections.abc import Callable

from asbuilt.spec.expectation import COMPARISON, Expectation


class Estimate(float):
    """A figure from a sample: the true one lies between `low` and `high`; None stands for a bound that is not known.

    `samples` is how many it was taken from; `short_of` gives how many more would settle on which side of a limit the
    true one lies (0: none would); `doubt` says what else keeps it open.
    """

    low: float
    high: float
    samples: int
    short_of: Callable[[float], int]
    doubt: str

    def __new__(  # noqa: D102  # its class says what it makes
        cls,
        value: float | None,
        low: float | None,
        high: float | None,
        samples: int = 0,
        short_of: Callable[[float], int] = lambda limit: 0,
        doubt: str = "",
    ) -> Estimate:
        made = super().__new__(cls, math.nan if value is None else value)
        made.low = 0.0 if low is None else low
        made.high = math.inf if high is None else high
        made.samples, made.short_of, made.doubt = samples, short_of, doubt
        return made

    def open_question(self, expected: Expectation) -> str:
        """Why the sample does not settle whether the true figure keeps to what is expected; "" where it does."""
        if not math.isnan(self) and expected.holds(self.low) == expected.holds(self.high):
            return ""
        high = "no bound" if math.isinf(self.high) else f"{self.high:g}"
        limit = COMPARISON.fullmatch(expected.raw.strip()) if isinstance(expected.raw, str) else None
        more = self.short_of(float(limit[2])) if limit and not math.isnan(self) else 0
        needed = f"; {self.doubt}" if self.doubt else f"; about {more} more would settle it" if more else ""
        return f"inconclusive: between {self.low:g} and {high} by {self.samples} samples{needed}"
