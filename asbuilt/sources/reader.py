"""Read an account: each call of the plan once, in parallel, with all its pages, and no other call."""

from __future__ import annotations

import contextlib
import datetime
import json
import queue
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asbuilt.evidence import Entry, TargetError, Unknown, Untested, search
from asbuilt.progress import Progress
from asbuilt.snapshot import Answer, Call, Snapshot
from asbuilt.sources.call import Pages, asked_text, call
from asbuilt.sources.csv_records import table
from asbuilt.sources.errors import first_line
from asbuilt.sources.limits import Limits
from asbuilt.sources.pool import Pool, Task
from asbuilt.sources.redaction import Redactor
from asbuilt.sources.regional import Ask, RegionReading
from asbuilt.sources.row import Plan, Row
from asbuilt.sources.table import is_aws
from asbuilt.sources.wholeness import check_batch, check_named, check_record, found_in

WORKERS = 24
EACH = 12  # calls of one service at a time
_IDENTITY = "sts:GetCallerIdentity"
TICK = 0.1  # seconds between two looks at limits and progress while nothing comes


@dataclass(frozen=True)
class _Request:
    service: str
    operation: str
    region: str
    params: str  # JSON, so that two rows that ask the same share one call

    @classmethod
    def of(cls, row: Row, params: Mapping[str, Any], home: str) -> _Request:
        return cls(row.service, row.operation, row.region or home, asked_text(params))


class Reader:
    """Reads a plan from one account.

    - `client`: returns a boto3 client for (service name, region or "").
    - `now`: the time that `now`, `now-30d` and `today` in a row's parameters stand for (aware, UTC).
    - `workers`: how many calls are made at a time.
    - `home`: the deployment's own region, so that a row that names this region shares the calls of the others.
    - `limits`: what is not read within them is unknown; `progress`: is told how reading goes on.
    """

    def __init__(
        self,
        client: Callable[[str, str], Any],
        now: datetime.datetime,
        workers: int = WORKERS,
        limits: Limits | None = None,
        progress: Progress | None = None,
        home: str = "",
    ) -> None:
        self._workers = workers
        self._pool = Pool(workers, EACH)
        self._client = client
        self._now = now
        self._limits = limits or Limits()
        self._progress = progress
        self._home = home
        self._tasks: dict[_Request, Task] = {}
        self._waiting: dict[Task, list[tuple[RegionReading, Ask]]] = {}
        self._calls: list[Call] = []
        self._next_look = 0.0
        self._redactor = Redactor()

    def read(self, plan: Plan) -> Snapshot:
        """Read the whole plan.

        The snapshot holds the reason of each call that failed; the others are made all the same. Raises `TargetError`
        where the target cannot be used at all, for example without credentials. A second plan shares the calls of the
        first.
        """
        self._pool = Pool(self._workers, EACH)
        self._redactor = Redactor(plan.compared)
        parts = [RegionReading(region, of, self._now) for region, of in {"": plan, **plan.elsewhere}.items()]
        try:
            for part in parts:
                self._submit(part, part.first())
            while self._waiting:
                for task in self._ended():
                    for part, ask in self._waiting.pop(task, ()):
                        answer = self._answer(part, ask, task)
                        for following in part.take(ask, answer):
                            self._submit(part, following)
        finally:
            self._pool.close()
            if self._progress:
                self._progress.clear()
        home, *others = parts
        elsewhere = {part.region: Snapshot(part.answers()) for part in others}
        return Snapshot(home.answers(), self._calls[:], elsewhere=elsewhere)

    def _ended(self) -> list[Task]:
        """The tasks that ended or exceed a limit since the last time; none, where a moment passed without any."""
        ended = []
        with contextlib.suppress(queue.Empty):
            ended.append(self._pool.done.get(timeout=TICK))
        now = time.monotonic()
        if now < self._next_look:
            return ended
        self._next_look = now + TICK
        if self._progress:
            done = sum(task.finished for task in self._tasks.values())
            self._progress.show(done, len(self._tasks), self._awaited)
        return ended + [task for task in self._waiting if self._is_over(task, now)]

    def _awaited(self) -> list[str]:
        """The operations that are under way, the oldest call first."""
        running = [task for task in self._waiting if task.started and not task.finished]
        return list(dict.fromkeys(task.label for task in sorted(running, key=lambda task: task.started)))

    def _is_over(self, task: Task, now: float) -> bool:
        """Give a task up that exceeds a limit. Returns whether it did."""
        if task.finished:
            return False
        limits, came = self._limits, f"{task.pages} pages came" if task.pages else "no answer came"
        if now >= limits.end:
            waited = f"waited for {task.label}, of which {came}" if task.started else f"{task.label} was not begun"
            reason = f"the run's {limits.seconds:g} s were over ({waited}): run again, or raise --deadline"
        elif task.started and now - task.heard > limits.call:
            reason = f"{task.label} gave no whole answer within {limits.call:g} s: {came}"
        elif task.started and now - task.started > limits.row:
            reason = f"{task.label} did not come to its last page within {limits.row:g} s: {came}"
        else:
            return False
        task.give_up(reason)
        if task.started:
            row, _, params = self._waiting[task][0][1]
            seconds = round(now - task.started, 4)
            self._calls.append(Call(task.label, row.region, asked_text(params), task.pages, seconds, reason))
            self._pool.replace_one(task)
        return True

    def _submit(self, part: RegionReading, asks: Sequence[Ask]) -> None:
        for ask in asks:
            row, _, params = ask
            request = _Request.of(row, params, self._home)
            task = self._tasks.get(request)
            if task is None:
                task = self._tasks[request] = Task(row.label(row.operation), self._call_of(row, params), row.service)
                self._pool.submit(task)
            elif task.finished and task not in self._waiting:
                self._pool.done.put(task)
            self._waiting.setdefault(task, []).append((part, ask))

    def _call_of(self, row: Row, params: Mapping[str, Any]) -> Callable[[Task], Pages]:
        def made(task: Task) -> Pages:
            calls: list[Call] = []

            def client() -> Any:
                found = self._client(row.service, row.region)
                task.label = row.label(found.meta.method_to_api_mapping.get(row.operation, row.operation))
                return found

            try:
                asked = self._redactor.reveal(params)  # a parameter can hold a name that was redacted
                return call(client, row, asked, calls, task.page, self._limits.pages)
            except TargetError as ended:
                if not any(made.operation == _IDENTITY and not made.problem for made in self._calls):
                    raise
                # credentials that end after the caller's identity was read make only the rest unknown
                at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
                raise Unknown(f"{task.label} was not read, since at {at} {ended}") from None
            finally:
                if not task.given_up:
                    self._calls += calls

        return made

    def _answer(self, part: RegionReading, ask: Ask, task: Task) -> Answer:
        row, _, params = ask
        try:
            came: Pages = task.result()
            entries: list[Entry] = []
            for page in came.pages:
                entries += _entries(ask, part.region, came, page, len(entries), self._redactor)
            if row.batch:
                check_batch(row, params, [entry.data for entry in entries], came.pages, row.label(came.operation))
        except Unknown as unknown:
            untested = isinstance(unknown, Untested)
            return Answer(problem=self._redactor.text(unknown.reason), permission=unknown.permission, untested=untested)
        except TargetError:
            raise
        except Exception as error:  # noqa: BLE001  # an answer can hold anything, and must not end the run
            problem = f"{row.label(row.operation)} gave an answer that could not be read: {first_line(error)}"
            return Answer(problem=self._redactor.text(problem))
        return Answer(entries=tuple(entries), operation=row.label(came.operation))


