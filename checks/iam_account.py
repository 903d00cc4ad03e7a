"""First questions about IAM (`iam:GetAccountAuthorizationDetails`): who may act, and how widely.

They look at what policies grant, without boundaries, denials and conditions: enough to see a wildcard, and the
stricter way round. The full proof of least privilege is the work of `checks.iam`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record
from checks.policy_text import as_list, principals

_POLICIES = "iam:policy"
_SECRETS = "secretsmanager:secret"
_READING = re.compile(r"(batch)?(get|check|describe|list|head|lookup|search|query|scan|view|select)", re.IGNORECASE)
_ALL_SECRETS = re.compile(r"\*|arn:aws[\w-]*:secretsmanager:[^:]*:[^:]*:(secret:)?\*")


@check(
    "iam:role",
    severity="high",
    fix="aws iam update-assume-role-policy --role-name {name} --policy-document file://trust.json",
)
def trusted_services(role: Record) -> frozenset[str]:
    """The AWS services that may act as the role."""
    trust = [item for item in as_list(role["AssumeRolePolicyDocument"]["Statement"]) if item["Effect"] == "Allow"]
    named = [name for statement in trust for name in principals(statement)]
    return frozenset(name.removeprefix("Service ") for name in named if name.startswith("Service "))


@check(
    "iam:role",
    severity="high",
    reads=[_POLICIES],
    controls=["AWS FSBP IAM.1", "AWS FSBP IAM.21"],
    fix="Name the actions and resources that role {name} needs in place of the wildcards.",
)
def wildcard_grants(role: Record, account: Account) -> frozenset[str]:
    """The grants that are wider than reading: any change on any resource, all actions, or all but some."""
    return frozenset(text for statement in granted(role, account) for text in _too_wide(statement))


@check(
    "iam:role",
    severity="high",
    reads=[_POLICIES, _SECRETS],
    names_subjects=True,
    fix="Let role {name} read the documented secrets by ARN, and no others.",
)
def readable_secrets(role: Record, account: Account) -> frozenset[str]:
    """The secrets (by subject, else by name) that the role is granted to read; `*` where it may read any."""
    found: set[str] = set()
    for statement in granted(role, account):
        if any(matches(action, "secretsmanager:GetSecretValue") for action in as_list(statement.get("Action", []))):
            for pattern in as_list(statement.get("Resource", "*")):
                found |= {"*"} if _ALL_SECRETS.fullmatch(pattern) else _secrets_at(pattern, account)
    return frozenset(found)


@check(
    "aws:account",
    severity="critical",
    reads=["iam:user", "iam:user.access-keys"],
    fix="Give its user a role: aws iam update-access-key --status Inactive --access-key-id <id> --user-name <user>",
)
def active_user_keys(caller: Record, account: Account) -> int:
    """How many long-lived access keys of IAM users are active."""
    keys = (key for user in account.all("iam:user") for key in account.details("iam:user.access-keys", user))
    return sum(key["Status"] == "Active" for key in keys)


def granted(role: Record, account: Account) -> Iterator[Record]:
    """Every Allow statement of the role's own and attached policies."""
    documents = [item["PolicyDocument"] for item in role.get("RolePolicyList", ())]
    for attached in role.get("AttachedManagedPolicies", ()):
        versions = account.get(_POLICIES, attached["PolicyArn"])["PolicyVersionList"]
        documents += [version["Document"] for version in versions if version["IsDefaultVersion"]]
    return (item for document in documents for item in as_list(document["Statement"]) if item["Effect"] == "Allow")


def _too_wide(statement: Record) -> Iterator[str]:
    if "NotAction" in statement:
        yield f"all but {', '.join(as_list(statement['NotAction']))}"
    everywhere = "NotResource" in statement or "*" in as_list(statement.get("Resource", []))
    for action in as_list(statement.get("Action", [])):
        verb = action.partition(":")[2]
        if action == "*" or verb == "*":
            yield action
        elif everywhere and not _READING.match(verb):
            yield f"{action} on *"


def _secrets_at(pattern: str, account: Account) -> set[str]:
    """What an ARN with wildcards stands for: secrets that exist, else the pattern, which grants what may come."""
    subjects = {record.entry.arn: name for name, record in account.subjects()}
    named = [record for record in account.all(_SECRETS) if matches(pattern, record["ARN"])]
    return {subjects.get(record["ARN"], record["Name"]) for record in named} or {pattern}


def matches(pattern: str, text: str) -> bool:
    """IAM's wildcards: `*` and `?`, whatever the case: the wider reading."""
    return fnmatchcase(text.lower(), pattern.lower().replace("[", "[[]"))
