"""Arrivals of load tests: exact times, complete shares, and profiles."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asbuilt.load.plan.arrivals import POISSON, PROFILES, Arrivals, LoadStage, profile

STAGES = st.lists(
    st.builds(
        LoadStage,
        st.floats(min_value=0, max_value=50),
        st.floats(min_value=0, max_value=50),
        st.floats(min_value=0.5, max_value=10),
    ),
    min_size=1,
    max_size=4,
).map(lambda stages: Arrivals(tuple(stages)))


def test_a_constant_rate_is_evenly_spaced() -> None:
    """At 200 a second, arrivals are 5 ms apart."""
    times = list(Arrivals((LoadStage(200, 200, 2),)).times())
    assert len(times) == 400
    assert all(b - a == pytest.approx(0.005) for a, b in itertools.pairwise(times))


def test_a_ramp_comes_due_when_its_integral_says() -> None:
    """Half of a ramp's arrivals are due after sqrt(1/2) of its time."""
    ramp = Arrivals((LoadStage(0, 100, 10),))
    times = list(ramp.times())
    assert len(times) == 500
    assert times[249] == pytest.approx(10 * (249.5 / 500) ** 0.5)


@given(STAGES, st.integers(min_value=1, max_value=5))
def test_shares_together_are_all_arrivals(arrivals: Arrivals, workers: int) -> None:
    """The workers' shares together are all arrivals, each once."""
    together = sorted(at for share in range(workers) for at in arrivals.times(share, workers))
    assert together == pytest.approx(list(arrivals.times()))
    assert abs(len(together) - arrivals.count) <= 1


@given(STAGES, st.integers(min_value=1, max_value=4), st.floats(min_value=0, max_value=1))
def test_shares_assigned_again_go_on_where_the_others_stopped(arrivals: Arrivals, workers: int, part: float) -> None:
    """From any moment on, another number of shares makes exactly the arrivals that were still due."""
    moment = part * arrivals.seconds
    again = sorted(at for share in range(workers) for at in arrivals.times(share, workers, after=moment))
    assert again == pytest.approx([at for at in arrivals.times() if at >= moment], abs=1e-9)


@given(STAGES, st.floats(min_value=0, max_value=1))
def test_counting_and_timing_agree(arrivals: Arrivals, part: float) -> None:
    """As many arrivals are due before a moment as the integral says."""
    moment = part * arrivals.seconds
    assert abs(sum(at < moment for at in arrivals.times()) - arrivals.count_at(moment)) <= 1


def test_poisson_arrivals_keep_the_rate_and_vary_as_they_should() -> None:
    """Mean and variance of counts a second are both near the rate, for every share."""
    arrivals = Arrivals((LoadStage(100, 100, 400, POISSON),))
    for share in (0, 1):
        counts = [0] * 400
        for at in arrivals.times(share, 2, seed=7):
            counts[int(at)] += 1
        mean = sum(counts) / 400
        variance = sum((count - mean) ** 2 for count in counts) / 399
        assert mean == pytest.approx(50, rel=0.05)
        assert variance == pytest.approx(50, rel=0.25)


def test_poisson_arrivals_are_the_same_for_the_same_seed() -> None:
    """A run can be repeated."""
    arrivals = Arrivals((LoadStage(100, 100, 5, POISSON),))
    assert list(arrivals.times(seed=3)) == list(arrivals.times(seed=3)) != list(arrivals.times(seed=4))


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_measures_something(name: str) -> None:
    """Each named shape makes arrivals that count for a verdict."""
    arrivals = profile(name, 50.0, seconds=20.0)
    assert arrivals.count > 0
    assert sum(end - begin for begin, end in arrivals.measured()) >= 19.0


def test_the_ramp_of_a_target_run_is_not_measured() -> None:
    """Warm-up does not count, the hold does."""
    assert profile("target", 50.0, seconds=20.0, ramp=5.0).measured() == [(5.0, 25.0)]


def test_the_autoscale_profile_crosses_the_trigger() -> None:
    """At 2,000 a minute: first 1,800, which must not scale, then 2,400, which must."""
    arrivals = profile("autoscale", 2000 / 60, seconds=100.0)
    assert arrivals.rate_at(10.0) * 60 == pytest.approx(1800)
    assert arrivals.rate_at(90.0) * 60 == pytest.approx(2400)


@pytest.mark.parametrize("stage", [(1, 1, 0), (-1, 1, 1), (1, 1, float("inf"))])
def test_an_impossible_stage_is_refused(stage: tuple[float, float, float]) -> None:
    """No time, a negative rate, no end."""
    with pytest.raises(ValueError, match="a stage lasts"):
        LoadStage(*stage)
