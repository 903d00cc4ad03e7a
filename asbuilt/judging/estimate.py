"""An estimate: a value from a sample, with the bounds of the true value."""

from __future__ import annotations

import math
from collections.abc import Callable

from asbuilt.spec.expectation import COMPARISON, Expectation


class Estimate(float):
    """A value from a sample, in the unit of its check. The true value lies between `low` and `high`.

    - `value`: None where the sample gives none.
    - `low`, `high`: None for a bound that is not known.
    - `samples`: the number of samples.
    - `short_of`: how many more samples decide on which side of a limit the true value lies (0: no number does).
    - `doubt`: another reason why the estimate is inconclusive, or "".
    """

    low: float
    high: float
    samples: int
    short_of: Callable[[float], int]
    doubt: str

    def __new__(  # noqa: D102  # the class's docstring describes it
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
        """Why the sample does not show whether the true value meets the expectation; "" where it does."""
        if not math.isnan(self) and expected.holds(self.low) == expected.holds(self.high):
            return ""
        high = "no bound" if math.isinf(self.high) else f"{self.high:g}"
        limit = COMPARISON.fullmatch(expected.raw.strip()) if isinstance(expected.raw, str) else None
        more = self.short_of(float(limit[2])) if limit and not math.isnan(self) else 0
        needed = f"; {self.doubt}" if self.doubt else f"; about {more} more are needed" if more else ""
        return f"inconclusive: between {self.low:g} and {high} by {self.samples} samples{needed}"
