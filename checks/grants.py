"""What an IAM role's policies name: simple facts, read as `checks.iam_account` reads policies."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record
from checks.iam_account import granted, matches
from checks.policy_text import as_list

_POLICIES, _PARAMETERS = "iam:policy", "ssm:parameter"
_DEFINITIONS = "ecs:service.task-definition"
_ROLES = {"executionRoleArn": "execution", "taskRoleArn": "task"}
_FIX = "aws iam put-role-policy --role-name {name} --policy-name <policy> --policy-document file://policy.json"
_ADMINISTRATORS = {"AdministratorAccess", "PowerUserAccess", "IAMFullAccess"}


def _naming(role: Record, account: Account, action: str) -> list[Record]:
    """The grants that name an action, by wildcards too."""
    return [item for item in granted(role, account) if _names(item, action)]


def _names(statement: Record, action: str) -> bool:
    """Whether a statement is about an action: it is named, or not among those that are left out."""
    if "NotAction" in statement:
        return not any(matches(named, action) for named in as_list(statement["NotAction"]))
    return any(matches(named, action) for named in as_list(statement["Action"]))


@check("iam:role", severity="high", reads=[_POLICIES], fix=_FIX)
def may(role: Record, account: Account, action: str) -> bool:
    """Whether a policy of the role grants an action on something."""
    return bool(_naming(role, account, action))


@check("iam:role", severity="high", reads=[_POLICIES], names_subjects=True, fix=_FIX)
def may_on(role: Record, account: Account, action: str) -> frozenset[str]:
    """The subjects, and all that is in them, else the ARNs and patterns, that an action is granted on."""
    known = {record.entry.arn: name for name, record in account.subjects() if record.entry.arn}
    resources = {text for item in _naming(role, account, action) for text in as_list(item.get("Resource", "*"))}
    return frozenset(known.get(text, known.get(text.removesuffix("/*"), text)) for text in resources)


@check("iam:role", severity="high", reads=[_POLICIES], fix=_FIX)
def granted_actions(role: Record, account: Account, service: str) -> frozenset[str]:
    """The actions of a service that are granted, as the policies name them; `*` where all of every service are."""
    actions = [action for item in granted(role, account) for action in as_list(item.get("Action", "*"))]
    return frozenset(name for name in actions if name == "*" or name.lower().startswith(f"{service.lower()}:"))


@check("iam:role", severity="high", reads=[_POLICIES], names_subjects=True, fix=_FIX)
def granted_buckets(role: Record, account: Account) -> frozenset[str]:
    """The subjects (else the names and patterns) of the buckets that any grant of S3 reaches; `*` for all."""
    known = {record["Name"]: name for name, record in account.subjects() if record.entry.kind == "s3:bucket"}
    buckets = set()
    for item in granted(role, account):
        actions = as_list(item.get("Action", "*"))
        if any(name == "*" or name.lower().startswith("s3:") for name in actions):
            for text in as_list(item.get("Resource", "*")):
                buckets.add(text.rpartition(":::")[2].partition("/")[0] if ":::" in text else text)
    return frozenset(known.get(name, name) for name in buckets)


@check("iam:role", severity="high", reads=[_POLICIES, _PARAMETERS], names_subjects=True, fix=_FIX)
def readable_parameters(role: Record, account: Account) -> frozenset[str]:
    """The parameters (by subject, else by name) that the role is granted to read, of those that there are."""
    patterns = {
        text for item in _naming(role, account, "ssm:GetParameter") for text in as_list(item.get("Resource", "*"))
    }
    known = {record.entry.arn: name for name, record in account.subjects()}
    found = [item for item in account.all(_PARAMETERS) if any(matches(text, item["ARN"]) for text in patterns)]
    return frozenset(known.get(item["ARN"], item["Name"]) for item in found)


@check(
    "iam:role",
    severity="critical",
    reads=[_POLICIES],
    controls=["AWS FSBP IAM.1"],
    fix="aws iam detach-role-policy --role-name {name} --policy-arn <the administrators' policy>",
)
def free_of_admin_rights(role: Record, account: Account) -> bool:
    """Whether it has none of AWS's policies for administrators, and no grant of every action, or of all of IAM."""
    attached = {item["PolicyName"] for item in role["AttachedManagedPolicies"]}
    if attached & _ADMINISTRATORS:
        return False
    actions = {name.lower() for item in granted(role, account) for name in as_list(item.get("Action", "*"))}
    return not any(name in ("*", "*:*") or name.startswith("iam:*") for name in actions)


@check(
    "iam:role",
    severity="high",
    reads=[_POLICIES],
    fix="Add the condition iam:PassedToService to the PassRole statement of {name}.",
)
def passes_roles_to(role: Record, account: Account) -> frozenset[str]:
    """The services that it may pass roles to; `*` where a grant does not say."""
    services: set[str] = set()
    for item in _naming(role, account, "iam:PassRole"):
        only = item.get("Condition", {}).get("StringEquals", {}).get("iam:PassedToService", "*")
        services |= set(as_list(only))
    return frozenset(services)


@check("iam:role", severity="high", reads=[_POLICIES], fix="Replace {parameter}:* by the actions that {name} needs.")
def full_access(role: Record, account: Account, service: str) -> bool:
    """Whether a policy of the role grants every action of a service, by itself or among all but a few."""
    return any(_all_of(item, service) for item in granted(role, account))


def _all_of(statement: Record, service: str) -> bool:
    if "NotAction" in statement:  # whoever leaves out a part of the service still leaves the rest
        return not _names_whole(as_list(statement["NotAction"]), service)
    return _names_whole(as_list(statement["Action"]), service)


def _names_whole(actions: list[str], service: str) -> bool:
    return bool({"*", f"{service}:*"} & {action.lower() for action in actions})


@check("iam:role", severity="medium", reads=[_DEFINITIONS], fix="Name the role in the task definition that needs it.")
def given_to_tasks_as(role: Record, account: Account) -> frozenset[str]:
    """What the role is to tasks of running services: `execution` starts them, `task` is who they act as."""
    found = set()
    for definition in account.all(_DEFINITIONS):
        # a task definition may do without either role
        found |= {word for field, word in _ROLES.items() if definition.get(field) == role["Arn"]}
    return frozenset(found)
