"""The `[[claim]]` tables of a spec: each states facts about subjects, for every variant that it holds for."""

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
    """What claims may name. `subjects` are by variant; None stands for subjects or contradictions that are unknown,
    since their own table cannot be read; so does `variants_known` for variants.

    `strict` says that the stricter of two readings is judged.
    """

    variants: tuple[str, ...]
    variants_known: bool
    subjects: Subjects | None
    contradictions: frozenset[str] | None
    strict: bool

    @cached_property
    def names(self) -> frozenset[str]:
        """The subjects of any variant."""
        return frozenset(name for of in (self.subjects or {}).values() for name in of)

    @cached_property
    def kinds(self) -> Mapping[str, Mapping[str, str]]:
        """The kinds of the subjects, by variant and name."""
        return {
            variant: {name: subject.kind for name, subject in of.items()}
            for variant, of in (self.subjects or {}).items()
        }

    def subject(self, variant: str, name: str) -> Subject | None:
        """The subject of a variant, if it is there."""
        return Subject(name, "") if self.subjects is None else self.subjects[variant].get(name)


def read_claims(file: InputFile, raw: Any, scope: Scope) -> list[Fact]:
    """The facts of all claims, in their order."""
    facts = [fact for key, about in file.tables(("claim",), raw) for fact in _claim(file, key, about, scope)]
    first: dict[str, Fact] = {}
    for fact in facts:
        stated = first.setdefault(fact.id, fact)
        if stated is not fact:
            file.wrong_in(fact.line, f"{fact.id} is already stated on line {stated.line}")
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
        # a stricter reading must be as valid as the laxer one, whether or not it is asked for now
        alone = _facts(file, (*key, "strict", name), claim, asked, variants, scope)
        facts += alone if scope.strict and name not in about else []
    return facts


def _merged(asked: Any, instead: Any) -> Any:
    return {**asked, **instead} if isinstance(asked, dict) and isinstance(instead, dict) else asked


def _variants(file: InputFile, key: Key, read: Mapping[str, Any], scope: Scope) -> tuple[str, ...]:
    """The variants that a claim holds for: all, unless it names some."""
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
    """The facts that a claim states about one subject, the last part of `key`."""
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
    """What a table keyed by variants expects of one of them; None where it is silent."""
    if not isinstance(value, dict) or not set(value) & set(scope.variants):
        return value if scope.variants_known or not isinstance(value, dict) else None
    for other in value:
        if other not in scope.variants:
            file.wrong((*key, other), f"unknown variant {other!r}: {nearest(other, scope.variants)}")
    return value.get(variant)
