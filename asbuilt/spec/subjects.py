"""Read the `[subjects]` of a spec: the document's nouns, and how each is found in an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from asbuilt.check import Check
from asbuilt.problems import nearest, shown
from asbuilt.problems.file import InputFile
from asbuilt.problems.lines import Key
from asbuilt.problems.regions import regions
from asbuilt.problems.rules import ANY_TEXT, FLAG, LINE, TABLE, Rule, is_name
from asbuilt.sources.table import is_global, narrowing_of, rows_by_kind
from asbuilt.spec.expectation import Expectation
from asbuilt.spec.model import Subject
from asbuilt.spec.questions import answer, questions

SUBJECT = {
    "kind": Rule(LINE, needed=True),
    "name": Rule(LINE),
    "arn": Rule(LINE),
    "tags": Rule(TABLE, each=Rule(ANY_TEXT)),
    "where": Rule(TABLE),
    "many": Rule(FLAG),
    "region": Rule(LINE, choices=regions),
}
_FOUND_BY = ("name", "arn", "tags", "where")
_FOUND_ALWAYS = ("aws:account",)
Subjects = Mapping[str, Mapping[str, Subject]]


@cache
def subject_kinds() -> frozenset[str]:
    """The kinds that a subject can have.

    A detail (`s3:bucket.policy`) is one of them only where a spec can name the record that it belongs to.
    """
    return frozenset(kind for kind in rows_by_kind() if "." not in kind or narrowing_of(kind))


def read_subjects(file: InputFile, raw: Mapping[str, Any], variants: tuple[str, ...], keys: frozenset[str]) -> Subjects:
    """The subjects by variant ("" where there are none) and name. `keys` are names that a subject cannot have.

    A subject with a mistake in it is included, so that the claims on it are validated; an unknown kind becomes "".
    Mistakes are noted in the file.
    """
    found: dict[str, dict[str, Subject]] = {variant: {} for variant in variants or ("",)}
    for name, about in raw.items():
        if name in keys:
            file.wrong(("subjects", name), f"a subject cannot be called {name!r}, a key of every claim: rename it")
        elif not is_name(name):
            file.wrong(
                ("subjects", name), f"{name!r} is not a valid name of a subject: use letters, digits, _ and - only"
            )
        by_variant = _by_variant(about, variants)
        for other in by_variant.keys() - set(variants):
            hint = nearest(other, variants)
            file.wrong(("subjects", name, other), f"subject {name!r}: unknown variant {other!r}: {hint}")
        for variant, of_variant in found.items():
            if not by_variant:
                of_variant[name] = _subject(file, ("subjects", name), name, about)
            elif variant in by_variant:
                of_variant[name] = _subject(file, ("subjects", name, variant), name, by_variant[variant])
    return found


def _by_variant(about: Any, variants: tuple[str, ...]) -> Mapping[str, Any]:
    """The descriptions of a subject by variant; empty where one description holds for all variants."""
    if not variants or not isinstance(about, dict) or not about or "kind" in about:
        return {}
    described = all(isinstance(item, dict) and "kind" in item for item in about.values())
    return about if described or set(about) & set(variants) else {}


def _subject(file: InputFile, key: Key, name: str, about: Any) -> Subject:
    if not isinstance(about, dict):
        written = '{ kind = "rds:db", name = "..." }'
        file.wrong(key, f"subject {name!r} must be a table such as {written}, found {shown(about)}")
        return Subject(name, "")
    kind = _kind(file, key, about.get("kind"))
    narrowing = narrowing_of(kind) if kind else {at: "" for of in rows_by_kind() for at in narrowing_of(of)}
    read = file.table(key, {**SUBJECT, **dict.fromkeys(narrowing, Rule(LINE))}, about)
    if not set(_FOUND_BY) & set(about) and kind not in _FOUND_ALWAYS:
        file.wrong(key, f"subject {name!r} needs a name, an arn, tags or where")
    subject = Subject(
        name=name,
        kind=kind,
        called=read.get("name", "*"),
        arn=read.get("arn", ""),
        tags=read.get("tags", {}),
        within={attribute: (path, read[attribute]) for attribute, path in narrowing.items() if attribute in read},
        many=read.get("many", False),
        region=read.get("region", ""),
    )
    if subject.region and kind and is_global(kind):
        file.wrong((*key, "region"), f"subject {name!r}: {kind} is the same in every region: remove region")
    return replace(subject, where=_where(file, (*key, "where"), subject, read["where"])) if "where" in read else subject


def _kind(file: InputFile, key: Key, kind: Any) -> str:
    """The kind, where it is a valid one, else "". A value that is not a text is noted with the other keys."""
    if not isinstance(kind, str) or kind in subject_kinds():
        return kind if isinstance(kind, str) else ""
    if kind in rows_by_kind():
        owner = kind.partition(".")[0]
        instead = f'is a detail of {owner}, which the checks of {owner} read: write kind = "{owner}"'
        file.wrong((*key, "kind"), f"kind {kind!r} {instead}")
    else:
        file.wrong((*key, "kind"), f"unknown kind {kind!r}: {nearest(kind, subject_kinds())}")
    return ""


def _where(file: InputFile, key: Key, subject: Subject, raw: Any) -> dict[str, tuple[Check, str, Expectation]]:
    found = {}
    for question in questions(file, key, subject, raw):
        read = answer(file, question, question.value, {}, ())  # other subjects are not known yet
        if read:
            check, wanted = read
            name = f"{check.name}.{question.parameter}" if question.parameter else check.name
            found[name] = (check, question.parameter, wanted)
    return found
