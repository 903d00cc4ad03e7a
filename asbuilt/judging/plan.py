"""Derive from facts the kinds of record to read, so that a run reads only what its facts need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from asbuilt.check import Check
from asbuilt.evidence import Entry
from asbuilt.judging.binding import matches, named_in
from asbuilt.sources.row import Plan, Row, Wanted
from asbuilt.spec.model import Fact, Subject

IDENTITY = "aws:account"  # read in every run, since results name the account
VARIABLE = "variable"  # the parameter of a check that compares the value of one variable


Rows = Mapping[str, tuple[Row, ...]]


def plan(facts: Iterable[Fact], subjects: Mapping[str, Subject], rows: Rows) -> Plan:
    """The kinds that the facts need, and for detail kinds the parents whose details they need.

    `rows` are the rows that read each kind.
    """
    kinds = {IDENTITY}
    compared: set[str] = set()
    details: dict[str, list[Subject] | None] = {}
    for fact in facts:
        for subject in (fact.subject, *(subjects[name] for name in named_in(fact, subjects))):
            for check, parameter, _ in subject.where.values():
                compared |= _compared(check, parameter)
        compared |= _compared(fact.check, fact.parameter)
        _need(fact.subject, fact.check, kinds, details, rows)
        for name in named_in(fact, subjects):
            _bind(subjects[name], kinds, details)
            for kind in fact.check.of_named:
                _limit(subjects[name], kind, kinds, details, rows)
    parents = {kind: None if of is None else _any_of(of) for kind, of in details.items()}
    return Plan(frozenset(kinds), parents, frozenset(compared))


def _compared(check: Check, parameter: str) -> set[str]:
    """The variable that a check compares, if any, and the payload fields that it compares."""
    return {*check.compares, *([parameter] if check.parameter == VARIABLE else [])}


def _bind(subject: Subject, kinds: set[str], details: dict[str, list[Subject] | None]) -> None:
    kinds.add(subject.kind)
    details.setdefault(subject.kind, None)
    for check, _, _ in subject.where.values():
        # `where` chooses among all records of the kind, so that the details of all of them are needed
        kinds.update(check.reads)
        details.update(dict.fromkeys(check.reads))


def _need(
    subject: Subject, check: Check, kinds: set[str], details: dict[str, list[Subject] | None], rows: Rows
) -> None:
    _bind(subject, kinds, details)
    for kind in (kind for kind in check.reads if kind not in check.of_named):
        if not _limit(subject, kind, kinds, details, rows):
            kinds.add(kind)
            details[kind] = None


def _limit(subject: Subject, kind: str, kinds: set[str], details: dict[str, list[Subject] | None], rows: Rows) -> bool:
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


def _any_of(subjects: list[Subject]) -> Wanted:
    def wanted(entry: Entry) -> bool:
        return any(matches(subject, entry) for subject in subjects)

    return wanted