def _entries(ask: Ask, region: str, came: Pages, page: dict[str, Any], before: int, redactor: Redactor) -> list[Entry]:
    """The records of one page: redacted, named, and with the fields that they inherit from their parent.

    Raises `Unknown` for a malformed page, and for one that is not about what was asked.
    """
    row, parents, params = ask
    operation = row.label(came.operation)
    body = {name: value for name, value in page.items() if name != "ResponseMetadata"}
    if isinstance(body.get(row.csv), bytes | str):
        body[row.csv] = table(body[row.csv], f"{row.csv} of {operation}")
    parent = parents[0] if len(parents) == 1 else None
    entries = []
    asked = redactor.reveal(params)
    place = "|".join(filter(None, (region, row.kind, row.operation)))
    for index, item in enumerate(found_in(row, page, body, operation, is_aws(row)), start=before):
        check_record(row, item, asked, operation)
        data = redactor.redact(_parsed(row, item, operation))
        if parent is not None:
            data |= {name: search(path, parent.data) for name, path in row.inherit.items()}
        arn = str(search(row.arn, data) or "") if row.arn else ""
        ids, names = _texts(row.ids, data), _texts(row.names, data)
        check_named(row, [*ids, *names], arn, operation)
        entries.append(
            Entry(
                id=f"{place}|{parent.id if parent else ''}|{arn or index}",
                kind=row.kind,
                operation=operation,
                data=data,
                arn=arn or (parent.arn if parent else ""),
                ids=(*ids, *([arn] if arn else ())),
                names=names,
                parent=parent.id if parent else "",
                supplied=_top_fields(row, came.supplied),
                region=region,
            )
        )
    return entries


def _texts(path: str, data: dict[str, Any]) -> tuple[str, ...]:
    """The ids or names of a record, each once."""
    found = search(path, data) if path else ()
    return tuple(dict.fromkeys(str(text) for text in found or () if text))


def _parsed(row: Row, item: dict[str, Any], operation: str) -> dict[str, Any]:
    """The record with its fields of JSON text parsed. Raises `Unknown` for malformed JSON."""
    data = dict(item)
    for name in row.json:
        if isinstance(data.get(name), str):
            try:
                data[name] = json.loads(data[name])
            except ValueError as error:
                raise Unknown(f"{operation} answered with malformed JSON in {name}: {error}") from None
    return data


def _top_fields(row: Row, supplied: tuple[str, ...]) -> tuple[str, ...]:
    """The top-level field of the record for each field path of the answer: `DBInstances[].MultiAZ` is `MultiAZ`."""
    depth = 0 if row.records == "@" else len(row.records.split("."))
    fields = []
    for path in supplied:
        parts = path.replace("[]", "").split(".")
        fields.append("*" if path == "*" or len(parts) <= depth else parts[depth])
    return tuple(fields)
