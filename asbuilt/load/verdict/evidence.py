"""Turns measurements into the records that facts are judged on: one of the whole run, one of each flow."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from asbuilt.judging.estimate import Estimate
from asbuilt.load.measure.confidence import mean_estimate, share_estimate
from asbuilt.load.measure.gate import QUANTILES, Counts, quantile_of_run, widened
from asbuilt.load.measure.histogram import Histogram, merged
from asbuilt.load.plan.scenario import parse
from asbuilt.load.plan.settings import Settings
from asbuilt.load.plan.settings import loads as load_settings


def records(raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The whole run's record, and those of its flows and of each of its routes, from what the generator left.

    Each flow that the scenario declares has a record, also where nothing of it was measured.
    """
    settings = load_settings(json.dumps(raw["settings"]))
    declared = parse(settings.scenario, settings.system).flows() if settings.scenario else set()
    seen = {one["flow"] for one in raw["endpoints"]} | {one["name"] for one in raw["endpoints"]} | declared
    whole = _record(raw, settings, settings.system, [one for one in raw["endpoints"] if one["counted"]])
    flows = [
        _record(raw, settings, name, [one for one in raw["endpoints"] if name in (one["flow"], one["name"])])
        for name in sorted(seen - {"", "sign-in", "sign in"})
    ]
    whole["stages"] = _stages(raw["began"], settings)
    for record in (whole, *flows):
        record["system"], record["variant"] = settings.system, settings.variant
    return whole, flows


def _stages(began: str, settings: Settings) -> list[dict[str, str]]:
    """The stages of the run with their times in UTC; [] where the run never began."""
    if not began:
        return []
    stages, begin = [], datetime.fromisoformat(began)
    for stage in settings.stages:
        end = begin + timedelta(seconds=stage.seconds)
        stages.append({"label": stage.label, "began": begin.isoformat(), "ended": end.isoformat()})
        begin = end
    return stages


def _record(
    raw: Mapping[str, Any], settings: Settings, name: str, endpoints: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    spans = settings.arrivals.measured()
    measured = [number for number in range(settings.slots) if _within((number + 0.5) * settings.slot_seconds, spans)]
    slots = [merged(_responses(endpoints, str(number))) for number in measured]
    counts = Counts()
    for one in endpoints:
        for number in measured:
            if str(number) in one["slots"]:
                counts.add(Counts(**one["slots"][str(number)]["counts"]))
    whole = merged(slots)
    seconds = len(measured) * settings.slot_seconds
    estimates = _estimates(slots, whole, counts, settings.slot_seconds, seconds)
    if raw["aborted"]:  # a figure that has failed stays failed; one that looks good so far is not settled
        estimates = {metric: Estimate(estimate, estimate.low, math.inf) for metric, estimate in estimates.items()}
        rate = estimates["requests_per_second"]
        estimates["requests_per_second"] = Estimate(rate, 0.0, math.inf)
    return {
        "name": name,
        "profile": settings.profile,
        "invalid": list(raw["invalid"]),
        "aborted": raw["aborted"],
        "samples": whole.size,
        "failed": counts.failed,
        "dropped": counts.dropped,
        "slowest_ms": round(whole.greatest, 3) if whole.total and not whole.unanswered else None,
        "seconds": seconds,
        "concurrent_users": int(raw["users"]["steady"]),
        **{metric: _plain(estimate) for metric, estimate in estimates.items()},
    }


def _estimates(
    slots: Sequence[Histogram], whole: Histogram, counts: Counts, slot_seconds: float, seconds: float
) -> dict[str, Estimate]:
    """Each metric of the measured slots, with its bounds; arrivals without an answer leave the good bound open."""
    dropped = counts.dropped / whole.size if whole.size else 0.0
    unanswered = whole.unanswered / whole.size if whole.size else 0.0
    errors = share_estimate(counts.failed, whole.size)
    rate = (whole.size - counts.failed) / seconds if seconds else math.nan
    return {
        **{name: widened(quantile_of_run(slots, slot_seconds, share), dropped) for name, share in QUANTILES.items()},
        "mean_ms": widened(mean_estimate(whole), unanswered),
        "error_percent": Estimate(100 * errors, 100 * errors.low, 100 * errors.high),
        "requests_per_second": Estimate(rate, rate, rate),
    }


def _within(moment: float, spans: Iterable[tuple[float, float]]) -> bool:
    return any(begin <= moment < end for begin, end in spans)


def _responses(endpoints: Iterable[Mapping[str, Any]], slot: str) -> list[Histogram]:
    return [Histogram.parse(one["slots"][slot]["response"]) for one in endpoints if slot in one["slots"]]


def _plain(estimate: Estimate) -> dict[str, float | None]:
    ends = {"value": float(estimate), "low": estimate.low, "high": estimate.high}
    return {name: round(value, 6) if math.isfinite(value) else None for name, value in ends.items()}
