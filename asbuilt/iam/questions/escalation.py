"""Ways from what a principal may do to more than that, each with its steps.

A path counts when every request it takes is allowed (Deny, conditions and boundaries included), when what it needs
exists in the account, and when it gives a permission the principal does not have already.

Source: "Policy evaluation logic", "Passing roles" and "Permissions boundaries" in the IAM user guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asbuilt.iam.language.reading import Problem
from asbuilt.iam.proof.reach import ADMIN, Reach, as_question, can
from asbuilt.iam.proof.search import Counterexample
from asbuilt.iam.questions.inventory import CARRIERS, Account, Thing, policies_of, read_account_question
from asbuilt.iam.questions.paths import ANYTHING, GROUP, OWN_POLICY, PATHS, ROLE, SELF, USER, Path, Step
from asbuilt.iam.questions.trust import ASSUME, external

ATTACHING = frozenset({"iam:AttachUserPolicy", "iam:AttachRolePolicy", "iam:AttachGroupPolicy"})
ADMIN_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"


Target = tuple[Thing, list[str], Sequence[Any] | None, str]


@dataclass(frozen=True)
class Way:
    """A path that is open: its name, its requests in order, and a request it makes possible."""

    name: str
    steps: tuple[Counterexample, ...]
    target: str
    gain: Counterexample

    def as_json(self) -> dict[str, Any]:
        """The way as `escalate` prints it."""
        return {
            "path": self.name,
            "target": self.target,
            "steps": [_request(step) for step in self.steps],
            "gain": _request(self.gain),
        }


@dataclass(frozen=True)
class Escalation:
    """`verdict`: escalates, safe or unknown."""

    principal: str
    verdict: str
    ways: tuple[Way, ...]
    reason: str
    problems: tuple[Problem, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The line that `escalate` prints: `steps` are those of the first way."""
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

    Roles and users are `{arn, policies, trust_policy?, boundary?}`; functions, instances and the like `{arn, role}`.
    `attached` lists the ARNs of the managed policies that the principal has. Raises `PolicyError`.
    """
    own = read_account_question(item)
    account = Account(own, item)
    ways: list[Way] = []
    open_: dict[str, None] = {}
    for path in PATHS:
        for way in _ways(path, account):
            if isinstance(way, Way):
                ways.append(way)
                break
            open_.setdefault(f"{path.name}: {way}")
    principal = str(own.principal)
    if ways:
        told = f"{ways[0].name} ({ways[0].target})"
        more = f", and in {len(ways) - 1} more ways" if len(ways) > 1 else ""
        return Escalation(principal, "escalates", tuple(ways), told + more, own.problems)
    if open_:
        return Escalation(principal, "unknown", (), "; ".join(list(open_)[:5]), own.problems)
    return Escalation(principal, "safe", (), f"none of {len(PATHS)} known paths is open and gives more", own.problems)


def _ways(path: Path, account: Account) -> Iterator[Way | str]:
    """The ways a path is open, or why it perhaps is, for each thing it can be taken to."""
    for target, resources, policies, doubt in _targets(path, account):
        steps: list[Counterexample] = []
        doubts: list[str] = [doubt] if doubt else []
        for step in path.steps:
            found = _step(step, path, account, target, resources)
            if found.possible is False:
                break
            if found.request is not None:
                steps.append(found.request)
            else:
                doubts.append(found.reason)
        else:
            trusted = _trusted(path, account, target)
            if trusted is False:
                continue
            if trusted is None:
                doubts.append(f"the trust policy of {target.arn} is not known or not decided")
            unbounded = path.gives == "unbounded"
            wide = path.gives in {SELF, "unbounded"} and not (path.gives == SELF and path.carrier)
            doc = [ADMIN] if path.gives in {SELF, "unbounded"} else policies
            if doc is None:
                doubts.append(f"the policies of {target.arn} are not given")
                yield "; ".join(doubts)
                continue
            more = account.gain(
                f"{path.gives} {target.arn}" if not wide else path.gives, doc, unbounded=unbounded, limited=wide
            )
            if more is None:
                continue
            if isinstance(more, str) or doubts:
                yield "; ".join([*doubts, *([more] if isinstance(more, str) else [])])
            else:
                yield Way(path.name, tuple(steps), target.arn, more)


def _step(step: Step, path: Path, account: Account, target: Thing, resources: Sequence[str]) -> Reach:
    context = {"iam:PassedToService": step.service} if step.service else {}
    if step.action == "sts:AssumeRole":
        return _assume(account, target, resources)
    where = ["*"] if step.on == ANYTHING and path.carrier not in CARRIERS else list(resources)
    if step.action in ATTACHING:
        found = can(account.own, step.action, where, {"iam:PolicyARN": ADMIN_POLICY})
        other = can(account.own, step.action, where) if found.possible is False else found
        if other is not found and other.possible:
            return Reach(None, None, "", "it may attach policies whose documents are not given")
        return found
    return can(account.own, step.action, where, context)


def _targets(path: Path, account: Account) -> Iterator[Target]:
    """Whom the path may be taken to: the thing, the ARNs its requests act on, the policies it gives, and a doubt."""
    principal = str(account.own.principal)
    me = Thing(principal, account.item)
    kind = ":user/" if path.steps[0].on == USER else ":role/"
    if path.carrier in CARRIERS:
        yield from _carried(path, account)
    elif path.gives in {SELF, "unbounded"} and path.carrier != "trusting":
        if path.steps[0].on == OWN_POLICY:
            yield from ((me, [arn], None, "") for arn in account.item.get("attached", ()))
        elif path.steps[0].on == GROUP:
            yield from ((me, [_group_arn(principal, group)], None, "") for group in account.item.get("groups", ()))
        elif kind in principal and (path.gives == SELF or any(p["type"] == "boundary" for p in account.limits)):
            yield me, [principal], None, ""
    else:
        things = {ROLE: "roles", USER: "users", GROUP: "groups", SELF: "roles"}[path.gives]
        if path.gives == GROUP and ":user/" not in principal:
            return
        for thing in account.things[things]:
            if thing.arn != principal:
                yield thing, [thing.arn], policies_of(thing), ""
        if things not in account.given and things != "groups":
            unseen = Thing(f"any of the {things}", {"trust_policy": None, "policies": [ADMIN]})
            yield unseen, [f"arn:aws:iam::*:{things[:-1]}/*"], [ADMIN], f"the account's {things} are not given"


def _carried(path: Path, account: Account) -> Iterator[Target]:
    """The roles of things that run; where such things are not given, the roles that some might have."""
    roles = {role.arn: role for role in account.things["roles"]}
    for thing in account.things[path.carrier]:
        role = roles.get(str(thing.row.get("role")), Thing(str(thing.row.get("role")), {}))
        yield role, [thing.arn], policies_of(role), ""
    if path.carrier not in account.given:
        for role in roles.values():
            document = role.row.get("trust_policy") or {"Statement": []}
            if external(document, "Service", CARRIERS[path.carrier], "sts:AssumeRole", role.arn, {})[0] is not False:
                yield role, ["*"], policies_of(role), f"which {path.carrier} run as {role.arn} is not given"


def _group_arn(principal: str, group: str) -> str:
    return group if group.startswith("arn:") else f"arn:aws:iam::{principal.split(':')[4]}:group/{group}"


def _trusted(path: Path, account: Account, target: Thing) -> bool | None:
    """Whether the target role lets in the service it is passed to."""
    service = next((step.service for step in path.steps if step.service), "")
    if not service:
        return True
    document = target.row.get("trust_policy")
    return None if document is None else external(document, "Service", service, ASSUME[0], target.arn, {})[0]


def _assume(account: Account, target: Thing, resources: Sequence[str]) -> Reach:
    """Whether the principal can assume a role: its own policies and the role's trust together."""
    document = target.row.get("trust_policy")
    if document is None:
        return Reach(None, None, "", f"the trust policy of {target.arn} is not given")
    trust = {"type": "resource", "name": "trust policy", "document": document, "attached_to": target.arn}
    asked = as_question([*account.own.raw["policies"], trust], account.own.principal, name="trust")
    return can(asked, ASSUME[0], resources)
