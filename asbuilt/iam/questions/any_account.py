"""Whether a resource policy grants access to a principal of any AWS account, one that the policy does not know.

Source: "Cross-account policy evaluation logic" in the IAM user guide.
"""

from __future__ import annotations

from collections.abc import Sequence

from asbuilt.iam.evaluator.matching import action_matches
from asbuilt.iam.language.patterns import glob
from asbuilt.iam.language.policy import Statement
from asbuilt.iam.proof.conditions import condition_node
from asbuilt.iam.proof.formula import Node, every, negate, pessimistic, some, undecided_atoms
from asbuilt.iam.proof.pattern_algebra import TooLargeError
from asbuilt.iam.proof.request_context import RequestContext, request_context
from asbuilt.iam.proof.solver import Solver

ASSUME_ROLE = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
OUTSIDE_ACCOUNT = "999999999999"
OUTSIDE_PRINCIPAL: dict[str, str | None] = {
    "aws:principalaccount": OUTSIDE_ACCOUNT,
    "aws:principalorgid": "o-stranger",
    "aws:principalisawsservice": "false",
    "aws:principalservicename": None,
    "aws:sourceaccount": None,
    "aws:sourcearn": None,
    "aws:sourceorgid": None,
    "aws:sourceip": "198.51.100.77",
    "aws:sourcevpc": None,
    "aws:sourcevpce": None,
    "aws:vpcesourceip": None,
    "aws:username": None,
    "aws:viaawsservice": "false",
}
"""The condition keys that a principal of an outside account cannot choose, with its values for them (None: absent)."""


def anyone_in_any_account(
    rows: Sequence[Statement], actions: Sequence[str] = (ASSUME_ROLE[0],)
) -> tuple[bool | None, str]:
    """Whether a principal of an outside account is allowed one of the actions, and why; None: not decided.

    Such a principal chooses all condition keys but those of `OUTSIDE_PRINCIPAL`.
    """
    known: dict[str, str | list[str] | None] = dict(OUTSIDE_PRINCIPAL)
    given = request_context(rows, known)
    if "aws:principalarn" in given.domains:
        domain = given.domains["aws:principalarn"]
        own = glob(f"arn:aws:iam::{OUTSIDE_ACCOUNT}:*")
        given.domains["aws:principalarn"] = type(domain)(base=(*domain.base, own), always=True)
    allows: list[Node] = []
    denies: list[Node] = []
    for row in rows:
        if any(action_matches(a, action) for a in row.actions for action in actions) == row.not_action:
            continue
        if names_everyone(row):
            node = every(condition_node(c, given, variables=row.variables) for c in row.conditions)
            (allows if row.allow else denies).append(node)
    return _decide(allows, denies, given, rows)


def names_everyone(row: Statement) -> bool:
    """Whether a statement covers principals that it does not name: by `*`, or by NotPrincipal."""
    return ("*" in (row.principals or {}).get("AWS", ())) != row.not_principal


def _decide(
    allows: list[Node], denies: list[Node], given: RequestContext, rows: Sequence[Statement]
) -> tuple[bool | None, str]:
    if not allows:
        return False, "no statement names everyone"
    whole = every([some(allows), *map(negate, denies)])
    solver = Solver(given.domains)
    try:
        if solver.solve(whole) is None:
            return False, "the conditions keep principals of other accounts out"
        model = solver.solve(pessimistic(whole))
    except TooLargeError as error:
        return None, f"a limit was reached: {error}"
    if model is None:
        return None, "; ".join(sorted(atom.reason for atom in undecided_atoms(whole)))
    context = ", ".join(f"{key} = {value}" for key, value in model.texts.items())
    name = next(row.name for row in rows if row.allow and names_everyone(row))
    return True, f"{name} lets in everyone" + (f" with {context}" if context else "")
