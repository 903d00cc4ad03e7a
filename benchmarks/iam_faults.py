"""Faults: wrong readings of IAM's rules in the prover or the evaluator, which their comparison must find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from asbuilt.iam.evaluator import evaluator, matching, statements
from asbuilt.iam.language import question
from asbuilt.iam.language.policy import Policy, Statement
from asbuilt.iam.proof import conditions, effective, prover

Injection = Callable[[pytest.MonkeyPatch], None]
FAULTS: dict[str, Injection] = {}


def fault(function: Injection) -> Injection:
    """Register a fault by its name."""
    FAULTS[function.__name__] = function
    return function


@contextmanager
def injected(name: str) -> Iterator[None]:
    """Inject a fault for the time of the block."""
    with pytest.MonkeyPatch.context() as patch:
        FAULTS[name](patch)
        yield


def policies_read(patch: pytest.MonkeyPatch, change: Callable[[Policy], Policy | None]) -> None:
    """Change the policies that the prover reads; None drops a policy."""
    read = question.read_policies

    def wrongly(*given: Any) -> tuple[Policy, ...]:
        return tuple(changed for policy in read(*given) if (changed := change(policy)) is not None)

    patch.setattr(question, "read_policies", wrongly)


def statements_read(patch: pytest.MonkeyPatch, change: Callable[[Statement], Statement | None]) -> None:
    """Change the statements that the prover reads; None drops a statement."""

    def changed(policy: Policy) -> Policy:
        return replace(policy, statements=tuple(s for row in policy.statements if (s := change(row)) is not None))

    policies_read(patch, changed)


def conditions_proved(patch: pytest.MonkeyPatch, change: Callable[[Any, Any, Any, bool], Any]) -> None:
    """Change the formulas of conditions in the prover: `change(right, condition, given, variables)`."""
    right = conditions.condition_node

    def wrongly(condition: Any, given: Any, *, variables: bool) -> Any:
        return change(right, condition, given, variables)

    patch.setattr(effective, "condition_node", wrongly)


def conditions_evaluated(patch: pytest.MonkeyPatch, change: Callable[..., Any]) -> None:
    """Change the answers of the evaluator on conditions: `change(right, operator, key, values, version, context)`."""
    right = matching.condition_holds
    patch.setattr(statements, "condition_holds", lambda *given: change(right, *given))


def policies_evaluated(patch: pytest.MonkeyPatch, change: Callable[[list[Any]], list[Any]]) -> None:
    """Change the policies that the evaluator is given."""
    right = evaluator.evaluate

    def wrongly(made: Any, policies: Any, **more: Any) -> Any:
        return right(made, change(list(policies)), **more)

    patch.setattr(prover, "evaluate", wrongly)
    patch.setattr("benchmarks.iam_agreement.evaluate", wrongly)


def rows_evaluated(patch: pytest.MonkeyPatch, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Change the statements that the evaluator compares with a request."""
    right = statements.applies
    patch.setattr(evaluator, "applies", lambda row, *given: right(change(dict(row)), *given))


def renamed(row: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    """The statement with one of its elements renamed."""
    return {new if key == old else key: value for key, value in row.items()}
