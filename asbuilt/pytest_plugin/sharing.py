"""The deployments of one pytest session. Workers of a distributed run share the snapshots that the first one reads."""

from __future__ import annotations

import datetime
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from asbuilt import verification
from asbuilt.judging.judge import Verdict
from asbuilt.progress import Progress
from asbuilt.results.deployment import Deployment
from asbuilt.snapshot import Snapshot, loads
from asbuilt.sources.limits import Limits
from asbuilt.spec.model import Fact, Spec
from asbuilt.targets import Target


class Run:
    """Reads each deployment once and keeps it.

    `now` is the time at which facts are judged (aware, UTC). `shared` is the name of the distributed run, under which
    its workers find each other's snapshots, or "" for a run in one process. `limits`, `progress`, `once` and `strict`
    are those of `verification.read`.
    """

    def __init__(
        self,
        target: Target,
        now: datetime.datetime,
        shared: str = "",
        limits: Limits | None = None,
        progress: Progress | None = None,
        *,
        once: bool = False,
        strict: bool = False,
    ) -> None:
        self.target = target
        self.now = now
        self.shared = shared
        self._more: Any = {"limits": limits, "progress": progress, "once": once, "strict": strict}
        self.deployments: dict[tuple[Path, str], Deployment] = {}

    def read(self, spec: Spec, variant: str, facts: Sequence[Fact]) -> None:
        """Read all evidence that the facts need. Raises `TargetError` where the target cannot be used at all."""

        def kept(take: Callable[[], Snapshot], which: str) -> Snapshot:
            return _shared(shared_file(self.shared, spec.system, variant, which), take)

        asked = (spec, variant, self.target, self.now, facts)
        if self.shared:
            self._more["kept"] = kept
        read = verification.read(*asked, **self._more)
        self.deployments[spec.path, variant] = read

    def first(self, fact: Fact, spec: Spec) -> Verdict | None:
        """The verdict before the evidence was read again; None where it was read once."""
        return self.deployments[spec.path, fact.variant].first.get(fact.id)

    def judge(self, fact: Fact, spec: Spec) -> Verdict:
        """The verdict on a fact whose deployment was read. Raises `KeyError` where it was not."""
        return self.deployments[spec.path, fact.variant].judge(fact)


def _shared(file: Path, take: Callable[[], Snapshot]) -> Snapshot:
    """The snapshot in a file. The first worker reads the evidence and writes the file; the others wait for it."""
    from filelock import FileLock

    file.parent.mkdir(mode=0o700, exist_ok=True)
    with FileLock(f"{file}.lock"):
        if not file.exists():
            file.write_text(take().dumps(), encoding="utf-8")
        return loads(file.read_text(encoding="utf-8"))


def shared_folder(run: str) -> Path:
    """The folder in which the workers of a distributed run share their snapshots (redacted)."""
    return Path(tempfile.gettempdir()) / f"asbuilt-{run}"


def shared_file(run: str, system: str, variant: str, which: str = "first") -> Path:
    """The file with the first snapshot of one deployment, or with that which was read again."""
    return shared_folder(run) / f"{system}-{variant}-{which}.json"


def forget(run: str) -> None:
    """Remove the snapshots that the workers of a distributed run shared."""
    shutil.rmtree(shared_folder(run), ignore_errors=True)
