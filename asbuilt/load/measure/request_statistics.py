"""Request statistics: by endpoint three histograms, by slot of time the counts, and the merged ones of all processes.

Response time counts from the moment a request was due, service time from the moment it was sent; lag is the difference.
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
        """Forget all samples, after a report."""
        self.response, self.service, self.lag = array("f"), array("f"), array("f")
        self.counts = Counts()
        self.errors: Counter[str] = Counter()
        self.received = self.refused = 0

    def answered(self, response_ms: float, service_ms: float, error: str = "") -> None:
        """Count an answer; `error` says why it is not good. Its time counts either way."""
        self.response.append(response_ms)
        self.service.append(service_ms)
        self.counts.answered += 1
        if error:
            self.counts.failed += 1
            self.refused += 1
            self.errors[error] += 1

    def unanswered(self, error: str) -> None:
        """Count a request that was sent and has no answer."""
        self.counts.failed += 1
        self.errors[error] += 1

    def dropped(self) -> None:
        """Count an arrival that was due and could not be sent."""
        self.counts.dropped += 1
        self.counts.failed += 1
        self.errors[DROPPED] += 1

    def entry(self) -> dict[str, Any]:
        """What was measured since the last call, which is then forgotten; {} where nothing was."""
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
    """The statistics of all endpoints, in one process."""

    def __init__(self) -> None:
        self.endpoints: dict[tuple[str, str], EndpointStatistics] = {}

    def endpoint(self, name: str, method: str = "GET", flow: str = "", counted: bool = True) -> EndpointStatistics:
        """The endpoint of that name and method; `counted` is false for steps that are no request, as a journey."""
        found = self.endpoints.get((name, method))
        if found is None:
            found = self.endpoints[name, method] = EndpointStatistics(name, method, flow, counted)
        return found

    def entries(self) -> Iterator[dict[str, Any]]:
        """What each endpoint measured since the last call, as parts of a report."""
        for endpoint in list(self.endpoints.values()):
            entry = endpoint.entry()
            if entry:
                yield entry


class MergedStatistics:
    """The statistics of all processes, from their reports; `measured` says which slots count for a verdict."""

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
        """The samples so far that count for a verdict: those of a flow or route, or for "" of all requests."""
        progress = Progress()
        for (name, _), whole in self.endpoints.items():
            if flow in (whole.flow, name) or (not flow and whole.counted):
                progress.histogram.merge(whole.progress.histogram)
                progress.counts.add(whole.progress.counts)
        return progress

    def lag(self) -> Histogram:
        """The lag of all requests that were sent."""
        return merged(whole.lag for whole in self.endpoints.values())

    def plain(self) -> list[dict[str, Any]]:
        """The statistics as JSON objects, one for each endpoint."""
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
    """One endpoint over the whole run, with response times and counts by slot."""

    def __init__(self, flow: str, counted: bool) -> None:
        self.flow, self.counted = flow, counted
        self.response: dict[int, Histogram] = {}
        self.service, self.lag = Histogram(), Histogram()
        self.counts: dict[int, Counts] = {}
        self.errors: Counter[str] = Counter()
        self.received = 0
        self.progress = Progress()
