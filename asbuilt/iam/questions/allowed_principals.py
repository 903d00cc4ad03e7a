"""The principals that a resource policy or trust policy allows: services, accounts, roles, everyone.

Source: "How Amazon S3 determines whether a bucket policy is public" and "Cross-account policy evaluation logic".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from asbuilt.iam.evaluator.matching import action_matches
from asbuilt.iam.language.arn import account_of, parse_arn
from asbuilt.iam.language.policy import read_document
from asbuilt.iam.language.reading import PolicyReader
from asbuilt.iam.questions.any_account import ASSUME_ROLE, anyone_in_any_account


def allowed_principals(
    document: Mapping[str, Any], arn: str, actions: Sequence[str] = (), account: str = ""
) -> tuple[frozenset[str], bool | None, str]:
    """The principals that the policy of a role or resource names in Allows of `actions` (of any, where none is given).

    The second answer is whether a principal of any account is allowed (None: not decided), the third is why. Principals
    of the resource's own account are called by what follows the account in their ARN (`role/ci`), and the account
    itself `this account`. Everyone is `*`, or `* under conditions` where these keep principals of other accounts out.
    `account` is the resource's own, where its ARN names none. Raises `PolicyError`.
    """
    reader = PolicyReader()
    rows = read_document(reader, document, f"policy of {arn!r}", "trust")
    reader.finish()
    own = account or account_of(arn)
    asked = actions or sorted({action for row in rows for action in row.actions})
    anyone, reason = anyone_in_any_account(rows, asked)
    everyone = "*" if anyone else "* under conditions"
    names: set[str] = set()
    for row in rows:
        covers = any(action_matches(pattern, action) for pattern in row.actions for action in asked) != row.not_action
        if not row.allow or not (covers or row.not_action):
            continue
        listed = {(kind, name) for kind, of in (row.principals or {}).items() for name in of}
        names |= {everyone} if row.not_principal else {_called(kind, name, own, everyone) for kind, name in listed}
    return frozenset(names), anyone, reason


def trusted_principals(document: Mapping[str, Any], role: str) -> tuple[frozenset[str], bool | None, str]:
    """The same for a role's trust policy and the actions that assume the role. Raises `PolicyError`."""
    return allowed_principals(document, role, ASSUME_ROLE)


def _called(kind: str, name: str, own: str, everyone: str) -> str:
    if name == "*":
        return everyone
    arn = parse_arn(name)
    if kind != "AWS" or (arn is None and not name.isdigit()):
        return name
    account, rest = (arn.account, arn.resource) if arn else (name, "root")
    if account == own:
        return "this account" if rest == "root" else rest
    return account if rest == "root" else name
