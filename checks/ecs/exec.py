"""Checks of ECS Exec: whether sessions can be opened in tasks, and whether they are logged."""

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

from .task_definition import READS, definition_of


@check(
    "ecs:service",
    severity="medium",
    fix="aws ecs update-service --cluster {clusterArn} --service {name} --enable-execute-command",
)
def exec_enabled(service: Record) -> bool:
    """Whether ECS Exec can open a session in its tasks."""
    return service["enableExecuteCommand"]


@check(
    "ecs:service", severity="medium", reads=READS, fix="Register a revision of {taskDefinition} with that container."
)
def containers(service: Record, account: Account) -> frozenset[str]:
    """The names of the containers of its tasks, in which sessions are opened."""
    return frozenset(container["name"] for container in definition_of(service, account)["containerDefinitions"])


@check(
    "ecs:cluster",
    severity="high",
    fix="aws ecs update-cluster --cluster {name} --configuration "
    "'executeCommandConfiguration={logging=OVERRIDE,logConfiguration={cloudWatchLogGroupName=<group>}}'",
)
def exec_sessions_logged(cluster: Record) -> bool:
    """Whether ECS Exec sessions are logged to a log group or bucket that the cluster names."""
    # a cluster on which sessions were never configured has no such configuration
    settings = cluster.get("configuration", {}).get("executeCommandConfiguration", {})
    target = settings.get("logConfiguration", {})
    named = target.get("cloudWatchLogGroupName", "") or target.get("s3BucketName", "")
    return settings.get("logging", "DEFAULT") == "OVERRIDE" and bool(named)
