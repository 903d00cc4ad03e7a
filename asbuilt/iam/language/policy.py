"""Policy documents, read into statements. Each problem is noted with its policy, statement and field.

Source: "Grammar of the IAM JSON policy language" in the IAM user guide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from asbuilt.iam.language.reading import Condition, PolicyReader, check_action, check_resource, read_conditions, shown

VERSIONS = ("2012-10-17", "2008-10-17")
TYPES = ("identity", "boundary", "session", "scp", "resource")
# The limit of the API is 131,072 characters (API reference, PolicyDocument); AWS's largest managed policy has 152,000.
LARGEST = 163_840
DOCUMENT_KEYS = ("Version", "Id", "Statement")
STATEMENT_KEYS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
PRINCIPAL_KEYS = ("AWS", "Service", "Federated", "CanonicalUser")


@dataclass(frozen=True)
class Statement:
    """One statement. `principals` maps AWS, Service and so on to names; `variables`: whether `${...}` is resolved."""

    policy: str
    index: int
    sid: str
    allow: bool
    actions: tuple[str, ...]
    not_action: bool
    resources: tuple[str, ...]
    not_resource: bool
    conditions: tuple[Condition, ...]
    variables: bool
    principals: Mapping[str, tuple[str, ...]] | None = None
    not_principal: bool = False

    @property
    def name(self) -> str:
        """What the statement is called in reasons and problems."""
        return f"{self.policy} Statement[{self.index}]" + (f" {self.sid!r}" if self.sid else "")


@dataclass(frozen=True)
class Policy:
    """A policy of a question. An SCP has its `level`; a resource policy the ARN that it is `attached_to`."""

    kind: str
    label: str
    statements: tuple[Statement, ...]
    level: str = ""
    attached_to: str | None = None


def read_document(reader: PolicyReader, document: Any, label: str, kind: str) -> tuple[Statement, ...]:
    """The statements of a document (an object, or its JSON text). Problems are noted in the reader."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except json.JSONDecodeError as error:
            reader.wrong(label, "document", f"is not JSON: {error}")
            return ()
    if not isinstance(document, dict):
        reader.wrong(label, "document", f"must be an object, is {shown(document)}")
        return ()
    size = len(json.dumps(document, separators=(",", ":")))
    if size > LARGEST:
        reader.wrong(label, "document", f"is oversized: {size} characters, more than {LARGEST}")
        return ()
    reader.keys(label, document, DOCUMENT_KEYS)
    version = document.get("Version", "2008-10-17")
    if version not in VERSIONS:
        reader.wrong(label, "Version", f"{shown(version)} is not a policy version; did you mean {VERSIONS[0]}?")
    listed = document.get("Statement")
    if listed is None:
        reader.wrong(label, "Statement", "is missing")
        return ()
    rows = listed if isinstance(listed, list) else [listed]
    read = [
        _statement(reader, row, index, label, kind, variables=version == "2012-10-17") for index, row in enumerate(rows)
    ]
    return tuple(statement for statement in read if statement is not None)


def _statement(
    reader: PolicyReader, row: Any, index: int, label: str, kind: str, *, variables: bool
) -> Statement | None:
    where = f"{label} Statement[{index}]"
    if not isinstance(row, dict):
        reader.wrong(where, "", f"must be an object, is {shown(row)}")
        return None
    sid = row.get("Sid", "")
    if not isinstance(sid, str):
        reader.wrong(where, "Sid", f"{shown(sid)} is not a string")
        sid = ""
    where += f" {sid!r}" if sid else ""
    reader.keys(where, row, STATEMENT_KEYS)
    effect = row.get("Effect")
    if effect not in ("Allow", "Deny"):
        what = "is missing" if effect is None else f"must be Allow or Deny, is {shown(effect)}"
        reader.wrong(where, "Effect", what)
    actions, not_action = _either(reader, where, row, "Action", needed=True)
    resources, not_resource = _either(reader, where, row, "Resource", needed=kind not in {"resource", "trust"})
    if resources is None:
        resources = ("*",)
    principals, not_principal = _principals(reader, where, row, kind)
    for action in actions or ():
        check_action(reader, where, "NotAction" if not_action else "Action", action)
    for resource in resources:
        check_resource(reader, where, "NotResource" if not_resource else "Resource", resource)
    conditions = read_conditions(reader, where, row.get("Condition"), variables=variables)
    return Statement(
        policy=label,
        index=index,
        sid=sid,
        allow=effect == "Allow",
        actions=actions or (),
        not_action=not_action,
        resources=resources,
        not_resource=not_resource,
        conditions=conditions,
        variables=variables,
        principals=principals,
        not_principal=not_principal,
    )


def _either(
    reader: PolicyReader, where: str, row: Mapping[str, Any], name: str, *, needed: bool
) -> tuple[tuple[str, ...] | None, bool]:
    inverse = f"Not{name}"
    if name in row and inverse in row:
        reader.wrong(where, inverse, f"stands beside {name}; a statement has only one of the two")
    if name not in row and inverse not in row:
        if needed:
            reader.wrong(where, name, "is missing")
        return None, False
    used = inverse if name not in row else name
    if used == inverse and row[used] == []:
        reader.wrong(where, used, "is an empty list, which excludes nothing; IAM does not define what it means")
    return reader.texts(where, used, row[used]), used == inverse


def _principals(
    reader: PolicyReader, where: str, row: Mapping[str, Any], kind: str
) -> tuple[Mapping[str, tuple[str, ...]] | None, bool]:
    given = [name for name in ("Principal", "NotPrincipal") if name in row]
    if not given:
        if kind in {"resource", "trust"}:
            reader.wrong(where, "Principal", "is missing; a statement of a resource policy names its principals")
        return None, False
    if kind not in {"resource", "trust"}:
        reader.wrong(where, given[0], f"does not belong in {kind} policies; only resource policies name principals")
        return None, False
    if len(given) == 2:
        reader.wrong(where, "NotPrincipal", "stands beside Principal; a statement has only one of the two")
    value = row[given[0]]
    if value == "*":
        return {"AWS": ("*",)}, given[0] == "NotPrincipal"
    if not isinstance(value, dict):
        reader.wrong(where, given[0], f'must be "*" or an object, is {shown(value)}')
        return {}, False
    reader.keys(f"{where}: {given[0]}", value, PRINCIPAL_KEYS)
    read = {key: reader.texts(where, f"{given[0]}.{key}", names) for key, names in value.items()}
    for name in read.get("AWS", ()):
        if name != "*" and ("*" in name or "?" in name):
            reader.wrong(where, f"{given[0]}.AWS", f"{name!r} holds a wildcard; only a single * is valid here")
    return read, given[0] == "NotPrincipal"
