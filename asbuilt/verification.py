"""Verify one variant of a spec on one target, without pytest: read the evidence once, then judge each fact.

The pytest plugin, the commands and the tests of the suite all verify through these functions.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from asbuilt.evidence import TargetError
from asbuilt.judging.plan import plan, whole_kinds
from asbuilt.problems import nearest
from asbuilt.recording import Recording, name_of
from asbuilt.results.deployment import Deployment
from asbuilt.results.exit_codes import exit_code
from asbuilt.results.record import deployment_record, document, fact_record
from asbuilt.snapshot import Snapshot
from asbuilt.sources.provenance import owner_kinds, withheld
from asbuilt.sources.row import Plan
from asbuilt.sources.table import SourceClients, kinds_of, narrowing_of, rows_by_kind, source_of
from asbuilt.spec.model import Fact, Spec, Subject
from asbuilt.targets import Target


def facts_of(spec: Spec, variant: str) -> list[Fact]:
    """The facts of one variant ("" for an architecture without variants), in the document's order."""
    return [fact for fact in spec.facts if fact.variant == variant]


def verify(
    spec: Spec, variant: str, target: Target, now: datetime.datetime | None = None, *, strict: bool = False
) -> dict[str, Any]:
    """Verify one variant of an architecture on one target.

    Returns the content of results.json (see results.schema.json) for this one deployment. `now` is an aware datetime,
    by default that of `judged_at`. `strict` counts disputed failures as failures; load the spec with `strict` as well.
    Raises `TargetError` where the target cannot be used at all.
    """
    now = now or judged_at(target)
    deployment = read(spec, variant, target, now)
    facts = [_judged(deployment, fact, strict) for fact in facts_of(spec, variant)]
    return document(facts, [deployment_record(deployment)], now, exit_code(facts))


def judged_at(target: Target, *, today: bool = False) -> datetime.datetime:
    """The time at which facts are judged: that of the recording where one is judged again, unless `today`, else now."""
    return target.recording.now if target.recording and not today else datetime.datetime.now(datetime.UTC)


def _judged(deployment: Deployment, fact: Fact, strict: bool) -> dict[str, Any]:
    """The record of a fact in results.json."""
    clock = time.perf_counter()
    verdict = deployment.judge(fact)
    record = fact_record(deployment.spec, verdict, f"{deployment.spec.path.as_posix()}::{fact.id}", strict)
    return {**record, "duration_seconds": round(time.perf_counter() - clock, 6)}


def read(
    spec: Spec,
    variant: str,
    target: Target,
    now: datetime.datetime,
    facts: Sequence[Fact] | None = None,
    *,
    clients: SourceClients | None = None,
    kept: Callable[[Callable[[], Snapshot]], Snapshot] = lambda take: take(),
) -> Deployment:
    """Read all evidence that the facts need, once. The default is all facts of the variant.

    - `clients`: open clients to read with in place of new ones for the target.
    - `kept`: takes the function that reads, and returns its snapshot or one that was read before.

    Raises `TargetError` where the target cannot be used at all, or names a subject that the spec does not have.
    """
    subjects = _rebound(spec, variant, target)
    facts = facts_of(spec, variant) if facts is None else facts
    bound = [dataclasses.replace(fact, subject=subjects[fact.subject.name]) for fact in facts]
    if target.recording:
        return _replayed(spec, variant, target, now, bound, subjects, target.recording)
    started, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()

    planned = _whole_plan(bound, subjects, target)

    def take() -> Snapshot:
        from asbuilt.sources import identity
        from asbuilt.sources.reader import WORKERS

        with contextlib.nullcontext(clients) if clients else _connected(spec, variant, target) as connected:
            # moto's state is not safe for threads, and a mock in process gains nothing from them
            workers = 1 if target.kind == "mock" else WORKERS
            taken = identity.read(connected, target, planned, now, workers)
            taken.provenance = connected.provenance
        return withheld(taken, {source: kinds_of(source) for source in taken.provenance}, target, now)

    snapshot = kept(take)
    seconds = round(time.perf_counter() - clock, 4)
    whole = whole_kinds(planned, rows_by_kind())
    return Deployment(spec, variant, target, subjects, snapshot, now, started, seconds, whole)


