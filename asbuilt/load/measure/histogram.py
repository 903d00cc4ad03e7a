"""Response times in 7-bit log-linear buckets: at most 0.4 % off, small enough to send, and merged without loss.

A bucket is the upper half of a 32-bit float: sign, exponent and seven bits of mantissa. So an array of samples is
sorted into buckets without running Python code for each.
"""

from __future__ import annotations

import math
import struct
import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_UPPER_HALF = 1 if sys.byteorder == "little" else 0
_FLOAT, _BITS = struct.Struct("=f"), struct.Struct("=I")


def bucket(value: float) -> int:
    """The bucket of a value of 0 or more, in any unit; a larger value never has a smaller bucket."""
    bits: int = _BITS.unpack(_FLOAT.pack(value if value > 0 else 0.0))[0]
    return bits >> 16


def lower_edge(key: int) -> float:
    """The least value in a bucket."""
    value: float = _FLOAT.unpack(_BITS.pack(key << 16))[0]
    return value


def upper_edge(key: int) -> float:
    """The greatest value in a bucket: just below the least of the next."""
    return math.nextafter(lower_edge(key + 1), 0.0)


def middle(key: int) -> float:
    """The value that stands for a bucket; 0 stands for itself."""
    return (lower_edge(key) + lower_edge(key + 1)) / 2 if key else 0.0


class Histogram:
    """Counts by bucket, with the exact sum, least and greatest value.

    `unanswered` counts the requests without an answer (dropped, timed out, cut off): they have no time, and rank behind
    every time that was measured.
    """

    __slots__ = ("counts", "greatest", "least", "sum", "total", "unanswered")

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}
        self.total = 0
        self.sum = 0.0
        self.least = math.inf
        self.greatest = 0.0
        self.unanswered = 0

    def add(self, value: float, times: int = 1) -> None:
        """Record one value (0 or more)."""
        key = bucket(value)
        self.counts[key] = self.counts.get(key, 0) + times
        self.total += times
        self.sum += value * times
        self.least = min(self.least, value)
        self.greatest = max(self.greatest, value)

    def add_all(self, values: array[float]) -> None:
        """Record an array of 32-bit floats (type code `f`), each 0 or more."""
        if not values:
            return
        counts = self.counts
        for key, times in Counter(memoryview(values).cast("B").cast("H")[_UPPER_HALF::2].tolist()).items():
            counts[key] = counts.get(key, 0) + times
        self.total += len(values)
        self.sum += sum(values)
        self.least = min(self.least, min(values))  # noqa: PLW3301  # unpacking a large array costs more
        self.greatest = max(self.greatest, max(values))  # noqa: PLW3301  # likewise

    def merge(self, other: Histogram) -> None:
        """Add the samples of another histogram to these."""
        for key, times in other.counts.items():
            self.counts[key] = self.counts.get(key, 0) + times
        self.total += other.total
        self.sum += other.sum
        self.least = min(self.least, other.least)
        self.greatest = max(self.greatest, other.greatest)
        self.unanswered += other.unanswered

    def subtract(self, other: Histogram) -> None:
        """Remove samples that were merged before; least and greatest stay those of all samples that were ever added."""
        for key, times in other.counts.items():
            self.counts[key] -= times
            if not self.counts[key]:
                del self.counts[key]
        self.total -= other.total
        self.sum -= other.sum
        self.unanswered -= other.unanswered

    @property
    def size(self) -> int:
        """How many requests it holds, answered or not."""
        return self.total + self.unanswered

    @property
    def mean(self) -> float:
        """The exact mean of the answered requests; nan where there are none."""
        return self.sum / self.total if self.total else math.nan

    @property
    def variance(self) -> float:
        """The variance of the answered requests, from the middles of the buckets; 0 below two samples."""
        if self.total < 2:
            return 0.0
        mean = self.mean
        return math.fsum(n * (middle(key) - mean) ** 2 for key, n in self.counts.items()) / (self.total - 1)

    def key_at(self, rank: int) -> int | None:
        """The bucket of the `rank`-th smallest sample, from 1; None where that request was not answered."""
        if rank > self.total:
            return None
        seen = 0
        for key in sorted(self.counts):
            seen += self.counts[key]
            if seen >= rank:
                return key
        return None

    def quantile(self, share: float) -> float:
        """The value that `share` of the requests do not exceed: inf beyond the answered ones, nan without requests."""
        if not self.size:
            return math.nan
        rank = max(1, math.ceil(share * self.size - 1e-9))
        key = self.key_at(rank)
        if key is None:
            return math.inf
        within = rank - sum(times for other, times in self.counts.items() if other < key) - 0.5
        low, high = lower_edge(key), lower_edge(key + 1)
        value = low + (high - low) * within / self.counts[key] if key else 0.0
        return min(max(value, self.least), self.greatest)

    def at_least(self, limit: float) -> tuple[int, int]:
        """How many requests took `limit` or longer: (surely, possibly), which differ by the bucket of the limit."""
        edge = bucket(limit)
        above = sum(times for key, times in self.counts.items() if key > edge) + self.unanswered
        here = self.counts.get(edge, 0)
        return (above + here, above + here) if lower_edge(edge) == limit else (above, above + here)

    def plain(self) -> dict[str, Any]:
        """The histogram as a JSON object."""
        return {
            "counts": {str(key): self.counts[key] for key in sorted(self.counts)},
            "sum": self.sum,
            "least": self.least if self.total else 0.0,
            "greatest": self.greatest,
            "unanswered": self.unanswered,
        }

    def packed(self) -> list[Any]:
        """The histogram as a list for a message between processes; `unpacked` reads it back."""
        return [self.counts, self.sum, self.least if self.total else 0.0, self.greatest, self.unanswered]

    @classmethod
    def unpacked(cls, raw: Sequence[Any]) -> Histogram:
        """Read back what `packed` gave."""
        made = cls()
        made.counts, made.sum, least, made.greatest, made.unanswered = raw
        made.total = sum(made.counts.values())
        made.least = least if made.total else math.inf
        return made

    @classmethod
    def of(cls, values: Iterable[float]) -> Histogram:
        """A histogram of the values."""
        made = cls()
        made.add_all(array("f", values))
        return made

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Histogram:
        """Read back what `plain` gave."""
        made = cls()
        made.counts = {int(key): int(times) for key, times in raw["counts"].items()}
        made.total = sum(made.counts.values())
        made.sum = float(raw["sum"])
        made.least = float(raw["least"]) if made.total else math.inf
        made.greatest = float(raw["greatest"])
        made.unanswered = int(raw["unanswered"])
        return made


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """One histogram of all samples."""
    whole = Histogram()
    for histogram in histograms:
        whole.merge(histogram)
    return whole
