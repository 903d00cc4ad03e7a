"""What a generator leaves behind, made up: a spec, the settings of a run, and its measurements."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from asbuilt.load.measure.gate import Counts
from asbuilt.load.measure.histogram import Histogram
from asbuilt.load.plan.arrivals import LoadStage
from asbuilt.load.plan.settings import Settings
from asbuilt.spec.loading import load
from asbuilt.spec.model import Spec

SPEC = """
[architecture]
name = "CampsHub360"
document = "CampsHub360"
region = "us-east-1"
variants = ["tier1", "tier2"]

[subjects]
load = { kind = "load:run", name = "campushub360" }
reading = { kind = "load:flow", name = "read" }

[[claim]]
section = "Performance"
says = "The stated load is served within the stated time."
load.requests_per_second = { tier1 = ">= 90", tier2 = ">= 900" }
load.p95_ms = "< 200"
load.concurrent_users = ">= 50"
load.error_percent = "< 1"
load.failed_during_deployment = 0
reading.slowest_ms = "< 5000"
"""


def settings_of(**change: Any) -> Settings:
    """The settings of a run of 20 s at 100 requests a second, changed so."""
    plain = Settings("campushub360", "tier1", "http://127.0.0.1:1", (), "target", (LoadStage(100, 100, 20),), 50)
    scenario = '[routes.page]\npath = "/"\nflow = "read"\n'
    return dataclasses.replace(plain, scenario=scenario, **change)


def measured(settings: Settings, ms: float = 20.0, failed: int = 0, dropped: int = 0, **change: Any) -> dict[str, Any]:
    """What a generator leaves: 100 requests in each of 20 seconds, each of which took `ms`."""
    slots = {}
    for number in range(20):
        histogram = Histogram()
        histogram.add(ms, 100)
        histogram.unanswered = dropped
        counts = Counts(sent=100, answered=100, failed=failed + dropped, dropped=dropped)
        slots[str(number)] = {"response": histogram.plain(), "counts": dataclasses.asdict(counts)}
    endpoint = {"name": "page", "method": "GET", "flow": "read", "counted": True, "slots": slots}
    endpoint |= {"service": Histogram.of([ms]).plain(), "lag": Histogram.of([0.1]).plain(), "errors": {}, "received": 9}
    health: dict[str, Any] = dict.fromkeys(("scheduled", "started", "sent", "counted"), 2000)
    health |= {"dropped": 20 * dropped, "left": 0, "lag_p99_ms": 0.1, "cpu": 0.1, "workers_lost": []}
    point = dict.fromkeys(("due", "sent", "answered", "failed", "in_flight", "users", "open"), 1)
    worker = {"name": "<b>local</b>", "lost": "", "cpu": 0.1, "scheduled": 2000, "memory_mib": 9.0, "cpu_seconds": 1.0}
    return {
        "settings": json.loads(settings.dumps()),
        "began": "2026-11-02T10:00:00+00:00",
        "invalid": [],
        "stopped": "",
        "aborted": "",
        "health": {**health, "clock_error_ms": 0.0, "problems": []},
        "endpoints": [endpoint],
        "timeline": [{"second": 1.0, "p95_ms": None, "lag_ms": 0.1, "cpu": 0.1, **point}],
        "workers": [{**worker, "clock_error_ms": 0.0}],
        "users": {"asked": 50, "steady": 50},
        **change,
    }


def spec_in(folder: Path) -> Spec:
    """The spec above, loaded from a folder."""
    path = folder / "campushub360" / "spec.toml"
    path.parent.mkdir()
    path.write_text(SPEC, encoding="utf-8")
    return load(path)
