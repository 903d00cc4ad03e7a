"""Read an account: each call of the plan once, in parallel, with all its pages, and no other call."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from asbuilt.evidence import Entry, Unknown, Untested, search
from asbuilt.snapshot import Answer, Snapshot
from asbuilt.sources.call import Pages, asked_text, call
from asbuilt.sources.csv_records import table
from asbuilt.sources.redaction import Redactor
from asbuilt.sources.row import Plan, Row, Wanted
from asbuilt.sources.table import rows_by_kind, with_parents

WORKERS = 24
DEEPEST = 10  # the longest chain of records of a kind that is its own parent


@dataclass(frozen=True)
class _Request:
    service: str
    operation: str
    region: str
    params: str  # JSON, so that two rows that ask the same share one call

    @classmethod
    def of(cls, row: Row, params: Mapping[str, Any]) -> _Request:
        return cls(row.service, row.operation, row.region, asked_text(params))


class Reader:
    """Reads a plan from one account and region.

    - `client`: returns a boto3 client for (service name, region or "").
    - `now`: the time that `now`, `now-30d` and `today` in a row's parameters stand for (aware, UTC).
    - `workers`: how many calls are made at a time.
    """

    def __init__(self, client: Callable[[str, str], Any], now: datetime.datetime, workers: int = WORKERS) -> None:
        self._workers = workers
        self._client = client
        self._now = now
        self._futures: dict[_Request, Future[Pages]] = {}
        self._snapshot = Snapshot()
        self._redactor = Redactor()

    def read(self, plan: Plan) -> Snapshot:
        """Read the whole plan.

        The snapshot holds the reason of each call that failed; the others are made all the same. Raises `TargetError`
        where the target cannot be used at all, for example without credentials.
        """
        self._redactor = Redactor(plan.compared)
        kinds = with_parents(set(plan.kinds))
        rows = [row for kind in sorted(kinds) for row in rows_by_kind()[kind]]
        children: dict[str, list[Row]] = {}
        for row in rows:
            children.setdefault(row.per, []).append(row)
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="read")
        try:
            waiting: dict[Future[Pages], list[tuple[Row, list[Entry], dict[str, Any]]]] = {}
            self._submit(pool, [(row, [], self._static(row)) for row in children.get("", [])], waiting)
            while waiting:
                done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    for row, parents, _params in waiting.pop(future):
                        answer = self._answer(row, parents, future)
                        self._file(row, parents, answer)
                        for child in children.get(row.kind, []):
                            self._submit(pool, self._asks(child, answer, plan.parents.get(child.kind)), waiting)
            for kind in kinds:
                self._snapshot.answers.setdefault(kind, {})
        finally:
            pool.shutdown(cancel_futures=True)
        return self._snapshot

    def _file(self, row: Row, parents: list[Entry], answer: Answer) -> None:
        """Add an answer to the snapshot, under the row's kind and the parent.

        The records of a batch name no parent and are added together; an empty answer to a batch is added to each.
        """
        none = row.batch and not answer.entries and not answer.problem
        for parent in [parent.id for parent in parents] if len(parents) == 1 or none else [""]:
            self._snapshot.add(row.kind, parent, answer)

    def _submit(self, pool: ThreadPoolExecutor, asks: Sequence[Any], waiting: dict[Any, Any]) -> None:
        for row, parents, params in asks:
            request = _Request.of(row, params)
            if request not in self._futures:
                self._futures[request] = pool.submit(self._call, row, params)
            waiting.setdefault(self._futures[request], []).append((row, parents, params))

    def _asks(self, row: Row, answer: Answer, wanted: Wanted | None) -> list[tuple[Row, list[Entry], dict[str, Any]]]:
        """The calls that a detail row makes for the parents in an answer."""
        if answer.problem:
            self._file_problem(row, answer)
            return []
        asked = [entry for entry in answer.entries if not row.when or search(row.when, entry.data)]
        parents = [entry for entry in asked if wanted is None or wanted(entry)]
        asks = []
        for parent in parents:
            values = {name: search(path, parent.data) for name, path in row.params.items()}
            missing = [name for name, value in values.items() if value is None]
            problem = ""
            if missing:
                problem = f"{row.operation} needs {', '.join(missing)}, which the answer for {parent.label!r} lacks"
            elif row.per == row.kind and parent.id.count(row.kind) > DEEPEST:
                problem = f"{row.operation} was not called for {parent.label!r}: more than {DEEPEST} parents in a chain"
            if problem:
                self._snapshot.add(row.kind, parent.id, Answer(problem=problem))
            else:
                asks.append((row, [parent], {**self._static(row), **values}))
        return _batched(row, asks) if row.batch else asks

    def _file_problem(self, row: Row, answer: Answer) -> None:
        self._snapshot.add(row.kind, "", dataclasses.replace(answer, entries=()))
        for rows in rows_by_kind().values():
            for child in rows:
                if child.per == row.kind != child.kind:
                    self._file_problem(child, answer)

    def _static(self, row: Row) -> dict[str, Any]:
        return {name: self._moment(value) for name, value in row.static.items()}

    def _moment(self, value: Any) -> Any:
        """The time for `now` and `now-30d`, the date for `today`; any other value unchanged.

        Times are on the hour, so that two rows with the same parameters share one call.
        """
        if isinstance(value, dict):
            return {key: self._moment(item) for key, item in value.items()}
        if not (isinstance(value, str) and (value == "now" or value.startswith(("now-", "today")))):
            return value
        days = int(value.partition("-")[2].rstrip("d") or 0)
        moment = self._now.replace(minute=0, second=0, microsecond=0) - datetime.timedelta(days=days)
        return moment.date().isoformat() if value.startswith("today") else moment

    def _call(self, row: Row, params: Mapping[str, Any]) -> Pages:
        # a parameter can hold a name that was redacted
        asked = self._redactor.reveal(params)
        return call(lambda: self._client(row.service, row.region), row, asked, self._snapshot.calls)

    def _answer(self, row: Row, parents: list[Entry], future: Future[Pages]) -> Answer:
        try:
            came = future.result()
            entries: list[Entry] = []
            for page in came.pages:
                entries += _entries(row, parents, came, page, len(entries), self._redactor)
            _complete(row, parents, came, entries)
        except Unknown as unknown:
            untested = isinstance(unknown, Untested)
            return Answer(problem=self._redactor.text(unknown.reason), permission=unknown.permission, untested=untested)
        return Answer(entries=tuple(entries), operation=row.label(came.operation))


def _batched(
    row: Row, asks: Sequence[tuple[Row, list[Entry], dict[str, Any]]]
) -> list[tuple[Row, list[Entry], dict[str, Any]]]:
    """Calls that differ only in the batch parameter, joined into calls of up to `batch_size`."""
    groups: dict[str, list[tuple[list[Entry], dict[str, Any]]]] = {}
    for _, parents, params in asks:
        rest = {name: value for name, value in params.items() if name != row.batch}
        groups.setdefault(json.dumps(rest, sort_keys=True, default=str), []).append((parents, params))
    joined = []
    for members in groups.values():
        for start in range(0, len(members), row.batch_size):
            part = members[start : start + row.batch_size]
            values = [params[row.batch] for _, params in part]
            parents = [parent for of, _ in part for parent in of]
            joined.append((row, parents, {**part[0][1], row.batch: values}))
    return joined


def _complete(row: Row, parents: list[Entry], came: Pages, entries: list[Entry]) -> None:
    """Raise `Unknown` for the answer to a batch that lacks records without naming them as gone."""
    gone = sum(len(search(row.gone, page) or ()) for page in came.pages) if row.batch else 0
    if not row.batch or len(entries) + gone >= len(parents):
        return
    failures = [failure for page in came.pages for failure in page.get("failures", ())]
    why = f": {failures[0].get('arn')}: {failures[0].get('reason')}" if failures else ""
    raise Unknown(f"{row.label(came.operation)} was asked for {len(parents)} and answered with {len(entries)}{why}")


def _entries(
    row: Row, parents: list[Entry], came: Pages, page: dict[str, Any], before: int, redactor: Redactor
) -> list[Entry]:
    """The records of one page: redacted, named, and with the fields that they inherit from their parent.

    Raises `Unknown` for a malformed page.
    """
    operation = row.label(came.operation)
    body = {name: value for name, value in page.items() if name != "ResponseMetadata"}
    if isinstance(body.get(row.csv), bytes | str):
        body[row.csv] = table(body[row.csv], f"{row.csv} of {operation}")
    found = search(row.records, body)
    if found is None:
        if row.may_omit:
            return []
        raise Unknown(f"{operation} answered without {row.records.partition('[')[0]}")
    parent = parents[0] if len(parents) == 1 else None
    entries = []
    for index, item in enumerate(found if isinstance(found, list) else [found], start=before):
        if not isinstance(item, dict):
            raise Unknown(f"{operation} answered with {type(item).__name__}, expected a structure ({row.records})")
        data = redactor.redact(_parsed(row, item, operation))
        if parent is not None:
            data |= {name: search(path, parent.data) for name, path in row.inherit.items()}
        arn = str(search(row.arn, data) or "") if row.arn else ""
        names = search(row.names, data) if row.names else []
        entries.append(
            Entry(
                id=f"{row.kind}|{row.operation}|{parent.id if parent else ''}|{arn or index}",
                kind=row.kind,
                operation=operation,
                data=data,
                arn=arn or (parent.arn if parent else ""),
                names=tuple(str(name) for name in (*(names or ()), arn) if name),
                parent=parent.id if parent else "",
                supplied=_top_fields(row, came.supplied),
            )
        )
    return entries


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
