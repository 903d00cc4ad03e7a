"""The histogram of load tests: at most 0.4 % off, and merged without loss."""

from __future__ import annotations

import math
import subprocess
import sys
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asbuilt.load.measure.histogram import Histogram, bucket, lower_edge, merged, middle, upper_edge

ROOT = Path(__file__).resolve().parents[2]
TIMES = st.floats(min_value=0.0, max_value=1e7, width=32)


@given(st.floats(min_value=1e-6, max_value=1e7))
def test_a_bucket_stands_for_its_values_within_0_4_percent(value: float) -> None:
    """The middle of a value's bucket is at most 0.4 % away from it."""
    assert abs(middle(bucket(value)) - value) <= 0.004 * value


@given(TIMES, TIMES)
def test_a_larger_value_never_has_a_smaller_bucket(one: float, other: float) -> None:
    """Buckets keep the order of values, so ranks can be counted in buckets."""
    small, large = sorted((one, other))
    assert bucket(small) <= bucket(large)


@given(TIMES)
def test_a_value_lies_between_the_edges_of_its_bucket(value: float) -> None:
    """Edges are exact."""
    assert lower_edge(bucket(value)) <= value <= upper_edge(bucket(value))


@given(st.lists(TIMES, min_size=1, max_size=200), st.floats(min_value=0.01, max_value=1.0))
def test_a_quantile_is_that_of_the_sorted_values(values: list[float], share: float) -> None:
    """The quantile is the value at the nearest rank, within the width of a bucket."""
    exact = sorted(values)[max(1, math.ceil(share * len(values) - 1e-9)) - 1]
    assert Histogram.of(values).quantile(share) == pytest.approx(exact, rel=0.0079, abs=1e-30)


@given(st.lists(TIMES, max_size=50), st.lists(TIMES, max_size=50))
def test_merging_is_the_same_as_recording_all_in_one(left: list[float], right: list[float]) -> None:
    """Counts, extremes and sum of two merged histograms are those of one over both."""
    one, both = merged([Histogram.of(left), Histogram.of(right)]), Histogram.of(left + right)
    assert (one.counts, one.total, one.least, one.greatest) == (both.counts, both.total, both.least, both.greatest)
    assert one.sum == pytest.approx(both.sum)


@given(st.lists(TIMES, max_size=50))
def test_one_by_one_or_all_at_once_is_the_same(values: list[float]) -> None:
    """`add` and `add_all` fill the same buckets."""
    single = Histogram()
    for value in array("f", values):
        single.add(value)
    assert single.counts == Histogram.of(values).counts
    assert Histogram.parse(single.plain()).plain() == single.plain()


@pytest.mark.parametrize("limit", [100.0, 200.0, 2000.0])
def test_documented_limits_lie_on_an_edge(limit: float) -> None:
    """Whether 199.99 or 200 ms were taken is never blurred by a bucket."""
    histogram = Histogram.of([limit * 0.9999, limit])
    assert histogram.at_least(limit) == (1, 1)


def test_a_limit_within_a_bucket_counts_both_ways() -> None:
    """Where the limit parts a bucket, what is in it may or may not exceed."""
    assert Histogram.of([29_990.0, 31_000.0]).at_least(30_000.0) == (1, 2)


def test_a_request_without_an_answer_ranks_behind_all_answers() -> None:
    """Dropping slow requests cannot make a percentile better."""
    histogram = Histogram.of([10.0] * 94)
    histogram.unanswered = 6
    assert histogram.quantile(0.95) == math.inf
    assert histogram.quantile(0.94) == pytest.approx(10.0)


def test_nothing_recorded_is_not_zero_milliseconds() -> None:
    """An empty histogram has no quantile and no mean."""
    assert math.isnan(Histogram().quantile(0.5))
    assert math.isnan(Histogram().mean)


CHARTED = """
import sys, time
from asbuilt.load.measure.histogram import Histogram
from asbuilt.load.users.openloop import _add
from locust.stats import RequestStats

total, now = RequestStats().total, time.time()
for ms, ago in ((500.0, 12), (20.0, 9), (20.0, 0)):
    _add(total, Histogram.of([ms] * 100), {"failed": 0}, 0, now - ago)
print(total.get_current_response_time_percentile(0.95), total.get_response_time_percentile(0.95))
"""


def test_locusts_own_charts_have_the_percentiles_of_the_last_seconds() -> None:
    """They come from what was measured between now and some ten seconds ago, in our buckets."""
    # in a process of its own: to import Locust is to make every thread of a process a greenlet
    done = subprocess.run([sys.executable, "-c", CHARTED], cwd=ROOT, capture_output=True, text=True, check=True)
    latest, whole = map(float, done.stdout.split())
    assert latest == pytest.approx(20, rel=0.01)
    assert whole == pytest.approx(500, rel=0.01)
