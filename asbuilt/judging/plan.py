"""Derive from facts the kinds of record to read, so that a run reads only what its facts need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from asbuilt.check import Check
from asbuilt.evidence import Entry
from asbuilt.judging.binding import matches, named_in
from asbuilt.sources.row import IDENTITY, Plan, Row, Wanted
from asbuilt.spec.model import Fact, Subject

VARIABLE = "variable"  # the parameter of a check that compares the value of one variable
Rows = Mapping[str, tuple[Row, ...]]
Details = dict[str, list[Subject] | None]


def plan(facts: Iterable[Fact], subjects: Mapping[str, Subject], rows: Rows) -> Plan:
    """The kinds that the facts need, and for detail kinds the parents whose details they need, for each region.

    A fact's check reads in the region of the fact's subject. `rows` are the rows that read each kind.
    """
    regions: dict[str, tuple[set[str], Details]] = {"": ({IDENTITY}, {})}  # results name the account
    compared: set[str] = set()
    for fact in facts:
        for subject in (fact.subject, *(subjects[name] for name in named_in(fact, subjects))):
            for check, parameter, _ in subject.where.values():
                compared |= _compared(check, parameter)
        compared |= _compared(fact.check, fact.parameter)
        _need(fact.subject, fact.check, *regions.setdefault(fact.subject.region, (set(), {})), rows)
        for name in named_in(fact, subjects):
            there = regions.setdefault(subjects[name].region, (set(), {}))
            _bind(subjects[name], *there, rows)
            for kind in fact.check.of_named:
                _limit(subjects[name], kind, *there, rows)
    plans = {region: _plan(*needed) for region, needed in regions.items()}
    home = plans.pop("")
    return Plan(home.kinds, home.parents, plans, frozenset(compared))


def _plan(kinds: set[str], details: Details) -> Plan:
    parents: dict[str, Wanted | None] = {kind: None if of is None else AnyOf(tuple(of)) for kind, of in details.items()}
    return Plan(frozenset(kinds), parents)


def _compared(check: Check, parameter: str) -> set[str]:
    """The variable that a check compares, if any, and the payload fields that it compares."""
    return {*check.compares, *([parameter] if check.parameter == VARIABLE else [])}


def whole_kinds(planned: Plan, rows: Rows) -> frozenset[str]:
    """The kinds of a plan, and their parents, of which all records are read, and not those of some parents only.

    Those of a further region are named `kind in region`.
    """
    whole: set[str] = set()
    for kind in planned.kinds:
        above = list(_chain(kind, rows))
        limited = [index for index, one in enumerate(above) if planned.parents.get(one) is not None]
        whole.update(above[max(limited, default=-1) + 1 :])
    for region, part in planned.elsewhere.items():
        whole |= {f"{kind} in {region}" for kind in whole_kinds(part, rows)}
    return frozenset(whole)


def _chain(kind: str, rows: Rows) -> Iterator[str]:
    """The kind, its parent, and so on."""
    seen: set[str] = set()
    while kind and kind not in seen:
        seen.add(kind)
        yield kind
        kind = rows[kind][0].per


def _whole(kind: str, kinds: set[str], details: Details, rows: Rows) -> None:
    """Plan all records of a kind: also those of its parents that no other fact needs."""
    kinds.add(kind)
    details.update(dict.fromkeys(_chain(kind, rows)))


def _bind(subject: Subject, kinds: set[str], details: Details, rows: Rows) -> None:
    _whole(subject.kind, kinds, details, rows)
    for check, _, _ in subject.where.values():
        # `where` chooses among all records of the kind, so that the details of all of them are needed
        for kind in check.reads:
            _whole(kind, kinds, details, rows)


def _need(subject: Subject, check: Check, kinds: set[str], details: Details, rows: Rows) -> None:
    _bind(subject, kinds, details, rows)
    for kind in (kind for kind in check.reads if kind not in check.of_named):
        if not _limit(subject, kind, kinds, details, rows):
            _whole(kind, kinds, details, rows)


def _limit(subject: Subject, kind: str, kinds: set[str], details: Details, rows: Rows) -> bool:
    """Plan a detail kind for a subject's records only. Returns False, without a change, for a kind not below theirs."""
    limited = _below(kind, subject.kind, rows)
    if limited is None:
        return False
    kinds.add(kind)
    # a subject with `where` is matched only after its details are read
    wanted = None if subject.where else details.setdefault(limited, [])
    if wanted is None:
        details[limited] = None
    else:
        wanted.append(subject)
    return True


def _below(kind: str, ancestor: str, rows: Rows) -> str | None:
    """The kind whose parent is `ancestor`: `kind` or one of its parents. None where `kind` is not below `ancestor`."""
    while kind:
        parent = rows[kind][0].per
        if parent == ancestor:
            return kind
        kind = parent
    return None


@dataclass(frozen=True)
class AnyOf:
    """Selects the records of any of these subjects."""

    subjects: tuple[Subject, ...]

    def __call__(self, entry: Entry) -> bool:
        """Whether the record is one of a subject's."""
        return any(matches(subject, entry) for subject in self.subjects)
