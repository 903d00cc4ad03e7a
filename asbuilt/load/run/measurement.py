"""What a run leaves for its verdict: how the generator fared, and all that was measured, as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from asbuilt.load.measure.gate import QUANTILES, Health, invalid
from asbuilt.load.measure.request_statistics import MergedStatistics
from asbuilt.load.plan.settings import Settings
from asbuilt.load.run.workers import Worker

_NOT_WRITTEN = ("tightest_ms", "most_lag_ms", "aborted")  # of the health: what follows from the settings


def health_of(
    settings: Settings,
    statistics: MergedStatistics,
    workers: Sequence[Worker],
    problems: Sequence[str],
    aborted: bool,
) -> Health:
    """How the generator fared."""
    counts, lag = statistics.counts(), statistics.lag()
    limits = [item.limit for item in settings.objectives if item.metric in (*QUANTILES, "mean_ms")]
    return Health(
        scheduled=sum(int(worker.latest.get("scheduled", 0)) for worker in workers),
        sent=counts.sent,
        started=lag.total,
        counted=statistics.ended - counts.dropped,
        dropped=counts.dropped,
        left=sum(worker.left for worker in workers),
        lag_p99_ms=lag.quantile(0.99) if lag.total else 0.0,
        cpu=max((worker.busiest for worker in workers), default=0.0),
        workers_lost=tuple(f"{worker.name} ({worker.lost})" for worker in workers if worker.lost),
        clock_error_ms=max((worker.clock_error * 1000 for worker in workers), default=0.0),
        problems=tuple(problems),
        tightest_ms=min(limits, default=float("inf")),
        most_lag_ms=settings.most_lag_ms,
        aborted=aborted,
    )


def measurement(
    settings: Settings,
    statistics: MergedStatistics,
    workers: Sequence[Worker],
    health: Health,
    timeline: Sequence[dict[str, Any]],
    **about: Any,
) -> dict[str, Any]:
    """All that was measured, as JSON holds it; `about` is what only the coordinator knows (`began`, `aborted`, ...)."""
    fields = [name for name in health.__dataclass_fields__ if name not in _NOT_WRITTEN]
    return {
        "settings": json.loads(settings.dumps()),
        "invalid": list(invalid(health)),
        "health": {name: getattr(health, name) for name in fields},
        "endpoints": statistics.plain(),
        "timeline": list(timeline),
        "workers": [_plain(worker) for worker in workers],
        **about,
    }


def _plain(worker: Worker) -> dict[str, Any]:
    return {
        "name": worker.name,
        "lost": worker.lost,
        "cpu": round(worker.busiest, 3),
        "scheduled": int(worker.latest.get("scheduled", 0)),
        "memory_mib": round(float(worker.latest.get("memory_mib", 0)), 1),
        "cpu_seconds": round(float(worker.latest.get("cpu_seconds", 0)), 2),
        "clock_error_ms": round(worker.clock_error * 1000, 2),
    }
