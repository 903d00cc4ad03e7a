"""Proofs of least privilege: is all that a principal can do documented, and is all that is documented granted?

Every counterexample is confirmed by the evaluator before it is shown; what can't be decided is `unknown`, with why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from asbuilt.iam.evaluator.evaluator import documented, evaluate
from asbuilt.iam.language import catalogue
from asbuilt.iam.language.question import Question, read_question
from asbuilt.iam.language.reading import Problem
from asbuilt.iam.proof.classes import Sorter
from asbuilt.iam.proof.overlap import TooLargeError
from asbuilt.iam.proof.search import Counterexample, Search, kinds_of


@dataclass(frozen=True)
class Proof:
    """`verdict`: subset, exceeds, granted, missing or unknown. `problems`: what else is wrong with the input."""

    id: str
    verdict: str
    counterexample: Counterexample | None
    reason: str
    problems: tuple[Problem, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The line that `prove` prints."""
        found = self.counterexample
        example = found and {"action": found.action, "resource": found.resource, "context": dict(found.context)}
        return {"id": self.id, "verdict": self.verdict, "counterexample": example, "reason": self.reason}


def prove(item: Mapping[str, Any]) -> Proof:
    """Answer a question `{id, kind, policies, allowance, principal?, facts?, absent?}` (see `question`).

    Raises `PolicyError` when the question means nothing.
    """
    return answer(read_question(item))


def answer(question: Question) -> Proof:
    """Answer a question that was read."""
    search = Search(question, question.known)
    try:
        found, reasons = search.decide()
    except TooLargeError as error:
        return Proof(question.id, "unknown", None, f"a limit was reached: {error}", question.problems)
    except RecursionError:
        return Proof(question.id, "unknown", None, "a limit was reached: conditions nested too deep", question.problems)
    containment = question.kind == "containment"
    if found is not None:
        reason, confirmed = _confirm(question, found)
        if not confirmed:
            return Proof(question.id, "unknown", None, reason, question.problems)
        verdict = "exceeds" if containment else "missing"
        return Proof(question.id, verdict, found, reason, question.problems)
    if reasons:
        return Proof(question.id, "unknown", None, "; ".join(sorted(reasons)), question.problems)
    if not containment:
        empty = _vacuous(question, search)
        if empty:
            return Proof(question.id, "unknown", None, empty, question.problems)
    reason = "every request the policies allow is documented" if containment else "every documented request is allowed"
    return Proof(question.id, "subset" if containment else "granted", None, reason, question.problems)


def _confirm(question: Question, found: Counterexample) -> tuple[str, bool]:
    """Ask the evaluator about a counterexample; the reason to report, and whether it agrees."""
    request = {"action": found.action, "resource": found.resource, "context": found.context}
    facts = {key: value for key, value in question.known.items() if value is not None}
    containment = question.kind == "containment"
    decision = evaluate(
        request,
        question.raw["policies"],
        principal=question.principal,
        facts=facts,
        resource_side_assumed=containment,
    )
    listed = documented(request, question.raw["allowance"], facts)
    if decision.allowed is not containment or listed is not (not containment):
        return f"the evaluator does not confirm {found}: {decision.reason}, documented: {listed}", False
    note = (
        ""
        if catalogue.find(found.action)
        else f"; {found.action} is not in the catalogue of {catalogue.catalogue_date()}"
    )
    if containment:
        return f"allowed by {decision.by}; no documented grant covers it{note}", True
    grants = [
        f"allowance[{i}]" for i, g in enumerate(question.raw["allowance"]) if documented(request, [g], facts) is True
    ]
    by = f" by {decision.by}" if decision.by else ""
    return f"{grants[0]} is documented but {decision.reason}{by}{note}", True


def _vacuous(question: Question, search: Search) -> str:
    """Why a documented grant covers no request at all, if one does: nothing is proved about such a grant.

    A pattern of actions may cover nothing as long as the grant as a whole covers something; a named action may not.
    """
    for number, grant in enumerate(question.allowance):
        listed = [action for action in grant.actions if action.lower() not in catalogue.FREE_ACTIONS]
        named: list[tuple[str, ...]] = [(action,) for action in listed if "*" not in action and "?" not in action]
        for actions in named or ([tuple(listed)] if listed else []):
            if not _covers(search, question, number, Sorter([replace(grant, actions=actions)])):
                return (
                    f"allowance[{number}] documents {', '.join(actions)} on {', '.join(grant.resources) or 'nothing'}, "
                    "which is no possible request: such actions act on other types of resources"
                )
    return ""


def _covers(search: Search, question: Question, number: int, lone: Sorter) -> bool:
    """Whether some request fits a grant, its actions sorted by themselves."""
    grant = question.allowance[number]
    services = lone.mentioned if lone.uniform and not lone.everywhere() else sorted(catalogue.services())
    for group in chain((g for s in services for g in lone.classes(s)), lone.unknown()):
        for shapes, bare in kinds_of(group):
            node = search.effective.node(grant, bare=bare)
            if node is not False and any(search.fits(node, shape) for shape in shapes):
                return True
    return False
