"""`aws:ResourceAccount`: its value is the account in the resource's ARN, where the ARN names one.

Source: "AWS global condition context keys" in the IAM user guide.
"""

from __future__ import annotations

from asbuilt.iam.language.patterns import Pattern, tidy
from asbuilt.iam.proof.formula import RESOURCE, Node, Text, atom, every, negate, some

BEFORE = [(c, False) for c in "arn:"] + [("nocolon", True), (":", False)] * 3
AFTER = [(":", False), ("any", True)]
ARN_WITH_ACCOUNT = tidy([*BEFORE, ("nocolon", False), ("nocolon", True), *AFTER])


def account_matches(pattern: Pattern, otherwise: Node, present: Node) -> Node:
    """That the request has the key and the account in the ARN matches; `otherwise` for an ARN without account."""
    account = [("nocolon" if symbol == "any" else symbol, repeats) for symbol, repeats in pattern.tokens]
    named = atom(Text(RESOURCE, ARN_WITH_ACCOUNT))
    matches = atom(Text(RESOURCE, tidy([*BEFORE, *account, *AFTER])))
    return some((every((negate(named), otherwise)), every((named, matches, present))))
