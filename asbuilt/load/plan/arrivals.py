"""When each request is due: stages of a rate, integrated exactly, so that each arrival has one intended time.

No intended time depends on the target: that makes the test open-loop. Times are seconds after the start.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

CONSTANT, POISSON = "constant", "poisson"


@dataclass(frozen=True)
class LoadStage:
    """A rate a second that changes evenly from one value to another; `measured` is false for a ramp."""

    rate_from: float
    rate_to: float
    seconds: float
    spacing: str = CONSTANT
    measured: bool = True
    label: str = ""

    def __post_init__(self) -> None:
        if self.seconds <= 0 or min(self.rate_from, self.rate_to) < 0 or not math.isfinite(self.seconds):
            raise ValueError(f"a stage lasts more than 0 s at rates of 0 or more, not {self}")
        if self.spacing not in (CONSTANT, POISSON):
            raise ValueError(f"spacing is {CONSTANT} or {POISSON}, not {self.spacing!r}")

    @property
    def count(self) -> float:
        """How many arrivals are due in it."""
        return (self.rate_from + self.rate_to) / 2 * self.seconds

    def count_at(self, seconds: float) -> float:
        """How many arrivals are due in its first `seconds`."""
        slope = (self.rate_to - self.rate_from) / self.seconds
        return self.rate_from * seconds + slope * seconds * seconds / 2

    def when(self, count: float) -> float:
        """The second at which `count` arrivals have come due (the inverse of `count_at`)."""
        slope = (self.rate_to - self.rate_from) / self.seconds
        root = math.sqrt(max(0.0, self.rate_from * self.rate_from + 2 * slope * count))
        return 2 * count / (self.rate_from + root) if self.rate_from + root else self.seconds


@dataclass(frozen=True)
class Arrivals:
    """Stages that follow each other."""

    stages: tuple[LoadStage, ...]

    @property
    def seconds(self) -> float:
        """The length of all stages."""
        return math.fsum(stage.seconds for stage in self.stages)

    @property
    def count(self) -> float:
        """How many arrivals are due in all."""
        return math.fsum(stage.count for stage in self.stages)

    @property
    def peak(self) -> float:
        """The highest rate of any stage."""
        return max(max(stage.rate_from, stage.rate_to) for stage in self.stages)

    def count_at(self, seconds: float) -> float:
        """How many arrivals are due in the first `seconds`."""
        whole = 0.0
        for stage in self.stages:
            if seconds < stage.seconds:
                return whole + stage.count_at(max(0.0, seconds))
            whole += stage.count
            seconds -= stage.seconds
        return whole

    def rate_at(self, seconds: float) -> float:
        """The rate at a moment; 0 before the start and after the end."""
        for stage in self.stages:
            if 0 <= seconds < stage.seconds:
                return stage.rate_from + (stage.rate_to - stage.rate_from) * seconds / stage.seconds
            seconds -= stage.seconds
        return 0.0

    def measured(self) -> list[tuple[float, float]]:
        """The (from, to) seconds that count for a verdict, neighbours joined."""
        spans: list[tuple[float, float]] = []
        begin = 0.0
        for stage in self.stages:
            end = begin + stage.seconds
            if stage.measured:
                if spans and math.isclose(spans[-1][1], begin):
                    spans[-1] = (spans[-1][0], end)
                else:
                    spans.append((begin, end))
            begin = end
        return spans

    def scaled(self, factor: float) -> Arrivals:
        """The same shape at `factor` times the rate."""
        return Arrivals(
            tuple(
                replace(stage, rate_from=stage.rate_from * factor, rate_to=stage.rate_to * factor)
                for stage in self.stages
            )
        )

    def times(self, share: int = 0, of: int = 1, seed: int = 0, after: float = 0.0) -> Iterator[float]:
        """The intended times of one worker's share, in order, from `after` on.

        Evenly spaced arrivals are shared in turn: number i belongs to share i mod `of`. Of Poisson arrivals each
        share is a Poisson stream of its own at an `of`-th of the rate, the same for the same seed.
        """
        if not 0 <= share < of:
            raise ValueError(f"share {share} of {of}")
        begin, before = 0.0, 0.0
        for number, stage in enumerate(self.stages):
            end = before + stage.count
            if begin + stage.seconds > after and stage.count > 0:
                first = max(before, before + stage.count_at(max(0.0, after - begin)))
                due = _in_turn(first, end, share, of) if stage.spacing == CONSTANT else None
                if due is None:
                    draw = random.Random(f"{seed}/{share}/{of}/{number}/{after}")  # noqa: S311  # a load, no secret
                    due = _drawn(first, end, of, draw)
                if stage.rate_from == stage.rate_to:
                    pace = 1 / stage.rate_from  # the same as `when`, without its square root
                    times = (begin + (count - before) * pace for count in due)
                else:
                    times = (begin + stage.when(count - before) for count in due)
                yield from itertools.dropwhile(after.__gt__, times)
            begin, before = begin + stage.seconds, end


def _in_turn(first: float, end: float, share: int, of: int) -> Iterator[float]:
    index = math.ceil(first - 0.5)
    index += (share - index) % of
    return (number + 0.5 for number in range(index, math.ceil(end - 0.5), of))


def _drawn(first: float, end: float, of: int, draw: random.Random) -> Iterator[float]:
    count = first
    while True:
        count += of * draw.expovariate(1.0)
        if count >= end:
            return
        yield count


def _smoke(rate: float, seconds: float, ramp: float, spacing: str) -> list[LoadStage]:
    return [LoadStage(max(1.0, rate / 10), max(1.0, rate / 10), seconds, spacing, label="smoke")]


def _target(rate: float, seconds: float, ramp: float, spacing: str) -> list[LoadStage]:
    up = [LoadStage(0, rate, ramp, spacing, measured=False, label="ramp")] if ramp > 0 else []
    return [*up, LoadStage(rate, rate, seconds, spacing, label="hold")]


def _spike(rate: float, seconds: float, ramp: float, spacing: str) -> list[LoadStage]:
    part = seconds / 4
    return [
        *_target(rate, part, ramp, spacing),
        LoadStage(3 * rate, 3 * rate, part, spacing, label="spike"),
        LoadStage(rate, rate, 2 * part, spacing, label="recovery"),
    ]


def _breakpoint(rate: float, seconds: float, ramp: float, spacing: str) -> list[LoadStage]:
    levels = [0.5 + 0.25 * step for step in range(11)]  # half the documented rate, up to three times it
    return [
        LoadStage(rate * level, rate * level, seconds / len(levels), spacing, label=f"{level:.0%} of the stated rate")
        for level in levels
    ]


def _autoscale(rate: float, seconds: float, ramp: float, spacing: str) -> list[LoadStage]:
    return [
        LoadStage(0.9 * rate, 0.9 * rate, 0.4 * seconds, spacing, label="below the scaling trigger"),
        LoadStage(1.2 * rate, 1.2 * rate, 0.6 * seconds, spacing, label="above the scaling trigger"),
    ]


_Shape = Callable[[float, float, float, str], list[LoadStage]]
PROFILES: dict[str, tuple[_Shape, float, str]] = {
    "smoke": (_smoke, 10.0, "a tenth of the stated rate, to see that every route works"),
    "target": (_target, 600.0, "up to the stated rate, and held there"),
    "deployment": (_target, 900.0, "the stated rate, while you deploy: not one request may fail"),
    "soak": (_target, 3600.0, "the stated rate for an hour, for leaks and slow decay"),
    "spike": (_spike, 240.0, "three times the stated rate at once, and the recovery from it"),
    "breakpoint": (_breakpoint, 660.0, "in steps from half to three times the stated rate: where it breaks"),
    "autoscale": (_autoscale, 900.0, "below the scaling trigger, then above it"),
}


def profile(name: str, rate: float, seconds: float = 0.0, ramp: float = 10.0, spacing: str = CONSTANT) -> Arrivals:
    """A named shape of load around a stated rate a second; `seconds` of 0 take the shape's own length.

    Raises `KeyError` where no profile has that name.
    """
    shape, length, _ = PROFILES[name]
    stages: Sequence[LoadStage] = shape(rate, seconds or length, ramp, spacing)
    return Arrivals(tuple(stages))
