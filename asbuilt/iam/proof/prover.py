"""Proofs of least privilege: whether everything allowed is documented, and everything documented is allowed.

The evaluator confirms every counterexample before it is shown. What cannot be decided is `unknown`, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from asbuilt.iam.evaluator.evaluator import evaluate, is_documented
from asbuilt.iam.language import catalogue
from asbuilt.iam.language.question import Question, read_question
from asbuilt.iam.language.reading import Problem
from asbuilt.iam.proof.action_classes import ActionClassifier
from asbuilt.iam.proof.pattern_algebra import TooLargeError
from asbuilt.iam.proof.search import Counterexample, Search, kinds_of


@dataclass(frozen=True)
class Proof:
    """`verdict`: subset, exceeds, granted, missing or unknown. `problems`: errors of the input that leave a verdict."""

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
    """Answer a question `{id, kind, policies, allowance, principal?, facts?, absent?}` (see `language/question.py`).

    Raises `PolicyError` where the question is not valid.
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
    """Compare a counterexample with the evaluator: the reason to report, and whether the evaluator agrees."""
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
    listed = is_documented(request, question.raw["allowance"], facts)
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
        f"allowance[{i}]" for i, g in enumerate(question.raw["allowance"]) if is_documented(request, [g], facts) is True
    ]
    by = f" by {decision.by}" if decision.by else ""
    return f"{grants[0]} is documented but {decision.reason}{by}{note}", True


def _vacuous(question: Question, search: Search) -> str:
    """Why nothing is proved about a documented grant that covers no request; empty where each covers one.

    Each named action of a grant must cover a request; a pattern need not, where another action of the grant covers one.
    """
    for number, grant in enumerate(question.allowance):
        listed = [action for action in grant.actions if action.lower() not in catalogue.FREE_ACTIONS]
        named: list[tuple[str, ...]] = [(action,) for action in listed if "*" not in action and "?" not in action]
        for actions in named or ([tuple(listed)] if listed else []):
            if not _covers(search, question, number, ActionClassifier([replace(grant, actions=actions)])):
                return (
                    f"allowance[{number}] documents {', '.join(actions)} on {', '.join(grant.resources) or 'nothing'}, "
                    "which is no possible request: these actions act on other types of resources"
                )
    return ""


def _covers(search: Search, question: Question, number: int, lone: ActionClassifier) -> bool:
    """Whether a grant covers a request by the actions in `lone`."""
    grant = question.allowance[number]
    services = lone.mentioned if lone.uniform and not lone.everywhere() else sorted(catalogue.services())
    for group in chain((g for s in services for g in lone.classes(s)), lone.unknown()):
        for formats, bare in kinds_of(group):
            node = search.effective.node(grant, bare=bare)
            if node is not False and any(search.fits(node, arn_format) for arn_format in formats):
                return True
    return False
