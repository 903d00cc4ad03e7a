"""The exit codes of all commands, and the exit code of a run by the status of its facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any


class ExitCode(IntEnum):
    """How a command ends; each value is the process's exit code."""

    PASSED = 0
    FAILED = 1
    INTERRUPTED = 2
    INTERNAL = 3
    USAGE = 4
    NOTHING = 5
    UNKNOWN = 6


HELP = """exit codes
  0  everything asked for holds      4  wrong usage, or mistakes in an input file
  1  something failed                5  nothing was verified
  2  interrupted                     6  nothing failed, but something is unknown
  3  internal error
"""


def outcome(fact: Mapping[str, Any]) -> str:
    """A fact's status, or `disputed` where it failed and a contradiction of the document makes it impossible."""
    return "disputed" if fact["status"] == "failed" and fact["disputed"] else str(fact["status"])


def exit_code(facts: Sequence[Mapping[str, Any]]) -> ExitCode:
    """The exit code of a run with these facts. A disputed fact counts as not verified."""
    outcomes = {outcome(fact) for fact in facts}
    for status, code in (("failed", ExitCode.FAILED), ("unknown", ExitCode.UNKNOWN), ("passed", ExitCode.PASSED)):
        if status in outcomes:
            return code
    return ExitCode.NOTHING
