"""How many requests a second of CPU sends: the two lanes, Locust's FastHttpUser, and wrk, side by side.

    python -m benchmarks.load_generators [--rounds 3] [--seconds 4] [--tls]

The target is nginx with one worker, which answers 53 bytes of JSON. Rounds are interleaved and the median counts; a
rate is requests per CPU second of the generator (user and system, imports and ramp left out), since wall-clock rates
of a machine that also runs other programs say little. Needs nginx and wrk (Debian: nginx-light, wrk).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from asbuilt.load.plan.arrivals import LoadStage
from asbuilt.load.plan.settings import Settings

ROOT = Path(__file__).resolve().parent.parent

USERS = Path(__file__).resolve().parent / "users"
CONNECTIONS = 50
ON_ITS_CORE = ("taskset", "-c", "1")  # the target on one core, the generator on the other
BODY = '{"status":"ok","service":"bench","items":[1,2,3,4,5]}'
NGINX = """
worker_processes 1; worker_rlimit_nofile 20000; pid {folder}/pid; error_log {folder}/error crit; daemon off;
events {{ worker_connections 18000; }}
http {{ access_log off; keepalive_requests 1000000000; default_type application/json;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
  scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port} {tls}; {certificate} location / {{ return 200 '{body}'; }} }} }}
"""


@contextlib.contextmanager
def nginx(tls: bool) -> Iterator[tuple[str, str]]:
    """A target on loopback: its address, and the certificate that it shows ("" without TLS)."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, socket.create_server(("127.0.0.1", 0)) as free:
        folder, port = Path(name), free.getsockname()[1]
        free.close()
        files = (folder / "certificate.pem", folder / "key.pem")
        certificate = ""
        if tls:
            _certify(*files)
            certificate = f"ssl_certificate {files[0]}; ssl_certificate_key {files[1]};"
        text = NGINX.format(folder=folder, port=port, tls="ssl" if tls else "", certificate=certificate, body=BODY)
        (folder / "nginx.conf").write_text(text, encoding="utf-8")
        folder.chmod(0o755)
        server = subprocess.Popen([*ON_ITS_CORE, "nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)])
        try:
            time.sleep(0.7)
            yield f"{'https' if tls else 'http'}://127.0.0.1:{port}", str(files[0]) if tls else ""
        finally:
            server.terminate()
            server.wait()


def _certify(certificate: Path, key: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )


def lane(file: str, rate: float, users: int) -> Callable[[str, str, float], float]:
    """A measurement of one of our lanes at an offered rate."""

    def measure(host: str, certificate: str, seconds: float) -> float:
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            out, file_settings = Path(name) / "measured.json", Path(name) / "settings.json"
            settings = Settings(
                *("one_page", "", host, (), "target", (LoadStage(rate, rate, seconds),), users),
                out=str(out), ca_file=certificate, most_lag_ms=1e9,
                scenario=(USERS / "one_page.toml").read_text(encoding="utf-8"),
            )  # fmt: skip
            file_settings.write_text(settings.dumps(), encoding="utf-8")
            command = [sys.executable, "-m", "locust", "-f", str(USERS / file), "--headless", "-u", str(users)]
            subprocess.run(
                [*command, "-r", "1000", "--skip-log-setup", "--only-summary"],
                cwd=ROOT, env={**os.environ, "ASBUILT_LOAD_SETTINGS": str(file_settings), "PYTHONPATH": str(ROOT)},
                stdout=subprocess.DEVNULL, check=False, timeout=seconds + 60,
            )  # fmt: skip
            raw = json.loads(out.read_text(encoding="utf-8"))
        answered = raw["health"]["counted"]
        failed = sum(sum(one["errors"].values()) for one in raw["endpoints"]) - raw["health"]["dropped"]
        assert not failed, [one["errors"] for one in raw["endpoints"]]
        return float(answered) / float(raw["workers"][0]["cpu_seconds"])

    return measure


def fast_http(host: str, certificate: str, seconds: float) -> float:
    """Locust's own quick user."""
    command = [sys.executable, "-m", "locust", "-f", str(USERS / "fast_http.py"), "--headless", "--host", host]
    done = subprocess.run(
        [*command, "-u", str(CONNECTIONS), "-r", "100", "--skip-log-setup", "--only-summary"],
        env={**os.environ, "BENCH_SECONDS": str(seconds)},
        capture_output=True, text=True, check=False, timeout=seconds + 90,
    )  # fmt: skip
    found = json.loads(re.findall(r"\{.*\}", done.stdout)[-1])
    assert not found["failed"]
    return float(found["requests"]) / float(found["cpu"])


def wrk(host: str, certificate: str, seconds: float) -> float:
    """wrk, one thread."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", f"{host}/"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    match = re.search(r"(\d+) requests in", done.stdout)
    assert match
    return int(match[1]) / used


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    missing = [program for program in ("nginx", "wrk") if not shutil.which(program)]
    if missing:
        sys.stderr.write(f"missing: {', '.join(missing)} (Debian: nginx-light, wrk)\n")
        return 4
    subjects: dict[str, Callable[[str, str, float], float]] = {
        "FastHttpUser": fast_http,
        "journey lane, 8,000/s offered": lane("journey.py", 8_000, 200),
        "mass lane, 30,000/s offered": lane("mass.py", 30_000, 200),
        "mass lane, 60,000/s offered": lane("mass.py", 60_000, 400),
        "wrk": wrk,
    }
    os.sched_setaffinity(0, {0})
    found: dict[str, list[float]] = {name: [] for name in subjects}
    with nginx(options.tls) as (host, certificate):
        for _ in range(options.rounds):
            for name, measure in subjects.items():
                found[name].append(measure(host, certificate, options.seconds))
    medians = {name: statistics.median(rates) for name, rates in found.items()}
    print(f"requests per CPU second, median of {options.rounds} rounds [least..most]{', HTTPS' if options.tls else ''}")
    for name, rates in found.items():
        print(
            f"{name:<32}{medians[name]:>10,.0f} [{min(rates):,.0f}..{max(rates):,.0f}]"
            f"{medians[name] / medians['FastHttpUser']:>8.2f} x FastHttpUser"
            f"{medians[name] / medians['wrk']:>8.2f} x wrk"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
