"""From what was measured to records that facts are judged on: one for the whole run, one for each flow."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from asbuilt.evidence import Unknown, Untested
from loadtests.confidence import Figure, mean_figure, share_figure
from loadtests.gate import QUANTILES, Counts, quantile_of_run, widened
from loadtests.histogram import Histogram, merged
from loadtests.scenario import parse
from loadtests.settings import Settings
from loadtests.settings import loads as load_settings

FORMAT = 1
OPERATIONS = {"read_runs": ("Run", "runs"), "read_flows": ("Flow", "flows")}


def records(raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The whole run's record, and those of its flows and of each of its routes, from what the generator left.

    What the scenario declares has a record even if nothing of it was measured: then nothing is known of it.
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
    """What was offered when, in UTC; nothing where the run never began."""
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
    dropped = counts.dropped / whole.size if whole.size else 0.0
    figures = {
        metric: widened(quantile_of_run(slots, settings.slot_seconds, share), dropped)
        for metric, share in QUANTILES.items()
    }
    figures["mean_ms"] = widened(mean_figure(whole), (whole.unanswered / whole.size) if whole.size else 0.0)
    errors = share_figure(counts.failed, whole.size)
    figures["error_percent"] = Figure(100 * errors.value, 100 * errors.low, 100 * errors.high)
    good = whole.size - counts.failed
    rate = good / seconds if seconds else math.nan
    figures["requests_per_second"] = Figure(rate, rate, rate)
    if raw["aborted"]:  # what failed has failed; what looks good so far, or could not be reached, is open
        figures = {metric: Figure(figure.value, figure.low, math.inf) for metric, figure in figures.items()}
        figures["requests_per_second"] = Figure(rate, 0.0, math.inf)
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
        **{metric: _plain(figure) for metric, figure in figures.items()},
    }


def _within(moment: float, spans: Iterable[tuple[float, float]]) -> bool:
    return any(begin <= moment < end for begin, end in spans)


def _responses(endpoints: Iterable[Mapping[str, Any]], slot: str) -> list[Histogram]:
    return [Histogram.parse(one["slots"][slot]["response"]) for one in endpoints if slot in one["slots"]]


def _plain(figure: Figure) -> dict[str, float | None]:
    ends = {"value": figure.value, "low": figure.low, "high": figure.high}
    return {name: round(value, 6) if math.isfinite(value) else None for name, value in ends.items()}


def read_result(path: Path) -> dict[str, Any]:
    """A load-result.json. Raises `Unknown` where it is none that this version knows."""
    try:
        result: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unknown(f"the load result {str(path)!r} cannot be read: {error}") from None
    if not isinstance(result, dict) or result.get("format") != FORMAT or "runs" not in result:
        raise Unknown(f"{str(path)!r} is no load result of this version")
    return result


class LoadResults:
    """Load results as a source of evidence, in as much of the form of a boto3 client as reading needs.

    Raises `Untested` where none of the files tells of this system and variant.
    """

    def __init__(self, paths: Sequence[Path], system: str, variant: str) -> None:
        results = [read_result(path) for path in paths]
        ours = [item for item in results if (item["system"], item["variant"]) == (system, variant)]
        who = f"{system} {variant}".strip()
        if not ours:
            raise Untested(f"no load result of {who} was given (--load-result FILE, as `asbuilt load` writes it)")
        if len(ours) > 1:
            raise Unknown(f"{len(ours)} load results of {who} were given where one is meant")
        self._result = ours[0]
        self.meta = SimpleNamespace(method_to_api_mapping={name: api for name, (api, _) in OPERATIONS.items()})

    def can_paginate(self, operation: str) -> bool:
        """No: a file is read whole."""
        return False

    def read_runs(self) -> dict[str, Any]:
        """The record of the whole run."""
        return {"runs": self._result["runs"]}

    def read_flows(self) -> dict[str, Any]:
        """The records of the flows."""
        return {"flows": self._result["flows"]}
