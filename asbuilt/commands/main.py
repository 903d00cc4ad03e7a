"""The parser of the command line. The module of a command is imported only where the command runs."""

from __future__ import annotations

import argparse
import importlib
import os
import select
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

    - `help`: its line in the help of `asbuilt`; `description`: the text of its own help, by default the same.
    - `module`: the module that has `run(options) -> int`.
    - `arguments`: the module that has `add_arguments(parser)`, by default the same module.
    """

    help: str
    module: str
    arguments: str = ""
    description: str = ""


COMMANDS = {
    "verify": Command(
        "verify accounts against their architecture documents",
        "asbuilt.commands.verify",
        description="Verify accounts against their architecture documents. Each spec states what a document promises;\n"
        "without further options it is verified on a mock account.\n\n"
        "  asbuilt verify                                     all shipped specs, on mock accounts\n"
        "  asbuilt verify campushub360 --variant tier1        one variant of one shipped spec\n"
        "  asbuilt verify my/spec.toml --account production   a spec of your own, on a live account\n"
        "  asbuilt verify campushub360 -- --lf --maxfail 1    with options of pytest, which follow --",
    ),
    "load": Command(
        "test performance promises under load",
        "asbuilt.commands.load",
        "asbuilt.commands.load_arguments",
        "Test the performance promises of an architecture under open-loop load. Without --host, the load goes to a\n"
        "stand-in application on this machine.",
    ),
    "mock": Command(
        "serve a mock account over HTTP on this machine",
        "asbuilt.commands.mock",
        description="Serve the mock account of a documented system over HTTP on 127.0.0.1 until interrupted. The\n"
        "command prints the URL, and how asbuilt and other clients are pointed at it.",
    ),
    "doctor": Command(
        "tell who reads an account, and which facts each refused read costs",
        "asbuilt.commands.doctor",
        description="Read an account as `asbuilt verify` does, and print one table: the caller, the account, its\n"
        "partition, region and endpoint, the clock, the credentials, and the reads that are refused, each with the\n"
        "facts that are unknown for the lack of it. The exit code is 6 where something cannot be read.\n\n"
        "  asbuilt doctor campushub360 --account production",
    ),
    "schema": Command(
        "write the JSON Schema of specs, for editors, or the page of all checks",
        "asbuilt.commands.schema",
        description="Write the JSON Schema of specs, with which editors complete and validate a spec.toml. With\n"
        "--checks, write the page that describes every check (Markdown) instead.",
    ),
    "policy": Command(
        "write the least-privilege policy of the role that reads an account",
        "asbuilt.commands.policy",
        description="Write the IAM policy that reading an account for these facts needs, and nothing more. With\n"
        "--role, write the role, too.\n\n"
        "  asbuilt policy campushub360 --variant tier1                 the policy, as JSON\n"
        "  asbuilt policy 'campushub360::database.*'                   only what these facts need\n"
        "  asbuilt policy apranova --format terraform --role --trust arn:aws:iam::123456789012:role/ci \\\n"
        "      --external-id as-agreed                                 the role, as Terraform",
    ),
    "diff": Command(
        "compare two recordings, or two results.json",
        "asbuilt.commands.diff",
        description="Compare two recordings of `asbuilt verify --record`, or two results.json: the records of each\n"
        "subject that were added, removed or changed, and the facts whose status changed. Fields that change by\n"
        "themselves, such as times of last use, are left out. The exit code is 0 where nothing differs, else 1.\n\n"
        "  asbuilt diff monday.rec tuesday.rec",
    ),
    "evidence": Command(
        "sign a recording, or check one",
        "asbuilt.commands.evidence",
        description="Sign a recording of `asbuilt verify --record`, or check its hashes and signature. A signature is\n"
        "an in-toto statement in a DSSE envelope, which the file carries.\n\n"
        "  asbuilt evidence sign monday.rec --key key.pem\n"
        "  asbuilt evidence verify monday.rec --key public.pem",
    ),
    "iam": Command(
        "answer questions about IAM policies and roles",
        "asbuilt.commands.iam",
        description="Answer questions about IAM policies and roles. Each command answers one question:\n\n"
        "  prove     Do these policies allow nothing but the documented grants, or all of them?\n"
        "  who-can   Is this role allowed this action on this resource, and which statement decides?\n"
        "  trust     Which principals can assume this role?\n"
        "  escalate  By which paths can this principal get permissions that it does not have?",
    ),
}
CLOSED_PIPE = 128 + 13  # the exit code that a shell reports for a program that ended by SIGPIPE


def run(arguments: Sequence[str]) -> int:
    """Run one command. Returns its exit code: an `ExitCode`, or 141 where the reader of its output closed the pipe.

    Raises `SystemExit` for `--help` and for wrong usage, as argparse does.
    """
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()
    except OwnChecksError as error:
        sys.stderr.write("".join(f"asbuilt: {problem}\n" for problem in error.problems))
        return ExitCode.USAGE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except Exception as error:  # noqa: BLE001  # an error of asbuilt itself must not end with 1, as a failed fact does
        if isinstance(error, BrokenPipeError) and _reader_is_gone():
            _discard_output()
            return CLOSED_PIPE
        traceback.print_exc()
        return ExitCode.INTERNAL


def _run(arguments: Sequence[str]) -> int:
    parser = _parser(arguments)
    if not arguments:
        parser.print_help()
        return ExitCode.USAGE
    own, mark, passed_on = _parted(arguments)
    try:
        options = parser.parse_args(own)
    except SystemExit as wrong:
        if wrong.code == ExitCode.USAGE and own[0] in COMMANDS:
            _refused(own)
        raise
    if options.version:
        sys.stdout.write(f"asbuilt {__version__}\n")
        return ExitCode.PASSED
    if options.command is None:
        parser.error("name a command")
    if mark and options.command != "verify":
        parser.error(f"asbuilt {options.command} takes no arguments after --")
    options.passed_on = passed_on
    command = importlib.import_module(COMMANDS[options.command].module)
    try:
        return int(command.run(options))
    except SystemExit as ended:  # of a library or of the user's own code: its exit code is none of asbuilt's
        raise RuntimeError(f"a part of asbuilt {options.command} ended the program with {ended.code!r}") from ended


def _refused(arguments: Sequence[str]) -> None:
    """Tell the command that its command line is wrong, where it leaves results that must not be those of before."""
    refused = getattr(importlib.import_module(COMMANDS[arguments[0]].module), "refused", None)
    if refused:
        refused(arguments[1:])


def _reader_is_gone() -> bool:
    """Whether standard output is a pipe that its reader closed, as `head` does when it has read enough."""
    poll = select.poll()
    poll.register(sys.stdout, select.POLLOUT)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def _discard_output() -> None:
    """Send standard output to the null device, since Python writes the rest of it when the process ends."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def _parted(arguments: Sequence[str]) -> tuple[list[str], bool, list[str]]:
    """The arguments before the first `--`, whether there is one, and the arguments after it."""
    if "--" not in arguments:
        return list(arguments), False, []
    place = list(arguments).index("--")
    return list(arguments[:place]), True, list(arguments[place + 1 :])


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Exit with the code of wrong usage; argparse's own, 2, means "interrupted" in `ExitCode`."""
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}\n{self.format_usage()}")


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser. Only the command that the arguments name gets its options."""
    parser = _Parser(
        prog="asbuilt",
        description="Verify that AWS accounts match their architecture documents, and test performance promises.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
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
