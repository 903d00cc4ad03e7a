"""The auditor's policy and role as JSON, as Terraform and as a CloudFormation template."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Auditor:
    """The policy documents, and the role's trust policy (None: the policies alone); `name` is that of the role."""

    name: str
    about: str
    policies: Sequence[dict[str, Any]]
    trust: dict[str, Any] | None

    def policy_name(self, number: int) -> str:
        """The name of a policy: several are numbered from 1."""
        return f"{self.name}-{number}" if len(self.policies) > 1 else self.name


def as_json(auditor: Auditor) -> str:
    """One policy document alone; several, or a role, as an object with `policies` and `role`."""
    if auditor.trust is None and len(auditor.policies) == 1:
        return _text(auditor.policies[0])
    policies = [
        {"name": auditor.policy_name(number), "document": document}
        for number, document in enumerate(auditor.policies, 1)
    ]
    role = {"name": auditor.name, "description": auditor.about, "trust_policy": auditor.trust}
    return _text({"policies": policies} | ({"role": role} if auditor.trust is not None else {}))


def _text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def as_terraform(auditor: Auditor) -> str:
    """Resources of Terraform's AWS provider. JSON is also an expression of HCL, in which `${` and `%{` are escaped."""
    return "\n".join(_terraform(auditor))


def _terraform(auditor: Auditor) -> Iterator[str]:
    for number, document in enumerate(auditor.policies, 1):
        name = auditor.policy_name(number)
        yield _block("aws_iam_policy", _label(name), name=name, description=auditor.about, policy=_encoded(document))
    if auditor.trust is None:
        return
    role = _label(auditor.name)
    assumed = _encoded(auditor.trust)
    yield _block("aws_iam_role", role, name=auditor.name, description=auditor.about, assume_role_policy=assumed)
    for number in range(1, len(auditor.policies) + 1):
        policy = _label(auditor.policy_name(number))
        yield _block(
            "aws_iam_role_policy_attachment",
            policy,
            role=_Expression(f"aws_iam_role.{role}.name"),
            policy_arn=_Expression(f"aws_iam_policy.{policy}.arn"),
        )
    yield f'output "role_arn" {{\n  value = aws_iam_role.{role}.arn\n}}\n'


class _Expression(str):
    """An expression of HCL, which is written as it is."""

    __slots__ = ()


def _encoded(document: dict[str, Any]) -> _Expression:
    first, *lines = _quoted(json.dumps(document, indent=2, ensure_ascii=False)).split("\n")
    return _Expression("\n".join([f"jsonencode({first}", *(f"  {line}" for line in lines)]) + ")")


def _quoted(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")


def _block(kind: str, label: str, **values: str) -> str:
    width = max(map(len, values))
    lines = [f"  {key:<{width}} = {_value(value)}" for key, value in values.items()]
    return "\n".join([f'resource "{kind}" "{label}" {{', *lines, "}", ""])


def _value(value: str) -> str:
    return value if isinstance(value, _Expression) else _quoted(json.dumps(value, ensure_ascii=False))


def _label(name: str) -> str:
    """A name as an identifier of HCL."""
    plain = "".join(character if character.isascii() and character.isalnum() else "_" for character in name)
    return plain if plain[:1].isalpha() else f"_{plain}"


def as_cloudformation(auditor: Auditor) -> str:
    """A template of CloudFormation, in JSON; it is created with the capability CAPABILITY_NAMED_IAM."""
    logical = [f"AuditorPolicy{number}" for number in range(1, len(auditor.policies) + 1)]
    resources: dict[str, Any] = {
        name: {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "ManagedPolicyName": auditor.policy_name(number),
                "Description": auditor.about,
                "PolicyDocument": document,
            },
        }
        for number, (name, document) in enumerate(zip(logical, auditor.policies, strict=True), 1)
    }
    template: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": auditor.about,
        "Resources": resources,
    }
    if auditor.trust is not None:
        resources["AuditorRole"] = {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": auditor.name,
                "Description": auditor.about,
                "AssumeRolePolicyDocument": auditor.trust,
                "ManagedPolicyArns": [{"Ref": name} for name in logical],
            },
        }
        template["Outputs"] = {"RoleArn": {"Value": {"Fn::GetAtt": ["AuditorRole", "Arn"]}}}
    return _text(template)


FORMATS: dict[str, Callable[[Auditor], str]] = {
    "json": as_json,
    "terraform": as_terraform,
    "cloudformation": as_cloudformation,
}
