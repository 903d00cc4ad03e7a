"""`asbuilt mock`: serve a mock account over HTTP."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options to a parser."""
    parser.add_argument("system", metavar="SYSTEM", help="a documented system, such as campushub360")
    parser.add_argument("--variant", metavar="NAME", default="", help="of the architecture; default: its first")
    parser.add_argument("--port", type=int, default=5000, help="default: 5000; 0 takes a free one")
    parser.add_argument("--latency-ms", type=int, default=0, metavar="MS", help="wait so long before every answer")
    for flag, does in (("--deny", "deny"), ("--throttle", "throttle")):
        about = f"{does} calls of an operation, such as rds:DescribeDBInstances; can be given several times"
        parser.add_argument(flag, action="append", default=[], metavar="SERVICE:OPERATION", help=about)


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted. Returns the exit code."""
    from asbuilt.mock.server import serve

    faults = {"latency_ms": options.latency_ms, "deny": options.deny, "throttle": options.throttle}
    return serve(options.system, options.variant, options.port, **faults)
