"""Checks of ECS clusters and services, and of their running images."""

from __future__ import annotations

import datetime

import pytest

from asbuilt.evidence import ResourceId, Unknown
from asbuilt_content.checks.delivery import ecr
from asbuilt_content.checks.ecs import service as ecs_service
from tests.records import account, entry, record

NOW = datetime.datetime(2026, 11, 20, tzinfo=datetime.UTC)
URI = "1.dkr.ecr.us-east-1.amazonaws.com/web"
REPOSITORY = entry({"repositoryUri": URI}, "ecr:repository", ["web", URI])
SERVICE = entry({"serviceName": "web", "clusterArn": "c"}, "ecs:service", ["web"])


def _task(digest="new", image=f"{URI}:latest", **about):
    where = {"group": "service:web", "clusterArn": "c", "lastStatus": "RUNNING", "availabilityZone": "a"}
    containers = [{"image": "public.ecr.aws/agent:1", "imageDigest": "x"}, {"image": image, "imageDigest": digest}]
    data = {**where, "containers": containers, **about}
    return entry(data, "ecs:service.task", [str(id(data))])


def _image(digest, days):
    data = {"imageDigest": digest, "imagePushedAt": NOW - datetime.timedelta(days=days)}
    return entry(data, "ecr:repository.image", [digest], parent=REPOSITORY.id)


IMAGES = (_image("old", 30), _image("new", 3))


def _running(*tasks, images=IMAGES):
    kinds = {"ecs:service.task": tasks, "ecr:repository": [REPOSITORY], "ecr:repository.image": images}
    seen = account({**kinds, "ecs:service": [SERVICE]})
    return seen.find("ecs:service", ResourceId("web")), seen


def test_runs_newest_image():
    """All tasks must have the newest digest, whatever their tag is."""
    assert ecs_service.runs_newest_image(*_running(_task(), _task(image=f"{URI}@sha256:1")))
    assert not ecs_service.runs_newest_image(*_running(_task(), _task("old")))
    assert not ecs_service.runs_newest_image(*_running(_task("deleted")))
    assert not ecs_service.runs_newest_image(*_running(_task(), images=()))


@pytest.mark.parametrize(
    "tasks", [(), (_task(image="docker.io/web:1"),), (_task(lastStatus="PENDING"),), (_task(group="service:other"),)]
)
def test_without_a_task_with_an_own_image_the_answer_is_unknown(tasks):
    """Without a running task of the account's registry there is no image to judge."""
    for question in (ecs_service.runs_newest_image, lambda *a: ecs_service.image_age_days(*a, NOW)):
        with pytest.raises(Unknown):
            question(*_running(*tasks))


def test_image_age_days():
    """The oldest running image counts; nothing if the repository no longer holds it."""
    assert ecs_service.image_age_days(*_running(_task(), _task("old")), NOW) == 30
    assert ecs_service.image_age_days(*_running(_task()), NOW) == 3
    assert ecs_service.image_age_days(*_running(_task(), _task("deleted")), NOW) is None


def test_running_zones():
    """Only running tasks of this service in this cluster count."""
    tasks = [_task(), _task(availabilityZone="b"), _task(availabilityZone="c", clusterArn="other")]
    assert ecs_service.running_zones(*_running(*tasks)) == 2
    assert ecs_service.running_zones(*_running()) == 0


def test_images_in_a_repository():
    """Only images of this repository count."""
    seen = account({"ecr:repository": [REPOSITORY], "ecr:repository.image": IMAGES})
    assert ecr.images(seen.find("ecr:repository", ResourceId(URI)), seen) == 2
    seen = account({"ecr:repository": [REPOSITORY], "ecr:repository.image": []})
    assert ecr.images(seen.find("ecr:repository", ResourceId(URI)), seen) == 0


def test_cluster_facts():
    """Status, registered instances and capacity providers."""
    cluster = {"status": "ACTIVE", "registeredContainerInstancesCount": 2, "capacityProviders": ["FARGATE"]}
    assert ecs_service.status(record(cluster)) == "ACTIVE"
    assert ecs_service.container_instances(record(cluster)) == 2
    assert ecs_service.capacity_providers(record(cluster)) == {"FARGATE"}


