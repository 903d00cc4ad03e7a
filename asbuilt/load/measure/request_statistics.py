"""What a process measured: per endpoint three histograms, per second what came of the requests, and all of it merged.

Response time counts from the moment a request was due, service time from the moment it was sent, lag between the two.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from asbuilt.load.measure.gate import Counts, Progress
from asbuilt.load.measure.histogram import Histogram, merged

DROPPED = "dropped: no user was free when it was due"


class EndpointStatistics:
    """One kind of request: samples (ms) since the last report, and counts."""

    __slots__ = (
        "counted",
        "counts",
        "errors",
        "flow",
        "lag",
        "method",
        "name",
        "received",
        "refused",
        "response",
        "service",
    )

    def __init__(self, name: str, method: str, flow: str, counted: bool) -> None:
        self.name, self.method, self.flow, self.counted = name, method, flow, counted
        self.clear()

    def clear(self) -> None:
        """Begin anew, after a report."""
        self.response, self.service, self.lag = array("f"), array("f"), array("f")
        self.counts = Counts()
        self.errors: Counter[str] = Counter()
        self.received = self.refused = 0

    def answered(self, response_ms: float, service_ms: float, error: str = "") -> None:
        """An answer came, good or (with `error`) bad; it took the time that it took either way."""
        self.response.append(response_ms)
        self.service.append(service_ms)
        self.counts.answered += 1
        if error:
            self.counts.failed += 1
            self.refused += 1
            self.errors[error] += 1

    def unanswered(self, error: str) -> None:
        """It was sent, and there will be no answer."""
        self.counts.failed += 1
        self.errors[error] += 1

    def dropped(self) -> None:
        """It was due and could not be sent."""
        self.counts.dropped += 1
        self.counts.failed += 1
        self.errors[DROPPED] += 1

    def entry(self) -> dict[str, Any]:
        """What was measured since the last time; empty where nothing was. Begins anew."""
        counts = self.counts
        if not (counts.sent or counts.answered or counts.failed or self.lag):
            return {}
        response, service, lag = Histogram(), Histogram(), Histogram()
        response.add_all(self.response)
        response.unanswered = counts.failed - self.refused
        service.add_all(self.service)
        lag.add_all(self.lag)
        entry = {
            "name": self.name,
            "method": self.method,
            "flow": self.flow,
            "counted": self.counted,
            "response": response.packed(),
            "service": service.packed(),
            "lag": lag.packed(),
            "counts": asdict(counts),
            "errors": dict(self.errors),
            "received": self.received,
        }
        self.clear()
        return entry


class RequestStatistics:
    """All endpoints of one process."""

    def __init__(self) -> None:
        self.endpoints: dict[tuple[str, str], EndpointStatistics] = {}

    def endpoint(self, name: str, method: str = "GET", flow: str = "", counted: bool = True) -> EndpointStatistics:
        """The endpoint of that name and method; `counted` is false for what is no request (a whole journey)."""
        found = self.endpoints.get((name, method))
        if found is None:
            found = self.endpoints[name, method] = EndpointStatistics(name, method, flow, counted)
        return found

    def entries(self) -> Iterator[dict[str, Any]]:
        """What each endpoint measured since the last time, as parts of a message."""
        for endpoint in list(self.endpoints.values()):
            entry = endpoint.entry()
            if entry:
                yield entry


class MergedStatistics:
    """What all processes measured, from their reports; `measured` says which slots count for a verdict."""

    def __init__(self, measured: Callable[[int], bool] = lambda slot: True) -> None:
        self.endpoints: dict[tuple[str, str], _Totals] = {}
        self.lag_by_slot: dict[int, Histogram] = {}
        self.ended = self.received = 0
        self._measured = measured
        self._counts = Counts()

    def absorb(self, report: Mapping[str, Any]) -> None:
        """Add one report."""
        slot = int(report["slot"])
        counts_for_verdict = self._measured(slot)
        for entry in report["endpoints"]:
            key = (str(entry["name"]), str(entry["method"]))
            whole = self.endpoints.setdefault(key, _Totals(str(entry["flow"]), bool(entry["counted"])))
            response, lag, counts = (
                Histogram.unpacked(entry["response"]),
                Histogram.unpacked(entry["lag"]),
                Counts(**entry["counts"]),
            )
            whole.response.setdefault(slot, Histogram()).merge(response)
            whole.service.merge(Histogram.unpacked(entry["service"]))
            whole.lag.merge(lag)
            self.lag_by_slot.setdefault(slot, Histogram()).merge(lag)
            whole.counts.setdefault(slot, Counts()).add(counts)
            whole.errors.update(entry["errors"])
            whole.received += int(entry["received"])
            self.received += int(entry["received"])
            if counts_for_verdict:
                whole.progress.histogram.merge(response)
                whole.progress.counts.add(counts)
            if whole.counted:
                self._counts.add(counts)
                self.ended += response.size

    def counts(self) -> Counts:
        """The counts of all requests."""
        return self._counts

    def progress(self, flow: str) -> Progress:
        """The samples that count so far: of a flow or route, or ("") of all requests."""
        progress = Progress()
        for (name, _), whole in self.endpoints.items():
            if flow in (whole.flow, name) or (not flow and whole.counted):
                progress.histogram.merge(whole.progress.histogram)
                progress.counts.add(whole.progress.counts)
        return progress

    def lag(self) -> Histogram:
        """The start lag of everything that was sent."""
        return merged(whole.lag for whole in self.endpoints.values())

    def plain(self) -> list[dict[str, Any]]:
        """As JSON holds it."""
        return [
            {
                "name": name,
                "method": method,
                "flow": whole.flow,
                "counted": whole.counted,
                "slots": {
                    str(slot): {"response": whole.response[slot].plain(), "counts": asdict(whole.counts[slot])}
                    for slot in sorted(whole.response)
                },
                "service": whole.service.plain(),
                "lag": whole.lag.plain(),
                "errors": dict(whole.errors),
                "received": whole.received,
            }
            for (name, method), whole in sorted(self.endpoints.items())
        ]


class _Totals:
    """One endpoint over the whole run: response and counts by slot."""

    def __init__(self, flow: str, counted: bool) -> None:
        self.flow, self.counted = flow, counted
        self.response: dict[int, Histogram] = {}
        self.service, self.lag = Histogram(), Histogram()
        self.counts: dict[int, Counts] = {}
        self.errors: Counter[str] = Counter()
        self.received = 0
        self.progress = Progress()
