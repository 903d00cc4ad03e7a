"""The command line: one small parser; what a command needs is imported when it runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from asbuilt import __version__
from asbuilt.commands.load_arguments import add_arguments as add_load_arguments
from asbuilt.content import OwnChecksError
from asbuilt.results.exit_codes import HELP, ExitCode

# pytest's options that are told apart from a system by name, since a value follows; all others are passed on, too
_PYTEST = (
    ("-k", "WORDS", "only facts with these words, as database, or 'database and not cost'"),
    ("-m", "MARKS", "only facts with these marks: a severity, as high, a system, a variant, a kind, a source"),
    ("-n", "N", "in so many processes"),
    ("--junitxml", "FILE", "default: junit.xml in --out"),
    ("--html", "FILE", "default: run-log.html in --out"),
    ("--deselect", "FACT", "all but this one"),
    ("--maxfail", "N", "stop after so many failures"),
    ("--dist", "MODE", "how facts are dealt to processes"),
    ("--durations", "N", "show the slowest"),
    ("--tb", "STYLE", "of tracebacks"),
    ("--color", "WHEN", "yes, no, auto"),
    ("-o", "NAME=VALUE", "an ini option"),
    ("-p", "NAME", "a plugin, or no:NAME"),
)


def run(arguments: Sequence[str]) -> int:
    """Run one command. Returns its exit code (see `ExitCode`); argparse itself exits for `--help`."""
    parser = _parser()
    if not arguments:
        parser.print_help()
        return ExitCode.USAGE
    if arguments[0] == "iam":
        return _iam(arguments[1:])
    options, passed_on = parser.parse_known_args(arguments)
    if options.version:
        sys.stdout.write(f"asbuilt {__version__}\n")
        return ExitCode.PASSED
    if passed_on and options.command != "verify":
        parser.error(f"unknown option {passed_on[0]!r}")
    try:
        return COMMANDS[options.command](options, passed_on)
    except OwnChecksError as error:
        sys.stderr.write("".join(f"asbuilt: {problem}\n" for problem in error.problems))
        return ExitCode.USAGE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]  # argparse's 2 means "interrupted" here
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}\n{self.format_usage()}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="asbuilt",
        description="As documented, as built: what architecture documents promise, against what is deployed.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="say which version this is")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    verify = commands.add_parser(
        "verify",
        help="verify architectures against their documents (pytest, with a summary)",
        description="Verify architectures against their documents.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    verify.add_argument("systems", nargs="*", metavar="SYSTEM", help="a folder of specs/, or a path; default: all")
    verify.add_argument("--account", metavar="NAME", help="a live account of accounts.toml")
    verify.add_argument("--accounts-file", metavar="FILE", help="default: accounts.toml")
    verify.add_argument("--endpoint-url", metavar="URL", help="any endpoint that speaks AWS's API")
    verify.add_argument("--variant", metavar="NAME", help="only this variant (its tier)")
    verify.add_argument("--strict", action="store_true", help="judge the stricter of two documented readings")
    verify.add_argument(
        "--load-result",
        action="append",
        default=[],
        metavar="FILE",
        help="what `asbuilt load` wrote",
    )
    verify.add_argument("--out", metavar="DIR", default="reports/out/latest", help="default: reports/out/latest")
    pytest = verify.add_argument_group("pytest's own", "these, and any other of pytest's that takes no value (--lf)")
    for name, value, about in _PYTEST:
        pytest.add_argument(name, dest="pytest", metavar=value, action="append", type=partial(_named, name), help=about)
    load = commands.add_parser(
        "load",
        help="prove the performance promises under load",
        description="Prove the performance promises of an architecture under open-loop load. Without --host, on a "
        "stand-in application on this machine.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_load_arguments(load)
    mock = commands.add_parser("mock", help="serve a mock account over HTTP on loopback until interrupted")
    mock.add_argument("system", metavar="SYSTEM")
    mock.add_argument("--variant", metavar="NAME", default="", help="default: the first")
    mock.add_argument("--port", type=int, default=5000, help="default: 5000; 0 takes a free one")
    mock.add_argument("--latency-ms", type=int, default=0, metavar="MS", help="added to every answer")
    mock.add_argument("--deny", action="append", default=[], metavar="SERVICE:OPERATION", help="answer AccessDenied")
    mock.add_argument("--throttle", action="append", default=[], metavar="SERVICE:OPERATION", help="answer throttling")
    schema = commands.add_parser("schema", help="write the JSON Schema of spec.toml, for editors")
    schema.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    schema.add_argument("--checks", action="store_true", help="write the page of every check instead")
    commands.add_parser("iam", help="prove least privilege: prove, who-can, trust, escalate", add_help=False)
    return parser


def _named(name: str, value: str) -> tuple[str, str]:
    return name, value


def _verify(options: argparse.Namespace, passed_on: Sequence[str]) -> int:
    from asbuilt.commands.verify import verify

    return verify(options, [*passed_on, *(part for pair in options.pytest or () for part in pair)])


def _load(options: argparse.Namespace, _: Sequence[str]) -> int:
    from asbuilt.commands.load import run as load

    return load(options)


def _mock(options: argparse.Namespace, _: Sequence[str]) -> int:
    from asbuilt.mock.server import serve

    faults = {"latency_ms": options.latency_ms, "deny": options.deny, "throttle": options.throttle}
    return serve(options.system, options.variant, options.port, **faults)


def _schema(options: argparse.Namespace, _: Sequence[str]) -> int:
    if options.checks:
        from asbuilt.commands.checks_page import page

        written = page()
    else:
        from asbuilt.spec.schema import text

        written = text()
    if options.out:
        options.out.write_text(written, encoding="utf-8")
    else:
        sys.stdout.write(written)
    return 0


def _iam(arguments: Sequence[str]) -> int:
    from asbuilt.commands import iam as cli

    parser = _Parser(
        prog="asbuilt iam",
        description="Prove least privilege.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cli.add_arguments(parser)
    return cli.run(parser.parse_args(arguments))


COMMANDS = {"verify": _verify, "load": _load, "mock": _mock, "schema": _schema}
