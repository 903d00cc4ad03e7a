"""Every scenario on its stand-in: passing as it is, and failing when each of its objectives is broken in turn.

    python benchmarks/broken_objectives.py [SYSTEM ...]

Prints a table: which knob was turned, which facts failed, and the exit code. The load facts are those of the specs.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SIZE = ("--seconds", "20", "--ramp", "0")
CASES: dict[str, tuple[tuple[str, ...], dict[str, tuple[str, ...]]]] = {
    "campushub360": (
        ("--seconds", "12", "--ramp", "3", "--knob", "limit_per_second=250"),
        {
            "load.p95_ms": ("median_ms=210",),
            "load.requests_per_second": ("error_share=0.1",),
            "throttled_probe.failures": ("limit_per_second=0",),
        },
    ),
    "studybunny": (
        (*SIZE, "--rate", "120"),
        {
            "api.p95_ms": ("median_ms=250",),
            "front_end.p95_ms": ("page_ms=2100",),
            "queries.p95_ms": ("query_ms=120",),
            "load.error_percent": ("error_share=0.03",),
        },
    ),
    "campuslearn": ((*SIZE, "--rate", "40"), {"load.mean_ms": ("median_ms=300",)}),
    "apranova": (
        (*SIZE, "--rate", "120", "--users", "200", "--scenario", "QUICK", "--knob", "refill_s=0.7"),
        {
            "api.p95_ms": ("median_ms=250",),
            "load.error_percent": ("error_share=0.01",),
            "warm_launch.p95_ms": ("warm_s=2.5", "pool_vscode=40"),
            "first_three.slowest_ms": ("warm_s=2.5", "pool_vscode=40", "--no-abort"),
            "cold_launch.p95_ms": ("cold_s=31",),
            "launch.p95_ms": ("cold_s=31",),
            "resumed.failures": ("lose_files=0.5",),
            "idle_workspace.failures": ("idle_minutes=120",),
        },
    ),
}


def _run(system: str, arguments: tuple[str, ...], knobs: tuple[str, ...], folder: Path) -> tuple[int, dict[str, str]]:
    quick = folder / "apranova.toml"
    text = (ROOT / "loadtests" / "apranova.toml").read_text(encoding="utf-8")
    quick.write_text(re.sub(r"every_seconds = \{.*?\}", "every_seconds = { Launcher = 0.17, Watcher = 3.0 }", text))
    given = [str(quick) if word == "QUICK" else word for word in arguments]
    command = [sys.executable, "-m", "asbuilt", "load", system, "--out", str(folder), "--most-lag", "100", *given]
    done = subprocess.run(
        [*command, *(knob if knob.startswith("--") else f"--knob={knob}" for knob in knobs)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    file = folder / "load-result.json"
    if not file.exists():
        return done.returncode, {"": done.stderr.strip()}
    facts = json.loads(file.read_text(encoding="utf-8"))["facts"]
    file.unlink()
    return done.returncode, {fact["fact"]: fact["status"] for fact in facts}


def main(systems: list[str]) -> int:
    """Run and print; 1 where something did not fail that was broken."""
    missed = 0
    for name in systems or list(CASES):
        system = Path(name).parent.name if name.endswith(".toml") else name
        arguments, broken = CASES[system]
        for fact, knobs in {"": (), **broken}.items():
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                code, statuses = _run(name, arguments, knobs, Path(folder))
            failed = sorted(item for item, status in statuses.items() if status == "failed")
            unknown = sorted(item for item, status in statuses.items() if status == "unknown")
            good = statuses.get(fact) == "failed" and code == 1 if fact else not failed and code in (0, 6)
            missed += not good
            print(
                f"{'ok' if good else 'MISSED':<7}{system:<14}{' '.join(knobs) or 'as it is':<28}exit {code}  "
                f"failed: {', '.join(failed) or '-'}" + (f"; unknown: {', '.join(unknown)}" if unknown else "")
            )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
