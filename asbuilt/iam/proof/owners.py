"""Whose a resource is: `aws:ResourceAccount` of a request is what its ARN names as account, where that names one.

Source: "AWS global condition context keys" in the IAM user guide.
"""

from __future__ import annotations

from asbuilt.iam.language.patterns import Pattern, tidy
from asbuilt.iam.proof.formula import RESOURCE, Node, Text, atom, every, negate, some

BEFORE = [(c, False) for c in "arn:"] + [("nocolon", True), (":", False)] * 3
AFTER = [(":", False), ("any", True)]
OF_AN_ACCOUNT = tidy([*BEFORE, ("nocolon", False), ("nocolon", True), *AFTER])


def owned(pattern: Pattern, otherwise: Node, present: Node) -> Node:
    """That the account in the ARN matches and the key is `present`; of ARNs that name none, what holds `otherwise`."""
    account = [("nocolon" if symbol == "any" else symbol, repeats) for symbol, repeats in pattern.tokens]
    named = atom(Text(RESOURCE, OF_AN_ACCOUNT))
    matches = atom(Text(RESOURCE, tidy([*BEFORE, *account, *AFTER])))
    return some((every((negate(named), otherwise)), every((named, matches, present))))
