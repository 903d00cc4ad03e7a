"""Measure a verification of the mock account over HTTP: time, number of API calls, and memory.

    python benchmarks/verify_over_http.py [SYSTEM] [--variant NAME] [--latency-ms 50] [--rounds 5]

The mock account is served on loopback with latency added to every answer. Each round is a whole process, from start to
exit. The script prints the time of each round, the median, and the sum of the times of the calls, which the calls would
take one after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ASBUILT = [sys.executable, "-m", "asbuilt"]


def _served(arguments: argparse.Namespace) -> tuple[subprocess.Popen[str], str]:
    command = [*ASBUILT, "mock", arguments.system, "--variant", arguments.variant, "--port", "0"]
    server = subprocess.Popen([*command, "--latency-ms", str(arguments.latency_ms)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    for line in server.stdout:
        found = [word for word in line.split() if word.startswith("http://127.0.0.1:")]
        if found:
            return server, found[0]
    raise SystemExit("the mock account did not start")


def _round(arguments: argparse.Namespace, url: str, out: Path) -> tuple[float, float, int, dict[str, object]]:
    command = [*ASBUILT, "verify", arguments.system, "--endpoint-url", url, "--out", str(out)]
    if arguments.variant:
        command += ["--variant", arguments.variant]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    return wall, usage.ru_maxrss / 1024, process.returncode, results


def main() -> None:
    """Serve the mock account, verify it in several rounds, and print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("system", nargs="?", default="campushub360")
    parser.add_argument("--variant", default="tier1")
    parser.add_argument("--latency-ms", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    server, url = _served(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            rounds = [_round(arguments, url, Path(folder)) for _ in range(arguments.rounds)]
    finally:
        server.terminate()
        server.wait(10)
    calls = rounds[-1][3]["deployments"][0]["api_calls"]  # type: ignore[index]
    asked = Counter((call["operation"], call["region"], call["asked"]) for call in calls)
    walls = [wall for wall, *_ in rounds]
    print(f"{arguments.system} {arguments.variant}, {arguments.latency_ms} ms added to every answer")
    print(f"exit codes      {sorted({code for _, _, code, _ in rounds})}")
    print(f"API calls       {len(calls)}, of which made more than once: {sum(n - 1 for n in asked.values())}")
    print(f"wall            {', '.join(f'{wall:.2f}' for wall in walls)} s; median {statistics.median(walls):.2f} s")
    print(f"sequential      {sum(call['seconds'] for call in calls):.2f} s for the same calls")
    print(f"peak memory     {max(memory for _, memory, *_ in rounds):.0f} MiB")


if __name__ == "__main__":
    main()
