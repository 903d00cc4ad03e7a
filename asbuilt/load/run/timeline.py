"""The course of a run, second by second: a printed line while it runs, and points for the report."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

from asbuilt.load.measure.histogram import Histogram, merged
from asbuilt.load.measure.request_statistics import MergedStatistics
from asbuilt.load.plan.settings import Settings
from asbuilt.load.run.workers import Worker


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Timeline:
    """The points of a run, one a second."""

    def __init__(self, settings: Settings, statistics: MergedStatistics) -> None:
        self.points: list[dict[str, Any]] = []
        self._settings, self._statistics = settings, statistics
        self._before = (0, 0, 0)

    def add(self, seconds: float, workers: Sequence[Worker]) -> None:
        """Add the point of this second, and print it."""
        slot = self._settings.slot(max(0.0, seconds - self._settings.slot_seconds))
        whole = self._statistics.endpoints.values()
        p95 = merged(one.response.get(slot, Histogram()) for one in whole if one.counted).quantile(0.95)
        lag = self._statistics.lag_by_slot.get(slot, Histogram())
        counts = self._statistics.counts()
        total = (counts.sent, counts.answered, counts.failed)
        sent, answered, failed = (now - before for now, before in zip(total, self._before, strict=True))
        self._before = total
        point = {
            "second": round(seconds, 1),
            "due": round(self._settings.arrivals.rate_at(seconds), 1),
            "sent": sent,
            "answered": answered,
            "failed": failed,
            "p95_ms": round(p95, 1) if math.isfinite(p95) else None,
            "lag_ms": round(lag.greatest, 2),
            "in_flight": sum(int(worker.latest.get("in_flight", 0)) for worker in workers),
            "users": sum(worker.ready for worker in workers),
            "open": sum(int(worker.latest.get("open", 0)) for worker in workers),
            "cpu": round(max((float(worker.latest.get("cpu", 0)) for worker in workers), default=0.0), 2),
        }
        self.points.append(point)
        shown = f"{p95:.0f}" if math.isfinite(p95) else "-"
        say(
            f"{seconds:6.0f} s  due {point['due']:>8,.0f}/s  sent {sent:>7,}  answered {answered:>7,}  "
            f"failed {failed:>5,}  p95 {shown:>6} ms  in flight {point['in_flight']:>5,}  "
            f"lag {lag.greatest:>6.1f} ms  cpu {point['cpu']:>4.0%}"
        )
