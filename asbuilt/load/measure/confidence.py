"""Confidence bounds of a share, a quantile and a mean, from a sample; each bound is wrong in at most 5 % of runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from asbuilt.judging.estimate import Estimate
from asbuilt.load.measure.histogram import Histogram, lower_edge, upper_edge

Z = 1.6448536269514722  # one-sided 95 %
RISK = 0.05
_EXACT_UP_TO = 30  # Wilson's bound is too narrow for a few; up to this many the binomial is summed (Clopper-Pearson)


def upper_share(seen: int, size: int) -> float:
    """The largest true share that still makes it plausible to see only `seen` in `size`."""
    if not size:
        return 1.0
    if seen >= size:
        return 1.0
    if seen <= _EXACT_UP_TO:
        return _bisect(lambda share: _at_most(seen, size, share) > RISK)
    return _wilson(seen, size, Z)


def lower_share(seen: int, size: int) -> float:
    """The smallest true share that still makes it plausible to see as many as `seen` in `size`."""
    if not size or not seen:
        return 0.0
    if seen <= _EXACT_UP_TO:
        return _bisect(lambda share: 1 - _at_most(seen - 1, size, share) < RISK)
    return _wilson(seen, size, -Z)


def _wilson(seen: int, size: int, z: float) -> float:
    share, square = seen / size, z * z
    spread = z * math.sqrt(share * (1 - share) / size + square / (4 * size * size))
    return min(1.0, max(0.0, (share + square / (2 * size) + spread) / (1 + square / size)))


def _at_most(seen: int, size: int, share: float) -> float:
    """The probability of `seen` or fewer successes in `size` trials, each of probability `share`."""
    if share <= 0:
        return 1.0
    if share >= 1:
        return 1.0 if seen >= size else 0.0
    log_share, log_rest = math.log(share), math.log1p(-share)
    whole = math.lgamma(size + 1)
    return math.fsum(
        math.exp(whole - math.lgamma(k + 1) - math.lgamma(size - k + 1) + k * log_share + (size - k) * log_rest)
        for k in range(seen + 1)
    )


def _bisect(below: Callable[[float], bool]) -> float:
    low, high = 0.0, 1.0
    for _ in range(60):
        mid = (low + high) / 2
        low, high = (mid, high) if below(mid) else (low, mid)
    return (low + high) / 2


@lru_cache(maxsize=4096)
def most_over(size: int, share: float) -> int | None:
    """How many of `size` may exceed a limit, if no more than `share` of all surely do; None where `size` is too few."""
    guess = int(size * share - Z * math.sqrt(size * share * (1 - share))) + 2
    for seen in range(min(guess, size), -1, -1):
        if upper_share(seen, size) <= share:
            return seen
    return None


@lru_cache(maxsize=4096)
def fewest_over(size: int, share: float) -> int | None:
    """How many of `size` must exceed a limit, if more than `share` of all surely do; None where `size` is too few."""
    guess = max(1, int(size * share + Z * math.sqrt(size * share * (1 - share))) - 2)
    for seen in range(guess, size + 1):
        if lower_share(seen, size) >= share:
            return seen
    return None


def fewest_samples(share: float) -> int:
    """How many samples, none of them over the limit, prove that at most `share` of all are: 59 for a p95."""
    return math.ceil(math.log(RISK) / math.log1p(-share))


def quantile_estimate(histogram: Histogram, share: float) -> Estimate:
    """A quantile with its bounds; a bound is inf (or 0) where the samples are too few to give one."""
    size = histogram.size
    if not size:
        return Estimate(math.nan, 0.0, math.inf)
    may, must = most_over(size, 1 - share), fewest_over(size, 1 - share)
    high = math.inf
    if may is not None:
        key = histogram.key_at(size - may)
        high = math.inf if key is None else min(upper_edge(key), histogram.greatest)
    low = 0.0
    if must is not None:
        key = histogram.key_at(size - must + 1)
        low = math.inf if key is None else max(lower_edge(key), min(histogram.least, lower_edge(key + 1)))
    return Estimate(histogram.quantile(share), low, high)


def share_estimate(seen: int, size: int) -> Estimate:
    """A share with its bounds."""
    return Estimate(seen / size if size else math.nan, lower_share(seen, size), upper_share(seen, size))


def mean_estimate(histogram: Histogram) -> Estimate:
    """The mean of the answered with its bounds (normal approximation; not bounded below 30 samples)."""
    if histogram.total < 30:
        return Estimate(histogram.mean, 0.0, math.inf)
    spread = Z * math.sqrt(histogram.variance / histogram.total)
    return Estimate(histogram.mean, max(0.0, histogram.mean - spread), histogram.mean + spread)


def more_needed(estimate: Estimate, limit: float, size: int, fewest: int) -> int:
    """How many more samples would settle on which side of `limit` the true value lies, if the estimate stays as it is.

    0 where no number of samples would, because the estimate equals the limit.
    """
    if math.isinf(estimate.high) or size < fewest:
        return max(1, fewest - size)
    edge = estimate.high if estimate < limit else estimate.low
    gap = abs(limit - estimate)
    return math.ceil(size * ((edge - estimate) / gap) ** 2) - size + 1 if gap > 0 else 0
