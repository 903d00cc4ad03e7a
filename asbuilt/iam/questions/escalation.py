"""Privilege escalation: the paths from what a principal is allowed to more than that, each with its steps.

A path is open where every request of it is allowed (Deny, conditions and boundaries included), where what it needs
exists in the account, and where it gives a permission that the principal does not have.

Source: "Policy evaluation logic", "Passing roles" and "Permissions boundaries" in the IAM user guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asbuilt.iam.language.arn import account_of
from asbuilt.iam.language.reading import Problem
from asbuilt.iam.proof.allowed_requests import ADMINISTRATOR_ACCESS, Possibility, as_question, can
from asbuilt.iam.proof.search import Counterexample
from asbuilt.iam.questions.any_account import ASSUME_ROLE
from asbuilt.iam.questions.escalation_paths import (
    ANYTHING,
    GROUP,
    OWN_POLICY,
    PATHS,
    ROLE,
    SELF,
    UNBOUNDED,
    USER,
    EscalationPath,
    Step,
)
from asbuilt.iam.questions.inventory import (
    WORKLOADS,
    AccountInventory,
    InventoryItem,
    policies_of_item,
    read_account_question,
)
from asbuilt.iam.questions.trust import admits_service_or_provider

ATTACHING = frozenset({"iam:AttachUserPolicy", "iam:AttachRolePolicy", "iam:AttachGroupPolicy"})
ADMIN_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True)
class PathTarget:
    """What a path leads to: the ARNs that its requests act on, the policies that it gives, and why it may not exist."""

    item: InventoryItem
    resources: Sequence[str]
    policies: Sequence[Any] | None = None
    doubt: str = ""


@dataclass(frozen=True)
class OpenPath:
    """A path that is open: its name, its requests in order, and a request that it makes possible."""

    name: str
    steps: tuple[Counterexample, ...]
    target: str
    gain: Counterexample

    def as_json(self) -> dict[str, Any]:
        """The path as `escalate` prints it."""
        return {
            "path": self.name,
            "target": self.target,
            "steps": [_request(step) for step in self.steps],
            "gain": _request(self.gain),
        }


@dataclass(frozen=True)
class Escalation:
    """`verdict`: escalates, safe or unknown; `ways` are the paths that are open."""

    principal: str
    verdict: str
    ways: tuple[OpenPath, ...]
    reason: str
    problems: tuple[Problem, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The line that `escalate` prints; `path` and `steps` are those of the first open path."""
        first = self.ways[0].as_json() if self.ways else {"path": None, "steps": []}
        return {
            "principal": self.principal,
            "verdict": self.verdict,
            "path": first["path"],
            "steps": first["steps"],
            "reason": self.reason,
            "ways": [way.as_json() for way in self.ways],
        }


def _request(step: Counterexample) -> dict[str, Any]:
    return {"action": step.action, "resource": step.resource, "context": dict(step.context)}


def escalate(item: Mapping[str, Any]) -> Escalation:
    """Answer `{principal, policies, account: {roles, users?, groups?, functions?, instances?, ...}}`.

    Roles and users are `{arn, policies, trust_policy?, boundary?}`; functions, instances and other workloads are
    `{arn, role}`. `attached` lists the ARNs of the principal's managed policies. Raises `PolicyError`.
    """
    own = read_account_question(item)
    account = AccountInventory(own, item)
    ways: list[OpenPath] = []
    doubtful: dict[str, None] = {}
    for path in PATHS:
        for way in _open_paths(path, account):
            if isinstance(way, OpenPath):
                ways.append(way)
                break
            doubtful.setdefault(f"{path.name}: {way}")
    principal = str(own.principal)
    if ways:
        first = f"{ways[0].name} ({ways[0].target})"
        more = f", and {len(ways) - 1} more paths" if len(ways) > 1 else ""
        return Escalation(principal, "escalates", tuple(ways), first + more, own.problems)
    if doubtful:
        return Escalation(principal, "unknown", (), "; ".join(list(doubtful)[:5]), own.problems)
    return Escalation(principal, "safe", (), f"none of {len(PATHS)} known paths is open and gives more", own.problems)


