"""`asbuilt iam prove|who-can|trust|escalate`: questions about least privilege on the command line.

Exit codes: 0 everything asked holds; 1 a policy exceeds or lacks a grant, a principal can escalate, or a role trusts
any account; 4 the input is wrong; 6 nothing failed, but an answer is unknown.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from asbuilt.iam.language.reading import PolicyError, Problem
from asbuilt.problems import InputError, shown
from asbuilt.problems.file import InputFile
from asbuilt.problems.lines import Key
from asbuilt.problems.parsing import decoded, json_text, text_of
from asbuilt.results.exit_codes import ExitCode

LARGEST_FILE = 64 * 1024 * 1024  # bytes; a larger input is taken for a mistake
CODES = {
    "exceeds": ExitCode.FAILED,
    "missing": ExitCode.FAILED,
    "escalates": ExitCode.FAILED,
    "unknown": ExitCode.UNKNOWN,
}
Outcome = tuple[dict[str, Any], int, Iterable[Problem]]


ANSWERS = "Each answer is one line of JSON."
# The commands that read a file: title, description, and the fields of an item (see docs/iam.md).
FILE_COMMANDS = {
    "prove": (
        "prove that policies allow what is documented",
        "Prove for all requests that policies allow nothing but the documented grants, or all of them.",
        "{id, kind, policies, allowance, principal?, facts?, absent?}",
    ),
    "trust": (
        "tell who can assume a role",
        "Tell which candidates can assume a role, and whether a principal of any account can.",
        "{role, trust_policy, candidates}",
    ),
    "escalate": (
        "find paths of privilege escalation",
        "Find the paths by which a principal can get permissions that it does not have.",
        "{principal, policies, account}",
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands to a parser."""
    commands = parser.add_subparsers(dest="question", required=True, metavar="QUESTION")
    for name, (title, description, fields) in FILE_COMMANDS.items():
        command = commands.add_parser(name, help=title, description=f"{description} {ANSWERS}")
        about = f"JSON: an object {fields}, or a list of them; - reads standard input"
        command.add_argument("file", metavar="FILE", help=about)
    title = "tell whether a role is allowed an action, and which statement decides"
    description = "Tell whether a role is allowed an action on a resource by any request, and which statement decides."
    who = commands.add_parser("who-can", help=title, description=f"{description} The answer is one line of JSON.")
    who.add_argument("role", metavar="ROLE_ARN", help="the ARN of a role of the account")
    who.add_argument("action", metavar="ACTION", help="one action, as s3:GetObject")
    who.add_argument("resource", metavar="RESOURCE", help="the ARN of a resource, or * for an action without resources")
    source = who.add_mutually_exclusive_group(required=True)
    details = "what `aws iam get-account-authorization-details` prints; - reads standard input"
    source.add_argument("--details", metavar="FILE", help=details)
    source.add_argument("--account", default="", metavar="NAME", help="a live account of accounts.toml")
    source.add_argument("--endpoint-url", default="", metavar="URL", help="an endpoint of the AWS API")
    accounts = "the file of accounts (default: accounts.toml)"
    who.add_argument("--accounts-file", type=Path, default=Path("accounts.toml"), metavar="FILE", help=accounts)


def run(options: argparse.Namespace) -> int:
    """Answer the questions, print the answers, and return the exit code."""
    if options.question == "who-can":
        return _who_can(options)
    ask: Callable[[Any], Outcome] = {"prove": _prove, "trust": _trust, "escalate": _escalate}[options.question]
    file = _read(options.file)
    if file is None:
        return ExitCode.USAGE
    items = file.data if isinstance(file.data, list) else [file.data]
    codes = [_answer(ask, item, index, file) for index, item in enumerate(items)]
    worst_first = (ExitCode.USAGE, ExitCode.FAILED, ExitCode.UNKNOWN)
    return next((code for code in worst_first if code in codes), ExitCode.PASSED)


def _answer(ask: Callable[[Any], Outcome], item: Any, index: int, file: InputFile) -> int:
    def place(problem: Problem) -> str:
        key: Key = (index,) if isinstance(file.data, list) else ()
        number = f": [{index}]" if isinstance(file.data, list) and len(file.data) > 1 else ""
        return f"{file.path}:{file.lines.of((*key, *_key(problem)))}{number}"

    try:
        line, code, problems = ask(item)
    except PolicyError as error:
        _complain(place, error.problems)
        return ExitCode.USAGE
    print(json.dumps(line, ensure_ascii=False), flush=True)  # noqa: T201  # this is the command's output
    _complain(place, problems)
    return ExitCode.USAGE if any(not problem.note for problem in problems) else code


