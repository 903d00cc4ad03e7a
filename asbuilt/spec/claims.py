"""Read the `[[claim]]` tables of a spec. Each states facts about subjects, for some or all variants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from asbuilt.check import SEVERITIES
from asbuilt.problems import nearest
from asbuilt.problems.file import InputFile
from asbuilt.problems.lines import Key
from asbuilt.problems.rules import ANY_TEXT, FLAG, LINE, NAMES, TABLE, TEXT, Rule, ValueType
from asbuilt.spec.model import Claim, Fact, Subject
from asbuilt.spec.questions import answer, questions
from asbuilt.spec.subjects import Subjects

_DISPUTED = ValueType(
    "the id of a contradiction, or a table with one for each variant",
    lambda value: all(map(TEXT.fits, value.values() if isinstance(value, dict) else [value])),
    str,
)
CLAIM = {
    "section": Rule(LINE, needed=True),
    "says": Rule(TEXT, needed=True),
    "severity": Rule(LINE, choices=SEVERITIES),
    "optional": Rule(FLAG),
    "note": Rule(ANY_TEXT),
    "fix": Rule(ANY_TEXT),
    "disputed": Rule(_DISPUTED),
    "strict": Rule(TABLE),
    "variants": Rule(NAMES),
}


@dataclass(frozen=True)
class Scope:
    """The names that claims can use.

    - `variants`: those of the spec; `variants_known` is false where their list cannot be read.
    - `subjects`: by variant and name, or None where their table cannot be read.
    - `contradictions`: their ids, or None where their file cannot be read.
    - `strict`: the stricter of two readings is judged.
    """

    variants: tuple[str, ...]
    variants_known: bool
    subjects: Subjects | None
    contradictions: frozenset[str] | None
    strict: bool

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the subjects of all variants."""
        return frozenset(name for of in (self.subjects or {}).values() for name in of)

    @cached_property
    def kinds(self) -> Mapping[str, Mapping[str, str]]:
        """The kinds of the subjects, by variant and name."""
        return {
            variant: {name: subject.kind for name, subject in of.items()}
            for variant, of in (self.subjects or {}).items()
        }

    def subject(self, variant: str, name: str) -> Subject | None:
        """The subject of this name in a variant, or None. Any name is a subject where the subjects are not known."""
        return Subject(name, "") if self.subjects is None else self.subjects[variant].get(name)


def read_claims(file: InputFile, raw: Any, scope: Scope) -> list[Fact]:
    """The facts of all claims, in the spec's order. Mistakes are noted in the file."""
    facts = [fact for key, about in file.tables(("claim",), raw) for fact in _claim(file, key, about, scope)]
    first: dict[str, Fact] = {}
    for fact in facts:
        stated = first.setdefault(fact.id, fact)
        if stated is not fact:
            file.wrong_in(fact.line, f"{fact.id} is already stated on line {stated.line}: remove one of them")
    return facts


def _claim(file: InputFile, key: Key, about: dict[str, Any], scope: Scope) -> list[Fact]:
    read = file.table(key, CLAIM, about, others=True)
    stricter = read.get("strict", {})
    variants = _variants(file, key, read, scope)
    claim = Claim(
        section=read.get("section", ""),
        says=read.get("says", ""),
        line=file.lines.of(key),
        severity=read.get("severity", ""),
        optional=read.get("optional", False),
        note=read.get("note", ""),
        fix=read.get("fix", ""),
        disputed=_disputed(file, (*key, "disputed"), read.get("disputed", ""), scope),
    )
    facts: list[Fact] = []
    for name, asked in about.items():
        if name not in CLAIM:
            instead = stricter.get(name) if scope.strict else None
            facts += _facts(file, (*key, name), claim, _merged(asked, instead), variants, scope)
    for name, asked in stricter.items():
        # the stricter reading is validated in every run, also where the laxer one is judged
        alone = _facts(file, (*key, "strict", name), claim, asked, variants, scope)
        facts += alone if scope.strict and name not in about else []
    return facts


def _merged(asked: Any, instead: Any) -> Any:
    return {**asked, **instead} if isinstance(asked, dict) and isinstance(instead, dict) else asked


def _variants(file: InputFile, key: Key, read: Mapping[str, Any], scope: Scope) -> tuple[str, ...]:
    """The variants that a claim names, or all variants where it names none."""
    named = read.get("variants", scope.variants)
    for name in named:
        if name not in scope.variants:
            file.wrong((*key, "variants"), f"unknown variant {name!r}: {nearest(name, scope.variants)}")
    return tuple(name for name in scope.variants if name in named) if scope.variants else ("",)


def _disputed(file: InputFile, key: Key, raw: Any, scope: Scope) -> Any:
    for name in raw.values() if isinstance(raw, dict) else [raw] if raw else []:
        if scope.contradictions is not None and name not in scope.contradictions:
            file.wrong(key, f"no contradiction is called {name!r}: {nearest(name, scope.contradictions)}")
    for variant in raw if isinstance(raw, dict) else ():
        if variant not in scope.variants:
            file.wrong(key, f"unknown variant {variant!r}: {nearest(variant, scope.variants)}")
    return raw


def _facts(file: InputFile, key: Key, claim: Claim, asked: Any, variants: tuple[str, ...], scope: Scope) -> list[Fact]:
    """The facts that a claim states about one subject, whose name is the last part of `key`."""
    name = str(key[-1])
    if scope.subjects is not None and name not in scope.names:
        file.wrong(key, f"unknown subject or key {name!r}: {nearest(name, scope.names | set(CLAIM))}")
        return []
    facts: list[Fact] = []
    for variant in variants:
        subject = scope.subject(variant, name)
        if subject is None:
            continue
        for question in questions(file, key, subject, asked):
            value = _of_variant(file, question.key, question.value, variant, scope)
            read = (
                answer(file, question, value, scope.kinds.get(variant, {}), scope.variants)
                if value is not None
                else None
            )
            if read:
                check, expected = read
                dotted = ".".join(part for part in (name, check.name, question.parameter) if part)
                line = file.lines.of(question.key)
                facts.append(Fact(dotted, variant, subject, check, question.parameter, expected, claim, line))
    return facts


def _of_variant(file: InputFile, key: Key, value: Any, variant: str, scope: Scope) -> Any:
    """The expectation of one variant in a table keyed by variants; None where the table does not have that variant."""
    if not isinstance(value, dict) or not set(value) & set(scope.variants):
        return value if scope.variants_known or not isinstance(value, dict) else None
    for other in value:
        if other not in scope.variants:
            file.wrong((*key, other), f"unknown variant {other!r}: {nearest(other, scope.variants)}")
    return value.get(variant)
