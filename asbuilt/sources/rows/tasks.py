"""ECS tasks, with or without a service; their task definitions; and Fargate quotas."""

from asbuilt.sources.row import Row
from asbuilt.sources.rows.compute import IN_CLUSTER, MISSING

ROWS = (
    Row(
        "ecs:task.names",
        "ecs",
        "list_tasks",
        "taskArns[].{taskArn: @}",
        per="ecs:cluster",
        params={"cluster": "clusterArn"},
        inherit={"clusterArn": "clusterArn"},
        ids="[taskArn]",
    ),
    # A task's only name is its group: `service:web`, or `family:job` for a standalone task.
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
        within=IN_CLUSTER,
        echoes={"tasks": "taskArn", "cluster": "clusterArn"},
    ),
    Row(
        "ecs:task-definition.families",
        "ecs",
        "list_task_definition_families",
        "families[].{family: @}",
        static={"status": "ACTIVE"},
        ids="[family]",
    ),
    # For a family without a revision, AWS describes the latest active revision.
    Row(
        "ecs:task-definition",
        "ecs",
        "describe_task_definition",
        "taskDefinition",
        per="ecs:task-definition.families",
        params={"taskDefinition": "family"},
        ids="[family]",
        arn="taskDefinitionArn",
        echoes={"taskDefinition": "family"},
    ),
    Row(
        "service-quotas:fargate",
        "service-quotas",
        "list_service_quotas",
        "Quotas[]",
        static={"ServiceCode": "fargate"},
        ids="[QuotaCode]",
        names="[QuotaName]",
        arn="QuotaArn",
    ),
)
