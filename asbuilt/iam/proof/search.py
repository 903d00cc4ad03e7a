"""The search through classes of actions and formats of ARNs for a request that answers a question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product

from asbuilt.iam.language import catalogue
from asbuilt.iam.language.catalogue import ACCOUNT_NUMBER, Shape
from asbuilt.iam.language.keys import RESOURCE_ACCOUNT
from asbuilt.iam.language.patterns import Pattern, glob
from asbuilt.iam.language.policy import Statement
from asbuilt.iam.language.question import Question
from asbuilt.iam.proof.classes import Class, Sorter
from asbuilt.iam.proof.conditions import READABLE, Setting, setting
from asbuilt.iam.proof.effective import Effective
from asbuilt.iam.proof.formula import RESOURCE, Literal, Node, Text, every, negate, opens, pessimistic
from asbuilt.iam.proof.overlap import witness
from asbuilt.iam.proof.owners import OF_AN_ACCOUNT
from asbuilt.iam.proof.solver import Model, Solver, State
from asbuilt.iam.proof.templates import VARIABLE

PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc")
# Services with resources that are AWS's own and name no account in a format that otherwise has one.
WITHOUT_ACCOUNT = frozenset({"ssm"})
TRIES = 400


@dataclass(frozen=True)
class Counterexample:
    """A request: a documented action, an ARN (or `*`), and the condition keys that matter."""

    action: str
    resource: str
    context: Mapping[str, str | list[str]]


class Search:
    """The search for a request that answers a question, under what is taken to be known."""

    def __init__(self, question: Question, known: Mapping[str, str | list[str] | None]) -> None:
        self.question = question
        self.given: Setting = setting(question.statements, known)
        self.effective = Effective(question, self.given)
        self.sorter = Sorter(question.statements)
        self.solver = Solver(self.given.domains)
        self.doubtful: list[tuple[Class, Shape]] = []

    def formula(self, group: Class, *, bare: bool) -> Node:
        """Which requests of a class would answer the question."""
        can = self.effective.effective(group.statements, bare=bare, resource_side=group.resource_side)
        may = self.effective.documented(group.statements, bare=bare)
        return every((can, negate(may))) if self.question.kind == "containment" else every((may, negate(can)))

    def decide(self) -> tuple[Counterexample | None, set[str]]:
        """A request that surely answers, values of unknown variables tried, or why some perhaps do."""
        found, reasons = self.run()
        if found is None and reasons:
            doubtful = tuple(self.doubtful)
            for known in self.guesses():
                found = self.under(known).sure(doubtful)
                if found is not None:
                    return found, set()
        return found, reasons

    def under(self, known: Mapping[str, str | list[str] | None]) -> Search:
        """The same search with more taken to be known."""
        return Search(self.question, known)

    def run(self) -> tuple[Counterexample | None, set[str]]:
        """A request that surely answers, or why some perhaps do."""
        reasons: set[str] = set()
        for group in self._groups():
            for shapes, bare in kinds_of(group):
                node = self.formula(group, bare=bare)
                if node is False or (len(shapes) > 3 and self.solver.solve(node) is None):
                    continue
                for shape in shapes:
                    found, why = self._shape(node, shape, group)
                    if found is not None:
                        return found, set()
                    if why:
                        reasons |= why
                        self.doubtful.append((group, shape))
        return None, reasons

    def sure(self, places: Iterable[tuple[Class, Shape]]) -> Counterexample | None:
        """A request that surely answers in one of these classes and formats."""
        for group, shape in places:
            node = pessimistic(self.formula(group, bare=shape.text is None))
            if node is False or self._model(node, shape.pattern()) is None:
                continue
            for pattern in self._real(shape):
                model = self._model(node, pattern)
                if model is not None:
                    return self._request(model, group.actions[shape].name)
        return None

    def _groups(self) -> Iterator[Class]:
        """The classes to look at, those of services that policies name first."""
        yield from self.sorter.unknown()
        mentioned = [s for s in self.sorter.mentioned if s in catalogue.services()]
        for service in mentioned:
            yield from self.sorter.classes(service)
        if self.sorter.uniform:
            about = self.sorter.everywhere()
            if not about or not any(self._possible(about, bare=bare) for bare in (False, True)):
                return
        for service in sorted(catalogue.services() - set(mentioned)):
            yield from self.sorter.classes(service)

    def _possible(self, about: frozenset[int], *, bare: bool) -> bool:
        sides = (False, True)
        return any(self.solver.solve(self.formula(Class(about, {}, side), bare=bare)) is not None for side in sides)

    def _shape(self, node: Node, shape: Shape, group: Class) -> tuple[Counterexample | None, set[str]]:
        """A request of one ARN format, or why some of it perhaps answer."""
        if self._model(node, shape.pattern()) is None:
            return None, set()
        sure = pessimistic(node)
        for pattern in self._real(shape) if self._model(sure, shape.pattern()) is not None else ():
            model = self._model(sure, pattern)
            if model is not None:
                return self._request(model, group.actions[shape].name), set()
        why: set[str] = set()
        open_parts = opens(node)
        if open_parts:
            for pattern in self._real(shape):
                model = self._model(node, pattern)
                if model is not None:
                    why |= {o.reason for o in model.supposed} or {o.reason for o in open_parts}
                    break
        return None, why

    def _real(self, shape: Shape) -> Iterator[Pattern]:
        """The ARNs of a format, the ones nearest to the account at hand first; together they are all there are."""
        known = self.given.known
        account, arn = known.get("aws:principalaccount"), known.get("aws:principalarn")
        own = arn.split(":")[1] if isinstance(arn, str) and arn.count(":") >= 5 else None
        region = known.get("aws:requestedregion")
        near = {
            "account": account if isinstance(account, str) and account.isdigit() else "123456789012",
            "region": region if isinstance(region, str) else "us-east-1",
        }
        if shape.text is None:
            yield shape.pattern()
            return
        service = shape.text.split(":")[2]
        owners = (ACCOUNT_NUMBER, "aws", *([""] if service in WITHOUT_ACCOUNT else []))
        seen = set()
        for partition in (own,) if own else PARTITIONS:
            for narrowed in (near, {"account": near["account"]}, *({"account": owner} for owner in owners)):
                pattern = shape.pattern(partition=partition, **narrowed)
                if pattern not in seen:
                    seen.add(pattern)
                    yield pattern

    def _model(self, node: Node, shape: Pattern) -> Model | None:
        state = State()
        self.solver.suppose(Literal(Text(RESOURCE, shape), holds=True), state)
        return self.solver.solve(node, state)

    def fits(self, node: Node, shape: Shape) -> bool:
        """Whether some ARN of a format fits a formula."""
        return self._model(node, shape.pattern()) is not None

    def _request(self, model: Model, action: str) -> Counterexample:
        """The request of a model, with values for keys that every request has."""
        context: dict[str, str | list[str]] = {k: v for k, v in model.texts.items() if k != RESOURCE}
        for key, domain in self.given.domains.items():
            if domain.always and key not in context:
                value = (domain.values or (None,))[0] or _example(key, domain.base)
                context[key] = [value] if domain.many else value
        used = {c.key.lower() for s in self.question.statements for c in s.conditions}
        for key, known in self.given.known.items():
            if known is not None and (key in used or self.question.known.get(key) != known):
                context[key] = known
        spelt = {key.lower(): key for s in self.question.statements for key in _spelt(s)}
        resource = model.texts[RESOURCE]
        if RESOURCE_ACCOUNT in context and OF_AN_ACCOUNT.accepts(str(resource)):
            context[RESOURCE_ACCOUNT] = str(resource).split(":")[4]
        return Counterexample(action, str(resource), {spelt.get(k, k): v for k, v in sorted(context.items())})

    def guesses(self) -> Iterator[Mapping[str, str | list[str] | None]]:
        """Values to try for variables of unknown value: ones of their own, none, and those other patterns suggest."""
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


def kinds_of(group: Class) -> list[tuple[list[Shape], bool]]:
    """The formats of a class: those of ARNs, and apart from them requests without a resource."""
    with_arn = [shape for shape in group.actions if shape.text is not None]
    return [(with_arn, False)] * bool(with_arn) + [([catalogue.NONE], True)] * (catalogue.NONE in group.actions)


def _spelt(statement: Statement) -> Iterator[str]:
    """The condition keys of a statement as they are written there."""
    texts = [*statement.resources, *(value for condition in statement.conditions for value in condition.values)]
    for text in texts if statement.variables else ():
        yield from (found.partition(",")[0].strip() for found in VARIABLE.findall(text))
    yield from (condition.key for condition in statement.conditions)
