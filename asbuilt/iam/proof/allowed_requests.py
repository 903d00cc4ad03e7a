"""Whether policies allow a principal some request of an action; who-can and the escalation paths ask this."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from asbuilt.iam.evaluator.evaluator import evaluate
from asbuilt.iam.language import catalogue
from asbuilt.iam.language.policy import Statement
from asbuilt.iam.language.question import Question, read_question
from asbuilt.iam.proof.action_classes import ActionClass, needs_resource_side
from asbuilt.iam.proof.effective import EffectivePermissions
from asbuilt.iam.proof.formula import Node, every, negate
from asbuilt.iam.proof.pattern_algebra import TooLargeError
from asbuilt.iam.proof.search import Counterexample, Search

ADMINISTRATOR_ACCESS: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
Known = Mapping[str, str | list[str] | None]


@dataclass(frozen=True)
class Possibility:
    """Whether a request is allowed; None where that is not decided. `by` is the statement that allows `request`."""

    possible: bool | None
    request: Counterexample | None
    by: str
    reason: str


def identities(policies: Iterable[Any]) -> list[dict[str, Any]]:
    """The policies of a principal as `prove` takes them; a plain document is an identity policy."""
    wrapped = [p if isinstance(p, dict) and "document" in p else {"type": "identity", "document": p} for p in policies]
    return [{"type": "identity", **policy} for policy in wrapped]


def as_question(
    policies: Sequence[Mapping[str, Any]],
    principal: str | None = None,
    facts: Mapping[str, Any] | None = None,
    absent: Sequence[str] = (),
    name: str = "principal",
) -> Question:
    """A question about these policies, with no documented grant. Raises `PolicyError`."""
    item: dict[str, Any] = {"id": name, "kind": "containment", "policies": list(policies), "allowance": []}
    item |= {"principal": principal} if principal else {}
    return read_question(item | {"facts": dict(facts or {}), "absent": list(absent)})


class AllowedRequestSearch(Search):
    """The search for an allowed request of a given action on given resources."""

    def can(self, action: str, resources: Sequence[str] = ("*",)) -> Possibility:
        """Whether the action is allowed on a resource that one of the patterns matches."""
        known = catalogue.find(action) or catalogue.unknown(action)
        covering = frozenset(
            i for i in range(len(self.question.statements)) if self.classifier.covers(i, action.lower())
        )
        group = ActionClass(covering, dict.fromkeys(known.formats, known), needs_resource_side(action))
        why: set[str] = set()
        try:
            for arn_format in known.formats:
                bare = arn_format.text is None
                if bare and "*" not in resources:
                    continue
                node = every((self.formula(group, bare=bare), self._target(resources, bare=bare)))
                found, open_ = self._in_format(node, arn_format, group) if node is not False else (None, set())
                if found is not None:
                    return self._confirmed(found)
                why |= open_
        except TooLargeError as error:
            why.add(f"a limit was reached: {error}")
        return Possibility(None if why else False, None, "", "; ".join(sorted(why)) or f"nothing allows {action} there")

    def _target(self, resources: Sequence[str], *, bare: bool) -> Node:
        if bare or "*" in resources:
            return True
        row = Statement("target", 0, "", True, (), False, tuple(resources), False, (), False)
        return self.effective.resources(row, bare=False)

    def _confirmed(self, found: Counterexample) -> Possibility:
        request = {"action": found.action, "resource": found.resource, "context": found.context}
        facts = {key: value for key, value in self.given.known.items() if value is not None}
        decision = evaluate(request, self.question.raw["policies"], principal=self.question.principal, facts=facts)
        if decision.allowed is not True:
            return Possibility(None, None, "", f"the evaluator does not confirm {found}: {decision.reason}")
        return Possibility(True, found, decision.by, "allowed")


def can(
    question: Question, action: str, resources: Sequence[str] = ("*",), context: Mapping[str, str] | None = None
) -> Possibility:
    """Whether the question's principal is allowed an action; `context` fixes condition keys of the request."""
    known: dict[str, str | list[str] | None] = dict(question.known)
    known |= {key.lower(): value for key, value in (context or {}).items()}
    found = AllowedRequestSearch(question, known).can(action, resources)
    if found.request is None or not context:
        return found
    spelt = {key.lower(): key for key in context}
    said = {spelt.get(key.lower(), key): value for key, value in found.request.context.items()}
    return replace(found, request=replace(found.request, context=said))


class AdditionalRequestSearch(Search):
    """The search for a request that the policies of `target` allow and those of `own` do not."""

    def __init__(self, target: Question, own: Question, known: Known | None = None) -> None:
        self.asked = target, own
        both = replace(target, allowance=own.statements, known={})
        super().__init__(both, known or {})
        self.target = EffectivePermissions(replace(target, allowance=()), self.given, both.statements)
        self.own = EffectivePermissions(replace(own, allowance=()), self.given, both.statements)

    def under(self, known: Known) -> Search:
        """The same search with other known values."""
        return AdditionalRequestSearch(*self.asked, known)

    def formula(self, group: ActionClass, *, bare: bool) -> Node:
        """That the target's policies allow a request of a class, and the own policies do not."""
        can_do, can_already = (
            e.effective(group.statements, bare=bare, resource_side=False) for e in (self.target, self.own)
        )
        return every((can_do, negate(can_already)))


def additional_request(target: Question, own: Question) -> Counterexample | str | None:
    """A request that the policies of `target` allow and those of `own` do not; None where there is none.

    A text says why that is not decided.
    """
    try:
        found, why = AdditionalRequestSearch(target, own).decide()
    except TooLargeError as error:
        return f"a limit was reached: {error}"
    return found if found is not None else "; ".join(sorted(why)) or None
