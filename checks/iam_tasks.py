"""Questions about roles that start tasks: which exactly, and where (`iam:GetAccountAuthorizationDetails`).

They look at what policies grant, without boundaries and denials: the wider way round.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record
from checks.iam_account import granted
from checks.policy_text import as_list

_POLICIES = ("iam:policy",)
_FIX = "Name the actions and resources that role {name} needs in its policies: aws iam put-role-policy."


@check("iam:role", severity="high", reads=_POLICIES, fix=_FIX)
def everything_granted(role: Record, account: Account) -> frozenset[str]:
    """The actions of all services that its policies grant, as they write them."""
    return frozenset(action for statement in granted(role, account) for action in _actions(statement))


@check("iam:role", severity="high", reads=_POLICIES, fix=_FIX)
def startable_families(role: Record, account: Account) -> frozenset[str]:
    """The families of task definitions that it may start tasks from, wildcards as the policy writes them."""
    found = _resources(role, account, "ecs:RunTask")
    return frozenset(arn.rpartition("task-definition/")[2].partition(":")[0] for arn in found)


@check("iam:role", severity="high", reads=_POLICIES, fix=_FIX)
def acts_only_in_cluster(role: Record, account: Account, cluster: str) -> bool:
    """Whether it may do something with ECS, and that in this one cluster only, by resource or by condition."""
    grants = [item for item in granted(role, account) if any(_of_ecs(action) for action in _actions(item))]
    return bool(grants) and all(_in_cluster(grant, cluster) for grant in grants)


def _of_ecs(action: str) -> bool:
    return action == "*" or action.lower().startswith("ecs:")


def _in_cluster(grant: Record, cluster: str) -> bool:
    by_condition = [
        value
        for operator in ("ArnEquals", "StringEquals", "ArnLike")
        for value in as_list(grant.get("Condition", {}).get(operator, {}).get("ecs:cluster", []))
    ]
    if by_condition:
        return all(value.endswith(f":cluster/{cluster}") for value in by_condition)
    resources = as_list(grant.get("Resource", "*"))
    return all(f"/{cluster}/" in arn or arn.endswith(f":cluster/{cluster}") for arn in resources)


def _resources(role: Record, account: Account, action: str) -> Iterator[str]:
    for statement in granted(role, account):
        if _covers(statement, action):
            yield from as_list(statement.get("Resource", "*"))


def _covers(statement: Record, action: str) -> bool:
    return any(fnmatchcase(action.lower(), each.lower()) for each in _actions(statement))


def _actions(statement: Record) -> list[str]:
    # a grant of all but some is as good as all here
    return as_list(statement.get("Action", "*"))
