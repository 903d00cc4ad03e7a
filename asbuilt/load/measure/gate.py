"""Quality gates of a load run: whether it is valid, whether an objective can still be met, whether settings fit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from asbuilt.judging.estimate import Estimate
from asbuilt.load.measure.confidence import fewest_samples, lower_share, more_needed, quantile_estimate
from asbuilt.load.measure.histogram import Histogram, merged

QUANTILES = {"p50_ms": 0.50, "p90_ms": 0.90, "p95_ms": 0.95, "p99_ms": 0.99}
WINDOW_SECONDS = 60.0
LEAST_ACHIEVED = 0.99
MOST_DROPPED = 0.001
MOST_CPU = 0.80
MOST_CLOCK_MS = 50.0
GRACE_SECONDS = 10.0


@dataclass(frozen=True)
class Objective:
    """A performance promise with a number, as the spec states it: `p95_ms` of a flow, "<", 200."""

    fact: str
    flow: str
    metric: str
    comparison: str
    limit: float


@dataclass
class Counts:
    """The arrivals of one flow by what became of them; `failed` includes the dropped ones."""

    sent: int = 0
    answered: int = 0
    failed: int = 0
    dropped: int = 0

    def add(self, other: Counts) -> None:
        """Add other counts to these."""
        for name in ("sent", "answered", "failed", "dropped"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True)
class Health:
    """How the generator itself fared.

    `started` counts the arrivals that a user served, and `sent` the requests: a journey sends several. `lag_p99_ms` is
    the time from when a request was due until it was sent, where a user was free. `cpu` is the busiest worker's share
    of one core. `left` counts the requests without an end when the run ended. Lag may be up to `most_lag_ms`; where
    that is 0, up to 5 ms or 5 % of the tightest objective. `aborted` says that the run was stopped because the target
    had failed already.
    """

    scheduled: int
    started: int
    sent: int
    counted: int
    dropped: int
    left: int
    lag_p99_ms: float
    cpu: float
    workers_lost: Sequence[str] = ()
    clock_error_ms: float = 0.0
    problems: Sequence[str] = ()
    tightest_ms: float = math.inf
    most_lag_ms: float = 0.0
    aborted: bool = False


def invalid(health: Health) -> Iterator[str]:
    """The reasons why the run is invalid, that is, says nothing about its target; none where it is valid."""
    yield from health.problems
    if not health.sent:
        yield "no request was sent"
    for worker in health.workers_lost:
        yield f"worker {worker} was lost: its last samples may be missing"
    if health.started + health.dropped < LEAST_ACHIEVED * health.scheduled:
        achieved = (health.started + health.dropped) / health.scheduled
        yield f"only {achieved:.1%} of the scheduled arrivals were made: the generator could not keep up"
    if health.sent != health.counted + health.left:
        yield f"{health.sent} requests were sent but {health.counted} counted and {health.left} left open"
    if health.left and not health.aborted:  # a run that is stopped early does not wait for all
        yield f"{health.left} requests had no end when the run ended"
    allowed = health.most_lag_ms or max(5.0, 0.05 * health.tightest_ms if math.isfinite(health.tightest_ms) else 0.0)
    if health.lag_p99_ms > allowed:
        yield f"requests left {health.lag_p99_ms:.1f} ms late (p99; {allowed:.1f} allowed): the generator was too slow"
    if health.cpu > MOST_CPU:
        yield f"the generator was {health.cpu:.0%} busy ({MOST_CPU:.0%} allowed): give it more workers"
    if health.clock_error_ms > MOST_CLOCK_MS:
        yield f"the workers' clocks could only be compared to {health.clock_error_ms:.0f} ms: run the master near them"


def windows(slots: Sequence[Histogram], slot_seconds: float) -> Iterator[Histogram]:
    """Every window of 60 s, each one slot later than the one before; the whole run where it is shorter.

    All windows are one histogram that changes: use each before asking for the next.
    """
    width = max(1, round(WINDOW_SECONDS / slot_seconds))
    window = merged(slots[:width])
    yield window
    for leaving, entering in zip(slots, slots[width:], strict=False):
        window.subtract(leaving)
        window.merge(entering)
        yield window


def quantile_of_run(slots: Sequence[Histogram], slot_seconds: float, share: float) -> Estimate:
    """A quantile of the whole run or of its worst window, whichever is worse at each bound: both must hold."""
    whole = quantile_estimate(merged(slots), share)
    for window in windows(slots, slot_seconds):
        if window.size:
            worse = quantile_estimate(window, share)
            whole = Estimate(max(whole, worse), max(whole.low, worse.low), max(whole.high, worse.high))
    return whole


def widened(estimate: Estimate, dropped_share: float, better_is_less: bool = True) -> Estimate:
    """The estimate without its good bound where too many arrivals were never sent: it may fail, but not pass."""
    if dropped_share <= MOST_DROPPED:
        return estimate
    if better_is_less:
        return Estimate(estimate, estimate.low, math.inf)
    return Estimate(estimate, 0.0, estimate.high)


def verdict(estimate: Estimate, comparison: str, limit: float) -> str:
    """ "passed" where both bounds keep to the limit, "failed" where neither does, else "inconclusive"."""
    keeps = {"<": float.__lt__, "<=": float.__le__, ">": float.__gt__, ">=": float.__ge__}[comparison]
    ends = {bool(keeps(float(end), float(limit))) for end in (estimate.low, estimate.high)}
    return "inconclusive" if len(ends) > 1 or math.isnan(estimate) else "passed" if ends == {True} else "failed"


def samples_short(estimate: Estimate, metric: str, limit: float, size: int) -> int:
    """How many more samples an inconclusive objective needs; 0 where more would not settle it."""
    fewest = {
        **{name: fewest_samples(1 - share) for name, share in QUANTILES.items()},
        "error_percent": fewest_samples(min(0.999, max(limit / 100, 1e-6))),
        "mean_ms": 30,
    }.get(metric, 1)
    return more_needed(estimate, limit, size, fewest)


@dataclass
class Progress:
    """A flow's samples so far; the early abort looks at them each second."""

    histogram: Histogram = field(default_factory=Histogram)
    counts: Counts = field(default_factory=Counts)


