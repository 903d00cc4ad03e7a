"""How releases of an ECS service roll out, and what becomes of those that fail."""

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


@check("ecs:service", severity="medium", fix="It is fixed when the service is created: make a new one with it.")
def deployment_controller(service: Record) -> str:
    """Who replaces its tasks: ECS itself, CODE_DEPLOY or EXTERNAL."""
    # AWS leaves the controller out where it is ECS
    return service.get("deploymentController", {}).get("type", "ECS")


@check("ecs:service", severity="high", fix=_BREAKER)
def circuit_breaker(service: Record) -> bool:
    """Whether a deployment whose tasks don't start is given up."""
    return service["deploymentConfiguration"]["deploymentCircuitBreaker"]["enable"]


@check("ecs:service", severity="high", fix=_BREAKER)
def rolls_back(service: Record) -> bool:
    """Whether a deployment that was given up is taken back to the release before."""
    breaker = service["deploymentConfiguration"]["deploymentCircuitBreaker"]
    return breaker["enable"] and breaker["rollback"]


@check("ecs:service", severity="medium", fix=f"{_CONFIGURE} maximumPercent={{wanted ?? <percent>}}")
def maximum_percent(service: Record) -> int:
    """How many of the wanted tasks, in percent, may run at once during a deployment."""
    return service["deploymentConfiguration"]["maximumPercent"]


@check("ecs:service", severity="high", fix=f"{_CONFIGURE} minimumHealthyPercent={{wanted ?? <percent>}}")
def minimum_healthy_percent(service: Record) -> int:
    """How many of the wanted tasks, in percent, stay healthy during a deployment."""
    return service["deploymentConfiguration"]["minimumHealthyPercent"]


@check("ecs:service", severity="medium", fix=f"{_UPDATE} --health-check-grace-period-seconds {{wanted ?? <seconds>}}")
def grace_seconds(service: Record) -> int:
    """How long failed health checks of a new task are overlooked."""
    # AWS leaves the period out where none was set
    return service.get("healthCheckGracePeriodSeconds", 0)


@check("ecs:service", severity="low", reads=READS, fix=f"{_UPDATE} --task-definition <revision>")
def task_revision(service: Record, account: Account) -> int:
    """The revision of its task definition: it grows with each release."""
    return definition_of(service, account)["revision"]


@check("ecs:service", severity="high", fix="aws ecs describe-services --cluster {clusterArn} --services {name}")
def runs_all_wanted(service: Record) -> bool:
    """Whether as many tasks run as are wanted, and some are."""
    return service["runningCount"] == service["desiredCount"] > 0


@check("ecs:service", severity="low", reads=["ecs:service.task"], fix="Register the task definition for {expected}.")
def platforms(service: Record, account: Account) -> frozenset[str]:
    """What its tasks run on: `Linux 1.4.0` is the family and Fargate's version."""
    return frozenset(f"{task['platformFamily']} {task['platformVersion']}" for task in tasks_of(service, account))


@check(
    "ecs:service",
    severity="medium",
    reads=["ecs:service.deployment-names", _HISTORY],
    fix="aws ecs list-service-deployments --cluster {clusterArn} --service {name} --status ROLLBACK_SUCCESSFUL",
)
def rollback_minutes(service: Record, account: Account) -> float:
    """How long the longest rollback on record took, from its start to its end."""
    mine = [item for item in account.all(_HISTORY) if item["serviceArn"] == service["serviceArn"]]
    took = [
        (item["finishedAt"] - item["rollback"]["startedAt"]).total_seconds() / 60
        for item in mine
        if item["status"] == "ROLLBACK_SUCCESSFUL"
    ]
    if not took:
        raise Unknown(f"no deployment of {service['serviceName']!r} on record was rolled back, so none was timed")
    return round(max(took), 2)


@check("ecs:cluster", severity="medium", fix="aws ecs list-tasks --cluster {name}")
def running_tasks(cluster: Record) -> int:
    """How many tasks run in it, of any service."""
    return cluster["runningTasksCount"]


@check("ecs:cluster", severity="low", fix="aws ecs list-services --cluster {name}")
def active_services(cluster: Record) -> int:
    """How many services it has."""
    return cluster["activeServicesCount"]
