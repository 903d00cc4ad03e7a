"""The account around an escalation question: its roles, users, groups and what runs there, read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asbuilt.iam.language.policy import read_document
from asbuilt.iam.language.question import Question
from asbuilt.iam.language.reading import PolicyError, Problem, Reader
from asbuilt.iam.proof.reach import ADMIN, as_question, gains, identities
from asbuilt.iam.proof.search import Counterexample

KEYS = ("id", "principal", "policies", "account", "facts", "absent", "attached", "groups")
ACCOUNT_KEYS = (
    "id",
    "roles",
    "users",
    "groups",
    "functions",
    "instances",
    "tasks",
    "projects",
    "stacks",
    "jobs",
    "policies",
)
THING_KEYS = (
    "arn",
    "name",
    "role",
    "trust_policy",
    "policies",
    "boundary",
    "tags",
    "groups",
    "attached",
    "instance_profile",
    "path",
)
# What may run as a role, and the service the role trusts for it.
CARRIERS = {
    "functions": "lambda.amazonaws.com",
    "instances": "ec2.amazonaws.com",
    "tasks": "ecs-tasks.amazonaws.com",
    "projects": "codebuild.amazonaws.com",
    "stacks": "cloudformation.amazonaws.com",
    "jobs": "glue.amazonaws.com",
}


@dataclass(frozen=True)
class Thing:
    """A role, user, group or something that runs as a role."""

    arn: str
    row: Mapping[str, Any]


class Account:
    """What exists, and what the principal may do there."""

    def __init__(self, own: Question, item: Mapping[str, Any]) -> None:
        self.own = own
        self.item = item
        account = item.get("account") or {}
        self.given = frozenset(account)
        self.things = {kind: list(_things(account, kind)) for kind in ("roles", "users", "groups", *CARRIERS)}
        self.limits = [p for p in own.raw["policies"] if p["type"] in {"boundary", "session", "scp"}]
        self.gained: dict[str, Counterexample | str | None] = {}

    def gain(self, name: str, policies: Sequence[Any], *, unbounded: bool = False, limited: bool = False) -> Any:
        """What these policies allow beyond the principal's own: a request, None, or why that is not known."""
        if name not in self.gained:
            kept = [p for p in self.limits if p["type"] == "scp" or (limited and p["type"] != "boundary")]
            kept += [p for p in self.limits if p["type"] == "boundary" and limited and not unbounded]
            target = as_question([*identities(policies), *kept], name=name)
            self.gained[name] = gains(target, self.own)
        return self.gained[name]


def _things(account: Mapping[str, Any], kind: str) -> Iterator[Thing]:
    listed = account.get(kind) or []
    rows = [{"name": name, **row} for name, row in listed.items()] if isinstance(listed, dict) else listed
    for row in rows:
        yield Thing(row["arn"], row) if isinstance(row, dict) else Thing(str(row), {"arn": str(row)})


def _check_thing(reader: Reader, row: Any, where: str) -> None:
    """Note what is wrong with a role, user or something that runs as a role."""
    if isinstance(row, dict):
        reader.keys(where, row, THING_KEYS)
    if isinstance(row, dict) and row.get("trust_policy") is not None:
        read_document(reader, row["trust_policy"], f"{where} {row.get('arn')!r} trust_policy", "trust")
    if isinstance(row, dict) and not isinstance(row.get("policies", []), list):
        reader.wrong(where, "policies", "must be a list of policies")
    if not isinstance(row.get("arn") if isinstance(row, dict) else row, str):
        reader.wrong(where, "arn", "is missing")


def read_account_question(item: Any) -> Question:
    """The principal of an escalation question with its policies. Raises `PolicyError` with all that is wrong."""
    reader = Reader()
    if not isinstance(item, dict):
        raise PolicyError([Problem("", "", "an item must be an object")])
    principal = item.get("principal")
    principal = principal.get("arn") if isinstance(principal, dict) else principal
    named = f"principal {principal!r}"
    reader.keys(named, item, KEYS)
    if not isinstance(principal, str):
        reader.wrong(named, "principal", "must be the ARN of a role or user")
    if not isinstance(item.get("policies"), list):
        reader.wrong(named, "policies", "must be a list of policies")
    account = item.get("account") or {}
    if not isinstance(account, dict):
        reader.wrong(named, "account", "must be an object")
        account = {}
    reader.keys(f"{named} account", account, ACCOUNT_KEYS)
    for kind in ("roles", "users", "groups", *CARRIERS):
        rows = account.get(kind) or []
        where = f"{named} account.{kind}"
        if not isinstance(rows, list | dict):
            reader.wrong(where, "", "must be a list")
            continue
        for row in rows.values() if isinstance(rows, dict) else rows:
            _check_thing(reader, row, where)
    reader.finish()
    facts, absent = item.get("facts"), item.get("absent") or ()
    return as_question(identities(item["policies"]), principal, facts, absent, name=str(principal))


def policies_of(thing: Thing) -> Sequence[Any] | None:
    """The policies of a role, user or group, its boundary among them; None when they are not given."""
    if "policies" not in thing.row:
        return None
    found: list[Any] = [_named(policy) for policy in thing.row["policies"]]
    if None in found:
        return None
    if thing.row.get("boundary"):
        found.append({"type": "boundary", "document": thing.row["boundary"]})
    return found


def _named(policy: Any) -> Any:
    """A policy given by the ARN or name of the one AWS policy that everybody knows, or as it is."""
    if isinstance(policy, str):
        return ADMIN if policy.rsplit("/", 1)[-1] == "AdministratorAccess" else None
    return policy
