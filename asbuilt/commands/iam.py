"""`asbuilt iam prove|who-can|trust|escalate`: the questions of least privilege, asked on the command line.

Exit codes: 0 all that was asked holds, 1 something exceeds, is missing, escalates or lets strangers in, 4 the input is
wrong, 6 nothing failed but something is unknown.
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

HOLDS, FAILED, WRONG, UNKNOWN = 0, 1, 4, 6
# Larger inputs than this are a mistake, not a question.
LARGEST_FILE = 64 * 1024 * 1024
Outcome = tuple[dict[str, Any], int, Iterable[Problem]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands to a parser."""
    commands = parser.add_subparsers(dest="question", required=True, metavar="QUESTION")
    prove = commands.add_parser("prove", help="prove policies against documented grants; prints JSON lines")
    prove.add_argument("file", metavar="FILE", help="a JSON object or a list of them; - reads standard input")
    trust = commands.add_parser("trust", help="say who can assume a role")
    trust.add_argument("file", metavar="FILE", help="{role, trust_policy, candidates}; - reads standard input")
    escalate = commands.add_parser("escalate", help="find ways to more privileges")
    escalate.add_argument("file", metavar="FILE", help="{principal, policies, account}; - reads standard input")
    who = commands.add_parser("who-can", help="say whether a role may do something, and which statement decides")
    who.add_argument("role", metavar="ROLE_ARN")
    who.add_argument("action", metavar="ACTION")
    who.add_argument("resource", metavar="RESOURCE")
    source = who.add_mutually_exclusive_group(required=True)
    source.add_argument("--details", metavar="FILE", help="output of get-account-authorization-details; - for input")
    source.add_argument("--account", default="", metavar="NAME", help="a live account of accounts.toml")
    source.add_argument("--endpoint-url", default="", metavar="URL", help="any endpoint that speaks AWS's API")
    who.add_argument("--accounts-file", type=Path, default=Path("accounts.toml"), metavar="FILE", help="the accounts")


def run(options: argparse.Namespace) -> int:
    """Answer, print, and return the exit code."""
    if options.question == "who-can":
        return _who_can(options)
    ask: Callable[[Any], Outcome] = {"prove": _prove, "trust": _trust, "escalate": _escalate}[options.question]
    file = _read(options.file)
    if file is None:
        return WRONG
    items = file.data if isinstance(file.data, list) else [file.data]
    codes = [_answer(ask, item, index, file) for index, item in enumerate(items)]
    return next((code for code in (WRONG, FAILED, UNKNOWN) if code in codes), HOLDS)


def _answer(ask: Callable[[Any], Outcome], item: Any, index: int, file: InputFile) -> int:
    def place(problem: Problem) -> str:
        key: Key = (index,) if isinstance(file.data, list) else ()
        number = f": [{index}]" if isinstance(file.data, list) and len(file.data) > 1 else ""
        return f"{file.path}:{file.lines.of((*key, *_key(problem)))}{number}"

    try:
        line, code, problems = ask(item)
    except PolicyError as error:
        _complain(place, error.problems)
        return WRONG
    print(json.dumps(line, ensure_ascii=False), flush=True)  # noqa: T201  # this is the command's output
    _complain(place, problems)
    return WRONG if any(not problem.note for problem in problems) else code


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
    code = {"exceeds": FAILED, "missing": FAILED, "unknown": UNKNOWN}.get(proof.verdict, HOLDS)
    return proof.as_json(), code, proof.problems


def _trust(item: Any) -> Outcome:
    from asbuilt.iam.questions.trust import trust

    found = trust(item)
    against = any(
        c.expected is not None and c.can_assume is not None and c.expected != c.can_assume for c in found.candidates
    )
    answers = [found.anyone_in_any_account, *(c.can_assume for c in found.candidates)]
    code = FAILED if found.anyone_in_any_account or against else UNKNOWN if None in answers else HOLDS
    return found.as_json(), code, ()


def _escalate(item: Any) -> Outcome:
    from asbuilt.iam.questions.escalation import escalate

    found = escalate(item)
    code = {"escalates": FAILED, "unknown": UNKNOWN}.get(found.verdict, HOLDS)
    return found.as_json(), code, found.problems


def _who_can(options: argparse.Namespace) -> int:
    name, found, seen, code = _details(options)
    if found is None:
        return code
    from asbuilt.iam.questions.account import who_can

    asked = (found, options.role, options.action, options.resource)
    try:
        answer = who_can(*asked, *_organization(options.role, seen)) if seen else who_can(*asked)
    except PolicyError as error:
        _complain(lambda _: name, error.problems)
        return WRONG
    print(json.dumps(answer.as_json(), ensure_ascii=False))  # noqa: T201  # this is the command's output
    if seen is None:
        print(f"{name}: note: organization policies were not read", file=sys.stderr)  # noqa: T201  # to the user
    return {True: HOLDS, False: FAILED}.get(answer.allowed, UNKNOWN) if answer.allowed is not None else UNKNOWN


def _organization(role: str, seen: Any) -> tuple[Any, str]:
    """What limits the role from above, and why that is not known."""
    from asbuilt.evidence import Unknown
    from asbuilt.iam.records.organization import organization_of

    try:
        return organization_of(role, seen), ""
    except Unknown as unread:
        return None, unread.reason


def _details(options: argparse.Namespace) -> tuple[str, dict[str, Any] | None, Any, int]:
    """Where the account's details are from, the details, what else was read, and the exit code where nothing was."""
    if options.details:
        file = _read(options.details, lists=False)
        return options.details, file.data if file else None, None, WRONG
    from asbuilt.commands.iam_account import details
    from asbuilt.evidence import TargetError, Unknown

    name = options.account or options.endpoint_url
    try:
        return name, *details(options.account, options.endpoint_url, options.accounts_file), HOLDS
    except TargetError as error:
        code, why = WRONG, f"error: {error}"
    except Unknown as unknown:
        code, why = UNKNOWN, f"unknown: {unknown.reason}"
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
