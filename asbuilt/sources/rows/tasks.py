"""ECS tasks, whether or not a service runs them; what they are made from; and how many may run."""

from asbuilt.sources.row import Row
from asbuilt.sources.rows.compute import MISSING

ROWS = (
    Row(
        "ecs:task.names",
        "ecs",
        "list_tasks",
        "taskArns[].{taskArn: @}",
        per="ecs:cluster",
        params={"cluster": "clusterArn"},
        inherit={"clusterArn": "clusterArn"},
        names="[taskArn]",
    ),
    # A task has no name but the group that started it: `service:web`, or `family:job` for one of its own.
    Row(
        "ecs:task",
        "ecs",
        "describe_tasks",
        "tasks[]",
        per="ecs:task.names",
        batch="tasks",
        gone=MISSING,
        params={"tasks": "taskArn", "cluster": "clusterArn"},
        static={"include": ["TAGS"]},
        names="[group]",
        arn="taskArn",
        within={"cluster": "clusterArn"},
    ),
    Row(
        "ecs:task-definition.families",
        "ecs",
        "list_task_definition_families",
        "families[].{family: @}",
        static={"status": "ACTIVE"},
        names="[family]",
    ),
    # By its family alone AWS describes the latest revision in force.
    Row(
        "ecs:task-definition",
        "ecs",
        "describe_task_definition",
        "taskDefinition",
        per="ecs:task-definition.families",
        params={"taskDefinition": "family"},
        names="[family]",
        arn="taskDefinitionArn",
    ),
)
