"""The organization that limits an account (`organizations:ListPoliciesForTarget`, see docs/iam.md)."""

from __future__ import annotations

from typing import Any

from asbuilt.account import Account
from asbuilt.evidence import Record, Unknown
from asbuilt.iam.records.policies import document

_ORGANIZATION, _ROOT, _ANCESTOR = "organizations:organization", "organizations:root", "organizations:ancestor"
_TYPES = {"organizations:scp": "SERVICE_CONTROL_POLICY", "organizations:rcp": "RESOURCE_CONTROL_POLICY"}
_DOCUMENTS = {kind: f"{kind}.document" for kind in _TYPES}
READS = ["aws:account", _ORGANIZATION, _ROOT, _ANCESTOR, *_TYPES, *_DOCUMENTS.values()]


def organization_of(principal: str, account: Account) -> Any:
    """The organization whose policies limit a role (an ARN); None where none does.

    An organization's policies do not apply to service-linked roles, nor to its management account. Raises `Unknown`
    where the organization or its policies were not read.
    """
    if ":role/aws-service-role/" in principal:
        return None
    [itself] = account.all("aws:account")
    found = account.detail(_ORGANIZATION, itself)
    if found is None or found["Account"] == found["MasterAccountId"] or found["FeatureSet"] != "ALL":
        return None
    try:
        return _limits(found, account)
    except Unknown as unknown:
        readers = "only its management account or a delegated administrator may read them"
        why = f"the policies of organization {found['Id']} were not read ({readers}): {unknown.reason}"
        raise Unknown(why, unknown.permission) from None


def _limits(organization: Record, account: Account) -> Any:
    from asbuilt.iam.questions.organization_limits import Organization

    above = account.all(_ANCESTOR)
    if [item["Type"] for item in above] != ["ORGANIZATIONAL_UNIT"] * (len(above) - 1) + ["ROOT"]:
        raise Unknown(f"organizations:ListParents answered with {len(above)} parents that do not lead to the root")
    units = [item["Id"] for item in above]
    scps, rcps = (_attached(kind, [organization["Account"], *units], account) for kind in _TYPES)
    path = "/".join([organization["Id"], *reversed(units), ""])
    return Organization(organization["Account"], organization["Id"], path, scps, rcps)


def _attached(kind: str, levels: list[str], account: Account) -> list[dict[str, Any]]:
    """The policies of a type, by level, as `prove` takes them; empty where the organization does not use the type."""
    roots = account.all(_ROOT)
    if [root["Id"] for root in roots] != levels[-1:]:
        raise Unknown(f"organizations:ListRoots answered with {len(roots)} roots, and not with {levels[-1]}")
    status = next((item["Status"] for item in roots[0]["PolicyTypes"] if item["Type"] == _TYPES[kind]), "")
    if not status:
        return []
    if status != "ENABLED":
        raise Unknown(f"organizations:ListRoots answered that {_TYPES[kind]} is {status}")
    listed = account.all(kind)
    for level in levels:
        if all(item["TargetId"] != level for item in listed):
            # While a type is enabled, AWS keeps at least one policy of it on each level.
            raise Unknown(f"organizations:ListPoliciesForTarget answered with no {_TYPES[kind]} of {level}")
    return [
        {"type": "scp", "name": item["Name"], "level": item["TargetId"], "document": _document(kind, item, account)}
        for item in listed
    ]


def _document(kind: str, attached: Record, account: Account) -> dict[str, Any]:
    found = account.detail(_DOCUMENTS[kind], attached)
    if found is None:
        raise Unknown(f"organizations:DescribePolicy answered without {attached['Name']}")
    return document(found["Content"])
