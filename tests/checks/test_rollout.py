"""Checks of deployments and rollbacks."""

from __future__ import annotations

import datetime

import pytest

from asbuilt.evidence import Unknown
from asbuilt_content.checks.ecs import rollout
from tests.records import account, entry, record

NOON = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
SERVICE = {"serviceName": "web", "serviceArn": "arn:s", "clusterArn": "arn:c"}
HISTORY = "ecs:service.deployment"


def _deploying(**configuration):
    return record({**SERVICE, "deploymentConfiguration": configuration}, "ecs:service", ["web"])


@pytest.mark.parametrize(
    ("enable", "rollback", "breaks", "back"),
    [(True, True, True, True), (True, False, True, False), (False, True, False, False), (False, False, False, False)],
)
def test_circuit_breaker(enable, rollback, breaks, back):
    """A disabled circuit breaker rolls nothing back, whatever else is set."""
    service = _deploying(deploymentCircuitBreaker={"enable": enable, "rollback": rollback})
    assert (rollout.circuit_breaker(service), rollout.rolls_back(service)) == (breaks, back)


def test_limits_of_a_deployment():
    """The limits are the configuration's fields."""
    service = _deploying(maximumPercent=150, minimumHealthyPercent=50)
    assert (rollout.maximum_percent(service), rollout.minimum_healthy_percent(service)) == (150, 50)


def test_controller_and_grace_period():
    """The defaults that AWS omits are ECS and a period of zero."""
    assert rollout.deployment_controller(record({"deploymentController": {"type": "CODE_DEPLOY"}})) == "CODE_DEPLOY"
    assert rollout.deployment_controller(record({})) == "ECS"
    assert rollout.grace_seconds(record({"healthCheckGracePeriodSeconds": 300})) == 300
    assert rollout.grace_seconds(record({})) == 0


def test_revision_and_platforms():
    """The revision of the task definition and the platforms of running tasks."""
    service = record({**SERVICE, "taskDefinition": "arn:web:7"}, "ecs:service", ["web"])
    kinds = ("ecs:service.task-definition", "ecs:service.task")
    task = {"group": "service:web", "clusterArn": "arn:c", "platformFamily": "Linux", "platformVersion": "1.4.0"}
    tasks = [
        entry({**task, "lastStatus": "RUNNING"}, kinds[1], ["1"], service.entry.id),
        entry({**task, "lastStatus": "STOPPED", "platformVersion": "1.3.0"}, kinds[1], ["2"], service.entry.id),
    ]
    seen = account({kinds[0]: [entry({"revision": 7}, kinds[0], ["web"], service.entry.id)], kinds[1]: tasks})
    assert rollout.task_revision(service, seen) == 7
    assert rollout.platforms(service, seen) == {"Linux 1.4.0"}


@pytest.mark.parametrize(("running", "desired", "all_run"), [(2, 2, True), (1, 2, False), (3, 2, False), (0, 0, False)])
def test_runs_all_wanted(running, desired, all_run):
    """As many tasks as desired must run, and some must be desired."""
    assert rollout.runs_all_wanted(record({"runningCount": running, "desiredCount": desired})) is all_run


def _rolled_back(service, minutes, status="ROLLBACK_SUCCESSFUL"):
    ended = {"startedAt": NOON, "finishedAt": NOON + datetime.timedelta(minutes=minutes)}
    data = {"serviceArn": service, "status": status, "rollback": {"startedAt": NOON}, **ended}
    return entry(data, HISTORY, [f"{service} {minutes}"])


def test_rollback_minutes():
    """The longest rollback of this service; without one the answer is unknown."""
    service = record(SERVICE, "ecs:service", ["web"])
    seen = account({HISTORY: [_rolled_back("arn:s", 1), _rolled_back("arn:s", 2.5), _rolled_back("arn:other", 9)]})
    assert rollout.rollback_minutes(service, seen) == 2.5
    for history in ([], [_rolled_back("arn:s", 1, "SUCCESSFUL")]):
        with pytest.raises(Unknown, match="rolled back"):
            rollout.rollback_minutes(service, account({HISTORY: history}))


def test_clusters():
    """Running tasks and active services."""
    cluster = record({"runningTasksCount": 3, "activeServicesCount": 1})
    assert (rollout.running_tasks(cluster), rollout.active_services(cluster)) == (3, 1)
