"""`asbuilt diff A B`: what changed between two recordings, or two results.json."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from asbuilt.evidence import TargetError
from asbuilt.results.exit_codes import ExitCode


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options to a parser."""
    parser.add_argument("before", metavar="A", type=Path, help="a recording, or a results.json")
    parser.add_argument("after", metavar="B", type=Path, help="the later one, of the same form")


def run(options: argparse.Namespace) -> int:
    """Print the differences. Returns 0 where there is none, else 1."""
    from asbuilt.results.difference import differences, side
    from asbuilt.results.terminal import printable

    try:
        before, after = side(options.before), side(options.after)
    except TargetError as error:
        sys.stderr.write(f"asbuilt: {error}\n")
        return ExitCode.USAGE
    if before.form != after.form:
        sys.stderr.write("asbuilt: a recording and a results.json: only facts are compared\n")
    different = False
    for line in differences(before, after):
        different = True
        sys.stdout.write(f"{printable(line)}\n")
    if not different:
        sys.stdout.write(f"no difference in {len(before.facts)} facts\n")
    return ExitCode.FAILED if different else ExitCode.PASSED
