"""The evidence of one variant of one architecture on one target."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from asbuilt.judging.judge import Verdict, judge
from asbuilt.judging.plan import IDENTITY
from asbuilt.snapshot import Call, Snapshot
from asbuilt.spec.model import Fact, Spec, Subject
from asbuilt.targets import Target


@dataclass(frozen=True)
class Deployment:
    """The evidence of one deployment.

    - `subjects`: the spec's subjects by name, with the names that they have in the target.
    - `now`: the time at which facts are judged (aware, UTC).
    - `started`: when reading began (aware, UTC); `seconds`: how long it took.
    - `verdicts`: those that are settled already, by the fact's id; `first`: what these were before their evidence was
      read again; `again`: the calls of that second reading.
    """

    spec: Spec
    variant: str
    target: Target
    subjects: Mapping[str, Subject]
    snapshot: Snapshot
    now: datetime.datetime
    started: datetime.datetime
    seconds: float
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    first: Mapping[str, Verdict] = field(default_factory=dict)
    again: tuple[Call, ...] = ()

    @property
    def identity(self) -> Mapping[str, Any]:
        """The `Account` and `Arn` of the reader, as STS answers; empty where they could not be read."""
        answers = self.snapshot.answers.get(IDENTITY, {}).get("", [])
        entries = [entry for answer in answers for entry in answer.entries]
        return entries[0].data if entries else {}

    def judge(self, fact: Fact) -> Verdict:
        """The verdict on a fact of the spec, judged with the subject's name in the target. Raises as `judge` does."""
        if fact.id in self.verdicts:
            return self.verdicts[fact.id]
        bound = dataclasses.replace(fact, subject=self.subjects[fact.subject.name])
        return judge(bound, self.subjects, self.snapshot, self.now)
