"""When a run ends before its time: a limit of its own is reached, or its target has failed already."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from asbuilt.load.measure.gate import GRACE_SECONDS, out_of_reach, runaway
from asbuilt.load.measure.request_statistics import MergedStatistics
from asbuilt.load.plan.settings import Settings

_RUNAWAY_SECONDS = 10


class StopRules:
    """Asked once a second."""

    def __init__(self, settings: Settings, statistics: MergedStatistics) -> None:
        self._settings, self._statistics = settings, statistics
        self._recent: deque[tuple[int, int]] = deque(maxlen=_RUNAWAY_SECONDS)  # (ended, failed) each second

    def limit_reached(self) -> str:
        """Which limit of the run is reached: the bytes that it may receive, or its kill file; "" while none is."""
        settings, received = self._settings, self._statistics.received
        if settings.kill_file and Path(settings.kill_file).exists():
            return f"the kill file {settings.kill_file} exists"
        if received > settings.most_bytes:
            return f"{received / 1024**3:.1f} GiB were received, more than this run may"
        return ""

    def target_failed(self, seconds: float) -> str:
        """Why the run need not go on after so many seconds: the target fails most requests, or an objective is out of
        reach; "" while neither is so.
        """
        counts = self._statistics.counts()
        ended, failed = counts.answered + counts.failed, counts.failed
        self._recent.append((ended, failed))
        reason = ""
        if len(self._recent) == _RUNAWAY_SECONDS:
            ended_before, failed_before = self._recent[0]
            reason = runaway(failed - failed_before, ended - ended_before)
        if self._settings.abort and seconds > GRACE_SECONDS and not reason:
            reason = self._out_of_reach(seconds)
        return reason

    def _out_of_reach(self, seconds: float) -> str:
        arrivals = self._settings.arrivals
        spans = arrivals.measured()
        due = sum(arrivals.count_at(min(end, seconds)) - arrivals.count_at(min(begin, seconds)) for begin, end in spans)
        planned = sum(arrivals.count_at(end) - arrivals.count_at(begin) for begin, end in spans)
        if due <= 0:
            return ""
        for objective in self._settings.objectives:
            progress = self._statistics.progress(objective.flow)
            size = progress.counts.answered + progress.histogram.unanswered
            reason = out_of_reach(objective, progress, size * planned / due)
            if reason:
                return reason
        return ""
