"""What was read of one variant of one architecture on one target, ready to be judged."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asbuilt.judging.judge import Verdict, judge
from asbuilt.judging.plan import IDENTITY
from asbuilt.snapshot import Snapshot
from asbuilt.spec.model import Fact, Spec, Subject
from asbuilt.targets import Target


@dataclass(frozen=True)
class Deployment:
    """The evidence of one deployment.

    `subjects` are the spec's subjects as the target calls them, by name. `now` is the moment that checks of age are
    judged at; `started` and `seconds` tell when the evidence was read and how long that took.
    """

    spec: Spec
    variant: str
    target: Target
    subjects: Mapping[str, Subject]
    snapshot: Snapshot
    now: datetime.datetime
    started: datetime.datetime
    seconds: float

    @property
    def identity(self) -> Mapping[str, Any]:
        """The reader's Account and Arn as STS answers; empty where that could not be read."""
        answers = self.snapshot.answers.get(IDENTITY, {}).get("", [])
        entries = [entry for answer in answers for entry in answer.entries]
        return entries[0].data if entries else {}

    def judge(self, fact: Fact) -> Verdict:
        """The verdict on a fact of the spec, with its subject as the target calls it."""
        ours = dataclasses.replace(fact, subject=self.subjects[fact.subject.name])
        return judge(ours, self.subjects, self.snapshot, self.now)
