"""Reading spec.toml: checked against the vocabulary, with every mistake of a file gathered before the first is told."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from asbuilt import content
from asbuilt.check import SEVERITIES, Check, all_checks, checks_of
from asbuilt.problems import nearest
from asbuilt.sources.table import narrowing_of, rows_by_kind
from asbuilt.spec.expectation import BadExpectation, Expectation, expectation
from asbuilt.spec.lines import Key, Lines
from asbuilt.spec.model import Claim, Fact, Spec, SpecError, Subject

CLAIM_KEYS = ("section", "says", "severity", "optional", "note", "fix", "disputed", "strict", "variants")
SUBJECT_KEYS = ("kind", "name", "arn", "tags", "where", "many")
ARCHITECTURE_KEYS = ("name", "document", "region", "variants")
_PROVABLE_WITHOUT_NAME = ("aws:account",)


def find_spec(named: str) -> Path:
    """The spec file that a word of the command line stands for: a documented system's name, or a path.

    A folder stands for the `spec.toml` in it. Raises `SpecError` where neither is there.
    """
    shipped = content.shipped_specs()
    path = Path(named)
    if named in shipped:
        return shipped[named]
    if (path / "spec.toml").is_file():
        return path / "spec.toml"
    if path.is_file():
        return path
    raise SpecError([f"no spec is called {named!r} and no file is there: {nearest(named, shipped)}"])


def load(path: Path, strict: bool = False) -> Spec:
    """Load a spec and the contradictions beside it.

    `strict` judges the stricter of two readings where the document leaves room. Raises `SpecError` with every mistake
    in the file, or in the user's own checks.
    """
    try:
        all_checks()
    except content.OwnChecksError as error:
        raise SpecError(error.problems) from None
    text = _text(path)
    raw = _toml(path, text)
    return _Loader(path, text, raw, strict).load()


def _system(path: Path) -> str:
    """The name of a spec's system: its folder's, and its own where a folder may hold more than one."""
    return path.absolute().parent.name if path.name == "spec.toml" else path.stem


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError([f"{path}: cannot be read: {error}"]) from None


def _toml(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError([f"{path}: not valid TOML: {error}"]) from None


class _Loader:
    """One pass over one file, gathering mistakes instead of stopping at the first."""

    def __init__(self, path: Path, text: str, raw: dict[str, Any], strict: bool) -> None:
        self.path, self.raw, self.strict = path, raw, strict
        self.lines = Lines(text)
        self.problems: list[tuple[int, str]] = []
        self.variants: tuple[str, ...] = ()
        self.subjects: dict[str, dict[str, Subject]] = {}
        self.contradictions: tuple[Mapping[str, Any], ...] = ()

    def wrong(self, key: Key, message: str) -> None:
        self.problems.append((self.lines.of(key), message))

    def load(self) -> Spec:
        for name in self.raw:
            if name not in ("architecture", "subjects", "claim"):
                self.wrong((name,), f"unknown table {name!r}: {nearest(name, ('architecture', 'subjects', 'claim'))}")
        about = self.raw.get("architecture", {})
        self._architecture(about)
        self.contradictions = self._contradictions()
        self._subjects(self.raw.get("subjects", {}))
        claims = self.raw.get("claim", [])
        if not claims:
            self.wrong(("claim",), "no [[claim]]: a spec without promises verifies nothing")
        facts = [fact for index, claim in enumerate(claims) for fact in self._claim(index, claim)]
        self._stated_once(facts)
        if not facts and claims and not self.problems:
            self.wrong(("claim",), "no claim states a fact (subject.check = expectation)")
        if self.problems:
            raise SpecError(f"{self.path}:{line}: {message}" for line, message in sorted(self.problems))
        return Spec(
            path=self.path,
            system=_system(self.path),
            name=about["name"],
            document=about["document"],
            region=about["region"],
            variants=self.variants,
            subjects=self.subjects,
            facts=tuple(facts),
            contradictions=self.contradictions,
        )

    def _architecture(self, about: dict[str, Any]) -> None:
        for name in about:
            if name not in ARCHITECTURE_KEYS:
                self.wrong(("architecture", name), f"unknown key {name!r}: {nearest(name, ARCHITECTURE_KEYS)}")
        for name in ("name", "document", "region"):
            if not isinstance(about.get(name), str) or not about[name]:
                self.wrong(("architecture", name), f"[architecture] needs {name} as a text")
        variants = about.get("variants", [])
        if not isinstance(variants, list) or not all(isinstance(name, str) and name for name in variants):
            self.wrong(("architecture", "variants"), "variants must be a list of names")
            variants = []
        self.variants = tuple(variants)
        self.subjects = {variant: {} for variant in self.variants or ("",)}

    def _contradictions(self) -> tuple[Mapping[str, Any], ...]:
        path = self.path.with_name("contradictions.toml")
        if not path.exists():
            return ()
        found = _toml(path, _text(path)).get("contradiction", [])
        for index, entry in enumerate(found):
            missing = [key for key in ("id", "where", "what", "reading", "severity") if not entry.get(key)]
            if missing:
                raise SpecError([f"{path}: [[contradiction]] number {index + 1} lacks {', '.join(missing)}"])
        return tuple(found)

    def _subjects(self, raw: dict[str, Any]) -> None:
        for name, about in raw.items():
            by_variant = bool(self.variants) and isinstance(about, dict) and about and set(about) <= set(self.variants)
            for variant in self.variants or ("",):
                described = about.get(variant) if by_variant else about
                if described is not None:
                    subject = self._subject(("subjects", name, *([variant] if by_variant else [])), name, described)
                    if subject:
                        self.subjects[variant][name] = subject

    def _subject(self, key: Key, name: str, about: Any) -> Subject | None:
        if not isinstance(about, dict) or not isinstance(about.get("kind"), str):
            self.wrong(key, f'subject {name!r} must be a table with a kind: {{ kind = "rds:db", name = "..." }}')
            return None
        kind = about["kind"]
        if kind not in rows_by_kind():
            self.wrong(key, f"subject {name!r} has an unknown kind {kind!r}: {nearest(kind, rows_by_kind())}")
            return None
        narrowing = narrowing_of(kind)
        known = {*SUBJECT_KEYS, *narrowing}
        for attribute in about:
            if attribute not in known:
                self.wrong(
                    (*key, attribute), f"subject {name!r}: unknown key {attribute!r}: {nearest(attribute, known)}"
                )
        if not ({"name", "arn", "tags", "where"} & set(about)) and kind not in _PROVABLE_WITHOUT_NAME:
            self.wrong(key, f"subject {name!r} needs a name, an arn, tags or where")
        subject = Subject(
            name=name,
            kind=kind,
            called=str(about.get("name", "*")),
            arn=str(about.get("arn", "")),
            tags=about.get("tags", {}),
            within={name: (path, str(about[name])) for name, path in narrowing.items() if name in about},
            many=bool(about.get("many", False)),
        )
        return replace(subject, where=self._where((*key, "where"), subject, about.get("where", {})))

    def _where(self, key: Key, subject: Subject, raw: dict[str, Any]) -> dict[str, tuple[Check, str, Expectation]]:
        found = {}
        for check, parameter, value, at in self._questions(key, subject, raw):
            read = self._expectation(at, check, value, {})  # subjects are not known before all are read
            if read:
                found[f"{check.name}.{parameter}" if parameter else check.name] = (check, parameter, read)
        return found

    def _questions(self, key: Key, subject: Subject, raw: Any) -> list[tuple[Check, str, Any, Key]]:
        """The (check, parameter, expectation, place) that a table of questions about a subject holds."""
        if not isinstance(raw, dict):
            self.wrong(key, f"{subject.name} needs a question: {subject.name}.<check> = <expectation>")
            return []
        known = checks_of(subject.kind)
        found: list[tuple[Check, str, Any, Key]] = []
        for name, value in raw.items():
            check = known.get(name)
            if check is None:
                elsewhere = sorted({kind for kind, other in all_checks() if other == name})
                hint = f"it asks about {', '.join(elsewhere)}" if elsewhere else nearest(name, known)
                self.wrong((*key, name), f"{subject.name} ({subject.kind}) has no check {name!r}: {hint}")
            elif not check.parameter:
                found.append((check, "", value, (*key, name)))
            elif not isinstance(value, dict) or not value:
                self.wrong(
                    (*key, name),
                    f"{name} asks about a {check.parameter}: {subject.name}.{name}.<{check.parameter}> = ...",
                )
            else:
                found += [(check, parameter, answer, (*key, name, parameter)) for parameter, answer in value.items()]
        return found

    def _claim(self, index: int, raw: dict[str, Any]) -> list[Fact]:
        key: Key = ("claim", index)
        for name in ("section", "says"):
            if not isinstance(raw.get(name), str) or not raw[name]:
                self.wrong((*key, name) if name in raw else key, f"the claim needs {name} as a text")
        if "severity" in raw and raw["severity"] not in SEVERITIES:
            hint = nearest(str(raw["severity"]), SEVERITIES)
            self.wrong((*key, "severity"), f"unknown severity {raw['severity']!r}: {hint}")
        claim = Claim(
            section=str(raw.get("section", "")),
            says=str(raw.get("says", "")),
            line=self.lines.of(key),
            severity=str(raw.get("severity", "")),
            optional=raw.get("optional", False) is True,
            note=str(raw.get("note", "")),
            fix=str(raw.get("fix", "")),
            disputed=self._disputed(key, raw.get("disputed", "")),
        )
        variants = self._claim_variants(key, raw.get("variants"))
        stricter = raw.get("strict", {}) if self.strict else {}
        facts: list[Fact] = []
        for name, questions in raw.items():
            if name not in CLAIM_KEYS:
                facts += self._facts((*key, name), claim, name, questions, stricter.get(name, {}), variants)
        for name, questions in raw.get("strict", {}).items():
            # a stricter reading must be as valid as the laxer one, whether or not it is asked for now
            self._facts((*key, "strict", name), claim, name, questions, {}, variants)
            if self.strict and name not in raw:
                facts += self._facts((*key, "strict", name), claim, name, questions, {}, variants)
        return facts

    def _claim_variants(self, key: Key, raw: Any) -> tuple[str, ...]:
        if raw is None:
            return self.variants or ("",)
        unknown = [name for name in raw if name not in self.variants] if isinstance(raw, list) else [raw]
        for name in unknown:
            self.wrong((*key, "variants"), f"unknown variant {name!r}: {nearest(str(name), self.variants)}")
        return tuple(name for name in self.variants if name in raw)

    def _disputed(self, key: Key, raw: Any) -> Any:
        known = {entry["id"] for entry in self.contradictions}
        for name in raw.values() if isinstance(raw, dict) else [raw]:
            if name and name not in known:
                self.wrong((*key, "disputed"), f"no contradiction is called {name!r}: {nearest(str(name), known)}")
        for variant in raw if isinstance(raw, dict) else ():
            if variant not in self.variants:
                self.wrong((*key, "disputed"), f"unknown variant {variant!r}: {nearest(variant, self.variants)}")
        return raw

    def _facts(
        self, key: Key, claim: Claim, name: str, raw: Any, stricter: dict[str, Any], variants: tuple[str, ...]
    ) -> list[Fact]:
        known = {subject for of in self.subjects.values() for subject in of}
        if name not in known:
            self.wrong(key, f"unknown subject or key {name!r}: {nearest(name, known | set(CLAIM_KEYS))}")
            return []
        facts: list[Fact] = []
        mistaken: set[Key] = set()
        for variant in variants:
            subject = self.subjects[variant].get(name)
            if subject is None:
                continue
            before = len(self.problems)
            questions = self._questions(key, subject, {**raw, **stricter} if isinstance(raw, dict) else raw)
            if len(self.problems) > before:
                return facts
            for check, parameter, value, at in questions:
                ours = self._of_variant(at, value, variant)
                if ours is None or at in mistaken:
                    continue
                read = self._expectation(at, check, ours, {of.name: of.kind for of in self.subjects[variant].values()})
                if read is None:
                    mistaken.add(at)
                    continue
                dotted = ".".join(part for part in (name, check.name, parameter) if part)
                facts.append(Fact(dotted, variant, subject, check, parameter, read, claim, self.lines.of(at)))
        return facts

    def _of_variant(self, key: Key, value: Any, variant: str) -> Any:
        """What a table keyed by variants expects of one of them; None where it is silent."""
        if not isinstance(value, dict) or not self.variants or not set(value) & set(self.variants):
            return value
        for other in set(value) - set(self.variants):
            if variant == self.variants[0]:
                self.wrong((*key, other), f"unknown variant {other!r}: {nearest(other, self.variants)}")
        return value.get(variant)

    def _expectation(self, key: Key, check: Check, value: Any, subjects: Mapping[str, str]) -> Expectation | None:
        try:
            return expectation(value, check, subjects)
        except BadExpectation as bad:
            hint = f": {nearest(next(iter(value)), self.variants)}" if self._misspelt_variant(value) else ""
            self.wrong(key, f"{bad}{hint}")
            return None

    def _misspelt_variant(self, value: Any) -> bool:
        return bool(self.variants) and isinstance(value, dict) and bool(value)

    def _stated_once(self, facts: list[Fact]) -> None:
        seen: dict[str, Fact] = {}
        for fact in facts:
            first = seen.setdefault(fact.id, fact)
            if first is not fact:
                self.problems.append((fact.line, f"{fact.id} is already stated on line {first.line}"))
