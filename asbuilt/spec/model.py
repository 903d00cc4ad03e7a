"""Specs: what a document promises, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asbuilt.check import Check
from asbuilt.problems import InputError
from asbuilt.spec.expectation import Expectation


class SpecError(InputError):
    """Everything that is wrong with a spec, one line each: file, line, what, and the nearest valid name."""


@dataclass(frozen=True)
class Subject:
    """A documented noun and how to find it: by name or ARN (globs), tags, what narrows it down, or its answers.

    `within` maps an attribute such as `cluster` to the JMESPath of the record's field and the name wanted there.
    """

    name: str
    kind: str
    called: str = "*"
    arn: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, tuple[Check, str, Expectation]] = field(default_factory=dict)
    within: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    many: bool = False

    def described(self) -> str:
        """How a message calls it: `rds:db 'campushub-db'`."""
        how = [f"{key} {wanted!r}" for key, (_, wanted) in self.within.items()]
        how += [f"{key} {value!r}" for key, value in self.tags.items()]
        how += [f"{name} = {wanted.text}" for name, (_, _, wanted) in self.where.items()]
        called = repr(self.arn or self.called) if (self.arn or self.called) != "*" else ""
        return " ".join(part for part in (self.kind, called, f"with {', '.join(how)}" if how else "") if part)


@dataclass(frozen=True)
class Claim:
    """One promise of the document, in its own order; `line` is where the spec states it."""

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
    """One checkable part of a claim, for one variant ("" where the architecture has none)."""

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
        """As pytest names it: `database.multi_az[tier1]`."""
        return f"{self.name}[{self.variant}]" if self.variant else self.name

    @property
    def severity(self) -> str:
        """The claim's own severity, else the check's."""
        return self.claim.severity or self.check.severity

    @property
    def disputed(self) -> str:
        """The contradiction that makes the fact impossible in this variant, or ""."""
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
