"""The exit codes of every command, and what the facts of a run make of them."""

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
  0  all that was asked holds        4  wrong usage, or a broken spec
  1  something failed                5  nothing was verified
  2  interrupted                     6  nothing failed, but something is unknown
  3  internal error
"""


def outcome(fact: Mapping[str, Any]) -> str:
    """A fact's status, or `disputed` for a failure that the document itself makes inevitable."""
    return "disputed" if fact["status"] == "failed" and fact["disputed"] else str(fact["status"])


def exit_code(facts: Sequence[Mapping[str, Any]]) -> ExitCode:
    """The exit code that the facts of a run lead to; `disputed` counts as nothing verified."""
    outcomes = {outcome(fact) for fact in facts}
    for status, code in (("failed", ExitCode.FAILED), ("unknown", ExitCode.UNKNOWN), ("passed", ExitCode.PASSED)):
        if status in outcomes:
            return code
    return ExitCode.NOTHING