def _open_paths(path: EscalationPath, account: AccountInventory) -> Iterator[OpenPath | str]:
    """The open paths of a row, one for each target, or why a path may be open."""
    if any(step.action != ASSUME_ROLE[0] and account.never(step.action, step.service) for step in path.steps):
        return
    for target in _targets(path, account):
        taken = _take(path, account, target)
        if taken is None:
            continue
        steps, doubts = taken
        trusted = _trusted(path, target.item)
        if trusted is False:
            continue
        if trusted is None:
            doubts.append(f"the trust policy of {target.item.arn} is not known or not decided")
        gives_any = path.gives in {SELF, UNBOUNDED}
        policies = [ADMINISTRATOR_ACCESS] if gives_any else target.policies
        if policies is None:
            yield "; ".join([*doubts, f"the policies of {target.item.arn} are not given"])
            continue
        more = _gain(path, account, target, policies)
        if more is None:
            continue
        if isinstance(more, str) or doubts:
            yield "; ".join([*doubts, *([more] if isinstance(more, str) else [])])
        else:
            yield OpenPath(path.name, tuple(steps), target.item.arn, more)


def _take(
    path: EscalationPath, account: AccountInventory, target: PathTarget
) -> tuple[list[Counterexample], list[str]] | None:
    """The requests of a path to a target, and why they may not be allowed; None where one is not allowed."""
    steps: list[Counterexample] = []
    doubts: list[str] = [target.doubt] if target.doubt else []
    for step in path.steps:
        found = _step(step, path, account, target)
        if found.possible is False:
            return None
        if found.request is not None:
            steps.append(found.request)
        else:
            doubts.append(found.reason)
    return steps, doubts


def _gain(path: EscalationPath, account: AccountInventory, target: PathTarget, policies: Sequence[Any]) -> Any:
    """What a path gives beyond the principal's own permissions; a path to its own policies keeps its limits."""
    limited = path.gives in {SELF, UNBOUNDED} and not path.of_other_role
    name = path.gives if limited else f"{path.gives} {target.item.arn}"
    return account.gain(name, policies, unbounded=path.gives == UNBOUNDED, limited=limited)


def _step(step: Step, path: EscalationPath, account: AccountInventory, target: PathTarget) -> Possibility:
    if step.action == ASSUME_ROLE[0]:
        return _assume(account, target)
    where = ["*"] if step.on == ANYTHING and path.workload not in WORKLOADS else list(target.resources)
    if step.action in ATTACHING:
        return _attach(account, step.action, where)
    return can(account.own, step.action, where, {"iam:PassedToService": step.service} if step.service else {})


def _attach(account: AccountInventory, action: str, where: Sequence[str]) -> Possibility:
    """Whether the principal can attach AdministratorAccess; not decided where it can attach other policies only."""
    found = can(account.own, action, where, {"iam:PolicyARN": ADMIN_POLICY})
    if found.possible is False and can(account.own, action, where).possible:
        return Possibility(None, None, "", "it may attach policies whose documents are not given")
    return found


def _targets(path: EscalationPath, account: AccountInventory) -> Iterator[PathTarget]:
    """What a path may lead to: workloads, the principal itself, or other roles, users and groups."""
    if path.workload:
        yield from _workloads(path, account)
    elif path.gives in {SELF, UNBOUNDED} and not path.of_other_role:
        yield from _itself(path, account)
    else:
        yield from _others(path, account)