def out_of_reach(objective: Objective, progress: Progress, planned: float) -> str:
    """Why an objective fails whatever the rest of the run measures; "" while it can still be met."""
    if objective.comparison not in ("<", "<="):
        return ""
    if objective.metric == "error_percent":
        share, seen = objective.limit / 100, progress.counts.failed
        what = f"{seen} requests failed"
    elif objective.metric in QUANTILES:
        share = 1 - QUANTILES[objective.metric]
        seen = progress.histogram.at_least(objective.limit)[0]
        what = f"{seen} answers took {objective.limit:g} ms or longer"
    else:
        return ""
    allowed, size = share * planned, progress.histogram.size
    # more than may fail of all that is planned, and enough already for the figure to fail as it stands
    if seen <= allowed + 1 or lower_share(min(seen, size), size) <= share:
        return ""
    return f"{objective.fact} is out of reach: {what}, and {allowed:.0f} of all {planned:.0f} may"


def runaway(failed: int, ended: int) -> str:
    """Why to stop at once: more than half of the requests of the last 10 s failed; "" where fewer did."""
    if ended < 20 or failed <= ended / 2:
        return ""
    return f"{failed} of the last {ended} requests failed: stopped to spare the target"


def contradictions(objectives: Sequence[Objective], rate: float, users: int) -> Iterator[str]:
    """Why settings contradict each other by Little's law: so few users cannot make such a rate at such a latency."""
    if users <= 0 or rate <= 0:
        yield f"a load of {rate:g} requests a second by {users} users tests nothing"
        return
    limits = [item.limit / 1000 for item in objectives if item.comparison in ("<", "<=") and item.metric in QUANTILES]
    limits += [item.limit / 1000 for item in objectives if item.metric == "mean_ms" and item.comparison in ("<", "<=")]
    tightest = min(limits, default=0.0)  # no limit is known to apply to all of the rate: take the lowest
    busy = rate * tightest
    if busy > users:
        yield (
            f"{rate:g} requests a second at {tightest * 1000:g} ms keep {math.ceil(busy)} users busy, "
            f"and there are {users}: give it {math.ceil(2 * busy)} users, or a lower rate"
        )
