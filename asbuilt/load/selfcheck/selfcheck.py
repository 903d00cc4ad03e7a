"""A self-check on a target that stalls for a second in ten: a closed loop, this generator, and the server's log."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from asbuilt.load.measure.histogram import Histogram, merged
from asbuilt.load.plan.arrivals import LoadStage
from asbuilt.load.plan.scenario import shipped, text_of, users_file
from asbuilt.load.plan.settings import Settings
from asbuilt.load.run import processes
from asbuilt.load.run.idle_states import prevent_idle

SECONDS, RATE, CLOSED_USERS = 20.0, 200.0, 4
USERS = 600  # as many as arrive in three seconds, so that no arrival is dropped during a stall
KNOBS = ("median_ms=20", "sigma=0.4", "stall_every_s=10", "stall_s=1")
SHARES = (0.5, 0.95, 0.99)
MOST_ERROR = 0.05
_SYSTEM = "stall"


def selfcheck(awake: bool = False) -> int:
    """Print the three side by side. Returns 0 where this generator agrees with the log, 1 where not, 6 if invalid."""
    with processes.child_processes() as children:
        if awake:
            prevent_idle(children)
        host = processes.stand_in(children, _SYSTEM, KNOBS)
        closed = _closed(host)
        forget(host)
        raw = measure(host, RATE, SECONDS, USERS)
        truth = served(host)
    if raw["invalid"]:
        sys.stdout.write("".join(f"invalid: {reason}\n" for reason in raw["invalid"]))
        return 6
    ours = responses(raw)
    sys.stdout.write(
        f"\nThe target stalls for 1 s in every 10; {RATE:.0f} requests a second were due for {SECONDS:.0f} s.\n\n"
        f"{'':<36}{'requests':>9}{'p50':>10}{'p95':>10}{'p99':>10}   ms\n"
    )
    _row(f"closed loop ({CLOSED_USERS} users)", len(closed), [_quantile(closed, share) for share in SHARES])
    _row("open loop (asbuilt)", ours.total, [ours.quantile(share) for share in SHARES])
    _row("the server's own log", len(truth), [_quantile(truth, share) for share in SHARES])
    worst = max(abs(ours.quantile(share) / _quantile(truth, share) - 1) for share in SHARES)
    agree = worst <= MOST_ERROR and ours.total == len(truth)
    sys.stdout.write(f"\nthis generator is at most {worst:.1%} off; {ours.total} counted, {len(truth)} served\n")
    return 0 if agree else 1


def _row(name: str, count: int, values: list[float]) -> None:
    sys.stdout.write(f"{name:<36}{count:>9,}" + "".join(f"{value:>10.1f}" for value in values) + "\n")


def measure(host: str, rate: float, seconds: float, users: int) -> dict[str, Any]:
    """What the generator measures of a target at a constant rate; only `invalid` where it left no measurement."""
    with tempfile.TemporaryDirectory(prefix="asbuilt-load-") as folder:
        out = Path(folder) / "measured.json"
        settings = Settings(
            system=_SYSTEM,
            variant="",
            host=host,
            addresses=(),
            profile="target",
            stages=(LoadStage(rate, rate, seconds),),
            users=users,
            out=str(out),
            scenario=text_of(shipped(_SYSTEM)),
        )
        code = processes.generate(settings, users_file(_SYSTEM))
        if not out.exists():
            return {"invalid": [f"the generator ended with {code} and left no measurement"]}
        raw: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return raw


def responses(raw: dict[str, Any]) -> Histogram:
    """All response times of a run."""
    slots = (slot for one in raw["endpoints"] if one["counted"] for slot in one["slots"].values())
    return merged(Histogram.parse(slot["response"]) for slot in slots)


def served(host: str) -> list[float]:
    """The duration of each request by the server's own log, in ms, sorted."""
    with urllib.request.urlopen(f"{host}/_standin/log", timeout=30) as answer:  # noqa: S310  # our own stand-in
        return sorted(json.load(answer)["ms"])


def forget(host: str) -> None:
    """Clear the server's log."""
    request = urllib.request.Request(f"{host}/_standin/forget", method="POST")  # noqa: S310  # as above
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310  # as above


def _closed(host: str) -> list[float]:
    """Run the closed loop in a process of its own; its response times in ms, sorted."""
    command = [sys.executable, "-m", "asbuilt.load.selfcheck.closed_loop", host, str(CLOSED_USERS), str(SECONDS)]
    done = subprocess.run(  # noqa: S603  # our own program
        command, env=processes.environment(), capture_output=True, text=True, check=True, timeout=SECONDS + 30
    )
    return sorted(json.loads(done.stdout))


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[max(1, math.ceil(share * len(ordered))) - 1] if ordered else math.nan
