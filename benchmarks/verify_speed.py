"""Measure a verification of the mock account over HTTP beside other programs: time, API calls, and memory.

    python benchmarks/verify_speed.py [SYSTEM] [--variant NAME] [--latency-ms 50] [--rounds 5] [--extra 1000]
        [--against NAME=COMMAND] [--prowler COMMAND]

The mock account is served on loopback with latency added to every answer. Every program runs once in each round, in
turns, as a whole process from start to exit, after one round that is not counted. `--against` names another `asbuilt`,
such as that of an earlier version in an environment of its own. `--prowler` names an installed Prowler, which reads the
same services. `--extra N` adds N buckets, roles and security groups, and 5 N log groups, to the account.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OURS = f"{shlex.quote(sys.executable)} -m asbuilt"
SERVICES = (  # of Prowler: those that the shipped specs read
    "acm autoscaling budgets cloudfront cloudtrail cloudwatch config ec2 ecr ecs elasticache elbv2 iam awslambda rds "
    "route53 s3 secretsmanager sns"
)


@dataclass
class Runs:
    """The measurements of one program: a command that takes the URL and the folder of its results, and its rounds."""

    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    megabytes: float = 0
    calls: int | None = None
    repeated: int | None = None
    codes: set[int] = field(default_factory=set)

    def run(self, out: Path, counted: bool) -> None:
        """Run the program once; `counted` keeps its times."""
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        command = [part.replace("{out}", str(out)) for part in self.command]
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**environment, **self.environment}
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if not counted:
            return
        self.wall.append(wall)
        self.cpu.append(usage.ru_utime + usage.ru_stime)
        self.megabytes = max(self.megabytes, usage.ru_maxrss / 1024)
        self.codes.add(process.returncode)
        results = out / "results.json"
        if results.exists():
            deployment = json.loads(results.read_text(encoding="utf-8"))["deployments"][0]
            calls, home = deployment["api_calls"], deployment["region"]
            asked = Counter((call["operation"], call["region"] or home, call["asked"]) for call in calls)
            self.calls = sum(call["pages"] for call in calls)
            self.repeated = sum(times - 1 for times in asked.values())


@contextmanager
def _served(arguments: argparse.Namespace) -> Iterator[str]:
    """The URL of the mock account, served by a process of its own."""
    command = [*shlex.split(OURS), "mock", arguments.system, "--variant", arguments.variant, "--port", "0"]
    server = subprocess.Popen([*command, "--latency-ms", str(arguments.latency_ms)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        urls = (word for line in server.stdout for word in line.split() if word.startswith("http://127.0.0.1:"))
        url = next(urls, None)
        if url is None:
            raise SystemExit("the mock account did not start")
        yield url
    finally:
        server.terminate()
        server.wait(10)


def _add(url: str, extra: int) -> None:
    """Add resources to the account that no subject of a spec means."""
    import boto3

    session = boto3.Session("benchmark", "benchmark", region_name="us-east-1")
    s3, iam, ec2, logs = (session.client(name, endpoint_url=url) for name in ("s3", "iam", "ec2", "logs"))
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
            ],
        }
    )

    def one(number: int) -> None:
        s3.create_bucket(Bucket=f"other-{number:05}")
        iam.create_role(RoleName=f"other-{number:05}", AssumeRolePolicyDocument=trust)
        ec2.create_security_group(GroupName=f"other-{number:05}", Description="other", VpcId=vpc)
        for part in range(5):
            logs.create_log_group(logGroupName=f"/other/{number:05}/{part}")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(one, range(extra)))


def _programs(arguments: argparse.Namespace, url: str) -> dict[str, Runs]:
    verify = f"verify {arguments.system} --endpoint-url {url} --out {{out}}"
    if arguments.variant:
        verify += f" --variant {arguments.variant}"
    commands = {"asbuilt": OURS} | dict(pair.partition("=")[::2] for pair in arguments.against)
    programs = {name: Runs(shlex.split(f"{command} {verify}")) for name, command in commands.items()}
    if arguments.prowler:
        prowler = f"{arguments.prowler} aws --region us-east-1 --services {SERVICES} --output-directory {{out}}"
        settings = {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        programs["prowler"] = Runs(shlex.split(prowler), settings)
    return programs


def _table(programs: dict[str, Runs]) -> Iterator[str]:
    first = next(iter(programs.values()))
    yield "| program | wall s | CPU s | wall, CPU of the first | peak MiB | API calls | repeated | exit codes |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for name, runs in programs.items():
        wall, cpu = _median(runs.wall), _median(runs.cpu)
        ratio = f"{wall / _median(first.wall):.2f}, {cpu / _median(first.cpu):.2f}"
        calls = "-" if runs.calls is None else str(runs.calls)
        repeated = "-" if runs.repeated is None else str(runs.repeated)
        codes = ", ".join(map(str, sorted(runs.codes)))
        yield f"| {name} | {wall:.2f} | {cpu:.2f} | {ratio} | {runs.megabytes:.0f} | {calls} | {repeated} | {codes} |"


def _median(values: Sequence[float]) -> float:
    return statistics.median(values)


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("system", nargs="?", default="campushub360")
    parser.add_argument("--variant", default="tier1")
    parser.add_argument("--latency-ms", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--extra", type=int, default=0, metavar="N", help="add N resources of each of three kinds")
    parser.add_argument("--against", action="append", default=[], metavar="NAME=COMMAND", help="another asbuilt")
    parser.add_argument("--prowler", default="", metavar="COMMAND", help="an installed Prowler")
    return parser.parse_args()


def main() -> None:
    """Serve the account, run every program in turns, and print the table."""
    arguments = _arguments()
    with _served(arguments) as url, tempfile.TemporaryDirectory() as folder:
        if arguments.extra:
            _add(url, arguments.extra)
        programs = _programs(arguments, url)
        for number in range(arguments.rounds + 1):
            for name, runs in programs.items():
                runs.run(Path(folder, f"{name}-{number}"), counted=number > 0)
    print(f"{arguments.system} {arguments.variant}, {arguments.latency_ms} ms added to every answer, ", end="")
    print(f"{arguments.extra} more of each kind, medians of {arguments.rounds} rounds in turns\n")
    print("\n".join(_table(programs)))


if __name__ == "__main__":
    main()
