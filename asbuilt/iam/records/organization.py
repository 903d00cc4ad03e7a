"""What an organization leaves its member accounts (`organizations:ListPoliciesForTarget`, see docs/iam.md)."""

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
    """What limits a role (an ARN) from above; None where nothing does. Raises `Unknown` where that was not read.

    Beyond an organization's policies are service-linked roles, and everything in its management account.
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
        whose = f"the policies of organization {found['Id']} were not read, which answer its management account only"
        raise Unknown(f"{whose}, or a delegated administrator: {unknown.reason}", unknown.permission) from None


def _limits(organization: Record, account: Account) -> Any:
    from asbuilt.iam.questions.shortfalls import Organization

    above = account.all(_ANCESTOR)
    if [item["Type"] for item in above] != ["ORGANIZATIONAL_UNIT"] * (len(above) - 1) + ["ROOT"]:
        raise Unknown(f"organizations:ListParents answered with {len(above)} parents that do not lead to the root")
    units = [item["Id"] for item in above]
    scps, rcps = (_attached(kind, [organization["Account"], *units], account) for kind in _TYPES)
    path = "/".join([organization["Id"], *reversed(units), ""])
    return Organization(organization["Account"], organization["Id"], path, scps, rcps)


def _attached(kind: str, levels: list[str], account: Account) -> list[dict[str, Any]]:
    """The policies of a type, by level, as `prove` takes them; none where the organization does not use the type."""
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
            # AWS keeps at least one on each as long as the type is in use
            raise Unknown(f"organizations:ListPoliciesForTarget answered with no {_TYPES[kind]} of {level}")
    return [
        {"type": "scp", "name": item["Name"], "level": item["TargetId"], "document": _document(kind, item, account)}
        for item in listed
    ]


def _document(kind: str, attached: Record, account: Account) -> dict[str, Any]:
    found = account.detail(_DOCUMENTS[kind], attached)
    if found is None:
        raise Unknown(f"organizations:DescribePolicy answered with nothing of {attached['Name']}")
    return document(found["Content"])
