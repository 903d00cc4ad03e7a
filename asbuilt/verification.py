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
from asbuilt.progress import Progress
from asbuilt.recording import Recording, name_of
from asbuilt.results.deployment import Deployment
from asbuilt.results.exit_codes import exit_code
from asbuilt.results.record import deployment_record, document, fact_record
from asbuilt.snapshot import Snapshot
from asbuilt.sources.limits import Limits
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
    deployment = read(spec, variant, target, now, strict=strict)
    selected = facts_of(spec, variant)
    facts = [judged(deployment, fact, f"{spec.path.as_posix()}::{fact.id}", strict=strict) for fact in selected]
    if [fact["id"] for fact in facts] != [f"{spec.system}/{fact.id}" for fact in selected]:
        raise AssertionError("a run must end with one record for each fact that was selected")
    return document(facts, [deployment_record(deployment)], now, exit_code(facts))


def judged_at(target: Target, *, today: bool = False) -> datetime.datetime:
    """The time at which facts are judged: that of the recording where one is judged again, unless `today`, else now."""
    return target.recording.now if target.recording and not today else datetime.datetime.now(datetime.UTC)


def judged(deployment: Deployment, fact: Fact, nodeid: str, *, strict: bool) -> dict[str, Any]:
    """The record of a fact in results.json, with the time that judging took. `nodeid` is its name in pytest."""
    clock = time.perf_counter()
    record = fact_record(deployment.spec, deployment.judge(fact), nodeid, strict, deployment.first.get(fact.id))
    return {**record, "duration_seconds": round(time.perf_counter() - clock, 6)}


def read(
    spec: Spec,
    variant: str,
    target: Target,
    now: datetime.datetime,
    facts: Sequence[Fact] | None = None,
    *,
    clients: SourceClients | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
    kept: Callable[[Callable[[], Snapshot], str], Snapshot] = lambda take, which: take(),
    once: bool = False,
    strict: bool = False,
) -> Deployment:
    """Read all evidence that the facts need, once. The default is all facts of the variant.

    - `clients`: open clients to read with in place of new ones for the target.
    - `limits`: of the time and the pages of reading, by default those of a run that starts now. A mock account in this
      process has none. `progress` is told how reading goes on, that of a mock account on a terminal only.
    - `kept`: takes the function that reads and which reading it is ("first", "again"), and returns its snapshot or one
      that was read before.
    - `once`: read nothing again. Else, where the target is an account or an endpoint, what failing facts looked at is
      read a second time, and the second reading decides; `strict` says that disputed facts fail.

    Raises `TargetError` where the target cannot be used at all, or names a subject that the spec does not have.
    """
    subjects = bound(spec, variant, target)
    facts = facts_of(spec, variant) if facts is None else facts
    facts = [dataclasses.replace(fact, subject=subjects[fact.subject.name]) for fact in facts]
    if target.recording:
        return _replayed(spec, variant, target, now, facts, subjects, target.recording, strict=strict)
    started, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()

    planned = _whole_plan(facts, subjects, target)
    if target.kind != "mock":
        clients = clients or SourceClients(target, spec.region, None, spec.system, variant)
        limits = limits or Limits.starting_now()

    def take(needed: Plan) -> Snapshot:
        from asbuilt.sources import identity
        from asbuilt.sources.reader import WORKERS, Reader

        with contextlib.nullcontext(clients) if clients else _connected(spec, variant, target) as connected:
            # moto's state is not safe for threads, and a mock in process gains nothing from them
            workers = 1 if target.kind == "mock" else WORKERS
            within = Limits() if target.kind == "mock" else limits
            told = None if target.kind == "mock" and progress and not progress.live else progress
            reader = Reader(connected.client, now, workers, within, told, home=target.region or spec.region)
            taken = identity.read(reader, connected, target, needed)
            taken.provenance = connected.provenance
        return withheld(taken, {source: kinds_of(source) for source in taken.provenance}, target, now)

    snapshot = kept(lambda: take(planned), "first")
    seconds = round(time.perf_counter() - clock, 4)
    whole = whole_kinds(planned, rows_by_kind())
    deployment = Deployment(spec, variant, target, subjects, snapshot, now, started, seconds, whole)
    if once or target.kind not in ("account", "endpoint"):
        return deployment  # a mock account in this process changes by nobody's hand

    def again(failing: Sequence[Fact]) -> Snapshot:
        return kept(lambda: take(_whole_plan(failing, subjects, target)), "again")

    return _settled(deployment, facts, strict, again)


