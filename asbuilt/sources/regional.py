"""What is read of one region: its rows, its answers, and the calls that follow from an answer."""

from __future__ import annotations

import dataclasses
import datetime
import json
from collections.abc import Sequence
from typing import Any

from asbuilt.evidence import Entry, search
from asbuilt.snapshot import Answer, Snapshot
from asbuilt.sources.errors import first_line
from asbuilt.sources.row import GLOBAL, Plan, Row, Wanted
from asbuilt.sources.table import is_aws, rows_by_kind, with_parents

DEEPEST = 10  # the longest chain of records of a kind that is its own parent
Ask = tuple[Row, list[Entry], dict[str, Any]]  # a call: its row, the parents that it is about, its parameters


class RegionReading:
    """The reading of one region's plan; `region` is "" for the deployment's own.

    Rows of global services, and those that name a region, are read where they always are. `now` is the time that
    `now`, `now-30d` and `today` in a row's parameters stand for (aware, UTC).
    """

    def __init__(self, region: str, plan: Plan, now: datetime.datetime) -> None:
        self.region = region
        self._plan = plan
        self._now = now
        self._snapshot = Snapshot()
        self._kinds = with_parents(set(plan.kinds))
        self._children: dict[str, list[Row]] = {}
        for kind in sorted(self._kinds):
            for row in rows_by_kind()[kind]:
                self._children.setdefault(row.per, []).append(self._here(row))

    def _here(self, row: Row) -> Row:
        if not self.region or row.region or row.service in GLOBAL or not is_aws(row):
            return row
        return dataclasses.replace(row, region=self.region)

    def first(self) -> list[Ask]:
        """The calls that need no other answer."""
        return [(row, [], self._static(row)) for row in self._children.get("", [])]

    def take(self, ask: Ask, answer: Answer) -> list[list[Ask]]:
        """Keep an answer. Returns the calls that follow from it, for each detail row."""
        row, parents, _ = ask
        self._file(row, parents, answer)
        details = self._children.get(row.kind, [])
        return [self._asked_of(child, answer, self._plan.parents.get(child.kind)) for child in details]

    def answers(self) -> dict[str, dict[str, list[Answer]]]:
        """All answers, as a snapshot holds them; a kind of which nothing had to be read is there and empty."""
        for kind in self._kinds:
            self._snapshot.answers.setdefault(kind, {})
        return self._snapshot.answers

    def _file(self, row: Row, parents: list[Entry], answer: Answer) -> None:
        """Add an answer to the snapshot, under the row's kind and the parent.

        The records of a batch name no parent and are added together; an empty answer to a batch is added to each.
        """
        none = row.batch and not answer.entries and not answer.problem
        for parent in [parent.id for parent in parents] if len(parents) == 1 or none else [""]:
            self._snapshot.add(row.kind, parent, answer)

    def _asked_of(self, row: Row, answer: Answer, wanted: Wanted | None) -> list[Ask]:
        """As `_asks`; an answer from which no call can be derived is the reason why the details were not read."""
        try:
            return self._asks(row, answer, wanted)
        except Exception as error:  # noqa: BLE001  # a record can hold anything, and must not end the run
            problem = f"{row.label(row.operation)} could not be asked about the answer of {answer.operation}: "
            self._file_problem(row, Answer(problem=problem + first_line(error)))
            return []

    def _asks(self, row: Row, answer: Answer, wanted: Wanted | None) -> list[Ask]:
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


def _batched(row: Row, asks: Sequence[Ask]) -> list[Ask]:
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
