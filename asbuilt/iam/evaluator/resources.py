"""The account that owns a resource, and the resources that a resource policy applies to.

Source: "AWS global condition context keys" in the IAM user guide.
"""

from __future__ import annotations

from asbuilt.iam.evaluator.matching import Context
from asbuilt.iam.evaluator.statements import arn_parts


def in_scope(attached_to: str | None, resource: str) -> bool:
    """Whether a policy attached to one resource applies to another: the same resource, or a part of it."""
    return attached_to is None or resource == attached_to or resource.startswith((f"{attached_to}/", f"{attached_to}:"))


def owner_of(resource: str, context: Context) -> str | None:
    """The account that owns a resource, from its ARN, else from aws:ResourceAccount; None where neither names one."""
    account = arn_parts(resource)[4]
    return account if account.isdigit() else _stated_owner(context)


def with_resource_account(context: Context, resource: str) -> Context:
    """The context, in which aws:ResourceAccount, where the request has it, is the account that the ARN names."""
    if not context.get("aws:resourceaccount"):
        return context
    return context | {"aws:resourceaccount": arn_parts(resource)[4] or context["aws:resourceaccount"]}


def _stated_owner(context: Context) -> str | None:
    value = context.get("aws:resourceaccount")
    return value if isinstance(value, str) else None
