"""Checks of deployments of an ECS service, and of the rollback of those that fail."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

from .service import tasks_of
from .task_definition import READS, definition_of

_UPDATE = "aws ecs update-service --cluster {clusterArn} --service {name}"
_CONFIGURE = f"{_UPDATE} --deployment-configuration"
_BREAKER = f"{_CONFIGURE} 'deploymentCircuitBreaker={{enable=true,rollback=true}}'"
_HISTORY = "ecs:service.deployment"


@check("ecs:service", severity="medium", fix="It is fixed when the service is created: create a new one with it.")
def deployment_controller(service: Record) -> str:
    """The deployment controller: ECS, CODE_DEPLOY or EXTERNAL."""
    # AWS omits the controller where it is ECS
    return service.get("deploymentController", {}).get("type", "ECS")


@check("ecs:service", severity="high", fix=_BREAKER)
def circuit_breaker(service: Record) -> bool:
    """Whether the deployment circuit breaker stops a deployment whose tasks do not start."""
    return service["deploymentConfiguration"]["deploymentCircuitBreaker"]["enable"]


@check("ecs:service", severity="high", fix=_BREAKER)
def rolls_back(service: Record) -> bool:
    """Whether a deployment that the circuit breaker stopped is rolled back to the previous release."""
    breaker = service["deploymentConfiguration"]["deploymentCircuitBreaker"]
    return breaker["enable"] and breaker["rollback"]


@check("ecs:service", severity="medium", fix=f"{_CONFIGURE} maximumPercent={{wanted ?? <percent>}}")
def maximum_percent(service: Record) -> int:
    """The upper limit on running tasks during a deployment, as a percentage of the desired count."""
    return service["deploymentConfiguration"]["maximumPercent"]


@check("ecs:service", severity="high", fix=f"{_CONFIGURE} minimumHealthyPercent={{wanted ?? <percent>}}")
def minimum_healthy_percent(service: Record) -> int:
    """The lower limit on healthy tasks during a deployment, as a percentage of the desired count."""
    return service["deploymentConfiguration"]["minimumHealthyPercent"]


@check("ecs:service", severity="medium", fix=f"{_UPDATE} --health-check-grace-period-seconds {{wanted ?? <seconds>}}")
def grace_seconds(service: Record) -> int:
    """How long failed health checks of a new task are ignored."""
    # AWS omits the period where none is set
    return service.get("healthCheckGracePeriodSeconds", 0)


@check("ecs:service", severity="low", reads=READS, fix=f"{_UPDATE} --task-definition <revision>")
def task_revision(service: Record, account: Account) -> int:
    """The revision of its task definition, which increases with each release."""
    return definition_of(service, account)["revision"]


@check("ecs:service", severity="high", fix="aws ecs describe-services --cluster {clusterArn} --services {name}")
def runs_all_wanted(service: Record) -> bool:
    """Whether its desired count is above zero and that many tasks run."""
    return service["runningCount"] == service["desiredCount"] > 0


@check("ecs:service", severity="low", reads=["ecs:service.task"], fix="Register the task definition for {expected}.")
def platforms(service: Record, account: Account) -> frozenset[str]:
    """The platforms of its tasks: `Linux 1.4.0` is the operating system family and the Fargate version."""
    return frozenset(f"{task['platformFamily']} {task['platformVersion']}" for task in tasks_of(service, account))


@check(
    "ecs:service",
    severity="medium",
    reads=["ecs:service.deployment-names", _HISTORY],
    fix="aws ecs list-service-deployments --cluster {clusterArn} --service {name} --status ROLLBACK_SUCCESSFUL",
)
def rollback_minutes(service: Record, account: Account) -> float:
    """The duration of the longest recorded rollback."""
    mine = [item for item in account.all(_HISTORY) if item["serviceArn"] == service["serviceArn"]]
    took = [
        (item["finishedAt"] - item["rollback"]["startedAt"]).total_seconds() / 60
        for item in mine
        if item["status"] == "ROLLBACK_SUCCESSFUL"
    ]
    if not took:
        raise Unknown(f"no recorded deployment of {service['serviceName']!r} was rolled back, so there is none to time")
    return round(max(took), 2)


@check("ecs:cluster", severity="medium", fix="aws ecs list-tasks --cluster {name}")
def running_tasks(cluster: Record) -> int:
    """How many tasks run in the cluster, of all services."""
    return cluster["runningTasksCount"]


@check("ecs:cluster", severity="low", fix="aws ecs list-services --cluster {name}")
def active_services(cluster: Record) -> int:
    """How many active services the cluster has."""
    return cluster["activeServicesCount"]
