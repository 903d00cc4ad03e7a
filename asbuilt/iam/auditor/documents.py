"""The auditor's policy documents, within the size that AWS allows, and the trust policy of its role."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from asbuilt.iam.auditor.grants import ANY, Grants

LARGEST = 6144  # characters of a managed policy, white space apart
MOST_POLICIES = 10  # attached to one role, by AWS's default quota
VERSION = "2012-10-17"
_PRINCIPAL = re.compile(r"arn:aws[\w-]*:iam::\d{12}:(root|(user|role)/[\w+=,.@/-]+)")
_PROVIDER = re.compile(r"arn:aws[\w-]*:iam::\d{12}:oidc-provider/([\w.-]+(?:/[\w./-]+)?)")
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_PLAIN = re.compile(r"[^\s*?$\"\\{}]+")


class TrustError(ValueError):
    """The trust of the role is refused; `problems` are lines for the user."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Trust:
    """Who may assume the role: principals with an external id, or an OIDC subject, both with one session name."""

    principals: tuple[str, ...] = ()
    external_id: str = ""
    session_name: str = ""
    provider: str = ""
    subject: str = ""
    audience: str = ""


def documents(grants: Grants, largest: int = LARGEST) -> list[dict[str, Any]]:
    """The fewest documents, filled in order, that grant exactly this; each has at most `largest` characters."""
    made: list[dict[str, Any]] = []
    statements: dict[tuple[str, ...], list[str]] = {}
    for action, resources in _parts(grants, largest):
        trial = {**statements, resources: [*statements.get(resources, ()), action]}
        if statements and size(_document(trial)) > largest:
            made.append(_document(statements))
            trial = {resources: [action]}
        statements = trial
    return [*made, _document(statements)] if statements else made


def size(document: dict[str, Any]) -> int:
    """The length of a document as AWS counts it: without white space."""
    return len(re.sub(r"\s", "", json.dumps(document, separators=(",", ":"), ensure_ascii=False)))


def _parts(grants: Grants, largest: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each action with its resources, ordered by resources; many resources are parted, so that each part fits."""
    for action, found in sorted(grants.items(), key=lambda item: (sorted(item[1]), item[0])):
        rest = sorted(found)
        while rest:
            taken = len(rest)
            while taken > 1 and size(_document({tuple(rest[:taken]): [action]})) > largest:
                taken -= 1
            yield action, tuple(rest[:taken])
            rest = rest[taken:]


def _document(statements: dict[tuple[str, ...], list[str]]) -> dict[str, Any]:
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "Read" if resources == (ANY,) else f"ReadNamed{number}",
                "Effect": "Allow",
                "Action": actions,
                "Resource": ANY if resources == (ANY,) else list(resources),
            }
            for number, (resources, actions) in enumerate(statements.items())
        ],
    }


def trust_policy(trust: Trust) -> dict[str, Any]:
    """The trust policy of the role. Raises `TrustError` with everything that is missing or too wide."""
    problems = list(_problems(trust))
    if problems:
        raise TrustError(problems)
    statements = []
    if trust.principals:
        one = len(trust.principals) == 1
        statements.append(
            {
                "Sid": "AssumeWithExternalId",
                "Effect": "Allow",
                "Principal": {"AWS": trust.principals[0] if one else list(trust.principals)},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"sts:ExternalId": trust.external_id, "sts:RoleSessionName": trust.session_name}
                },
            }
        )
    if trust.provider:
        found = _PROVIDER.fullmatch(trust.provider)
        url = found[1] if found else ""
        statements.append(
            {
                "Sid": "AssumeWithWebIdentity",
                "Effect": "Allow",
                "Principal": {"Federated": trust.provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        f"{url}:aud": trust.audience,
                        f"{url}:sub": trust.subject,
                        "sts:RoleSessionName": trust.session_name,
                    }
                },
            }
        )
    return {"Version": VERSION, "Statement": statements}


def _problems(trust: Trust) -> Iterator[str]:
    if not trust.principals and not trust.provider:
        yield "--role needs --trust ARN (who may assume it), or --oidc-provider ARN with its subject and audience"
    for arn in trust.principals:
        if not _PRINCIPAL.fullmatch(arn):
            yield (
                f"--trust {arn!r} is no principal: write the ARN of one role, user or account, such as "
                "arn:aws:iam::123456789012:role/ci"
            )
    if trust.principals and not _EXTERNAL_ID.fullmatch(trust.external_id):
        yield "--trust needs --external-id TEXT: 2 to 1224 letters, digits or =,.@:/-, as agreed with who assumes it"
    if not _SESSION_NAME.fullmatch(trust.session_name):
        yield f"--session-name {trust.session_name!r} is none: write 2 to 64 letters, digits or =,.@-"
    if trust.provider:
        yield from _oidc_problems(trust)
    elif trust.subject or trust.audience:
        yield "--oidc-subject and --oidc-audience need --oidc-provider ARN"


def _oidc_problems(trust: Trust) -> Iterator[str]:
    if not _PROVIDER.fullmatch(trust.provider):
        yield (
            f"--oidc-provider {trust.provider!r} is none: write its ARN, such as "
            "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
        )
    for option, value in (("--oidc-subject", trust.subject), ("--oidc-audience", trust.audience)):
        if not _PLAIN.fullmatch(value):
            yield f"{option} {value!r} is none: write the one exact value of the token, without wildcards"
