"""The account of an escalation question: its roles, users, groups and workloads, read and validated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asbuilt.iam.language.policy import read_document
from asbuilt.iam.language.question import Question
from asbuilt.iam.language.reading import PolicyError, PolicyReader, Problem
from asbuilt.iam.proof.allowed_requests import ADMINISTRATOR_ACCESS, additional_request, as_question, can, identities
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
ITEM_KEYS = (
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
# The kinds of workloads that run as a role, and the service that the role trusts for each.
WORKLOADS = {
    "functions": "lambda.amazonaws.com",
    "instances": "ec2.amazonaws.com",
    "tasks": "ecs-tasks.amazonaws.com",
    "projects": "codebuild.amazonaws.com",
    "stacks": "cloudformation.amazonaws.com",
    "jobs": "glue.amazonaws.com",
}


@dataclass(frozen=True)
class InventoryItem:
    """A role, user, group or workload of the account."""

    arn: str
    row: Mapping[str, Any]


class AccountInventory:
    """What exists in the account, and the principal's own permissions; `given` are the kinds that are listed."""

    def __init__(self, own: Question, item: Mapping[str, Any]) -> None:
        self.own = own
        self.asked = item
        account = item.get("account") or {}
        self.given = frozenset(account)
        self.items = {kind: list(_items(account, kind)) for kind in ("roles", "users", "groups", *WORKLOADS)}
        self.limits = [p for p in own.raw["policies"] if p["type"] in {"boundary", "session", "scp"}]
        self.gained: dict[str, Counterexample | str | None] = {}
        self._never: dict[tuple[str, str], bool] = {}

    def never(self, action: str, service: str) -> bool:
        """Whether the principal is allowed an action on no resource at all; `service`: that a role is passed to, or "".

        Answers are kept, so that an account with many roles costs one search for each action.
        """
        asked = (action, service)
        if asked not in self._never:
            context = {"iam:PassedToService": service} if service else {}
            self._never[asked] = can(self.own, action, ["*"], context).possible is False
        return self._never[asked]

    def gain(self, name: str, policies: Sequence[Any], *, unbounded: bool = False, limited: bool = False) -> Any:
        """A request that these policies allow and the principal's own do not; None where there is none.

        A text says why that is not decided. Answers are kept by `name`. `limited`: the limits of the principal hold for
        these policies, too, except its boundary where it is `unbounded`.
        """
        if name not in self.gained:
            kept = [p for p in self.limits if p["type"] == "scp" or (limited and p["type"] != "boundary")]
            kept += [p for p in self.limits if p["type"] == "boundary" and limited and not unbounded]
            target = as_question([*identities(policies), *kept], name=name)
            self.gained[name] = additional_request(target, self.own)
        return self.gained[name]


def _items(account: Mapping[str, Any], kind: str) -> Iterator[InventoryItem]:
    listed = account.get(kind) or []
    rows = [{"name": name, **row} for name, row in listed.items()] if isinstance(listed, dict) else listed
    for row in rows:
        yield InventoryItem(row["arn"], row) if isinstance(row, dict) else InventoryItem(str(row), {"arn": str(row)})


def _check_item(reader: PolicyReader, row: Any, where: str) -> None:
    """Note the problems of a role, user, group or workload."""
    if isinstance(row, dict):
        reader.keys(where, row, ITEM_KEYS)
    if isinstance(row, dict) and row.get("trust_policy") is not None:
        read_document(reader, row["trust_policy"], f"{where} {row.get('arn')!r} trust_policy", "trust")
    if isinstance(row, dict) and not isinstance(row.get("policies", []), list):
        reader.wrong(where, "policies", "must be a list of policies")
    if not isinstance(row.get("arn") if isinstance(row, dict) else row, str):
        reader.wrong(where, "arn", "is missing")


def read_account_question(item: Any) -> Question:
    """The principal of an escalation question with its policies. Raises `PolicyError` with all problems."""
    reader = PolicyReader()
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
    for kind in ("roles", "users", "groups", *WORKLOADS):
        rows = account.get(kind) or []
        where = f"{named} account.{kind}"
        if not isinstance(rows, list | dict):
            reader.wrong(where, "", "must be a list")
            continue
        for row in rows.values() if isinstance(rows, dict) else rows:
            _check_item(reader, row, where)
    reader.finish()
    facts, absent = item.get("facts"), item.get("absent") or ()
    return as_question(identities(item["policies"]), principal, facts, absent, name=str(principal))


def policies_of_item(item: InventoryItem) -> Sequence[Any] | None:
    """The policies of a role, user or group with its boundary; None where they are not given."""
    if "policies" not in item.row:
        return None
    found: list[Any] = [_named(policy) for policy in item.row["policies"]]
    if None in found:
        return None
    if item.row.get("boundary"):
        found.append({"type": "boundary", "document": item.row["boundary"]})
    return found


def _named(policy: Any) -> Any:
    """A policy as it is given; of names and ARNs only AdministratorAccess is known, any other is None."""
    if isinstance(policy, str):
        return ADMINISTRATOR_ACCESS if policy.rsplit("/", 1)[-1] == "AdministratorAccess" else None
    return policy
