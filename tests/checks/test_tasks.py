"""Checks of single tasks, task definitions, ECS Exec and the order of releases."""

from __future__ import annotations

import datetime

import pytest

from asbuilt.evidence import Unknown
from asbuilt_content.checks.account import quotas
from asbuilt_content.checks.ec2 import placement
from asbuilt_content.checks.ecs import exec, releases, rollout, task_family
from asbuilt_content.checks.ecs import task as ecs_task
from tests.records import account, entry, record

NOW = datetime.datetime(2030, 6, 3, 12, tzinfo=datetime.UTC)
CLUSTER = "arn:aws:ecs:eu-west-1:1:cluster/live"
DEFINITION_ARN = "arn:aws:ecs:us-east-1:1:task-definition/job:1"


def test_started_as():
    """The task's group names a service or a family."""
    assert ecs_task.started_as(record({"group": "service:web"})) == "service"
    assert ecs_task.started_as(record({"group": "family:job"})) == "family"


def test_marks():
    """Marks are tags, some of which hold a time."""
    task = record({"tags": [{"key": "state", "value": "warm"}, {"key": "seen", "value": "2030-06-03T11:30:00+00:00"}]})
    assert ecs_task.mark(task, "state") == "warm"
    assert ecs_task.mark(task, "owner") is None
    assert ecs_task.minutes_since_mark(task, NOW, "seen") == 30.0
    assert ecs_task.minutes_since_mark(task, NOW, "owner") is None


def test_tags_that_were_not_read_are_unknown():
    """A task whose tags were not requested may have any."""
    with pytest.raises(Unknown):
        ecs_task.mark(record({}), "state")


@pytest.mark.parametrize(("gateway", "private"), [("nat-1", True), ("igw-1", False)])
def test_placement_of_a_task(gateway, private):
    """The subnet of its interface is private unless it routes to an internet gateway."""
    details = [{"name": "networkInterfaceId", "value": "eni-1"}, {"name": "subnetId", "value": "s1"}]
    task = record({"attachments": [{"details": details}]}, "ecs:task")
    table = {"VpcId": "v", "Associations": [{"SubnetId": "s1"}], "Routes": [{"GatewayId": gateway}]}
    seen = account(
        {
            "ec2:subnet": [entry({"SubnetId": "s1", "VpcId": "v"}, "ec2:subnet", ["s1"])],
            "ec2:route-table": [entry(table, "ec2:route-table", ["r"])],
        }
    )
    assert placement.in_private_subnets(task, seen) is private


def volume(**settings):
    """A volume on the file system `fs-1`."""
    return {"name": "files", "efsVolumeConfiguration": {"fileSystemId": "fs-1", **settings}}


def definition(container=None, **data):
    """A task definition of one container that mounts `files`."""
    one = {"name": "job", "image": "repo/job:1", "mountPoints": [{"sourceVolume": "files"}], **(container or {})}
    return record(
        {"containerDefinitions": [one], "volumes": [volume()], **data},
        "ecs:task-definition",
        ["job"],
        arn=DEFINITION_ARN,
    )


def test_size_and_role():
    """The role is its name; nothing if there is none."""
    made = definition(
        cpu="1024", memory="2048", taskRoleArn="arn:aws:iam::1:role/path/job", requiresCompatibilities=["FARGATE"]
    )
    assert (task_family.cpu_units(made), task_family.memory_mib(made)) == (1024, 2048)
    assert task_family.task_role(made) == "job"
    assert task_family.compatibilities(made) == {"FARGATE"}
    assert task_family.task_role(definition()) is None


def test_images_from_repositories():
    """An image of another registry stays as it is."""
    repository = entry({"repositoryUri": "repo/job"}, "ecr:repository", ["job"])
    seen = account({"ecr:repository": [repository]}, {"own": [repository]})
    assert task_family.images_from(definition(), seen) == {"own"}
    assert task_family.images_from(definition({"image": "nginx:1"}), seen) == {"nginx:1"}
    assert task_family.images_from(definition({"image": "repo/job:1@sha256:0"}), seen) == {"own"}


def test_file_systems_that_are_mounted_as_writable():
    """A read-only mount, a non-essential container and a container without mounts do not count."""
    system = entry({"FileSystemId": "fs-1"}, "efs:file-system", ["fs-1"])
    seen = account({}, {"files": [system]})
    assert task_family.writes_to(definition(), seen) == {"files"}
    assert (
        task_family.writes_to(definition({"mountPoints": [{"sourceVolume": "files", "readOnly": True}]}), seen) == set()
    )
    assert task_family.writes_to(definition({"essential": False}), seen) == set()
    assert task_family.writes_to(definition({"mountPoints": []}), seen) == set()
    assert task_family.writes_to(definition(), account({}, {})) == {"fs-1"}


