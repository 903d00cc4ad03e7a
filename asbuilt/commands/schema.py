"""`asbuilt schema`: write the JSON Schema of specs, or the page of all checks."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from asbuilt.results.exit_codes import ExitCode


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options to a parser."""
    parser.add_argument("--out", type=Path, metavar="FILE", help="the file to write; default: standard output")
    parser.add_argument("--checks", action="store_true", help="write the page of all checks instead of the schema")


def run(options: argparse.Namespace) -> int:
    """Write the schema or the page. Returns the exit code."""
    if options.checks:
        from asbuilt.commands.checks_page import page

        written = page()
    else:
        from asbuilt.spec.schema import text

        written = text()
    if options.out:
        try:
            options.out.write_text(written, encoding="utf-8")
        except OSError as error:
            sys.stderr.write(f"asbuilt: --out {options.out}: cannot be written: {error.strerror}\n")
            return ExitCode.USAGE
    else:
        sys.stdout.write(written)
    return ExitCode.PASSED
