"""The command line: one small parser; a command's module is imported when the command runs."""

from __future__ import annotations

import argparse
import importlib
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from asbuilt import __version__
from asbuilt.content import OwnChecksError
from asbuilt.results.exit_codes import HELP, ExitCode


@dataclass(frozen=True)
class Command:
    """A command of the command line.

    `module` holds `run(options) -> int`; `arguments`, which is the same module unless it is named, holds
    `add_arguments(parser)`.
    """

    help: str
    module: str
    arguments: str = ""
    description: str = ""


COMMANDS = {
    "verify": Command(
        "verify architectures against their documents",
        "asbuilt.commands.verify",
        description="Verify architectures against their documents. Options of pytest go behind --, as in "
        "`asbuilt verify campushub360 -- --lf --maxfail 1`.",
    ),
    "load": Command(
        "prove the performance promises under load",
        "asbuilt.commands.load",
        "asbuilt.commands.load_arguments",
        "Prove the performance promises of an architecture under open-loop load. Without --host, the load goes to a "
        "stand-in application on this machine.",
    ),
    "mock": Command("serve a mock account over HTTP on loopback until interrupted", "asbuilt.commands.mock"),
    "schema": Command(
        "write the JSON Schema of specs, for editors, or the page of all checks", "asbuilt.commands.schema"
    ),
    "iam": Command("prove least privilege: prove, who-can, trust, escalate", "asbuilt.commands.iam"),
}


def run(arguments: Sequence[str]) -> int:
    """Run one command. Returns its exit code (see `ExitCode`); argparse itself exits for `--help` and wrong usage."""
    parser = _parser(arguments)
    if not arguments:
        parser.print_help()
        return ExitCode.USAGE
    own, mark, passed_on = _parted(arguments)
    options = parser.parse_args(own)
    if options.version:
        sys.stdout.write(f"asbuilt {__version__}\n")
        return ExitCode.PASSED
    if options.command is None:
        parser.error("name a command")
    if mark and options.command != "verify":
        parser.error(f"asbuilt {options.command} takes nothing behind --")
    options.passed_on = passed_on
    try:
        return int(importlib.import_module(COMMANDS[options.command].module).run(options))
    except OwnChecksError as error:
        sys.stderr.write("".join(f"asbuilt: {problem}\n" for problem in error.problems))
        return ExitCode.USAGE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception:  # noqa: BLE001  # a mistake of asbuilt itself, which must not look like a failed fact (1)
        traceback.print_exc()
        return ExitCode.INTERNAL


def _parted(arguments: Sequence[str]) -> tuple[list[str], bool, list[str]]:
    """What stands before the first `--`, whether there is one, and what stands behind it."""
    if "--" not in arguments:
        return list(arguments), False, []
    place = list(arguments).index("--")
    return list(arguments[:place]), True, list(arguments[place + 1 :])


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """End with our code for wrong usage; argparse's own, 2, means "interrupted" here."""
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}\n{self.format_usage()}")


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser, with the options of the command that is asked for."""
    parser = _Parser(
        prog="asbuilt",
        description="As documented, as built: what architecture documents promise, against what is deployed.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and end")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    asked = next((argument for argument in arguments if argument in COMMANDS), "")
    for name, command in COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=command.help,
            description=command.description or f"{command.help.capitalize()}.",
            epilog=HELP,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if name == asked:
            importlib.import_module(command.arguments or command.module).add_arguments(sub)
    return parser
