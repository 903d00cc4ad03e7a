"""The bounds of load figures against scipy's: an independent implementation of the same statistics."""

from __future__ import annotations

import math
import random

import pytest

from asbuilt.load.measure.confidence import (
    Z,
    fewest_over,
    lower_share,
    mean_estimate,
    most_over,
    quantile_estimate,
    upper_share,
)
from asbuilt.load.measure.histogram import Histogram

stats = pytest.importorskip("scipy.stats", reason="needs scipy, of the dependency group dev")

FEW = [(0, 59), (0, 2995), (1, 100), (3, 100), (12, 40), (30, 900), (30, 100_000)]
MANY = [(31, 900), (31, 100_000), (500, 1000), (950, 1000), (5_000, 100_000)]
BUCKET = 0.008  # how far a value may lie from the edge of its bucket, as a share of it


@pytest.mark.parametrize(("seen", "size"), FEW)
def test_bounds_of_few_are_those_of_clopper_and_pearson(seen: int, size: int) -> None:
    """Up to 30 seen, the binomial itself is summed."""
    exact = stats.binomtest(seen, size).proportion_ci(0.90, method="exact")  # two-sided 90 % is 95 % on each side
    assert upper_share(seen, size) == pytest.approx(exact.high, rel=1e-6)
    assert lower_share(seen, size) == pytest.approx(exact.low, rel=1e-6)


@pytest.mark.parametrize(("seen", "size"), MANY)
def test_bounds_of_many_are_those_of_wilson(seen: int, size: int) -> None:
    """They differ from the exact ones by less than 3 %."""
    test = stats.binomtest(seen, size)
    wilson, exact = (test.proportion_ci(0.90, method=method) for method in ("wilson", "exact"))
    assert (lower_share(seen, size), upper_share(seen, size)) == pytest.approx((wilson.low, wilson.high), rel=1e-6)
    assert (lower_share(seen, size), upper_share(seen, size)) == pytest.approx((exact.low, exact.high), rel=0.03)


@pytest.mark.parametrize(("size", "share"), [(59, 0.05), (300, 0.05), (299, 0.01), (1500, 0.01)])
def test_the_numbers_that_decide_are_those_of_the_binomial(size: int, share: float) -> None:
    """So many over a limit have a chance of at most 5 %, and one more (or one fewer) has a greater one."""
    may, must = most_over(size, share), fewest_over(size, share)
    assert may is not None
    assert must is not None
    assert stats.binom.cdf(may, size, share) <= 0.05 * (1 + 1e-9) < stats.binom.cdf(may + 1, size, share)
    assert stats.binom.sf(must - 1, size, share) <= 0.05 < stats.binom.sf(must - 2, size, share)


@pytest.mark.parametrize(("size", "share"), [(100, 0.5), (200, 0.95), (500, 0.95), (1500, 0.99)])
def test_bounds_of_a_quantile_are_order_statistics(size: int, share: float) -> None:
    """The same ones as scipy's quantile test finds, in the width of a bucket; Wilson's may lie one rank further in."""
    draw = random.Random(size)
    values = sorted(draw.lognormvariate(3, 0.4) for _ in range(size))
    found = quantile_estimate(Histogram.of(values), share)
    for bound, side in ((found.low, "greater"), (found.high, "less")):
        interval = stats.quantile_test(values, q=0, p=share, alternative=side).confidence_interval(0.95)
        exact = interval.low if side == "greater" else interval.high
        rank = min(range(size), key=lambda index: abs(values[index] - exact))
        near = values[max(0, rank - 1) : rank + 2]
        assert near[0] * (1 - BUCKET) <= bound <= near[-1] * (1 + BUCKET)


def test_bounds_of_a_mean_are_those_of_the_normal_distribution() -> None:
    """Each at 95 %, from the standard error of the sample."""
    draw = random.Random(4)
    values = [draw.lognormvariate(3, 0.4) for _ in range(2000)]
    found = mean_estimate(Histogram.of(values))
    spread = stats.norm.ppf(0.95) * stats.sem(values)
    assert stats.norm.ppf(0.95) == pytest.approx(Z)
    assert (float(found), found.low, found.high) == pytest.approx(
        (math.fsum(values) / 2000, stats.tmean(values) - spread, stats.tmean(values) + spread), rel=1e-3
    )
