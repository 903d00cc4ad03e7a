"""One run: the target, the moment, and for every deployment (a spec's variant on that target) what was read."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asbuilt.evidence import TargetError
from asbuilt.judging.plan import IDENTITY, plan
from asbuilt.problems import nearest
from asbuilt.pytest_plugin.sharing import shared_folder
from asbuilt.snapshot import Snapshot, loads
from asbuilt.sources.aws_session import Connection
from asbuilt.spec.model import Fact, Spec, Subject
from asbuilt.targets import Target


@dataclass(frozen=True)
class Deployment:
    """What was read of one variant of one architecture, and how long that took."""

    spec: Spec
    variant: str
    subjects: Mapping[str, Subject]
    snapshot: Snapshot
    started: datetime.datetime
    seconds: float

    @property
    def identity(self) -> Mapping[str, Any]:
        """Whose eyes it was read with: Account and Arn as STS answers, empty where that could not be read."""
        answers = self.snapshot.answers.get(IDENTITY, {}).get("", [])
        entries = [entry for answer in answers for entry in answer.entries]
        return entries[0].data if entries else {}


class Run:
    """Reads each deployment once and keeps it; workers of one distributed run share what the first one reads."""

    def __init__(self, target: Target, now: datetime.datetime, shared: str = "") -> None:
        self.target = target
        self.now = now
        self.shared = shared
        self.deployments: dict[tuple[Path, str], Deployment] = {}

    def read(self, spec: Spec, variant: str, facts: Sequence[Fact]) -> None:
        """Read all that the facts need. Raises `TargetError` where the target cannot be used at all."""
        subjects = self._rebound(spec, variant)
        rebound = [dataclasses.replace(fact, subject=subjects[fact.subject.name]) for fact in facts]
        started, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()
        snapshot = self._snapshot(spec, variant, rebound, subjects)
        seconds = round(time.perf_counter() - clock, 4)
        self.deployments[spec.path, variant] = Deployment(spec, variant, subjects, snapshot, started, seconds)

    def of(self, fact: Fact, spec: Spec) -> tuple[Fact, Deployment]:
        """A fact with its subject as the target calls it, and the evidence to judge it on."""
        deployment = self.deployments[spec.path, fact.variant]
        return dataclasses.replace(fact, subject=deployment.subjects[fact.subject.name]), deployment

    def _rebound(self, spec: Spec, variant: str) -> dict[str, Subject]:
        subjects = dict(spec.subjects[variant])
        for name, called in self.target.subjects.items():
            if name not in subjects:
                where = f"[accounts.{self.target.name}.subjects]"
                raise TargetError(f"{where} {spec.system} has no subject {name!r}: {nearest(name, subjects)}")
            subjects[name] = _renamed(subjects[name], called, self.target.name)
        return subjects

    def _snapshot(self, spec: Spec, variant: str, facts: Sequence[Fact], subjects: Mapping[str, Subject]) -> Snapshot:
        if not self.shared:
            return self._read(spec, variant, facts, subjects)
        from filelock import FileLock

        folder = shared_folder(self.shared)
        folder.mkdir(mode=0o700, exist_ok=True)
        file = folder / f"{spec.system}-{variant}.json"
        with FileLock(f"{file}.lock"):
            if not file.exists():
                file.write_text(self._read(spec, variant, facts, subjects).dumps(), encoding="utf-8")
            return loads(file.read_text(encoding="utf-8"))

    def _read(self, spec: Spec, variant: str, facts: Sequence[Fact], subjects: Mapping[str, Subject]) -> Snapshot:
        from asbuilt.sources.reader import Reader

        with self._connected(spec, variant) as connection:
            return Reader(connection.client, self.now).read(plan(facts, subjects))

    @contextlib.contextmanager
    def _connected(self, spec: Spec, variant: str) -> Iterator[Connection]:
        if self.target.kind != "mock":
            yield Connection(self.target, spec.region, system=spec.system, variant=variant)
            return
        from asbuilt.mock.account import MockError, mock_account

        gc.freeze()
        with contextlib.ExitStack() as stack:
            try:
                session = stack.enter_context(mock_account(spec.system, variant))
            except MockError as error:
                raise TargetError(f"{error}: name an --account or an --endpoint-url") from None
            yield Connection(self.target, spec.region, session, spec.system, variant)
        del session, stack
        gc.collect()  # a mock account is a web of cycles, and the next one needs its room: among what came since, only
        gc.unfreeze()


def _renamed(subject: Subject, called: Mapping[str, Any], account: str) -> Subject:
    """The subject under the account's own name: what the document called it no longer counts."""
    from asbuilt.sources.rows import rows_by_kind

    narrowing = {attribute for row in rows_by_kind()[subject.kind] for attribute in row.within}
    known = {"name", "arn", "tags", *narrowing}
    for key in called:
        if key not in known:
            where = f"[accounts.{account}.subjects] {subject.name}"
            raise TargetError(f"{where}: unknown key {key!r}: {nearest(key, known)}")
    return dataclasses.replace(
        subject,
        called=str(called.get("name", "*")),
        arn=str(called.get("arn", "")),
        tags=called.get("tags", {}),
        where={} if {"name", "arn", "tags"} & set(called) else subject.where,
        within={**subject.within, **{key: str(called[key]) for key in narrowing & set(called)}},
    )
