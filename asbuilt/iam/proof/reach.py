"""Whether policies let somebody make some request: the question behind escalation, public access and who-can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from asbuilt.iam.evaluator.evaluator import evaluate
from asbuilt.iam.language import catalogue
from asbuilt.iam.language.policy import Statement
from asbuilt.iam.language.question import Question, read_question
from asbuilt.iam.proof.classes import Class, needs_resource_side
from asbuilt.iam.proof.effective import Effective
from asbuilt.iam.proof.formula import Node, every, negate
from asbuilt.iam.proof.overlap import TooLargeError
from asbuilt.iam.proof.search import Counterexample, Search

ADMIN: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
Known = Mapping[str, str | list[str] | None]


@dataclass(frozen=True)
class Reach:
    """`possible` is None when that is not known; `request` is one that is allowed; `by` the statement allowing it."""

    possible: bool | None
    request: Counterexample | None
    by: str
    reason: str


def identities(policies: Iterable[Any]) -> list[dict[str, Any]]:
    """Policies of a principal: documents as identity policies, and `{type, document}` as they are."""
    wrapped = [p if isinstance(p, dict) and "document" in p else {"type": "identity", "document": p} for p in policies]
    return [{"type": "identity", **policy} for policy in wrapped]


def as_question(
    policies: Sequence[Mapping[str, Any]],
    principal: str | None = None,
    facts: Mapping[str, Any] | None = None,
    absent: Sequence[str] = (),
    name: str = "principal",
) -> Question:
    """These policies as a question with nothing documented. Raises `PolicyError`."""
    item: dict[str, Any] = {"id": name, "kind": "containment", "policies": list(policies), "allowance": []}
    item |= {"principal": principal} if principal else {}
    return read_question(item | {"facts": dict(facts or {}), "absent": list(absent)})


class Reachable(Search):
    """The search for an allowed request with a given action, on given resources."""

    def can(self, action: str, resources: Sequence[str] = ("*",)) -> Reach:
        """Whether the action is allowed on some resource that one of the patterns matches."""
        known = catalogue.find(action) or catalogue.unknown(action)
        about = frozenset(i for i in range(len(self.question.statements)) if self.sorter.about(i, action.lower()))
        group = Class(about, dict.fromkeys(known.shapes, known), needs_resource_side(action))
        why: set[str] = set()
        try:
            for shape in known.shapes:
                bare = shape.text is None
                if bare and "*" not in resources:
                    continue
                node = every((self.formula(group, bare=bare), self._target(resources, bare=bare)))
                found, open_ = self._shape(node, shape, group) if node is not False else (None, set())
                if found is not None:
                    return self._confirmed(found)
                why |= open_
        except TooLargeError as error:
            why.add(f"a limit was reached: {error}")
        return Reach(None if why else False, None, "", "; ".join(sorted(why)) or f"nothing allows {action} there")

    def _target(self, resources: Sequence[str], *, bare: bool) -> Node:
        if bare or "*" in resources:
            return True
        row = Statement("target", 0, "", True, (), False, tuple(resources), False, (), False)
        return self.effective.resources(row, bare=False)

    def _confirmed(self, found: Counterexample) -> Reach:
        request = {"action": found.action, "resource": found.resource, "context": found.context}
        facts = {key: value for key, value in self.given.known.items() if value is not None}
        decision = evaluate(request, self.question.raw["policies"], principal=self.question.principal, facts=facts)
        if decision.allowed is not True:
            return Reach(None, None, "", f"the evaluator does not confirm {found}: {decision.reason}")
        return Reach(True, found, decision.by, "allowed")


def can(
    question: Question, action: str, resources: Sequence[str] = ("*",), context: Mapping[str, str] | None = None
) -> Reach:
    """Whether the question's principal can do something, its context keys fixed as given."""
    known: dict[str, str | list[str] | None] = dict(question.known)
    known |= {key.lower(): value for key, value in (context or {}).items()}
    found = Reachable(question, known).can(action, resources)
    if found.request is None or not context:
        return found
    spelt = {key.lower(): key for key in context}
    said = {spelt.get(key.lower(), key): value for key, value in found.request.context.items()}
    return replace(found, request=replace(found.request, context=said))


class _Gain(Search):
    """The search for a request that one set of policies allows and another does not."""

    def __init__(self, target: Question, own: Question, known: Known | None = None) -> None:
        self.asked = target, own
        both = replace(target, allowance=own.statements, known={})
        super().__init__(both, known or {})
        self.target = Effective(replace(target, allowance=()), self.given, both.statements)
        self.own = Effective(replace(own, allowance=()), self.given, both.statements)

    def under(self, known: Known) -> Search:
        """The same search with more taken to be known."""
        return _Gain(*self.asked, known)

    def formula(self, group: Class, *, bare: bool) -> Node:
        """What the one can do and the other can't."""
        can_do, can_already = (
            e.effective(group.statements, bare=bare, resource_side=False) for e in (self.target, self.own)
        )
        return every((can_do, negate(can_already)))


def gains(target: Question, own: Question) -> Counterexample | str | None:
    """A request the target's policies allow and one's own do not; None if there is none, or why that is not known."""
    try:
        found, why = _Gain(target, own).decide()
    except TooLargeError as error:
        return f"a limit was reached: {error}"
    return found if found is not None else "; ".join(sorted(why)) or None
