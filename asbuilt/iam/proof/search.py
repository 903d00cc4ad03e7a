"""The search for a request that answers a question, through classes of actions and formats of ARNs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from asbuilt.iam.language import catalogue
from asbuilt.iam.language.arn import account_of, parse_arn
from asbuilt.iam.language.catalogue import ACCOUNT_NUMBER, ArnFormat
from asbuilt.iam.language.condition_keys import RESOURCE_ACCOUNT
from asbuilt.iam.language.patterns import Pattern, glob
from asbuilt.iam.language.policy import Statement
from asbuilt.iam.language.question import Question
from asbuilt.iam.proof.action_classes import ActionClass, ActionClassifier
from asbuilt.iam.proof.effective import EffectivePermissions
from asbuilt.iam.proof.formula import RESOURCE, Literal, Node, Text, every, negate, pessimistic, undecided_atoms
from asbuilt.iam.proof.pattern_algebra import witness
from asbuilt.iam.proof.policy_variables import VARIABLE
from asbuilt.iam.proof.request_context import READABLE, RequestContext, request_context
from asbuilt.iam.proof.resource_account import ARN_WITH_ACCOUNT
from asbuilt.iam.proof.solver import Assumptions, Model, Solver

PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc")
# Services that have resources of AWS's own, whose ARNs name no account although the format has one.
WITHOUT_ACCOUNT = frozenset({"ssm"})
TRIES = 400  # combinations of values for variables of unknown value


@dataclass(frozen=True)
class Counterexample:
    """A request: an action, an ARN (or `*`), and the condition keys that it must carry."""

    action: str
    resource: str
    context: Mapping[str, str | list[str]]


class Search:
    """The search for a request that answers a question, by the values of condition keys that are `known`."""

    def __init__(self, question: Question, known: Mapping[str, str | list[str] | None]) -> None:
        self.question = question
        self.given: RequestContext = request_context(question.statements, known)
        self.effective = EffectivePermissions(question, self.given)
        self.classifier = ActionClassifier(question.statements)
        self.solver = Solver(self.given.domains)
        self.doubtful: list[tuple[ActionClass, ArnFormat]] = []

    def formula(self, group: ActionClass, *, bare: bool) -> Node:
        """That a request of a class answers the question."""
        can = self.effective.effective(group.statements, bare=bare, resource_side=group.resource_side)
        may = self.effective.documented(group.statements, bare=bare)
        return every((can, negate(may))) if self.question.kind == "containment" else every((may, negate(can)))

    def decide(self) -> tuple[Counterexample | None, set[str]]:
        """A request that answers the question, else why one may. Values of unknown policy variables are tried."""
        found, reasons = self.run()
        if found is None and reasons:
            doubtful = tuple(self.doubtful)
            for known in self.guesses():
                found = self.under(known).certain(doubtful)
                if found is not None:
                    return found, set()
        return found, reasons

    def under(self, known: Mapping[str, str | list[str] | None]) -> Search:
        """The same search with other known values."""
        return Search(self.question, known)

    def run(self) -> tuple[Counterexample | None, set[str]]:
        """A request that answers the question, else why one may."""
        reasons: set[str] = set()
        for group in self._groups():
            for formats, bare in kinds_of(group):
                node = self.formula(group, bare=bare)
                if node is False or (len(formats) > 3 and self.solver.solve(node) is None):
                    continue
                for arn_format in formats:
                    found, why = self._in_format(node, arn_format, group)
                    if found is not None:
                        return found, set()
                    if why:
                        reasons |= why
                        self.doubtful.append((group, arn_format))
        return None, reasons

    def certain(self, places: Iterable[tuple[ActionClass, ArnFormat]]) -> Counterexample | None:
        """A request of one of these classes and formats that answers the question, whatever is undecided."""
        for group, arn_format in places:
            node = pessimistic(self.formula(group, bare=arn_format.text is None))
            if node is False or self._model(node, arn_format.pattern()) is None:
                continue
            for pattern in self._arns_of(arn_format):
                model = self._model(node, pattern)
                if model is not None:
                    return self._request(model, group.actions[arn_format].name)
        return None

    def _groups(self) -> Iterator[ActionClass]:
        """The classes to search, first those of the services that policies name."""
        yield from self.classifier.unknown()
        mentioned = [s for s in self.classifier.mentioned if s in catalogue.services()]
        for service in mentioned:
            yield from self.classifier.classes(service)
        if self.classifier.uniform:
            covering = self.classifier.everywhere()
            if not covering or not any(self._possible(covering, bare=bare) for bare in (False, True)):
                return
        for service in sorted(catalogue.services() - set(mentioned)):
            yield from self.classifier.classes(service)

    def _possible(self, about: frozenset[int], *, bare: bool) -> bool:
        sides = (False, True)
        return any(
            self.solver.solve(self.formula(ActionClass(about, {}, side), bare=bare)) is not None for side in sides
        )

    def _in_format(
        self, node: Node, arn_format: ArnFormat, group: ActionClass
    ) -> tuple[Counterexample | None, set[str]]:
        """A request of one ARN format that answers the question, else why one may."""
        if self._model(node, arn_format.pattern()) is None:
            return None, set()
        sure = pessimistic(node)
        for pattern in self._arns_of(arn_format) if self._model(sure, arn_format.pattern()) is not None else ():
            model = self._model(sure, pattern)
            if model is not None:
                return self._request(model, group.actions[arn_format].name), set()
        why: set[str] = set()
        open_parts = undecided_atoms(node)
        if open_parts:
            for pattern in self._arns_of(arn_format):
                model = self._model(node, pattern)
                if model is not None:
                    why |= {o.reason for o in model.supposed} or {o.reason for o in open_parts}
                    break
        return None, why

    def _arns_of(self, arn_format: ArnFormat) -> Iterator[Pattern]:
        """Patterns that together are all ARNs of a format, first those of the principal's account and region."""
        known = self.given.known
        account, arn = known.get("aws:principalaccount"), known.get("aws:principalarn")
        own = parse_arn(arn if isinstance(arn, str) else None)
        region = known.get("aws:requestedregion")
        near = {
            "account": account if isinstance(account, str) and account.isdigit() else "123456789012",
            "region": region if isinstance(region, str) else "us-east-1",
        }
        if arn_format.text is None:
            yield arn_format.pattern()
            return
        service = arn_format.text.split(":")[2]
        owners = (ACCOUNT_NUMBER, "aws", *([""] if service in WITHOUT_ACCOUNT else []))
        seen = set()
        for partition in (own.partition,) if own else PARTITIONS:
            for narrowed in (near, {"account": near["account"]}, *({"account": owner} for owner in owners)):
                pattern = arn_format.pattern(partition=partition, **narrowed)
                if pattern not in seen:
                    seen.add(pattern)
                    yield pattern

    def _model(self, node: Node, arn_format: Pattern) -> Model | None:
        state = Assumptions()
        self.solver.suppose(Literal(Text(RESOURCE, arn_format), holds=True), state)
        return self.solver.solve(node, state)

    def fits(self, node: Node, arn_format: ArnFormat) -> bool:
        """Whether an ARN of a format satisfies a formula."""
        return self._model(node, arn_format.pattern()) is not None

    def _request(self, model: Model, action: str) -> Counterexample:
        """The request of a model, with a value for each key that every request has."""
        context: dict[str, str | list[str]] = {k: v for k, v in model.texts.items() if k != RESOURCE}
        for key, domain in self.given.domains.items():
            if domain.always and key not in context:
                value = (domain.values or (None,))[0] or _example(key, domain.base)
                context[key] = [value] if domain.many else value
        used = {c.key.lower() for s in self.question.statements for c in s.conditions}
        context |= {
            key: known
            for key, known in self.given.known.items()
            if known is not None and (key in used or self.question.known.get(key) != known)
        }
        spelt = {key.lower(): key for s in self.question.statements for key in _spelt(s)}
        resource = model.texts[RESOURCE]
        if RESOURCE_ACCOUNT in context and ARN_WITH_ACCOUNT.accepts(str(resource)):
            context[RESOURCE_ACCOUNT] = account_of(str(resource))
        return Counterexample(action, str(resource), {spelt.get(k, k): v for k, v in sorted(context.items())})

    def guesses(self) -> Iterator[Mapping[str, str | list[str] | None]]:
        """Known values with one for each policy variable of unknown value: an example, a text of a policy, or none."""
        keys = [key for key in self.given.marks if key != RESOURCE_ACCOUNT]
        listed = [self._values(key, index) for index, key in enumerate(keys)]
        for chosen in islice(product(*listed), TRIES):
            yield {**self.question.known, **dict(zip(keys, chosen, strict=True))}

    def _values(self, key: str, index: int) -> list[str | None]:
        domain = self.given.domains.get(key)
        values: dict[str | None, None] = {}
        if domain is not None and domain.values is not None:
            return list(domain.values)
        values[_example(key, domain.base if domain else ()) if key in READABLE else f"example{index + 1}"] = None
        for statement in self.question.statements:
            for condition in statement.conditions:
                if condition.key.lower() == key:
                    values.update((text, None) for text in condition.values if "${" not in text and "*" not in text)
            for text in statement.resources:
                values.update(
                    (part, None) for part in text.replace(":", "/").split("/") if part and not set(part) & set("*?$")
                )
        if domain is None or not domain.always:
            values[None] = None
        return list(values)[:24]


def _example(key: str, base: tuple[Pattern, ...]) -> str:
    readable = READABLE.get(key, ("example",))[0]
    made: Callable[..., str | None] = witness
    return made((*base, glob(readable)), ()) or made(base, ()) or "example"


def kinds_of(group: ActionClass) -> list[tuple[list[ArnFormat], bool]]:
    """The formats of a class: ARNs, and, apart from them, requests that have no resource (True)."""
    with_arn = [arn_format for arn_format in group.actions if arn_format.text is not None]
    without = [catalogue.NO_RESOURCE_TYPE] if catalogue.NO_RESOURCE_TYPE in group.actions else []
    return [(formats, bare) for formats, bare in ((with_arn, False), (without, True)) if formats]


def _spelt(statement: Statement) -> Iterator[str]:
    """The condition keys of a statement as the statement writes them."""
    texts = [*statement.resources, *(value for condition in statement.conditions for value in condition.values)]
    for text in texts if statement.variables else ():
        yield from (found.partition(",")[0].strip() for found in VARIABLE.findall(text))
    yield from (condition.key for condition in statement.conditions)
