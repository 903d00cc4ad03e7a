"""The fix of a finding: the text of the check or claim, with its placeholders filled from the evidence."""

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

# Placeholders: `{name}`, `{VpcId}`, `{SecurityGroups[].GroupId ?? <group>}`. The text after `??` is used where the
# evidence has no value. A path can begin with a kind that was read, `{ec2:subnet[].SubnetId}`, and hold `$parameter`.
_GAP = re.compile(r"\{([^{}]+?)(?: \?\? (<[^<>{}]+>))?\}")
_OF_KIND = re.compile(r"([a-z0-9-]+:[a-z0-9.-]+)(\[.*)")

Named = Mapping[str, tuple[str, Sequence[Entry]]]


def fix_for(
    fact: Fact, entries: Sequence[Entry], answer: Any = None, named: Named | None = None, read: Iterable[Entry] = ()
) -> str:
    """The fix of the claim, or else of the check, with values of these records, quoted for a shell.

    `named` are the kind and the records of each subject that the fact names; `read` are all records that were read to
    judge it.
    """
    entry = entries[0] if entries else None
    values: dict[str, Any] = {"parameter": fact.parameter, "expected": words(fact.expected.raw)}
    wanted = would_do(fact.expected.raw)
    if wanted is not None:
        _, of = (named or {}).get(wanted, ("", ()))
        values["wanted"] = next(
            (item.arn or item.short_id for item in of if item.arn or item.ids or item.names), wanted
        )
    if entry is not None:
        values |= {"name": entry.short_id, "arn": entry.arn}
    if isinstance(answer, Departures):
        values["instead"] = answer.instead
    looked_at = list(read)

    def filled(gap: re.Match[str]) -> str:
        # only a parameter of letters and digits is safe inside a JMESPath
        path = gap[1].replace("$parameter", fact.parameter) if fact.parameter.isalnum() else gap[1]
        otherwise = gap[2] or gap[0]
        found = [values[path]] if path in values else _found(path, entry, looked_at)
        return " ".join(shlex.quote(str(value)) for value in found) or otherwise

    return _GAP.sub(filled, fact.claim.fix or fact.check.fix)


def _found(path: str, entry: Entry | None, read: Sequence[Entry]) -> list[str | int]:
    """The texts and numbers at a path of the record, or, for `kind[...]`, of the records of a kind that was read."""
    of_kind = _OF_KIND.fullmatch(path)
    try:
        if of_kind:
            value = search(of_kind[2], [item.data for item in read if item.kind == of_kind[1]])
        else:
            value = search(path, entry.data) if entry is not None else None
    except JMESPathError:  # braces that belong to the command
        return []
    several = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(item for item in several if isinstance(item, str | int) and not isinstance(item, bool)))