@pytest.mark.parametrize(
    ("volumes", "encrypted", "by_point"),
    [
        ([], False, False),
        ([{"name": "scratch"}], False, False),
        ([volume()], False, False),
        ([volume(transitEncryption="ENABLED")], True, False),
        ([volume(transitEncryption="ENABLED", authorizationConfig={"accessPointId": "ap"})], True, True),
        ([volume(transitEncryption="ENABLED", authorizationConfig={"iam": "ENABLED"})], True, False),
        ([volume(transitEncryption="ENABLED"), volume()], False, False),
    ],
)
def test_mounts(volumes, encrypted, by_point):
    """All mounts must comply, and there must be one."""
    made = definition(volumes=volumes)
    assert task_family.encrypts_mounts(made) is encrypted
    assert task_family.mounts_by_access_point(made) is by_point


def test_keys_and_secrets_in_a_definition():
    """Plain secrets are found by name, access keys also if they come from a secret."""
    assert task_family.free_of_plain_secrets(definition())
    assert task_family.free_of_access_keys(definition())
    plain = definition({"environment": [{"name": "API_KEY", "value": "made-up"}]})
    assert not task_family.free_of_plain_secrets(plain)
    assert task_family.free_of_plain_secrets(definition({"environment": [{"name": "API_KEY", "value": ""}]}))
    from_file = definition({"environmentFiles": [{"value": "arn:aws:s3:::settings/prod.env", "type": "s3"}]})
    for question in (task_family.free_of_plain_secrets, task_family.free_of_access_keys):
        with pytest.raises(Unknown):
            question(from_file)
    keys = definition({"secrets": [{"name": "AWS_SECRET_ACCESS_KEY", "valueFrom": "arn:aws:ssm:x"}]})
    assert not task_family.free_of_access_keys(keys)


def test_exec_sessions_logged():
    """AWS's default, and an override without a destination, do not count as logged."""

    def logged(**settings):
        return exec.exec_sessions_logged(record({"configuration": {"executeCommandConfiguration": settings}}))

    assert logged(logging="OVERRIDE", logConfiguration={"cloudWatchLogGroupName": "exec"})
    assert logged(logging="OVERRIDE", logConfiguration={"s3BucketName": "exec"})
    assert not logged(logging="OVERRIDE", logConfiguration={})
    assert not logged(logging="DEFAULT", logConfiguration={"cloudWatchLogGroupName": "exec"})
    assert not logged(logging="NONE")
    assert not exec.exec_sessions_logged(record({}))


def test_exec_in_containers():
    """The service's setting and the definition's containers."""
    assert exec.exec_enabled(record({"enableExecuteCommand": True}))
    assert not exec.exec_enabled(record({"enableExecuteCommand": False}))
    service = record({}, "ecs:service", ["web"])
    made = entry(definition().entry.data, "ecs:service.task-definition", ["job"], parent=service.entry.id)
    assert exec.containers(service, account({"ecs:service.task-definition": [made]})) == {"job"}


def release(enable=True, rollback=True, healthy=100):
    """A service with a deployment configuration."""
    breaker = {"enable": enable, "rollback": rollback}
    return record({"deploymentConfiguration": {"deploymentCircuitBreaker": breaker, "minimumHealthyPercent": healthy}})


def test_rolls_back():
    """Both settings of the circuit breaker are needed."""
    assert rollout.rolls_back(release())
    assert not rollout.rolls_back(release(rollback=False))
    assert not rollout.rolls_back(release(enable=False))
    assert rollout.minimum_healthy_percent(release(healthy=50)) == 50


def test_no_newer_than():
    """The push times of the images of running tasks decide."""
    repository = entry({"repositoryUri": "repo/web"}, "ecr:repository", ["web", "repo/web"])
    images = [
        entry(
            {"imageDigest": digest, "imagePushedAt": NOW + datetime.timedelta(days=day)},
            "ecr:repository.image",
            [digest],
            parent=repository.id,
        )
        for day, digest in enumerate(["old", "new"])
    ]
    live = record({"serviceName": "web", "clusterArn": CLUSTER}, "ecs:service", ["web"])
    early = entry({"serviceName": "web", "clusterArn": "early"}, "ecs:service", ["early"])

    def held(ours, theirs, image="repo/web:latest"):
        tasks = [
            entry(
                {"group": "service:web", "clusterArn": where, "containers": [{"image": image, "imageDigest": digest}]},
                "ecs:task",
                [where],
            )
            for where, digest in ((CLUSTER, ours), ("early", theirs))
            if digest
        ]
        kinds = {"ecs:task": tasks, "ecr:repository": [repository], "ecr:repository.image": images}
        return releases.no_newer_than(live, account(kinds, {"early": [early]}), "early")

    assert held("old", "old")
    assert held("old", "new")
    assert not held("new", "old")
    assert not held("old", None)
    with pytest.raises(Unknown):
        held("old", "old", image="nginx:1")


def test_a_quota_is_its_value():
    """The quota's applied value."""
    assert quotas.quota(record({"Value": 6.0})) == 6.0
