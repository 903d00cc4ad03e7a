"""The data of a spec: subjects, claims and facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asbuilt.check import Check
from asbuilt.problems import InputError
from asbuilt.spec.expectation import Expectation


class SpecError(InputError):
    """All mistakes in a spec, one line each: file, line, mistake, and the nearest valid name."""


@dataclass(frozen=True)
class Subject:
    """A noun of the document, and how to find its records.

    - `called`, `arn`: globs for a name and the ARN of the record.
    - `tags`: tags that the record has.
    - `within`: an attribute such as `cluster` → the JMESPath of the record's field, and the name expected there.
    - `where`: checks that the record answers as expected: name → the check, its parameter, the expectation.
    - `many`: several records may match.
    - `region`: where they are, or "" for the deployment's own region.
    """

    name: str
    kind: str
    called: str = "*"
    arn: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, tuple[Check, str, Expectation]] = field(default_factory=dict)
    within: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    many: bool = False
    region: str = ""

    def described(self) -> str:
        """The subject in messages: `rds:db 'campushub-db'`."""
        how = [f"{key} {wanted!r}" for key, (_, wanted) in self.within.items()]
        how += [f"{key} {value!r}" for key, value in self.tags.items()]
        how += [f"{name} = {wanted.text}" for name, (_, _, wanted) in self.where.items()]
        called = repr(self.arn or self.called) if (self.arn or self.called) != "*" else ""
        where = f"in {self.region}" if self.region else ""
        return " ".join(part for part in (self.kind, called, f"with {', '.join(how)}" if how else "", where) if part)


@dataclass(frozen=True)
class Claim:
    """One promise of the document; `line` is its line in the spec."""

    section: str
    says: str
    line: int
    severity: str = ""
    optional: bool = False
    note: str = ""
    fix: str = ""
    disputed: str | Mapping[str, str] = ""


@dataclass(frozen=True)
class Fact:
    """One part of a claim that a check can judge, for one variant ("" where the architecture has none)."""

    name: str
    variant: str
    subject: Subject
    check: Check
    parameter: str
    expected: Expectation
    claim: Claim
    line: int

    @property
    def id(self) -> str:
        """The name of the fact's test in pytest: `database.multi_az[tier1]`."""
        return f"{self.name}[{self.variant}]" if self.variant else self.name

    @property
    def severity(self) -> str:
        """The severity of the claim where it states one, else that of the check."""
        return self.claim.severity or self.check.severity

    @property
    def disputed(self) -> str:
        """The id of the contradiction that makes the fact impossible in this variant, or ""."""
        disputed = self.claim.disputed
        return disputed if isinstance(disputed, str) else disputed.get(self.variant, "")


@dataclass(frozen=True)
class Spec:
    """A documented architecture: `subjects` by variant and name, `facts` in the document's order."""

    path: Path
    system: str
    name: str
    document: str
    region: str
    variants: tuple[str, ...]
    subjects: Mapping[str, Mapping[str, Subject]]
    facts: tuple[Fact, ...]
    contradictions: tuple[Mapping[str, Any], ...]