def _replayed(
    spec: Spec,
    variant: str,
    target: Target,
    now: datetime.datetime,
    facts: Sequence[Fact],
    subjects: Mapping[str, Subject],
    recording: Recording,
) -> Deployment:
    """The deployment of a recording, with the records of files that are given beside it."""
    if (spec.system, variant) not in recording.deployments:
        name = name_of(spec.system, variant)
        raise TargetError(f"{recording.path} holds {recording.held()}, and not {name}: name what it holds")
    about, snapshot = recording.deployments[spec.system, variant], recording.snapshot(spec.system, variant)
    needed = plan(facts, subjects, rows_by_kind()).kinds
    kinds = frozenset(kind for kind in needed if source_of(kind) in target.given)
    if kinds:
        from asbuilt.sources.reader import Reader

        clients = SourceClients(target, spec.region, None, spec.system, variant)
        files = Reader(clients.client, now).read(Plan(kinds))
        joined = dataclasses.replace(
            snapshot, answers={**snapshot.answers, **files.answers}, provenance=clients.provenance
        )
        fitting = withheld(joined, {source: kinds_of(source) for source in clients.provenance}, target, now)
        snapshot = dataclasses.replace(fitting, provenance={**snapshot.provenance, **clients.provenance})
    started = datetime.datetime.fromisoformat(about["started"])
    whole = frozenset(about["whole"]) | kinds
    return Deployment(spec, variant, target, subjects, snapshot, now, started, about["seconds"], whole)


def _whole_plan(facts: Sequence[Fact], subjects: Mapping[str, Subject], target: Target) -> Plan:
    """What the facts need, and what tells whether a file that was given as evidence is about the target."""
    planned = plan(facts, subjects, rows_by_kind())
    owners = owner_kinds({source_of(kind) for kind in planned.kinds}, target)
    return Plan(planned.kinds | owners, {**planned.parents, **dict.fromkeys(owners)})


@contextlib.contextmanager
def _connected(spec: Spec, variant: str, target: Target) -> Iterator[SourceClients]:
    if target.kind != "mock":
        yield SourceClients(target, spec.region, None, spec.system, variant)
        return
    from asbuilt.mock.account import MockError, mock_account

    gc.freeze()
    with contextlib.ExitStack() as stack:
        try:
            opened = stack.enter_context(mock_account(spec.system, variant))
        except MockError as error:
            raise TargetError(f"{error}: name an --account or an --endpoint-url") from None
        yield SourceClients(target, spec.region, opened, spec.system, variant)
    del opened, stack
    gc.collect()  # a mock account holds many reference cycles; the freeze limits the collection to its objects
    gc.unfreeze()


def _rebound(spec: Spec, variant: str, target: Target) -> dict[str, Subject]:
    """The variant's subjects, with the names that they have in the target. Raises `TargetError` for an unknown one."""
    subjects = dict(spec.subjects[variant])
    for name, called in target.subjects.items():
        if name not in subjects:
            where = f"[accounts.{target.name}.subjects]"
            raise TargetError(f"{where} {spec.system} has no subject {name!r}: {nearest(name, subjects)}")
        subjects[name] = _renamed(subjects[name], called, target.name)
    return subjects


def _renamed(subject: Subject, called: Mapping[str, Any], account: str) -> Subject:
    """The subject with the account's name, ARN or tags in place of the document's."""
    narrowing = narrowing_of(subject.kind)
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
        within={**subject.within, **{key: (narrowing[key], str(called[key])) for key in narrowing.keys() & called}},
    )
