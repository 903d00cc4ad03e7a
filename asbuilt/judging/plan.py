"""Which calls a selection of facts takes: derived from the spec, so that nothing is read that nothing asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from asbuilt.check import Check
from asbuilt.evidence import Entry
from asbuilt.judging.binding import matches, named_in
from asbuilt.sources.row import Plan, Row, Wanted
from asbuilt.spec.model import Fact, Subject

IDENTITY = "aws:account"  # read in every run: results say whose account was judged


Rows = Mapping[str, tuple[Row, ...]]


def plan(facts: Iterable[Fact], subjects: Mapping[str, Subject], rows: Rows) -> Plan:
    """The kinds that the facts need, and for detail kinds the parents that they are needed of.

    `rows` are the rows that read each kind.
    """
    kinds = {IDENTITY}
    details: dict[str, list[Subject] | None] = {}
    for fact in facts:
        _need(fact.subject, fact.check, kinds, details, rows)
        for name in named_in(fact, subjects):
            _bind(subjects[name], kinds, details)
            for kind in fact.check.of_named:
                _limit(subjects[name], kind, kinds, details, rows)
    parents = {kind: None if of is None else _any_of(of) for kind, of in details.items()}
    return Plan(frozenset(kinds), parents)


def _bind(subject: Subject, kinds: set[str], details: dict[str, list[Subject] | None]) -> None:
    kinds.add(subject.kind)
    details.setdefault(subject.kind, None)
    for check, _, _ in subject.where.values():
        # to choose among records by an answer, the answer must be had of all of them
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
    """Have a detail kind read of a subject's records; False where it is none of theirs, and nothing was done."""
    limited = _below(kind, subject.kind, rows)
    if limited is None:
        return False
    kinds.add(kind)
    # what a subject that is found by its answers matches is not known yet
    wanted = None if subject.where else details.setdefault(limited, [])
    if wanted is None:
        details[limited] = None
    else:
        wanted.append(subject)
    return True


def _below(kind: str, ancestor: str, rows: Rows) -> str | None:
    """The kind on the way from `kind` up to `ancestor` that is asked once for each record of the ancestor."""
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
