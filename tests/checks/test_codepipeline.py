"""Checks of pipelines, builds and stacks."""

from __future__ import annotations

import datetime

import pytest

from asbuilt.evidence import Unknown
from asbuilt_content.checks.delivery import codebuild, codepipeline, stack
from tests.records import account, entry, record

NOON = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
RUNS, ACTIONS, WEBHOOKS = "codepipeline:pipeline.runs", "codepipeline:pipeline.actions", "codepipeline:webhook"
RETRY = {"result": "RETRY", "retryConfiguration": {"retryMode": "ALL_ACTIONS"}}


def _action(category, provider, **configuration):
    return {"actionTypeId": {"category": category, "provider": provider}, "configuration": configuration}


def _stage(name, *actions, **more):
    return {"name": name, "actions": list(actions), **more}


GITHUB = _action("Source", "GitHub", Owner="o", Repo="r", Branch="main", PollForSourceChanges="false")
BUILD = _action("Build", "CodeBuild", ProjectName="p")
DEPLOY = _action("Deploy", "ECS", ClusterName="c", ServiceName="s")
APPROVE = _action("Approval", "Manual")


def _pipeline(*stages, **more):
    data = {"pipeline": {"name": "main", "stages": list(stages), **more}}
    return record(data, "codepipeline:pipeline", ["main"])


def _source(**configuration):
    return _pipeline(_stage("Source", _action("Source", "CodeStarSourceConnection", **configuration)))


WHOLE = _pipeline(_stage("Source", GITHUB), _stage("Build", BUILD), _stage("Deploy", DEPLOY))


def test_stages_and_providers():
    """Both are in order."""
    assert codepipeline.stages(WHOLE) == ("Source", "Build", "Deploy")
    assert codepipeline.providers(WHOLE) == ("GitHub", "CodeBuild", "ECS")


def test_approvals():
    """Every approval action counts."""
    assert codepipeline.approvals(WHOLE) == 0
    assert codepipeline.approvals(_pipeline(_stage("Gate", APPROVE, APPROVE))) == 2


def test_repository_and_branch():
    """The older GitHub action and a connection are read; with two sources the answer is unknown."""
    connected = _source(FullRepositoryId="o/r", BranchName="dev")
    assert (codepipeline.repository(WHOLE), codepipeline.branch(WHOLE)) == ("o/r", "main")
    assert (codepipeline.repository(connected), codepipeline.branch(connected)) == ("o/r", "dev")
    with pytest.raises(Unknown, match="2 source actions"):
        codepipeline.branch(_pipeline(_stage("Source", GITHUB, GITHUB)))


@pytest.mark.parametrize(
    ("pipeline", "webhooks", "at_once"),
    [
        (WHOLE, ["main"], True),
        (WHOLE, ["other"], False),
        (WHOLE, [], False),
        (_pipeline(_stage("Source", _action("Source", "GitHub", Owner="o"))), ["main"], False),
        (_source(ConnectionArn="arn"), [], True),
        (_source(ConnectionArn="arn", DetectChanges="false"), [], False),
    ],
)
def test_started_by_push(pipeline, webhooks, at_once):
    """A push starts it by its own webhook without polling, or by a connection that detects changes."""
    of = [entry({"definition": {"targetPipeline": name}}, WEBHOOKS, [name]) for name in webhooks]
    assert codepipeline.started_by_push(pipeline, account({WEBHOOKS: of})) is at_once
    broken = [entry({**one.data, "errorCode": "AccessDenied"}, WEBHOOKS, one.ids) for one in of]
    assert codepipeline.started_by_push(pipeline, account({WEBHOOKS: broken})) is (at_once and not webhooks)


def test_references():
    """Project, service, bucket and role are subjects, else AWS's names."""
    tied = _pipeline(_stage("Build", BUILD), _stage("Deploy", DEPLOY), artifactStore={"location": "b"}, roleArn="arn:r")
    subjects = {
        "project": [entry({"name": "p"}, "codebuild:project", ["p"])],
        "service": [entry({"clusterArn": "arn:cluster/c", "serviceName": "s"}, "ecs:service", ["s"])],
        "bucket": [entry({"Name": "b"}, "s3:bucket", ["b"])],
        "role": [entry({}, "iam:role", ["r"], arn="arn:r")],
    }
    asked = (codepipeline.builds_with, codepipeline.deploys_to, codepipeline.artifact_store, codepipeline.acts_as)
    assert [ask(tied, account({}, subjects)) for ask in asked] == [{"project"}, {"service"}, "bucket", "role"]
    assert [ask(tied, account({})) for ask in asked] == [{"p"}, {"c/s"}, "b", "arn:r"]