def test_service_facts():
    """Numbers and settings are the service's fields; a missing field is unknown."""
    service = record({"desiredCount": 3, "runningCount": 2, "platformVersion": "LATEST"})
    assert ecs_service.desired_tasks(service) == 3
    assert ecs_service.running_tasks(service) == 2
    assert ecs_service.platform_version(service) == "LATEST"
    with pytest.raises(Unknown):
        ecs_service.running_tasks(record({}))


def test_launch_type_or_capacity_providers():
    """A service has either a launch type or a strategy."""
    assert ecs_service.launch_type(record({"launchType": "EC2"})) == "EC2"
    strategy = [{"capacityProvider": "FARGATE_SPOT"}, {"capacityProvider": "FARGATE"}]
    assert ecs_service.launch_type(record({"capacityProviderStrategy": strategy})) == "FARGATE, FARGATE_SPOT"


@pytest.mark.parametrize(("value", "public"), [("ENABLED", True), ("DISABLED", False)])
def test_assign_public_ip(value, public):
    """The network configuration decides."""
    configuration = {"awsvpcConfiguration": {"assignPublicIp": value}}
    assert ecs_service.assign_public_ip(record({"networkConfiguration": configuration})) is public


def test_cluster_and_target_groups_are_subjects_or_arns():
    """A reference is the spec's subject, else the ARN."""
    cluster = entry({"clusterArn": "arn:c"}, "ecs:cluster", ["arn:c"])
    targets = entry({"TargetGroupArn": "arn:t"}, "elbv2:target-group", ["arn:t"])
    service = entry({"clusterArn": "arn:c", "loadBalancers": [{"targetGroupArn": "arn:t"}]}, "ecs:service", ["web"])
    named = account({"ecs:service": [service]}, {"cluster": [cluster], "targets": [targets]})
    unnamed = account({"ecs:service": [service]})
    for seen, cluster_name, group in ((named, "cluster", "targets"), (unnamed, "arn:c", "arn:t")):
        web = seen.find("ecs:service", ResourceId("web"))
        assert ecs_service.cluster(web, seen) == cluster_name
        assert ecs_service.serves(web, seen) == {group}


def test_balanced_containers():
    """Container and port of every registration; empty without a load balancer."""
    target = {"containerName": "web", "containerPort": 8000}
    assert ecs_service.balanced_containers(record({"loadBalancers": [target]})) == {"web:8000"}
    assert ecs_service.balanced_containers(record({"loadBalancers": []})) == frozenset()


@pytest.mark.parametrize(
    ("states", "complete"),
    [
        (["COMPLETED"], True),
        (["IN_PROGRESS"], False),
        (["FAILED"], False),
        (["COMPLETED", "IN_PROGRESS"], False),
        ([], False),
    ],
)
def test_deployment_complete(states, complete):
    """There must be one deployment, and it must be complete."""
    service = record({"deployments": [{"rolloutState": state} for state in states]})
    assert ecs_service.deployment_complete(service) is complete


def _rolling(healthy=100, enable=True, rollback=True, **more):
    breaker = {"enable": enable, "rollback": rollback}
    return {"deploymentConfiguration": {"minimumHealthyPercent": healthy, "deploymentCircuitBreaker": breaker, **more}}


@pytest.mark.parametrize(
    ("service", "strategy", "smooth"),
    [
        (_rolling(), "ROLLING", True),
        (_rolling(strategy="ROLLING"), "ROLLING", True),
        (_rolling(healthy=50), "ROLLING", False),
        (_rolling(enable=False), "ROLLING", False),
        (_rolling(rollback=False), "ROLLING", False),
        (_rolling(strategy="BLUE_GREEN", healthy=0), "BLUE_GREEN", True),
        ({"deploymentController": {"type": "CODE_DEPLOY"}}, "BLUE_GREEN", True),
        ({"deploymentController": {"type": "ECS"}, **_rolling()}, "ROLLING", True),
    ],
)
def test_deployment_strategies(service, strategy, smooth):
    """Blue-green deployments cause no downtime, rolling ones only with all tasks healthy and a rollback."""
    assert ecs_service.deployment_strategy(record(service)) == strategy
    assert ecs_service.replaced_without_downtime(record(service)) is smooth
