"""The questions in a table of a spec, and what it expects of their answers, validated against the checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asbuilt.check import Check, all_checks, checks_of
from asbuilt.problems import nearest, shown
from asbuilt.problems.file import InputFile
from asbuilt.problems.lines import Key
from asbuilt.spec.expectation import TABLES, BadExpectation, Expectation, expectation
from asbuilt.spec.model import Subject

BESIDE_WHERE = ("kind", "name", "arn", "tags", "where", "many")


@dataclass(frozen=True)
class Question:
    """A question as a spec writes it.

    - `checks`: the check of this name; where the subject's kind is not known, the checks of this name for all kinds.
    - `parameter`: of the question, or "".
    - `value`: what the spec expects; `key`: its place in the file.
    """

    checks: tuple[Check, ...]
    parameter: str
    value: Any
    key: Key


def questions(file: InputFile, key: Key, subject: Subject, raw: Any) -> list[Question]:
    """The questions about a subject in a table, written as `check = value` or `check.parameter = value`.

    Mistakes are noted in the file.
    """
    if not isinstance(raw, dict) or not raw:
        needed = f"{subject.name} needs a question: {subject.name}.<check> = <expectation>"
        file.wrong(key, f"{needed}, found {shown(raw)}")
        return []
    found: list[Question] = []
    for name, value in raw.items():
        checks = _checks(subject.kind, name)
        if not checks:
            file.wrong((*key, name), _unknown(subject, name, in_where=key[-1] == "where"))
        elif not checks[0].parameter:
            found.append(Question(checks, "", value, (*key, name)))
        elif not isinstance(value, dict) or not value:
            written = f"{subject.name}.{name}.<{checks[0].parameter}> = ..."
            file.wrong((*key, name), f"{name} asks about a {checks[0].parameter}: write {written}")
        else:
            found += [Question(checks, parameter, item, (*key, name, parameter)) for parameter, item in value.items()]
    return found


def _checks(kind: str, name: str) -> tuple[Check, ...]:
    if kind:
        known = checks_of(kind).get(name)
        return (known,) if known else ()
    return tuple(check for (_, other), check in all_checks().items() if other == name)


def _unknown(subject: Subject, name: str, in_where: bool) -> str:
    if in_where and name in BESIDE_WHERE:
        return f"write {name} beside where, not in it: {{ kind = {subject.kind!r}, {name} = ..., where = {{ ... }} }}"
    kinds = sorted({kind for kind, other in all_checks() if other == name})
    known = checks_of(subject.kind) if subject.kind else {other for _, other in all_checks()}
    asked = f"it is a check of {', '.join(kinds[:5])}" if kinds else nearest(name, known)
    described = f"{subject.name} ({subject.kind})" if subject.kind else subject.name
    return f"{described} has no check {name!r}: {asked}"


def answer(
    file: InputFile, question: Question, value: Any, kinds: Mapping[str, str], variants: tuple[str, ...]
) -> tuple[Check, Expectation] | None:
    """The check and the expectation of its answer; None, with a mistake noted, where the two cannot be compared.

    `kinds` are the kinds of the subjects that the expectation can name, "" where a kind is not known.
    """
    wrong = ""
    for check in question.checks:
        try:
            return check, expectation(_readable(value, check, kinds), check, kinds)
        except BadExpectation as bad:
            wrong = wrong or str(bad)
    first = next(iter(value)) if isinstance(value, dict) and value else ""
    unclear = bool(first) and first not in TABLES and bool(variants)
    file.wrong(question.key, f"{wrong}: {nearest(first, (*TABLES, *variants))}" if unclear else wrong)
    return None


def _readable(value: Any, check: Check, kinds: Mapping[str, str]) -> Any:
    """The value without the items that name a subject of unknown kind. That mistake is noted at the subject."""
    if not check.expects or not isinstance(value, list):
        return value
    unknown = {name for name, kind in kinds.items() if not kind}
    return [item for item in value if not unknown & set(re.findall(r"[\w-]+", str(item)))]
