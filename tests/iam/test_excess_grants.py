"""Documented roles with one excess grant: each is found on the mock account by the shipped spec."""

from __future__ import annotations

from collections import Counter

import pytest

from asbuilt_content.fixtures.excess_grants import EXCESS_GRANTS
from benchmarks.iam_excess_grants import outcomes

LEAST = 5


@pytest.mark.parametrize("system", EXCESS_GRANTS)
def test_each_excess_grant_is_found(system: str) -> None:
    """The role passes without the grant and fails with it, by an expected request that the evaluator confirms."""
    wrong = {found.grant.name: found for found in outcomes(system) if not found.holds}
    assert wrong == {}


def test_there_are_enough_of_them() -> None:
    """Each role has at least five excess grants, all of them different."""
    for of in EXCESS_GRANTS.values():
        assert len({(grant.role, grant.name) for grant in of}) == len(of)
        assert min(Counter(grant.role for grant in of).values()) >= LEAST
    assert {grant.role for grant in EXCESS_GRANTS["campuslearn"]} == {
        "build_role",
        "pipeline_role",
        "execution_role",
        "task_role",
    }
