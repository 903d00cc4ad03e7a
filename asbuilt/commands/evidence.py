"""`asbuilt evidence`: sign a recording, and say whether one is whole and who signed it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from asbuilt.evidence import TargetError
from asbuilt.results.exit_codes import ExitCode


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options to a parser."""
    commands = parser.add_subparsers(dest="question", metavar="COMMAND", required=True)
    sign = commands.add_parser("sign", help="sign a recording in place")
    verify = commands.add_parser("verify", help="check the hashes and the signature of a recording")
    for sub in (sign, verify):
        sub.add_argument("file", metavar="FILE", type=Path, help="a recording that asbuilt verify --record wrote")
    sign.add_argument("--key", metavar="KEY", type=Path, required=True, help="the private key (Ed25519, PEM)")
    verify.add_argument("--key", metavar="PUB", type=Path, help="the public key (PEM) that must have signed it")


def run(options: argparse.Namespace) -> int:
    """Run the command. Returns its exit code: 1 where a recording was changed, or the key did not sign it."""
    try:
        return _sign(options.file, options.key) if options.question == "sign" else _verify(options.file, options.key)
    except TargetError as error:
        sys.stderr.write(f"asbuilt: {error}\n")
        return ExitCode.USAGE
    except OSError as error:
        sys.stderr.write(f"asbuilt: {options.file}: cannot be written: {error.strerror}\n")
        return ExitCode.USAGE


def _sign(file: Path, key: Path) -> int:
    from asbuilt.results.signing import sign

    sys.stdout.write(f"signed    {file} with key {sign(file, key)}\n")
    return ExitCode.PASSED


def _verify(file: Path, key: Path | None) -> int:
    from asbuilt.recording import changed, name_of, parse
    from asbuilt.results import signing
    from asbuilt.results.terminal import printable

    found = parse(file)
    wrong = changed(found) + (signing.problems(found, key) if key else [])
    about = found.manifest
    lines = [f"recording {file}, schema {found.schema}, SHA-256 {found.sha256}"]
    lines += [f"of        {about['target']['name']} ({about['target']['kind']})"]
    for deployment, one in found.deployments.items():
        counts = f"{len(one['sets'])} record sets, {len(one['facts'])} facts"
        lines += [
            f"          {name_of(*deployment)}: account {one['account'] or 'not known'}, {one['region']}, {counts}"
        ]
        lines += [f"          read at {one['started']} by {one['caller'] or 'a caller that is not known'}"]
    lines += [f"when      {about['recorded']}, judged at {about['now']}, by asbuilt {about['suite']}"]
    signers = ", ".join(signing.signed_by(found))
    signed = f"with key {signers}{'' if key else ', not checked: name the public key with --key'}" if signers else "no"
    lines += [f"signed    {signed}", *(f"WRONG     {problem}" for problem in wrong)]
    lines += ["holds     all hashes fit" + (", and the signature is by the key" if key else "")] if not wrong else []
    sys.stdout.write("".join(f"{printable(line)}\n" for line in lines))
    return ExitCode.FAILED if wrong else ExitCode.PASSED
