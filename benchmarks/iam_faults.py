"""Wrong readings of IAM's rules, put into the prover or the evaluator, to see that holding them together notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from asbuilt.iam.evaluator import evaluator, request
from asbuilt.iam.language import question
from asbuilt.iam.language.policy import Policy, Statement
from asbuilt.iam.proof import conditions, effective, prover

Fault = Callable[[pytest.MonkeyPatch], None]
FAULTS: dict[str, Fault] = {}


def fault(function: Fault) -> Fault:
    """Register a fault by its name."""
    FAULTS[function.__name__] = function
    return function


@contextmanager
def injected(name: str) -> Iterator[None]:
    """The fault, while open."""
    with pytest.MonkeyPatch.context() as patch:
        FAULTS[name](patch)
        yield


def policies_read(patch: pytest.MonkeyPatch, change: Callable[[Policy], Policy | None]) -> None:
    """Let the prover read policies wrongly."""
    read = question.read_policies

    def wrongly(*given: Any) -> tuple[Policy, ...]:
        return tuple(changed for policy in read(*given) if (changed := change(policy)) is not None)

    patch.setattr(question, "read_policies", wrongly)


def statements_read(patch: pytest.MonkeyPatch, change: Callable[[Statement], Statement | None]) -> None:
    """Let the prover read their statements wrongly."""

    def changed(policy: Policy) -> Policy:
        return replace(policy, statements=tuple(s for row in policy.statements if (s := change(row)) is not None))

    policies_read(patch, changed)


def conditions_proved(patch: pytest.MonkeyPatch, change: Callable[[Any, Any, Any, bool], Any]) -> None:
    """Let the prover judge conditions wrongly: `change(node, condition, setting, variables)`."""
    right = conditions.condition_node

    def wrongly(condition: Any, given: Any, *, variables: bool) -> Any:
        return change(right, condition, given, variables)

    patch.setattr(effective, "condition_node", wrongly)


def conditions_evaluated(patch: pytest.MonkeyPatch, change: Callable[..., Any]) -> None:
    """Let the evaluator judge conditions wrongly: `change(right, operator, key, values, version, context)`."""
    right = request.condition_holds
    patch.setattr(evaluator, "condition_holds", lambda *given: change(right, *given))


def policies_evaluated(patch: pytest.MonkeyPatch, change: Callable[[list[Any]], list[Any]]) -> None:
    """Let the evaluator hear other policies than were given."""
    right = evaluator.evaluate

    def wrongly(made: Any, policies: Any, **more: Any) -> Any:
        return right(made, change(list(policies)), **more)

    patch.setattr(prover, "evaluate", wrongly)
    patch.setattr("benchmarks.iam_agreement.evaluate", wrongly)


def rows_evaluated(patch: pytest.MonkeyPatch, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Let the evaluator take a statement for another."""
    right = evaluator.applies
    patch.setattr(evaluator, "applies", lambda row, *given, **more: right(change(dict(row)), *given, **more))


def renamed(row: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The statement with one of its fields called otherwise."""
    return {new if key == old else key: value for key, value in row.items()}
