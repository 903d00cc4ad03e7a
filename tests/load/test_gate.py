"""The quality gates of load tests: a bad target rarely passes, and a bad run never does."""

from __future__ import annotations

import math
import random

import pytest

from asbuilt.judging.estimate import Estimate
from asbuilt.load.measure.confidence import (
    fewest_samples,
    lower_share,
    more_needed,
    quantile_estimate,
    share_estimate,
    upper_share,
)
from asbuilt.load.measure.gate import (
    Counts,
    Health,
    Objective,
    Progress,
    contradictions,
    invalid,
    out_of_reach,
    quantile_of_run,
    runaway,
    samples_short,
    verdict,
    widened,
)
from asbuilt.load.measure.histogram import Histogram

P95 = Objective("load.p95_ms", "", "p95_ms", "<", 200.0)
GOOD = {
    "scheduled": 1000,
    "started": 1000,
    "sent": 1000,
    "counted": 1000,
    "dropped": 0,
    "left": 0,
    "lag_p99_ms": 0.2,
    "cpu": 0.3,
}


def _run(draw: random.Random, p95: float, size: int) -> Histogram:
    """`size` lognormal times whose true p95 is `p95` ms."""
    sigma = 0.4
    mu = math.log(p95) - 1.6448536 * sigma
    return Histogram.of([draw.lognormvariate(mu, sigma) for _ in range(size)])


@pytest.mark.parametrize(("size", "runs"), [(60, 300), (500, 200), (5000, 100)])
def test_a_target_2_percent_too_slow_rarely_passes(size: int, runs: int) -> None:
    """A true p95 of 204 ms passes "< 200" in at most 5 % of runs (the point estimate: up to 40 %)."""
    draw = random.Random(size)
    passed = sum(verdict(quantile_estimate(_run(draw, 204.0, size), 0.95), "<", 200.0) == "passed" for _ in range(runs))
    assert passed / runs <= 0.05


def test_a_target_clearly_fast_enough_passes_and_a_slow_one_fails() -> None:
    """The gate neither passes, fails nor withholds a verdict always."""
    draw = random.Random(1)
    assert verdict(quantile_estimate(_run(draw, 180.0, 5000), 0.95), "<", 200.0) == "passed"
    assert verdict(quantile_estimate(_run(draw, 220.0, 5000), 0.95), "<", 200.0) == "failed"
    assert verdict(quantile_estimate(_run(draw, 199.0, 300), 0.95), "<", 200.0) == "inconclusive"


@pytest.mark.parametrize(("share", "size"), [(0.05, 59), (0.01, 299), (0.001, 2995)])
def test_the_fewest_samples_that_can_prove_a_share(share: float, size: int) -> None:
    """59 samples for a p95, 2,995 for an error rate below 0.1 %; one fewer proves nothing."""
    assert fewest_samples(share) == size
    assert upper_share(0, size) <= share < upper_share(0, size - 1)


@pytest.mark.parametrize(("seen", "size"), [(0, 100), (3, 100), (30, 900), (31, 900), (500, 1000), (100, 100)])
def test_bounds_hold_the_share(seen: int, size: int) -> None:
    """The lower bound is below what was seen, the upper above; both within 0 and 1."""
    assert 0 <= lower_share(seen, size) <= seen / size <= upper_share(seen, size) <= 1


def test_bounds_are_wrong_in_5_percent_at_most() -> None:
    """In a thousand samples with a true share of 1 %, the bounds leave it out as rarely as they promise."""
    draw = random.Random(2)
    seen = [sum(draw.random() < 0.01 for _ in range(600)) for _ in range(400)]
    assert sum(upper_share(count, 600) < 0.01 for count in seen) / 400 <= 0.07
    assert sum(lower_share(count, 600) > 0.01 for count in seen) / 400 <= 0.07


def test_too_few_samples_say_how_many_more() -> None:
    """20 fast answers do not prove a p95: 39 more are needed."""
    estimate = quantile_estimate(Histogram.of([5.0] * 20), 0.95)
    assert verdict(estimate, "<", 200.0) == "inconclusive"
    assert samples_short(estimate, "p95_ms", 200.0, 20) == 39


def test_no_error_in_100_does_not_prove_a_tenth_of_a_percent() -> None:
    """It takes 2,995."""
    estimate = share_estimate(0, 100)
    percent = Estimate(100 * estimate, 100 * estimate.low, 100 * estimate.high)
    assert verdict(percent, "<", 0.1) == "inconclusive"
    assert samples_short(percent, "error_percent", 0.1, 100) == 2895


