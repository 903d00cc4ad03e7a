"""Every scenario on its stand-in: passing as it is, and failing when each of its objectives is broken in turn.

    python -m benchmarks.broken_objectives [SYSTEM ...]

Prints a table: the knob that was set, the facts that failed, and the exit code. The load facts are those of the specs.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from asbuilt.load.verdict.judging import KINDS
from asbuilt.spec.loading import load

ROOT = Path(__file__).resolve().parent.parent

SIZE = ("--seconds", "20", "--ramp", "0")
DEPLOYING = "--profile=deployment"
# the knobs and options that are set, and the facts that must fail for them; without facts, all must hold
Case = tuple[tuple[str, ...], tuple[str, ...]]
CASES: dict[str, tuple[tuple[str, ...], tuple[Case, ...]]] = {
    "campushub360": (
        ("--seconds", "12", "--ramp", "3"),
        (
            ((), ()),
            (("median_ms=210",), ("load.p95_ms",)),
            (("error_share=0.1",), ("load.requests_per_second",)),
            (("--users=4000",), ("load.concurrent_users",)),
            (("limit_per_second=0",), ("throttled_probe.failures",)),
            ((DEPLOYING, "error_share=0.001"), ("load.failed_during_deployment",)),
            (("--profile=spike", "--rate=1000", "--seconds=16"), ("load.profile", "load.requests_per_second")),
            # a machine of two cores cannot send 15,300 a second and answer them: a lower rate must fail
            (("--variant=tier2", "--rate=300", "--users=400"), ("load.requests_per_second", "load.concurrent_users")),
            (("--variant=tier2", "--rate=300", "--users=400", "median_ms=110"), ("load.p95_ms",)),
        ),
    ),
    "studybunny": (
        (*SIZE, "--rate", "120"),
        (
            (("--seconds=60",), ()),  # enough uploads to measure a percent of them
            (("median_ms=250",), ("api.p95_ms",)),
            (("page_ms=2100",), ("front_end.p95_ms",)),
            (("query_ms=120",), ("queries.p95_ms",)),
            (("--users=90",), ("load.concurrent_users",)),
            (("error_share=0.03",), ("load.error_percent",)),
            (
                ("error_share=0.1",),
                ("creating_tasks.error_percent", "uploading.error_percent", "viewing_schedule.error_percent"),
            ),
        ),
    ),
    "campuslearn": (
        (*SIZE, "--rate", "40"),
        (
            ((), ()),
            (("median_ms=300",), ("load.mean_ms",)),
            ((DEPLOYING, "error_share=0.02"), ("load.failed_during_deployment",)),
        ),
    ),
    "apranova": (
        (*SIZE, "--rate", "120", "--users", "200", "--scenario", "QUICK", "--knob", "refill_s=0.7"),
        (
            (("--seconds=40",), ()),  # 59 warm launches at least
            (("median_ms=250",), ("api.p95_ms",)),
            (("error_share=0.01",), ("load.error_percent",)),
            (("warm_s=2.5", "pool_vscode=40"), ("warm_launch.p95_ms",)),
            (("warm_s=2.5", "pool_vscode=40", "--no-abort"), ("first_three.slowest_ms",)),
            (("cold_s=31",), ("cold_launch.p95_ms", "launch.p95_ms")),
            # launches so rare that the pool lacks one until it is refilled
            (("refill_s=31", "--seconds=60", "--scenario=RARE"), ("refill.slowest_ms",)),
            (("lose_files=0.5",), ("resumed.failures",)),
            (("idle_minutes=120",), ("idle_workspace.failures",)),
            ((DEPLOYING, "error_share=0.01", "--no-abort"), ("load.failed_during_deployment",)),
            (("--profile=breakpoint",), ("load.profile",)),
        ),
    ),
}


def _run(system: str, arguments: tuple[str, ...], knobs: tuple[str, ...], folder: Path) -> tuple[int, dict[str, str]]:
    text = (ROOT / "loadtests" / "apranova" / "scenario.toml").read_text(encoding="utf-8")
    for name, launches, watches in (("QUICK", 0.17, 3.0), ("RARE", 45.0, 4.0)):
        often = f"every_seconds = {{ Launcher = {launches}, Watcher = {watches} }}"
        (folder / name).write_text(re.sub(r"every_seconds = \{.*?\}", often, text), encoding="utf-8")
    given = [str(folder / word) if word == "QUICK" else word for word in arguments]
    knobs = tuple(knob.replace("=RARE", f"={folder / 'RARE'}") for knob in knobs)
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
    """Run and print; 1 where a broken objective did not fail, or a load fact was never broken."""
    missed = 0
    for name in systems or list(CASES):
        system = Path(name).parent.name if name.endswith(".toml") else name
        arguments, cases = CASES[system]
        for turned, facts in cases:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                code, statuses = _run(name, arguments, turned, Path(folder))
            failed = sorted(item for item, status in statuses.items() if status == "failed")
            unknown = sorted(item for item, status in statuses.items() if status == "unknown")
            good = set(facts) <= set(failed) and code == 1 if facts else code == 0
            missed += not good
            print(
                f"{'ok' if good else 'MISSED':<7}{system:<14}{' '.join(turned) or 'as it is':<52} exit {code}  "
                f"failed: {', '.join(failed) or '-'}" + (f"; unknown: {', '.join(unknown)}" if unknown else ""),
                flush=True,
            )
    never = {
        (system, fact.name)
        for system in CASES
        for fact in load(ROOT / "specs" / system / "spec.toml").facts
        if fact.subject.kind in KINDS and fact.name not in {name for _, facts in CASES[system][1] for name in facts}
    }
    for system, fact_name in sorted(never):
        print(f"NEVER BROKEN  {system}: {fact_name}")
    missed += len(never)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
