"""Compares two load results: how much slower or faster, and whether the difference is more than chance."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

from asbuilt.load.measure.histogram import Histogram, merged, middle
from asbuilt.load.plan.settings import NOT_COMPARED
from asbuilt.results.exit_codes import ExitCode
from asbuilt.sources.load import FORMAT

_SHARES = (0.5, 0.9, 0.95, 0.99)
_ROUNDS = 400
_INTERVAL = 0.95


def compare(before: Path, after: Path) -> int:
    """Print the ratios of quantiles, after to before. Returns 1 where one is surely slower, 6 where a run is invalid.

    Runs of unlike settings are refused (4): their ratios would say nothing.
    """
    one, other = _read(before), _read(after)
    unlike = list(_unlike(one, other))
    if unlike:
        sys.stderr.write("asbuilt: these runs cannot be compared:\n" + "".join(f"  {text}\n" for text in unlike))
        return ExitCode.USAGE
    for path, result in ((before, one), (after, other)):
        if result["invalid"]:
            sys.stderr.write(f"asbuilt: {path} is an invalid run: {'; '.join(result['invalid'])}\n")
            return ExitCode.UNKNOWN
    worse = False
    sys.stdout.write(f"{'':<10}{before.name:>14}{after.name:>14}{'ratio':>9}   95 % interval\n")
    for share, (old, new, ratio, low, high) in ratios(_responses(one), _responses(other)):
        verdict = "slower" if low > 1 else "faster" if high < 1 else "no difference shown"
        worse = worse or low > 1
        sys.stdout.write(
            f"p{100 * share:<9g}{old:>11.1f} ms{new:>11.1f} ms{ratio:>9.3f}   {low:.3f} to {high:.3f}  {verdict}\n"
        )
    return ExitCode.FAILED if worse else ExitCode.PASSED


def _read(path: Path) -> dict[str, Any]:
    try:
        result: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    if not isinstance(result, dict) or result.get("format") != FORMAT or "fingerprint" not in result:
        raise ValueError(f"{path} is no load result of this version")
    return result


def _unlike(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    if one["fingerprint"] == other["fingerprint"]:
        return
    found = False
    for name, value in one["settings"].items():
        if name not in NOT_COMPARED and value != other["settings"].get(name):
            found = True
            yield f"{name}: {value!r} and {other['settings'].get(name)!r}"
    if not found:
        yield "their scenario files differ"


def _responses(result: Mapping[str, Any]) -> Histogram:
    return merged(Histogram.parse(one["response"]) for one in result["endpoints"] if one["counted"])


def ratios(
    before: Histogram, after: Histogram, seed: int = 1
) -> Iterator[tuple[float, tuple[float, float, float, float, float]]]:
    """For each share: the two quantiles, their ratio, and its interval by resampling both runs."""
    draw = random.Random(seed)  # noqa: S311  # samples, no secret
    old = [_resampled(before, draw) for _ in range(_ROUNDS)]
    new = [_resampled(after, draw) for _ in range(_ROUNDS)]
    for index, share in enumerate(_SHARES):
        spread = sorted(b[index] / a[index] for a, b in zip(old, new, strict=True) if a[index])
        edge = round((1 - _INTERVAL) / 2 * len(spread))
        first, second = before.quantile(share), after.quantile(share)
        yield share, (first, second, second / first, spread[edge], spread[-edge - 1])


def _resampled(histogram: Histogram, draw: random.Random) -> list[float]:
    """Quantiles of a resample, drawn from the distribution of the order statistic: quick for millions of samples."""
    keys = sorted(histogram.counts)
    reached = list(accumulate(histogram.counts[key] for key in keys))
    size = histogram.total
    found = []
    for share in _SHARES:
        spread = (size * share * (1 - share)) ** 0.5
        rank = min(size, max(1, round(draw.gauss(size * share, spread))))
        position = next(index for index, seen in enumerate(reached) if seen >= rank)
        # a sample may lie anywhere within its bucket: the width of a bucket is no difference between runs
        width = middle(keys[position]) * 0.0039
        found.append(middle(keys[position]) + draw.uniform(-width, width))
    return found
