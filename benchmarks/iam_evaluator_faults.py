"""Faults of the evaluator; the name of each says which rule it reads wrongly."""

from __future__ import annotations

from typing import Any

import pytest

from asbuilt.iam.evaluator import evaluator, matching, statements
from benchmarks.iam_faults import conditions_evaluated, fault, policies_evaluated, renamed, rows_evaluated


def _absent(values: Any) -> bool:
    return values is None or values == []


@fault
def evaluator_takes_string_not_like_for_string_equals(patch: pytest.MonkeyPatch) -> None:
    conditions_evaluated(patch, lambda right, op, *given: right(op.replace("StringNotLike", "StringEquals"), *given))


@fault
def evaluator_ignores_if_exists(patch: pytest.MonkeyPatch) -> None:
    conditions_evaluated(patch, lambda right, op, *given: right(op.replace("IfExists", ""), *given))


@fault
def evaluator_takes_like_for_equals(patch: pytest.MonkeyPatch) -> None:
    conditions_evaluated(patch, lambda right, op, *given: right(op.replace("StringLike", "StringEquals"), *given))


@fault
def evaluator_wants_a_negated_key_present(patch: pytest.MonkeyPatch) -> None:
    def change(right: Any, op: str, key: str, values: Any, version: str, context: Any) -> Any:
        negated = "Not" in op and ":" not in op and "IfExists" not in op
        if negated and _absent(context.get(key.lower())):
            return False
        return right(op, key, values, version, context)

    conditions_evaluated(patch, change)


@fault
def evaluator_wants_values_for_all_values(patch: pytest.MonkeyPatch) -> None:
    def change(right: Any, op: str, key: str, values: Any, version: str, context: Any) -> Any:
        missing = op.startswith("ForAllValues") and "IfExists" not in op and _absent(context.get(key.lower()))
        return False if missing else right(op, key, values, version, context)

    conditions_evaluated(patch, change)


@fault
def evaluator_takes_any_value_for_all_values(patch: pytest.MonkeyPatch) -> None:
    conditions_evaluated(patch, lambda right, op, *given: right(op.replace("ForAnyValue", "ForAllValues"), *given))


@fault
def evaluator_ors_negated_values(patch: pytest.MonkeyPatch) -> None:
    def change(right: Any, op: str, key: str, values: Any, version: str, context: Any) -> Any:
        if "Not" in op and isinstance(values, list):
            return any(right(op, key, value, version, context) for value in values)
        return right(op, key, values, version, context)

    conditions_evaluated(patch, change)


@fault
def evaluator_confuses_null(patch: pytest.MonkeyPatch) -> None:
    def change(right: Any, op: str, key: str, values: Any, version: str, context: Any) -> Any:
        found = right(op, key, values, version, context)
        return not found if op == "Null" else found

    conditions_evaluated(patch, change)


@fault
def evaluator_takes_less_for_at_most(patch: pytest.MonkeyPatch) -> None:
    conditions_evaluated(patch, lambda right, op, *given: right(op.replace("ThanEquals", "Than"), *given))


@fault
def evaluator_lets_arn_wildcards_cross_colons(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(matching, "_arn", lambda given, wanted: matching.wild(wanted, given))


@fault
def evaluator_takes_one_for_any_or_none(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(matching, "_wildcard", lambda character: matching.STAR if character in "*?" else character)


@fault
def evaluator_minds_the_case_of_actions(patch: pytest.MonkeyPatch) -> None:
    right = matching.wild
    patch.setattr(statements, "action_matches", lambda p, action: right([matching._wildcard(c) for c in p], action))


@fault
def evaluator_ignores_the_case_of_resources(patch: pytest.MonkeyPatch) -> None:
    right = matching.resource_matches
    patch.setattr(statements, "resource_matches", lambda p, text, *given: right(p.lower(), text.lower(), *given))


@fault
def evaluator_takes_not_resource_for_resource(patch: pytest.MonkeyPatch) -> None:
    rows_evaluated(patch, lambda row: renamed(row, "NotResource", "Resource"))


@fault
def evaluator_takes_not_action_for_action(patch: pytest.MonkeyPatch) -> None:
    rows_evaluated(patch, lambda row: renamed(row, "NotAction", "Action"))


@fault
def evaluator_resolves_variables_of_the_old_version(patch: pytest.MonkeyPatch) -> None:
    right = statements.applies
    patch.setattr(evaluator, "applies", lambda row, version, *given: right(row, "2012-10-17", *given))


@fault
def evaluator_takes_a_missing_variable_for_an_empty_text(patch: pytest.MonkeyPatch) -> None:
    right = matching.resolve

    def wrongly(pattern: str, version: str, context: Any, *, wildcards: bool = True) -> Any:
        known = {"aws:username": "", "aws:principaltag/team": "", **context}
        return right(pattern, version, known, wildcards=wildcards)

    patch.setattr(matching, "resolve", wrongly)


def _without_denies(policies: list[Any]) -> list[Any]:
    kept = []
    for policy in policies:
        rows = [row for row in statements.statements(policy["document"]) if row["Effect"] == "Allow"]
        kept.append(policy | {"document": policy["document"] | {"Statement": rows}})
    return kept


@fault
def evaluator_ignores_deny(patch: pytest.MonkeyPatch) -> None:
    policies_evaluated(patch, _without_denies)


@fault
def evaluator_ignores_boundaries(patch: pytest.MonkeyPatch) -> None:
    policies_evaluated(patch, lambda policies: [p for p in policies if p["type"] != "boundary"])


@fault
def evaluator_ignores_session_policies(patch: pytest.MonkeyPatch) -> None:
    policies_evaluated(patch, lambda policies: [p for p in policies if p["type"] != "session"])


@fault
def evaluator_throws_the_levels_of_scps_together(patch: pytest.MonkeyPatch) -> None:
    policies_evaluated(patch, lambda policies: [p | ({"level": ""} if p["type"] == "scp" else {}) for p in policies])


@fault
def evaluator_ignores_who_owns_the_resource(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(evaluator, "owner_of", lambda *given: None)


@fault
def evaluator_lets_a_request_say_whose_the_resource_is(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(evaluator, "with_resource_account", lambda context, resource: context)


@fault
def evaluator_takes_the_account_for_the_role(patch: pytest.MonkeyPatch) -> None:
    right = statements.principal_match

    def wrongly(*given: Any) -> Any:
        how = right(*given)
        return "direct" if how == "account" else how

    patch.setattr(evaluator, "principal_match", wrongly)


@fault
def evaluator_takes_not_principal_for_principal(patch: pytest.MonkeyPatch) -> None:
    right = statements.principal_match

    def wrongly(row: Any, *given: Any) -> Any:
        return right(renamed(dict(row), "NotPrincipal", "Principal"), *given)

    patch.setattr(evaluator, "principal_match", wrongly)
