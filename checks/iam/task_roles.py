"""Questions about the roles of ECS tasks (`ecs:DescribeTaskDefinition`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_DEFINITIONS = "ecs:service.task-definition"
_ROLES = {"executionRoleArn": "execution", "taskRoleArn": "task"}


@check("iam:role", severity="medium", reads=[_DEFINITIONS], fix="Name the role in the task definition that needs it.")
def given_to_tasks_as(role: Record, account: Account) -> frozenset[str]:
    """How task definitions of services use the role: `execution` to start tasks, `task` as the tasks' own role."""
    found = set()
    for definition in account.all(_DEFINITIONS):
        # A task definition may have neither role.
        found |= {word for field, word in _ROLES.items() if definition.get(field) == role["Arn"]}
    return frozenset(found)