def _key(problem: Problem) -> Key:
    """The key of a problem in its item: `policies[0] (identity)`, `Statement[1]` and such stand in its `where`."""
    unquoted = re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", "", problem.where)
    found: list[str | int] = []
    for name, index, document in re.findall(r"([A-Za-z_.]+)\[(\d+)\]( \()?", unquoted):
        found += [*name.split("."), int(index), *["document"] * bool(document)]
    return (*found, *problem.field.split(".", 2))


def _complain(place: Callable[[Problem], str], problems: Iterable[Problem]) -> None:
    for problem in problems:
        word = "note" if problem.note else "error"
        print(f"{place(problem)}: {word}: {problem}", file=sys.stderr)  # noqa: T201  # this is the command's output


def _prove(item: Any) -> Outcome:
    from asbuilt.iam.proof.prover import prove

    proof = prove(item)
    return proof.as_json(), CODES.get(proof.verdict, ExitCode.PASSED), proof.problems


def _trust(item: Any) -> Outcome:
    from asbuilt.iam.questions.trust import trust

    found = trust(item)
    answers = [candidate.can_assume for candidate in found.candidates]
    expected = [candidate.expected for candidate in found.candidates]
    if found.anyone_in_any_account or {(True, False), (False, True)} & set(zip(answers, expected, strict=True)):
        code = ExitCode.FAILED
    else:
        code = ExitCode.UNKNOWN if None in (found.anyone_in_any_account, *answers) else ExitCode.PASSED
    return found.as_json(), code, ()


def _escalate(item: Any) -> Outcome:
    from asbuilt.iam.questions.escalation import escalate

    found = escalate(item)
    return found.as_json(), CODES.get(found.verdict, ExitCode.PASSED), found.problems


def _who_can(options: argparse.Namespace) -> int:
    name, found, seen, code = _details(options)
    if found is None:
        return code
    from asbuilt.iam.questions.who_can import who_can

    asked = (found, options.role, options.action, options.resource)
    try:
        answer = who_can(*asked, *_organization(options.role, seen)) if seen else who_can(*asked)
    except PolicyError as error:
        _complain(lambda _: name, error.problems)
        return ExitCode.USAGE
    print(json.dumps(answer.as_json(), ensure_ascii=False))  # noqa: T201  # this is the command's output
    if seen is None:
        print(f"{name}: note: the policies of the organization are not counted", file=sys.stderr)  # noqa: T201  # to the user
    return {True: ExitCode.PASSED, False: ExitCode.FAILED, None: ExitCode.UNKNOWN}[answer.allowed]


def _organization(role: str, seen: Any) -> tuple[Any, str]:
    """The organization that limits the role, and why it is not known."""
    from asbuilt.evidence import Unknown
    from asbuilt.iam.records.organization import organization_of

    try:
        return organization_of(role, seen), ""
    except Unknown as unread:
        return None, unread.reason


def _details(options: argparse.Namespace) -> tuple[str, dict[str, Any] | None, Any, int]:
    """The name of the source, the account's details, the account as it was read, and the exit code without details."""
    if options.details:
        file = _read(options.details, lists=False)
        return options.details, file.data if file else None, None, ExitCode.USAGE
    from asbuilt.commands.iam_account import details
    from asbuilt.evidence import TargetError, Unknown

    name = options.account or options.endpoint_url
    try:
        return name, *details(options.account, options.endpoint_url, options.accounts_file), ExitCode.PASSED
    except TargetError as error:
        code, why = ExitCode.USAGE, f"error: {error}"
    except Unknown as unknown:
        code, why = ExitCode.UNKNOWN, f"unknown: {unknown.reason}"
    print(f"asbuilt iam who-can: {name}: {why}", file=sys.stderr)  # noqa: T201  # to the user
    return name, None, None, code


def _read(file: str, *, lists: bool = True) -> InputFile | None:
    """An input, `-` for standard input; None and a line on standard error where it cannot be read or holds no item."""
    name = "standard input" if file == "-" else file
    try:
        if file != "-" and Path(file).is_file() and Path(file).stat().st_size > LARGEST_FILE:
            raise InputError([f"{name}: is oversized: more than {LARGEST_FILE} bytes"])
        text = decoded(sys.stdin.buffer.read(), name) if file == "-" else text_of(Path(file))
        read = json_text(text, name)
        if not isinstance(read.data, dict) and not (lists and isinstance(read.data, list)):
            raise InputError(
                [f"{name}:1: must hold a JSON object{' or a list of them' * lists}, found {shown(read.data)}"]
            )
        if read.data == []:
            raise InputError([f"{name}:1: holds no items"])
    except InputError as error:
        print(error, file=sys.stderr)  # noqa: T201  # to the user
        return None
    return read
