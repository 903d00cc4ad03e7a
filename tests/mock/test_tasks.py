"""Tasks that belong to no service, as the mock runs them."""

from __future__ import annotations

import pytest

from asbuilt.mock.account import mock_account
from asbuilt_content.fixtures.accounts.apranova.workspaces import FAMILIES
from asbuilt_content.fixtures.aws import Aws

CLUSTER = "production-cluster"


@pytest.fixture(scope="module")
def aws():
    """An account whose workspaces are such tasks."""
    with mock_account("apranova", "") as session:
        yield Aws(session)


def start(aws, family):
    """The ARN of a task of its own in the second private subnet."""
    placed = {"subnets": [aws.subnet("10.20.32.0/20")], "securityGroups": [aws.security_group("production-workspace")]}
    made = aws.ecs.run_task(
        cluster=CLUSTER,
        taskDefinition=family,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": placed},
        tags=[{"key": "state", "value": "warm"}],
    )
    return made["tasks"][0]["taskArn"]


def told(aws, task, **asked):
    """The task as AWS would describe it."""
    return aws.ecs.describe_tasks(cluster=CLUSTER, tasks=[task], **asked)["tasks"][0]


def test_a_task_of_its_own_runs_where_it_was_put(aws):
    """In its subnet's zone, with an address of the subnet, the digest of its image, and a start."""
    task = told(aws, start(aws, FAMILIES["vscode"]))
    details = {each["name"]: each["value"] for each in task["attachments"][0]["details"]}
    assert task["group"] == f"family:{FAMILIES['vscode']}"
    assert task["lastStatus"] == "RUNNING"
    assert task["availabilityZone"] == "us-east-1b"
    assert details["privateIPv4Address"].startswith("10.20.")
    assert task["startedAt"] >= task["createdAt"]
    assert task["containers"][0]["imageDigest"].startswith("sha256:")


def test_tags_are_told_to_whoever_asks(aws):
    """And to nobody else."""
    task = start(aws, FAMILIES["vscode"])
    assert told(aws, task, include=["TAGS"])["tags"] == [{"key": "state", "value": "warm"}]
    assert "tags" not in told(aws, task)


def test_a_task_whose_image_is_gone_stops(aws):
    """With the reason, and no longer among those that run."""
    images = aws.ecr.list_images(repositoryName="production/superset")["imageIds"]
    aws.ecr.batch_delete_image(repositoryName="production/superset", imageIds=images)
    task = start(aws, FAMILIES["superset"])
    assert told(aws, task)["lastStatus"] == "STOPPED"
    assert "not found" in told(aws, task)["stoppedReason"]
    assert task not in aws.ecs.list_tasks(cluster=CLUSTER)["taskArns"]


def test_a_quota_is_what_was_granted(aws):
    """Until then, it is AWS's default."""
    quotas = aws.service_quotas.list_service_quotas(ServiceCode="fargate")["Quotas"]
    values = {each["QuotaName"]: each["Value"] for each in quotas}
    assert values["Fargate On-Demand vCPU resource count"] == 128.0
    assert values["Fargate Spot vCPU resource count"] == 6.0