def test_retried_stages():
    """Only stages that retry all of their actions count."""
    some = {**RETRY, "retryConfiguration": {"retryMode": "FAILED_ACTIONS"}}
    stages = [_stage("A", onFailure=RETRY), _stage("B", onFailure=some), _stage("C", onFailure={"result": "FAIL"})]
    assert codepipeline.retried_stages(_pipeline(*stages, _stage("D"))) == {"A"}


def _timed(kind, minutes, **more):
    took = [(number, datetime.timedelta(minutes=each)) for number, each in enumerate(minutes)]
    return account(
        {
            kind: [
                entry(
                    {"status": "Succeeded", "startTime": NOON, "lastUpdateTime": NOON + each, **more},
                    kind,
                    [str(number)],
                    WHOLE.entry.id,
                )
                for number, each in took
            ]
        }
    )


def test_durations():
    """The median of successful runs; without one the answer is unknown."""
    assert codepipeline.run_minutes(WHOLE, _timed(RUNS, [9, 60, 10])) == 10
    assert codepipeline.stage_minutes(WHOLE, _timed(ACTIONS, [6, 7], stageName="Build"), "Build") == 6.5
    for seen, ask in [
        (_timed(RUNS, [9], status="Failed"), codepipeline.run_minutes),
        (_timed(RUNS, []), codepipeline.run_minutes),
    ]:
        with pytest.raises(Unknown, match="succeeded"):
            ask(WHOLE, seen)
    with pytest.raises(Unknown, match="succeeded"):
        codepipeline.stage_minutes(WHOLE, _timed(ACTIONS, [6], stageName="Deploy"), "Build")


def test_builds():
    """Privileged mode, role and log group of a build project."""
    project = {"name": "p", "environment": {"privilegedMode": True}, "serviceRole": "arn:r"}
    role = [entry({}, "iam:role", ["r"], arn="arn:r")]
    assert codebuild.builds_images(record(project)) is True
    assert codebuild.builds_images(record({"environment": {"privilegedMode": False}})) is False
    assert codebuild.builds_as(record(project), account({}, {"role": role})) == "role"
    assert codebuild.builds_as(record(project), account({})) == "arn:r"
    for logs, group in [
        (None, "/aws/codebuild/p"),
        ({"status": "ENABLED", "groupName": "/g"}, "/g"),
        ({"status": "DISABLED", "groupName": "/g"}, None),
    ]:
        given = {"logsConfig": {"cloudWatchLogs": logs}} if logs else {}
        assert codebuild.build_log_group(record({**project, **given})) == group


@pytest.mark.parametrize(
    ("status", "physical", "resource", "kept"),
    [
        ("IMPORT_COMPLETE", "arn:s", "IMPORT_COMPLETE", True),
        ("UPDATE_COMPLETE", "arn:other", "CREATE_COMPLETE", False),
        ("ROLLBACK_FAILED", "arn:s", "CREATE_COMPLETE", False),
        ("ROLLBACK_COMPLETE", "arn:s", "DELETE_COMPLETE", False),
        ("ROLLBACK_COMPLETE", "arn:s", "CREATE_COMPLETE", False),
        ("UPDATE_ROLLBACK_COMPLETE", "arn:s", "UPDATE_COMPLETE", True),
        ("UPDATE_COMPLETE", "arn:s", "DELETE_SKIPPED", False),
    ],
)
def test_kept_as_code(status, physical, resource, kept):
    """The stack must be in a stable state and still contain the resource."""
    one = entry({"StackStatus": status}, "cloudformation:stack", ["main"])
    held = entry(
        {"PhysicalResourceId": physical, "ResourceType": "AWS::ECS::Service", "ResourceStatus": resource},
        "cloudformation:stack.resources",
        [physical],
        one.id,
    )
    seen = account({"cloudformation:stack": [one], "cloudformation:stack.resources": [held]})
    assert stack.kept_as_code(record({}, "ecs:service", arn="arn:s"), seen) is kept
    # a custom resource may return any text as its physical id
    assert not stack.kept_as_code(record({}, "elbv2:load-balancer", arn="arn:s"), seen)
