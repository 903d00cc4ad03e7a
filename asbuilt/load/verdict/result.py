"""load-result.json and the files beside it: the settings, the measurements, and the verdicts."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from asbuilt import __version__
from asbuilt.load.measure.histogram import Histogram, merged
from asbuilt.load.plan.arrivals import Arrivals
from asbuilt.load.plan.scenario import parse
from asbuilt.load.plan.settings import Settings
from asbuilt.load.verdict import judging
from asbuilt.load.verdict.evidence import records
from asbuilt.results.exit_codes import ExitCode, exit_code
from asbuilt.results.writers import Night
from asbuilt.results.writers import write as write_night
from asbuilt.sources.load import FORMAT
from asbuilt.spec.model import Fact, Spec

SCHEMA = Path(__file__).with_name("load-result.schema.json")
RESULT = "load-result.json"
CURVE = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0)


def document(
    spec: Spec, settings: Settings, facts: Sequence[Fact], raw: Mapping[str, Any], strict: bool
) -> dict[str, Any]:
    """The whole of load-result.json, its facts judged."""
    run, flows = records(raw)
    run["variant"] = settings.variant
    verdicts = judging.judged(spec, facts[0].variant, facts, judging.snapshot_of([run], flows))
    judged = judging.fact_records(spec, verdicts, strict)
    untried, code = _outcome(settings, run, judged, raw)
    finished = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return {
        "$schema": SCHEMA.name,
        "format": FORMAT,
        "system": spec.system,
        "variant": facts[0].variant,
        "target": {"host": settings.host, "stand_in": settings.stand_in},
        "started": min(raw["began"] or finished, finished),  # a run can be cut short before it begins
        "finished": finished,
        "version": __version__,
        "inputs": _inputs(spec, settings),
        "exit_code": code,
        "fingerprint": settings.fingerprint(),
        "settings": _settings(settings),
        "untried": untried,
        "runs": [run],
        "flows": flows,
        "facts": judged,
        "endpoints": [_endpoint(one) for one in raw["endpoints"] if one["flow"] != "sign-in"],
        "curves": _curves([one for one in raw["endpoints"] if one["counted"]]),
        **{name: raw[name] for name in ("invalid", "stopped", "aborted", "health", "timeline", "workers")},
    }


def _inputs(spec: Spec, settings: Settings) -> dict[str, str]:
    """The SHA-256 of what decides what is sent and judged."""
    texts = {
        "scenario": settings.scenario.encode(),
        "spec": spec.path.read_bytes(),
        "settings": json.dumps(_settings(settings), sort_keys=True, default=dataclasses.asdict).encode(),
    }
    return {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}


def _outcome(
    settings: Settings, run: Mapping[str, Any], judged: Sequence[Mapping[str, Any]], raw: Mapping[str, Any]
) -> tuple[list[str], ExitCode]:
    """The routes that a smoke run never had an answer from, and the exit code."""
    cut_short = bool(raw["invalid"] or raw["aborted"])
    if settings.profile == "smoke" and not cut_short and run["samples"]:
        untried = judging.untried(parse(settings.scenario, settings.system), raw["endpoints"], settings.writes)
        return untried, judging.smoke_code(raw["endpoints"], untried)
    code = exit_code(judged)
    if cut_short and code in (ExitCode.PASSED, ExitCode.NOTHING):
        code = ExitCode.UNKNOWN
    return [], code


def _settings(settings: Settings) -> dict[str, Any]:
    """The settings that may be written: a scenario's text may hold credentials."""
    hidden = ("scenario", "out", "kill_file", "ca_file", "host", "stand_in")  # the target stands beside the settings
    plain = {key: value for key, value in dataclasses.asdict(settings).items() if key not in hidden}
    plain["addresses"], plain["stages"] = list(settings.addresses), list(plain["stages"])
    plain["objectives"] = list(plain["objectives"])
    return plain | {"seconds": Arrivals(settings.stages).seconds, "arrivals": round(settings.arrivals.count)}


def _curves(counted: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "response": _curve(merged(_whole(one) for one in counted)),
        "service": _curve(merged(Histogram.parse(one["service"]) for one in counted)),
        "lag": _curve(merged(Histogram.parse(one["lag"]) for one in counted)),
    }


def _whole(one: Mapping[str, Any]) -> Histogram:
    return merged(Histogram.parse(slot["response"]) for slot in one["slots"].values())


def _curve(histogram: Histogram) -> list[list[float | None]]:
    """Points of (share, ms); None where that share of the requests was not answered."""
    points: list[list[float | None]] = []
    for share in CURVE:
        value = histogram.quantile(share) if histogram.size else None
        points.append([share, round(value, 3) if value is not None and value != float("inf") else None])
    return points


def _endpoint(one: Mapping[str, Any]) -> dict[str, Any]:
    whole = _whole(one)
    counts: dict[str, int] = {}
    for slot in one["slots"].values():
        for name, times in slot["counts"].items():
            counts[name] = counts.get(name, 0) + times
    return {
        "name": one["name"],
        "method": one["method"],
        "flow": one["flow"],
        "counted": one["counted"],
        "counts": counts,
        "errors": one["errors"],
        "received_bytes": one["received"],
        "response": whole.plain(),
        "service": one["service"],
        "lag": one["lag"],
        "curve": _curve(whole),
    }


def write(result: Mapping[str, Any], architecture: str, folder: Path) -> None:
    """Write every report format about the run. Raises `WriterError` once all were tried, if any of them failed."""
    write_night(Night(load=[result], architectures={result["system"]: architecture}), folder)