def test_a_estimate_on_the_limit_is_never_settled() -> None:
    """No number of samples parts a value from a limit that it equals."""
    assert more_needed(Estimate(200.0, 190.0, 210.0), 200.0, 1000, 59) == 0


def test_nothing_measured_is_inconclusive() -> None:
    """Zero requests never pass."""
    assert verdict(quantile_estimate(Histogram(), 0.95), "<", 200.0) == "inconclusive"
    assert list(invalid(Health(0, 0, 0, 0, 0, 0, 0.0, 0.0))) == ["no request was sent"]


def test_one_bad_minute_fails_a_good_hour() -> None:
    """The worst 60 s are judged beside the whole run."""
    slots = [Histogram.of([50.0] * 20) for _ in range(1200)]
    for slot in slots[600:660]:
        slot.add(400.0, 4)
    whole = Histogram()
    for slot in slots:
        whole.merge(slot)
    assert verdict(quantile_estimate(whole, 0.95), "<", 200.0) == "passed"
    assert verdict(quantile_of_run(slots, 1.0, 0.95), "<", 200.0) == "failed"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sent": 0, "counted": 0}, "no request was sent"),
        ({"started": 980}, "could not keep up"),
        ({"counted": 990}, "1000 requests were sent but 990 counted"),
        ({"counted": 999, "left": 1}, "1 requests had no end"),
        ({"lag_p99_ms": 11.0}, "late"),
        ({"cpu": 0.93}, "93% busy"),
        ({"workers_lost": ["w1"]}, "worker w1 was lost"),
        ({"clock_error_ms": 80.0}, "clocks"),
        ({"problems": ["the metric p96_ms is unknown"]}, "p96_ms"),
    ],
)
def test_a_generator_at_fault_makes_the_run_invalid(change: dict[str, object], words: str) -> None:
    """Each of them alone is enough."""
    assert not list(invalid(Health(**GOOD)))  # type: ignore[arg-type]
    assert any(words in reason for reason in invalid(Health(**{**GOOD, **change})))  # type: ignore[arg-type]


def test_lag_may_grow_with_the_objective() -> None:
    """8 ms late do not matter to an objective of 200 ms."""
    assert not list(invalid(Health(**{**GOOD, "lag_p99_ms": 8.0, "tightest_ms": 200.0})))  # type: ignore[arg-type]


def test_dropped_arrivals_may_fail_a_run_but_not_pass_it() -> None:
    """With 1 % never sent, a good p95 is open; a bad one stays bad."""
    assert verdict(widened(Estimate(50.0, 49.0, 51.0), 0.01), "<", 200.0) == "inconclusive"
    assert verdict(widened(Estimate(250.0, 249.0, 251.0), 0.01), "<", 200.0) == "failed"
    assert (
        verdict(widened(Estimate(9000.0, 9000.0, 9000.0), 0.01, better_is_less=False), ">=", 5000.0) == "inconclusive"
    )


def test_an_objective_out_of_reach_is_reported() -> None:
    """Once more than 5 % of all planned requests were too slow, nothing can save a p95."""
    progress = Progress(Histogram.of([300.0] * 60 + [10.0] * 20), Counts(sent=80, answered=80))
    assert "out of reach" in out_of_reach(P95, progress, planned=1000)
    assert out_of_reach(P95, progress, planned=10_000) == ""


def test_failures_make_an_error_objective_out_of_reach() -> None:
    """Eleven failures of a thousand planned, where ten may."""
    errors = Objective("load.error_percent", "", "error_percent", "<", 1.0)
    assert "12 requests failed" in out_of_reach(
        errors, Progress(Histogram.of([9.0] * 100), Counts(failed=12)), planned=1000
    )


def test_a_target_that_falls_over_is_spared() -> None:
    """More than half failed in the last seconds."""
    assert "stopped" in runaway(60, 100)
    assert runaway(50, 100) == ""


def test_settings_that_cannot_go_together_are_refused() -> None:
    """8,000 a second at 200 ms keep 1,600 users busy: 1,000 cannot make them, 10,000 can."""
    assert list(contradictions([P95], 8000, 10_000)) == []
    [message] = contradictions([P95], 8000, 1000)
    assert "1600 users busy" in message
    assert list(contradictions([P95], 0, 10))
