"""The deployments of one session: each is read once, kept, and its facts are judged."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from asbuilt import verification
from asbuilt.progress import Progress
from asbuilt.results.deployment import Deployment
from asbuilt.snapshot import Snapshot
from asbuilt.sources.limits import Limits
from asbuilt.sources.table import chosen_target
from asbuilt.spec.model import Fact, Spec
from asbuilt.targets import Target

# (system, variant, the function that reads, which reading it is) -> its snapshot, or one that was read before
Kept = Callable[[str, str, Callable[[], Snapshot], str], Snapshot]


class Run:
    """Reads each deployment once and keeps it.

    - `target`: where evidence is read; `now`: the time at which facts are judged (aware, UTC).
    - `strict`: judge the stricter of two documented readings.
    - `limits`, `progress`, `once`: those of `verification.read`.
    - `kept`: keeps snapshots for other processes, or None.
    """

    def __init__(
        self,
        target: Target,
        now: datetime.datetime,
        limits: Limits | None = None,
        progress: Progress | None = None,
        *,
        once: bool = False,
        strict: bool = False,
        kept: Kept | None = None,
    ) -> None:
        self.target = target
        self.now = now
        self.strict = strict
        self._kept = kept
        self._more: Any = {"limits": limits, "progress": progress, "once": once, "strict": strict}
        self.deployments: dict[tuple[Path, str], Deployment] = {}

    @classmethod
    def chosen(cls, options: Any, progress: Progress, *, strict: bool, kept: Kept | None = None) -> Run:
        """The run that parsed options choose. Raises `TargetError` with the mistake and its correction."""
        target = chosen_target(vars(options))
        now = verification.judged_at(target, today=options.replay_today)
        limits = Limits.starting_now(options.deadline or "", options.max_pages or "")
        return cls(target, now, limits, progress, once=options.once, strict=strict, kept=kept)

    def read(self, spec: Spec, variant: str, facts: Sequence[Fact]) -> None:
        """Read all evidence that the facts need. Raises `TargetError` where the target cannot be used at all."""
        more = {**self._more, "kept": partial(self._kept, spec.system, variant)} if self._kept else self._more
        read = verification.read(spec, variant, self.target, self.now, facts, **more)
        self.deployments[spec.path, variant] = read

    def record(self, spec: Spec, fact: Fact, nodeid: str) -> dict[str, Any]:
        """The record of a fact in results.json. Raises `KeyError` where its deployment was not read."""
        return verification.judged(self.deployments[spec.path, fact.variant], fact, nodeid, strict=self.strict)
