"""The evidence of one variant of one architecture on one target."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asbuilt.judging.judge import Finding, Verdict, judge
from asbuilt.judging.plan import plan, whole_kinds
from asbuilt.snapshot import Snapshot
from asbuilt.sources.row import IDENTITY
from asbuilt.sources.table import rows_by_kind, with_parents
from asbuilt.spec.model import Fact, Spec, Subject
from asbuilt.targets import Target


@dataclass(frozen=True)
class Deployment:
    """The evidence of one deployment.

    - `subjects`: the spec's subjects by name, with the names that they have in the target.
    - `now`: the time at which facts are judged (aware, UTC).
    - `whole`: the kinds of which all records were read, and not those of some parents only.
    - `started`: when reading began (aware, UTC); `seconds`: how long it took.
    """

    spec: Spec
    variant: str
    target: Target
    subjects: Mapping[str, Subject]
    snapshot: Snapshot
    now: datetime.datetime
    started: datetime.datetime
    seconds: float
    whole: frozenset[str] = frozenset()

    @property
    def identity(self) -> Mapping[str, Any]:
        """The `Account` and `Arn` of the reader, as STS answers; empty where they could not be read."""
        answers = self.snapshot.answers.get(IDENTITY, {}).get("", [])
        entries = [entry for answer in answers for entry in answer.entries]
        return entries[0].data if entries else {}

    def judge(self, fact: Fact) -> Verdict:
        """The verdict on a fact of the spec, judged with the subject's name in the target. Raises as `judge` does."""
        bound = dataclasses.replace(fact, subject=self.subjects[fact.subject.name])
        missing = self._not_recorded(bound) if self.target.recording else ""
        if missing:
            reason = f"{missing} not recorded: record the account again with this fact selected"
            return Verdict(fact, "unknown", (Finding(bound.subject.described(), "unknown", reason=reason),))
        return judge(bound, self.subjects, self.snapshot, self.now)

    def _not_recorded(self, fact: Fact) -> str:
        """What a recording lacks of the evidence that a fact needs: kinds, and those of which it holds a part only."""
        needed = plan([fact], self.subjects, rows_by_kind())
        absent = sorted(with_parents(set(needed.kinds)) - self.snapshot.answers.keys())
        parts = sorted(whole_kinds(needed, rows_by_kind()) - self.whole - set(absent))
        said = [f"{', '.join(kinds)} {'were' if len(kinds) > 1 else 'was'}" for kinds in (absent,) if kinds]
        said += [f"all records of {', '.join(parts)} were"] if parts else []
        return " and ".join(said)
