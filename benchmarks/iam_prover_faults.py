"""Faults of the prover; the name of each says which rule it reads wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from asbuilt.iam.language.operators import OPERATORS
from asbuilt.iam.proof import conditions, effective
from asbuilt.iam.proof.formula import every, negate, some
from benchmarks.iam_faults import conditions_proved, fault, policies_read, statements_read


@fault
def prover_takes_string_not_like_for_string_equals(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(OPERATORS, "StringNotLike", OPERATORS["StringEquals"])


@fault
def prover_takes_at_most_for_less(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(OPERATORS, "NumericLessThanEquals", OPERATORS["NumericLessThan"])
    patch.setitem(OPERATORS, "DateLessThanEquals", OPERATORS["DateLessThan"])


@fault
def prover_minds_case_where_it_is_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(OPERATORS, "StringEqualsIgnoreCase", OPERATORS["StringEquals"])


@fault
def prover_ignores_if_exists(patch: pytest.MonkeyPatch) -> None:
    conditions_proved(patch, lambda right, c, given, v: right(replace(c, if_exists=False), given, variables=v))


@fault
def prover_wants_a_negated_key_present(patch: pytest.MonkeyPatch) -> None:
    def change(right: Any, condition: Any, given: Any, variables: bool) -> Any:
        node = right(condition, given, variables=variables)
        plain = OPERATORS[condition.operator].negated and not condition.qualifier and not condition.if_exists
        return every((node, negate(conditions._absent(condition.key.lower(), given)))) if plain else node

    conditions_proved(patch, change)


@fault
def prover_wants_values_for_all_values(patch: pytest.MonkeyPatch) -> None:
    def change(right: Any, condition: Any, given: Any, variables: bool) -> Any:
        node = right(condition, given, variables=variables)
        absent = conditions._absent(condition.key.lower(), given)
        return every((node, negate(absent))) if condition.qualifier == "all" and not condition.if_exists else node

    conditions_proved(patch, change)


@fault
def prover_ors_negated_values(patch: pytest.MonkeyPatch) -> None:
    def change(right: Any, condition: Any, given: Any, variables: bool) -> Any:
        if not OPERATORS[condition.operator].negated:
            return right(condition, given, variables=variables)
        return some(right(replace(condition, values=(v,)), given, variables=variables) for v in condition.values)

    conditions_proved(patch, change)


@fault
def prover_lets_many_values_be_absent(patch: pytest.MonkeyPatch) -> None:
    def change(right: Any, condition: Any, given: Any, variables: bool) -> Any:
        node = right(condition, given, variables=variables)
        return some((node, conditions._absent(condition.key.lower(), given))) if condition.qualifier == "any" else node

    conditions_proved(patch, change)


@fault
def prover_ignores_deny(patch: pytest.MonkeyPatch) -> None:
    statements_read(patch, lambda row: row if row.allow else None)


@fault
def prover_takes_not_resource_for_resource(patch: pytest.MonkeyPatch) -> None:
    statements_read(patch, lambda row: replace(row, not_resource=False))


@fault
def prover_takes_not_action_for_action(patch: pytest.MonkeyPatch) -> None:
    statements_read(patch, lambda row: replace(row, not_action=False))


@fault
def prover_takes_one_for_any_or_none(patch: pytest.MonkeyPatch) -> None:
    statements_read(patch, lambda row: replace(row, resources=tuple(text.replace("?", "*") for text in row.resources)))


@fault
def prover_ignores_the_case_of_resources(patch: pytest.MonkeyPatch) -> None:
    statements_read(
        patch, lambda row: replace(row, resources=tuple(text.replace("Media", "media") for text in row.resources))
    )


@fault
def prover_resolves_variables_of_the_old_version(patch: pytest.MonkeyPatch) -> None:
    statements_read(patch, lambda row: replace(row, variables=True))


@fault
def prover_takes_variables_for_plain_text(patch: pytest.MonkeyPatch) -> None:
    statements_read(patch, lambda row: replace(row, variables=False))


@fault
def prover_forgets_conditions(patch: pytest.MonkeyPatch) -> None:
    statements_read(patch, lambda row: replace(row, conditions=row.conditions[:1]))


@fault
def prover_ignores_boundaries(patch: pytest.MonkeyPatch) -> None:
    policies_read(patch, lambda policy: None if policy.kind == "boundary" else policy)


@fault
def prover_ignores_session_policies(patch: pytest.MonkeyPatch) -> None:
    policies_read(patch, lambda policy: None if policy.kind == "session" else policy)


@fault
def prover_throws_the_levels_of_scps_together(patch: pytest.MonkeyPatch) -> None:
    policies_read(patch, lambda policy: replace(policy, level=""))


@fault
def prover_ignores_who_owns_the_resource(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(effective.EffectivePermissions, "_foreign", lambda self, attached: False)


@fault
def prover_takes_the_account_for_the_role(patch: pytest.MonkeyPatch) -> None:
    right = effective.principal_match

    def wrongly(*given: Any) -> Any:
        how = right(*given)
        return effective.DIRECT if how == effective.ACCOUNT else how

    patch.setattr(effective, "principal_match", wrongly)


@fault
def prover_lets_identity_policies_decide_on_keys(patch: pytest.MonkeyPatch) -> None:
    right = effective.EffectivePermissions.effective

    def wrongly(self: Any, covering: Any, *, bare: bool, resource_side: bool) -> Any:
        return right(self, covering, bare=bare, resource_side=False)

    patch.setattr(effective.EffectivePermissions, "effective", wrongly)


@fault
def prover_lets_a_request_say_whose_the_resource_is(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(conditions, "account_matches", lambda pattern, otherwise, present: otherwise)


@fault
def prover_holds_scps_against_service_linked_roles(patch: pytest.MonkeyPatch) -> None:
    right = effective.EffectivePermissions.__init__

    def wrongly(self: Any, *given: Any, **more: Any) -> None:
        right(self, *given, **more)
        self.beyond_scps = False

    patch.setattr(effective.EffectivePermissions, "__init__", wrongly)