def _replayed(
    spec: Spec,
    variant: str,
    target: Target,
    now: datetime.datetime,
    facts: Sequence[Fact],
    subjects: Mapping[str, Subject],
    recording: Recording,
    *,
    strict: bool,
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
    whole, again = frozenset(about["whole"]) | kinds, snapshot.again
    deployment = Deployment(spec, variant, target, subjects, snapshot, now, started, about["seconds"], whole)
    return deployment if again is None else _settled(deployment, facts, strict, lambda failing: again)


def _whole_plan(facts: Sequence[Fact], subjects: Mapping[str, Subject], target: Target) -> Plan:
    """What the facts need, and what tells whether a file that was given as evidence is about the target."""
    planned = plan(facts, subjects, rows_by_kind())
    owners = owner_kinds({source_of(kind) for kind in planned.kinds}, target)
    parents = {**planned.parents, **dict.fromkeys(owners)}
    return dataclasses.replace(planned, kinds=planned.kinds | owners, parents=parents)


def _settled(
    deployment: Deployment, facts: Sequence[Fact], strict: bool, read_again: Callable[[Sequence[Fact]], Snapshot]
) -> Deployment:
    """The deployment with all its verdicts; what the failing facts looked at was read again, once for all of them.

    AWS's answers can be older than the account. The second reading decides, unless it is unknown. Disputed facts,
    whose failure the document makes inevitable, are not read again.
    """
    verdicts = {fact.id: deployment.judge(fact) for fact in facts}
    failing = [fact for fact in facts if verdicts[fact.id].status == "failed" and (strict or not fact.disputed)]
    if not failing:
        return dataclasses.replace(deployment, verdicts=verdicts)
    try:
        snapshot = read_again(failing)
    except TargetError:  # the credentials ended after the first reading, which then decides
        return dataclasses.replace(deployment, verdicts=verdicts)
    later = dataclasses.replace(deployment, snapshot=snapshot)
    both = dataclasses.replace(deployment.snapshot, again=snapshot)
    second = {fact.id: later.judge(fact) for fact in failing}
    decided = {name: verdict for name, verdict in second.items() if verdict.status not in ("unknown", "untested")}
    first = {name: verdicts[name] for name in decided}
    verdicts |= decided
    return dataclasses.replace(deployment, snapshot=both, verdicts=verdicts, first=first, again=tuple(snapshot.calls))


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


def bound(spec: Spec, variant: str, target: Target) -> dict[str, Subject]:
    """The variant's subjects, with the names that they have in the target. Raises `TargetError` for an unknown one."""
    subjects = dict(spec.subjects[variant])
    for name, called in target.subjects.items():
        if name not in subjects:
            where = f"[accounts.{target.name}.subjects]"
            raise TargetError(f"{where} {spec.system} has no subject {name!r}: {nearest(name, subjects)}")
        subjects[name] = _renamed(subjects[name], called, target.name)
    home = target.region or spec.region
    return {
        name: dataclasses.replace(subject, region="") if subject.region == home else subject
        for name, subject in subjects.items()
    }


def _renamed(subject: Subject, called: Mapping[str, Any], account: str) -> Subject:
    """The subject with the account's name, ARN or tags in place of the document's."""
    narrowing = narrowing_of(subject.kind)
    known = {"name", "arn", "tags", "region", *narrowing}
    for key in called:
        if key not in known:
            where = f"[accounts.{account}.subjects] {subject.name}"
            raise TargetError(f"{where}: unknown key {key!r}: {nearest(key, known)}")
    return dataclasses.replace(
        subject,
        called=str(called.get("name", "*")),
        arn=str(called.get("arn", "")),
        tags=called.get("tags", {}),
        region=str(called.get("region", subject.region)),
        where={} if {"name", "arn", "tags"} & set(called) else subject.where,
        within={**subject.within, **{key: (narrowing[key], str(called[key])) for key in narrowing.keys() & called}},
    )