def _itself(path: EscalationPath, account: AccountInventory) -> Iterator[PathTarget]:
    """The principal, by its policies, its groups or its own ARN."""
    principal = str(account.own.principal)
    itself = InventoryItem(principal, account.asked)
    on = path.steps[0].on
    if on == OWN_POLICY:
        yield from (PathTarget(itself, [arn]) for arn in account.asked.get("attached", ()))
    elif on == GROUP:
        yield from (PathTarget(itself, [_group_arn(principal, group)]) for group in account.asked.get("groups", ()))
    elif (":user/" if on == USER else ":role/") in principal and (
        path.gives == SELF or any(policy["type"] == "boundary" for policy in account.limits)
    ):
        yield PathTarget(itself, [principal])


def _others(path: EscalationPath, account: AccountInventory) -> Iterator[PathTarget]:
    """The other roles, users or groups of the account; where they are not listed, any there may be."""
    principal = str(account.own.principal)
    kind = {ROLE: "roles", USER: "users", GROUP: "groups", SELF: "roles"}[path.gives]
    if path.gives == GROUP and ":user/" not in principal:
        return
    for item in account.items[kind]:
        if item.arn != principal:
            yield PathTarget(item, [item.arn], policies_of_item(item))
    if kind not in account.given and kind != "groups":
        unseen = InventoryItem(f"any of the {kind}", {"trust_policy": None, "policies": [ADMINISTRATOR_ACCESS]})
        doubt = f"the account's {kind} are not given"
        yield PathTarget(unseen, [f"arn:aws:iam::*:{kind[:-1]}/*"], [ADMINISTRATOR_ACCESS], doubt)


def _workloads(path: EscalationPath, account: AccountInventory) -> Iterator[PathTarget]:
    """The roles of workloads; where workloads are not listed, the roles that their service may run as."""
    roles = {role.arn: role for role in account.items["roles"]}
    for workload in account.items[path.workload]:
        arn = str(workload.row.get("role"))
        role = roles.get(arn, InventoryItem(arn, {}))
        yield PathTarget(role, [workload.arn], policies_of_item(role))
    if path.workload not in account.given:
        for role in roles.values():
            document = role.row.get("trust_policy") or {"Statement": []}
            if _service_admitted(document, WORKLOADS[path.workload], role.arn) is not False:
                doubt = f"which {path.workload} run as {role.arn} is not given"
                yield PathTarget(role, ["*"], policies_of_item(role), doubt)


def _group_arn(principal: str, group: str) -> str:
    return group if group.startswith("arn:") else f"arn:aws:iam::{account_of(principal)}:group/{group}"


def _trusted(path: EscalationPath, role: InventoryItem) -> bool | None:
    """Whether the role trusts the service that a path passes it to; True for a path that passes no role."""
    service = next((step.service for step in path.steps if step.service), "")
    if not service:
        return True
    document = role.row.get("trust_policy")
    return None if document is None else _service_admitted(document, service, role.arn)


def _service_admitted(document: Mapping[str, Any], service: str, role: str) -> bool | None:
    return admits_service_or_provider(document, "Service", service, ASSUME_ROLE[0], role, {})[0]


def _assume(account: AccountInventory, target: PathTarget) -> Possibility:
    """Whether the principal can assume a role, by its own policies and the role's trust policy together."""
    document = target.item.row.get("trust_policy")
    if document is None:
        return Possibility(None, None, "", f"the trust policy of {target.item.arn} is not given")
    if _admits_no_principal_of_accounts(document):
        return Possibility(False, None, "", f"the trust policy of {target.item.arn} admits services and providers only")
    trust = {"type": "resource", "name": "trust policy", "document": document, "attached_to": target.item.arn}
    asked = as_question([*account.own.raw["policies"], trust], account.own.principal, name="trust")
    return can(asked, ASSUME_ROLE[0], target.resources)


def _admits_no_principal_of_accounts(document: Mapping[str, Any]) -> bool:
    """Whether each Allow of a trust policy is for services and identity providers only."""
    statements = document.get("Statement", [])
    allows = [row for row in ([statements] if isinstance(statements, dict) else statements) if row["Effect"] == "Allow"]
    return all(
        isinstance(row.get("Principal"), dict) and {*row["Principal"]} <= {"Service", "Federated"} for row in allows
    )
