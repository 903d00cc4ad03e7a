"""Whether one statement of a raw policy document matches one request.

Source: "IAM JSON policy elements: Action, NotAction, Resource, NotResource, Condition, Principal, NotPrincipal" in the
IAM user guide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from asbuilt.iam.evaluator.matching import Context, action_matches, condition_holds, resource_matches
from asbuilt.iam.evaluator.truth import Truth, both, either, opposite

DIRECT, EVERYONE, ACCOUNT, PERHAPS = "direct", "everyone", "account", "perhaps"
"""How a resource policy names the caller: by its ARN, by `*`, by its account, or in a way that is not decided."""


def arn_parts(arn: str | None) -> list[str]:
    """The six parts of an ARN; empty texts where the text is no ARN."""
    parts = (arn or "").split(":", 5)
    return parts if len(parts) == 6 else [""] * 6


def statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements of a document, which holds one object or a list of them."""
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


def identity_facts(principal: str | None) -> Context:
    """The condition keys that follow from a principal's ARN."""
    *_, account, resource = arn_parts(principal)
    if not resource:
        return {}
    known: Context = {"aws:principalarn": principal or "", "aws:principalaccount": account}
    if resource.startswith("user/"):
        known |= {"aws:username": resource.rsplit("/", 1)[1], "aws:principaltype": "User"}
    elif resource.startswith("role/"):
        known["aws:principaltype"] = "AssumedRole"
    return known


def _element(statement: Mapping[str, Any], name: str) -> tuple[list[str], bool]:
    """The texts of an element such as Action, and whether the statement has it as NotAction."""
    inverse = name not in statement
    written = statement[f"Not{name}" if inverse else name]
    return [written] if isinstance(written, str) else written, inverse


def covers_action(statement: Mapping[str, Any], action: str) -> bool:
    """Whether a statement's Action or NotAction covers an action."""
    listed, inverse = _element(statement, "Action")
    return bool(listed) and any(action_matches(pattern, action) for pattern in listed) != inverse


def covers_resource(statement: Mapping[str, Any], version: str, resource: str, context: Context) -> Truth:
    """Whether a statement's Resource or NotResource covers a resource; a trust policy's statement has neither."""
    if "Resource" not in statement and "NotResource" not in statement:
        return True
    listed, inverse = _element(statement, "Resource")
    if not listed:
        return False
    found = either(resource_matches(pattern, resource, version, context) for pattern in listed)
    if inverse and resource == "*" and found is not True:
        return None  # AWS does not define whether NotResource covers a request that has no resource
    return opposite(found) if inverse else found


def applies(statement: Mapping[str, Any], version: str, action: str, resource: str, context: Context) -> Truth:
    """Whether a statement matches a request by its action, resource and conditions; its principal is not compared."""
    if not covers_action(statement, action):
        return False
    answers = [covers_resource(statement, version, resource, context)]
    if False in answers:
        return False
    for operator, keys in (statement.get("Condition") or {}).items():
        answers += [condition_holds(operator, key, values, version, context) for key, values in keys.items()]
    return both(answers)


def principal_match(statement: Mapping[str, Any], principal: str | None, account: str | None) -> str | None:
    """How a resource policy's statement names the caller; None where it does not name it."""
    inverse = "Principal" not in statement
    block = statement.get("NotPrincipal" if inverse else "Principal", {})
    written = "*" if block == "*" else block.get("AWS", [])
    names = [written] if isinstance(written, str) else written
    by_account = any(_is_account(name, account) for name in names)
    is_session = _session_test(principal)
    if inverse:
        return _match_all_but(names, principal, by_account=by_account, by_session=any(map(is_session, names)))
    if "*" in names:
        return EVERYONE
    if principal is not None and principal in names:
        return DIRECT
    if by_account:
        return ACCOUNT
    if principal is None:
        return PERHAPS if any(not account or f":{account}:" in n or n == account for n in names) else None
    return PERHAPS if any(map(is_session, names)) else None


def _match_all_but(names: list[str], principal: str | None, *, by_account: bool, by_session: bool) -> str | None:
    """How NotPrincipal, which lists these names, covers the caller."""
    if "*" in names or (principal in names and by_account):
        return None
    if principal is None and names:
        return PERHAPS
    return PERHAPS if principal in names or by_account or by_session else DIRECT


def _is_account(name: str, account: str | None) -> bool:
    return bool(account) and (name == account or name.endswith(f":iam::{account}:root"))


def _session_test(principal: str | None) -> Callable[[str], bool]:
    """Whether a name is a session of the principal, which is a role."""
    *_, account, resource = arn_parts(principal)
    if not resource.startswith("role/"):
        return lambda name: False
    start = f":sts::{account}:assumed-role/{resource.rsplit('/', 1)[1]}/"
    return lambda name: start in name
