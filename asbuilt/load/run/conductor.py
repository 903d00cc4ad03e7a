"""Runs a load test: deals the shares, watches the workers, stops what is hopeless, and counts what came of it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import gevent

from asbuilt.load.measure.gate import GRACE_SECONDS, MOST_CLOCK_MS, QUANTILES, Health, hopeless, invalid, runaway
from asbuilt.load.measure.ledger import Merged
from asbuilt.load.plan.settings import Settings
from asbuilt.load.run.crew import BEAT_SECONDS, OWN_PAUSE_SECONDS, UNREADY_SECONDS, Member
from asbuilt.load.run.timeline import Timeline, say

_CLOCK_SECONDS = 3.0  # of beats, the quickest of which tells how near a worker is
_HEAD_START = 0.5
_RUNAWAY_SECONDS = 10


class Conductor:
    """One run. `members` are asked for anew each time: workers come and go."""

    def __init__(
        self,
        settings: Settings,
        members: Callable[[], Sequence[Member]],
        users: Callable[[], int],
        finished: Callable[[int], None],
    ) -> None:
        self.settings = settings
        self.merged = Merged(settings.counts)
        self.problems: list[str] = []
        self.stopped = ""  # why the run says nothing: somebody or something ended it
        self.aborted = ""  # why it need not go on: the target has failed already
        self._timeline = Timeline(settings, self.merged)
        self._members, self._users, self._finished = members, users, finished
        self._crew: dict[str, Member] = {}
        self._start = 0.0
        self._began = ""
        self._beaten = self._looked = 0.0
        self._recent: deque[tuple[int, int]] = deque(maxlen=_RUNAWAY_SECONDS)
        self.conducting = False

    def heard(self, name: str, report: dict[str, Any]) -> None:
        """A member's report. One that was given up no longer counts."""
        member = self._crew.get(name)
        if member is None:
            member = next((one for one in self._members() if one.name == name), None)
            if member is None or self._start:
                return
            self._crew[name] = member
        if member.lost:
            member.tell("halt", {})
            return
        member.heard(report)
        if report["begun"]:  # what users did to get ready is no part of the test
            self.merged.absorb(report)

    def echoed(self, name: str, sent: float, here: float) -> None:
        """A member's answer to a beat: the quickest one tells its clock best."""
        member, now = self._crew.get(name), monotonic()
        if member is not None:
            error = (now - sent) / 2
            if not member.clock_error or error < member.clock_error:
                member.clock_error, member.offset = error, here - (sent + now) / 2

    def run(self) -> None:
        """Conduct the run to its end; called when all users were started."""
        if self.conducting:
            return
        self.conducting = True
        try:
            if self._await_users():
                self._deal(0.0)
                self._watch()
            self._drain()
        finally:
            self._finished(self._write())

    def _alive(self) -> list[Member]:
        return [member for member in self._crew.values() if not member.lost]

    def _await_users(self) -> bool:
        limit, patience = monotonic() + self.settings.ready_seconds, monotonic() + _CLOCK_SECONDS
        while monotonic() < limit:
            self._beat()
            if self._newly_lost(0.0, self.settings.silence_seconds + UNREADY_SECONDS):
                self.stopped = "a worker was lost while users got ready"
            if self.stopped:
                return False
            ready = sum(sum(member.pools.values()) for member in self._alive())
            failed = sum(int(member.latest.get("failed_count", 0)) for member in self._alive())
            near = all(one.name == "local" or 0 < one.clock_error * 1000 <= MOST_CLOCK_MS for one in self._alive())
            if ready + failed >= self._users() and self._alive() and (near or monotonic() > patience):
                break
            gevent.sleep(0.05)
        reasons = [reason for member in self._alive() for reason in member.failed_users]
        if failed or ready < self._users():
            first = f": {reasons[0]}" if reasons else ""
            self.problems.append(f"{self._users() - ready} of {self._users()} users did not get ready{first}")
            say(f"this run will be invalid: {self.problems[-1]}")
        if not ready:
            self.stopped = "no user got ready, so nothing was sent"
        return ready > 0 and near

    def _deal(self, after: float) -> None:
        """Give every member its share: from the start, or (`after` > 0) from that second of the run on."""
        alive = self._alive()
        if not after:
            self._start = monotonic() + _HEAD_START
            self._began = (datetime.now(UTC) + timedelta(seconds=_HEAD_START)).isoformat(timespec="seconds")
        holders = {
            name: [member for member in alive if member.pools.get(name)] or alive[:1]
            for name in {name for member in alive for name in member.pools}
        }
        for member in alive:
            deals = {name: (those.index(member), len(those)) for name, those in holders.items() if member in those}
            message: dict[str, Any] = {"deals": deals}
            if after:
                member.tell("deal", message | {"after": after})
            else:
                member.tell("begin", message | {"start": self._start + member.offset})

    def _watch(self) -> None:
        end = self.settings.arrivals.seconds + self.settings.timeout_seconds + 5
        next_line = 1.0
        while not (self.stopped or self.aborted):
            gevent.sleep(0.1)
            self._beat()
            seconds = monotonic() - self._start
            self._look_for_lost(seconds)
            if not self._alive():
                self.stopped = "the last worker was lost"
            elif all(member.latest.get("ended") for member in self._alive()) and seconds > 0:
                if not self._timeline.points:  # it was over before a second had been looked at
                    self._timeline.tell(seconds, self._alive())
                return
            elif seconds > end:
                self.stopped = "the generators did not come to an end"
            elif seconds >= next_line:
                next_line += 1.0
                self._timeline.tell(seconds, self._alive())
                self._look_for_reasons_to_stop(seconds)

    def _beat(self) -> None:
        if monotonic() - self._beaten < BEAT_SECONDS / 5 * (1 if not self._start else 5):
            return
        self._beaten = monotonic()
        for member in self._crew.values():
            if not member.lost:
                member.tell("beat", {"sent": monotonic()})

    def _look_for_lost(self, seconds: float) -> None:
        if self._newly_lost(seconds, self.settings.silence_seconds) and self._alive():
            self._deal(max(0.001, seconds) + 0.2)

    def _newly_lost(self, seconds: float, silent: float) -> bool:
        """Give up the members that were not heard for so many seconds; whether any is gone since the last look."""
        before, self._looked = self._looked, monotonic()
        paused = self._looked - before if before else 0.0
        for member in self._alive():
            if paused > OWN_PAUSE_SECONDS:
                # what came while this process stood still may not have been heard yet
                member.heard_at = min(self._looked, member.heard_at + paused)
            if self._looked - member.heard_at > silent and not member.final:  # after its last report it is silent
                member.lost = f"silent since second {max(0.0, seconds - silent):.0f}" if self._start else "silent"
        new = [member for member in self._crew.values() if member.lost and not member.latest.get("told")]
        others = ": its share goes to the others" if self._start and self._alive() else ""
        for member in new:
            member.latest["told"] = True
            say(f"{max(0.0, seconds):6.0f} s  worker {member.name} was lost ({member.lost}){others}")
        return bool(new)

    def _look_for_reasons_to_stop(self, seconds: float) -> None:
        counts = self.merged.counts()
        ended, failed = counts.answered + counts.failed, counts.failed
        self._recent.append((ended, failed))
        if len(self._recent) == _RUNAWAY_SECONDS:
            first = self._recent[0]
            self.aborted = runaway(failed - first[1], ended - first[0])
        if self.merged.received > self.settings.most_bytes:
            self.stopped = f"{self.merged.received / 1024**3:.1f} GiB were received, more than this run may"
        if self.settings.kill_file and Path(self.settings.kill_file).exists():
            self.stopped = f"the kill file {self.settings.kill_file} is there"
        if self.settings.abort and seconds > GRACE_SECONDS and not self.aborted:
            self.aborted = self._hopeless(seconds)

    def _hopeless(self, seconds: float) -> str:
        arrivals = self.settings.arrivals
        spans = arrivals.measured()
        due = sum(arrivals.count_at(min(end, seconds)) - arrivals.count_at(min(begin, seconds)) for begin, end in spans)
        planned = sum(arrivals.count_at(end) - arrivals.count_at(begin) for begin, end in spans)
        if due <= 0:
            return ""
        for objective in self.settings.objectives:
            progress = self.merged.progress(objective.flow)
            size = progress.counts.answered + progress.histogram.unanswered
            reason = hopeless(objective, progress, size * planned / due)
            if reason:
                return reason
        return ""

    def _drain(self) -> None:
        seconds = 1.0 if self.stopped else 2 * self.settings.timeout_seconds + 1  # a journey asks again
        for member in self._alive():
            member.tell("drain", {"seconds": seconds})
        limit = monotonic() + seconds + 2
        while monotonic() < limit and not all(member.final for member in self._alive()):
            self._beat()
            self._look_for_lost(monotonic() - self._start if self._start else 0.0)
            gevent.sleep(0.05)
        for member in self._alive():
            if not member.final:
                member.lost = "it gave no last report"

    def health(self) -> Health:
        """How the generator fared."""
        counts, crew = self.merged.counts(), list(self._crew.values())
        lag = self.merged.lag()
        limits = [item.limit for item in self.settings.objectives if item.metric in (*QUANTILES, "mean_ms")]
        return Health(
            scheduled=sum(int(member.latest.get("scheduled", 0)) for member in crew),
            sent=counts.sent,
            started=lag.total,
            counted=self.merged.ended - counts.dropped,
            dropped=counts.dropped,
            left=sum(member.left for member in crew),
            lag_p99_ms=lag.quantile(0.99) if lag.total else 0.0,
            cpu=max((member.busiest for member in crew), default=0.0),
            workers_lost=tuple(f"{member.name} ({member.lost})" for member in crew if member.lost),
            clock_error_ms=max((member.clock_error * 1000 for member in crew), default=0.0),
            problems=(*self.problems, *([self.stopped] if self.stopped else [])),
            tightest_ms=min(limits, default=float("inf")),
            most_lag_ms=self.settings.most_lag_ms,
            aborted=bool(self.aborted),
        )

    def _write(self) -> int:
        """Leave what was measured for who judges it; returns the exit code of a run that nobody else judges."""
        health = self.health()
        reasons = list(invalid(health))
        raw = {
            "settings": json.loads(self.settings.dumps()),
            "began": self._began,
            "invalid": reasons,
            "stopped": self.stopped or self.aborted,
            "aborted": self.aborted,
            "health": {
                key: getattr(health, key)
                for key in health.__dataclass_fields__
                if key not in ("tightest_ms", "most_lag_ms", "aborted")
            },
            "endpoints": self.merged.plain(),
            "timeline": self._timeline.points,
            "workers": [
                {
                    "name": member.name,
                    "lost": member.lost,
                    "cpu": round(member.busiest, 3),
                    "scheduled": int(member.latest.get("scheduled", 0)),
                    "memory_mib": round(float(member.latest.get("memory_mib", 0)), 1),
                    "cpu_seconds": round(float(member.latest.get("cpu_seconds", 0)), 2),
                    "clock_error_ms": round(member.clock_error * 1000, 2),
                }
                for member in self._crew.values()
            ],
            "users": {
                "asked": self._users(),
                "steady": min((point["users"] for point in self._timeline.points), default=0),
            },
        }
        if self.settings.out:
            Path(self.settings.out).write_text(json.dumps(raw) + "\n", encoding="utf-8")
        if self.aborted:
            say(f"stopped early: {self.aborted}")
        for reason in reasons:
            say(f"invalid: {reason}")
        return 6 if reasons else 0
