"""What to do about a finding: a check's fix with what the evidence knows in its gaps."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jmespath.exceptions import JMESPathError

from asbuilt.check import Departures
from asbuilt.evidence import Entry, search
from asbuilt.spec.expectation import words, would_do
from asbuilt.spec.model import Fact

# `{name}`, `{VpcId}`, `{SecurityGroups[].GroupId ?? <group>}`: what fills a gap, and what stands there where nothing
# does. A path may begin with a kind that was looked at, `{ec2:subnet[].SubnetId}`, and hold the `$parameter`.
_GAP = re.compile(r"\{([^{}]+?)(?: \?\? (<[^<>{}]+>))?\}")
_OF_KIND = re.compile(r"([a-z0-9-]+:[a-z0-9.-]+)(\[.*)")

Named = Mapping[str, tuple[str, Sequence[Entry]]]


def fix_for(
    fact: Fact, entries: Sequence[Entry], answer: Any = None, named: Named | None = None, read: Iterable[Entry] = ()
) -> str:
    """The claim's or check's fix with this resource's names in it, quoted so that pasting it is safe.

    `named` are the records of the subjects that the fact names, `read` all that were looked at to judge it.
    """
    entry = entries[0] if entries else None
    values: dict[str, Any] = {"parameter": fact.parameter, "expected": words(fact.expected.raw)}
    wanted = would_do(fact.expected.raw)
    if wanted is not None:
        _, of = (named or {}).get(wanted, ("", ()))
        values["wanted"] = next((item.arn or item.names[0] for item in of if item.arn or item.names), wanted)
    if entry is not None:
        values |= {"name": entry.names[0] if entry.names else entry.label, "arn": entry.arn}
    if isinstance(answer, Departures):
        values["instead"] = answer.instead
    looked_at = list(read)

    def filled(gap: re.Match[str]) -> str:
        # a parameter with signs in it would say something else in a path
        path = gap[1].replace("$parameter", fact.parameter) if fact.parameter.isalnum() else gap[1]
        otherwise = gap[2] or gap[0]
        found = [values[path]] if path in values else _found(path, entry, looked_at)
        return " ".join(shlex.quote(str(value)) for value in found) or otherwise

    return _GAP.sub(filled, fact.claim.fix or fact.check.fix)


def _found(path: str, entry: Entry | None, read: Sequence[Entry]) -> list[str | int]:
    """The texts and numbers that a path leads to, in the record, or (`kind[...]`) in the records of a kind read."""
    of_kind = _OF_KIND.fullmatch(path)
    try:
        if of_kind:
            value = search(of_kind[2], [item.data for item in read if item.kind == of_kind[1]])
        else:
            value = search(path, entry.data) if entry is not None else None
    except JMESPathError:  # braces that are the command's own
        return []
    several = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(item for item in several if isinstance(item, str | int) and not isinstance(item, bool)))
