"""What a table of a spec asks about a subject, and what it expects: both are checked against the vocabulary."""

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
    """A question as a spec writes it: `value` is what it expects, `key` where it stands.

    `checks` is the check of that name; of a subject whose kind is unknown, those of any kind.
    """

    checks: tuple[Check, ...]
    parameter: str
    value: Any
    key: Key


def questions(file: InputFile, key: Key, subject: Subject, raw: Any) -> list[Question]:
    """The questions about a subject that a table holds, as `check = value` or `check.parameter = value`."""
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
        return f"{name} stands beside where, not in it: {{ kind = {subject.kind!r}, {name} = ..., where = {{ ... }} }}"
    kinds = sorted({kind for kind, other in all_checks() if other == name})
    known = checks_of(subject.kind) if subject.kind else {other for _, other in all_checks()}
    asked = f"it asks about {', '.join(kinds[:5])}" if kinds else nearest(name, known)
    described = f"{subject.name} ({subject.kind})" if subject.kind else subject.name
    return f"{described} has no check {name!r}: {asked}"


def answer(
    file: InputFile, question: Question, value: Any, kinds: Mapping[str, str], variants: tuple[str, ...]
) -> tuple[Check, Expectation] | None:
    """The check and what is expected of it; None, and a mistake noted, where its answer could never be compared so.

    `kinds` are the kinds of the subjects that the expectation may name, "" where a kind is unknown.
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
    """The value without what names a subject of unknown kind, which is a mistake that was noted already."""
    if not check.expects or not isinstance(value, list):
        return value
    unknown = {name for name, kind in kinds.items() if not kind}
    return [item for item in value if not unknown & set(re.findall(r"[\w-]+", str(item)))]
