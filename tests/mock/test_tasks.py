"""Standalone tasks on the mock."""

from __future__ import annotations

from asbuilt_content.fixtures.accounts.apranova.workspaces import FAMILIES

DEPLOYMENT = ("apranova", "")

CLUSTER = "production-cluster"


def start(aws, family):
    """Start a standalone task in the second private subnet, and return its ARN."""
    placed = {"subnets": [aws.subnet("10.20.32.0/20")], "securityGroups": [aws.security_group("production-workspace")]}
    made = aws.ecs.run_task(
        cluster=CLUSTER,
        taskDefinition=family,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": placed},
        tags=[{"key": "state", "value": "warm"}],
    )
    return made["tasks"][0]["taskArn"]


def described(aws, task, **asked):
    """The description of the task."""
    return aws.ecs.describe_tasks(cluster=CLUSTER, tasks=[task], **asked)["tasks"][0]


def test_a_standalone_task_runs_in_its_subnet(aws):
    """The task has its subnet's zone, an address of the subnet, its image's digest, and a start time."""
    task = described(aws, start(aws, FAMILIES["vscode"]))
    details = {each["name"]: each["value"] for each in task["attachments"][0]["details"]}
    assert task["group"] == f"family:{FAMILIES['vscode']}"
    assert task["lastStatus"] == "RUNNING"
    assert task["availabilityZone"] == "us-east-1b"
    assert details["privateIPv4Address"].startswith("10.20.")
    assert task["startedAt"] >= task["createdAt"]
    assert task["containers"][0]["imageDigest"].startswith("sha256:")


def test_tags_are_answered_on_request(aws):
    """Without the request there are no tags."""
    task = start(aws, FAMILIES["vscode"])
    assert described(aws, task, include=["TAGS"])["tags"] == [{"key": "state", "value": "warm"}]
    assert "tags" not in described(aws, task)


def test_a_task_whose_image_is_gone_stops(aws):
    """The task has a reason, and is no longer among the running ones."""
    images = aws.ecr.list_images(repositoryName="production/superset")["imageIds"]
    aws.ecr.batch_delete_image(repositoryName="production/superset", imageIds=images)
    task = start(aws, FAMILIES["superset"])
    assert described(aws, task)["lastStatus"] == "STOPPED"
    assert "not found" in described(aws, task)["stoppedReason"]
    assert task not in aws.ecs.list_tasks(cluster=CLUSTER)["taskArns"]


def test_quotas(aws):
    """A raised quota has the new value, any other AWS's default."""
    quotas = aws.service_quotas.list_service_quotas(ServiceCode="fargate")["Quotas"]
    values = {each["QuotaName"]: each["Value"] for each in quotas}
    assert values["Fargate On-Demand vCPU resource count"] == 128.0
    assert values["Fargate Spot vCPU resource count"] == 6.0
