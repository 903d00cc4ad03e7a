"""Checks of pipelines: their stages and actions, what starts them, and how long they take."""

from __future__ import annotations

import datetime
import statistics
from collections.abc import Iterator

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

_EDIT = "aws codepipeline update-pipeline --cli-input-json file://pipeline.json"
_RUNS, _ACTIONS, _WEBHOOKS = "codepipeline:pipeline.runs", "codepipeline:pipeline.actions", "codepipeline:webhook"
_CONNECTION = "CodeStarSourceConnection"


def _actions(pipeline: Record, category: str = "") -> Iterator[Record]:
    for stage in pipeline["pipeline"]["stages"]:
        for action in stage["actions"]:
            if category in ("", action["actionTypeId"]["category"]):
                yield action


def _source(pipeline: Record) -> Record:
    """The configuration of the one action that fetches the source."""
    found = [action["configuration"] for action in _actions(pipeline, "Source")]
    if len(found) != 1:
        raise Unknown(f"{pipeline.entry.label!r} has {len(found)} source actions, not one")
    return found[0]


@check("codepipeline:pipeline", severity="medium", fix=_EDIT)
def stages(pipeline: Record) -> tuple[str, ...]:
    """The names of its stages, in order."""
    return tuple(stage["name"] for stage in pipeline["pipeline"]["stages"])


@check("codepipeline:pipeline", severity="medium", fix=_EDIT)
def providers(pipeline: Record) -> tuple[str, ...]:
    """The providers of its actions, in order: GitHub, CodeBuild, ECS."""
    return tuple(action["actionTypeId"]["provider"] for action in _actions(pipeline))


@check("codepipeline:pipeline", severity="medium", fix=_EDIT)
def approvals(pipeline: Record) -> int:
    """How many of its actions are manual approvals."""
    return len(list(_actions(pipeline, "Approval")))


@check("codepipeline:pipeline", severity="high", fix=_EDIT)
def repository(pipeline: Record) -> str:
    """The repository that it builds: `owner/name`."""
    source = _source(pipeline)
    # a connection names owner and repository in one field, the older GitHub action in two
    return source["FullRepositoryId"] if "FullRepositoryId" in source else f"{source['Owner']}/{source['Repo']}"


@check("codepipeline:pipeline", severity="high", fix=_EDIT)
def branch(pipeline: Record) -> str:
    """The branch that it builds."""
    source = _source(pipeline)
    return source["BranchName"] if "BranchName" in source else source["Branch"]


@check(
    "codepipeline:pipeline",
    severity="high",
    reads=[_WEBHOOKS],
    fix="aws codepipeline put-webhook --webhook file://webhook.json, and set PollForSourceChanges to false",
)
def started_by_push(pipeline: Record, account: Account) -> bool:
    """Whether a push starts it: through a webhook without polling, or through a connection that detects changes."""
    source = _source(pipeline)
    if "ConnectionArn" in source:
        return source.get("DetectChanges", "true").lower() == "true"
    polls = source.get("PollForSourceChanges", "true").lower() == "true"  # AWS polls by default
    # AWS reports an error code only where it could not set the webhook up
    working = [webhook for webhook in account.all(_WEBHOOKS) if not webhook.get("errorCode", "")]
    targets = [webhook["definition"]["targetPipeline"] for webhook in working]
    return not polls and pipeline["pipeline"]["name"] in targets


@check("codepipeline:pipeline", severity="high", names_subjects=True, fix=_EDIT)
def builds_with(pipeline: Record, account: Account) -> frozenset[str]:
    """The subjects (else names) that are the CodeBuild projects of its actions."""
    of_codebuild = [action for action in _actions(pipeline) if action["actionTypeId"]["provider"] == "CodeBuild"]
    names = [action["configuration"].reference("ProjectName") for action in of_codebuild]
    return frozenset(account.named(name, "codebuild:project", "name") for name in names)


@check("codepipeline:pipeline", severity="high", names_subjects=True, fix=_EDIT)
def deploys_to(pipeline: Record, account: Account) -> frozenset[str]:
    """The subjects (else `cluster/service`) that are the ECS services which it deploys to."""
    known = {
        "/".join((item["clusterArn"].rpartition("/")[2], item["serviceName"])): name
        for name, item in account.subjects()
        if item.entry.kind == "ecs:service"
    }
    of_ecs = [action["configuration"] for action in _actions(pipeline, "Deploy")]
    names = [f"{each['ClusterName']}/{each['ServiceName']}" for each in of_ecs]
    return frozenset(known.get(name, name) for name in names)


@check("codepipeline:pipeline", severity="medium", names_subjects=True, fix=_EDIT)
def artifact_store(pipeline: Record, account: Account) -> str:
    """The subject that is its artifact bucket, else the bucket's name."""
    return account.named(pipeline["pipeline"]["artifactStore"].reference("location"), "s3:bucket", "Name")


@check("codepipeline:pipeline", severity="high", names_subjects=True, fix=_EDIT)
def acts_as(pipeline: Record, account: Account) -> str:
    """The subject that is its service role, else the role's ARN."""
    return account.named(pipeline["pipeline"].reference("roleArn"))


@check("codepipeline:pipeline", severity="medium", fix=f"{_EDIT}: onFailure RETRY with retryMode ALL_ACTIONS")
def retried_stages(pipeline: Record) -> frozenset[str]:
    """The stages that retry all their actions when one fails."""
    found = []
    for stage in pipeline["pipeline"]["stages"]:
        # a stage without the setting fails without a retry
        failing = stage.get("onFailure", {})
        mode = failing.get("retryConfiguration", {}).get("retryMode")
        found += [stage["name"]] if failing.get("result") == "RETRY" and mode == "ALL_ACTIONS" else []
    return frozenset(found)


@check(
    "codepipeline:pipeline",
    severity="low",
    reads=[_ACTIONS],
    fix="aws codepipeline list-action-executions --pipeline-name {name}: which step of {parameter} takes so long?",
)
def stage_minutes(pipeline: Record, account: Account, stage: str) -> float:
    """The median duration of a stage's successful actions in the recorded runs."""
    done = [
        action
        for action in account.details(_ACTIONS, pipeline)
        if action["stageName"] == stage and action["status"] == "Succeeded"
    ]
    return _median(pipeline, [action["lastUpdateTime"] - action["startTime"] for action in done])


@check(
    "codepipeline:pipeline",
    severity="low",
    reads=[_RUNS],
    fix="aws codepipeline list-pipeline-executions --pipeline-name {name}: which stage takes so long?",
)
def run_minutes(pipeline: Record, account: Account) -> float:
    """The median duration of the recorded runs that succeeded."""
    done = [run for run in account.details(_RUNS, pipeline) if run["status"] == "Succeeded"]
    return _median(pipeline, [run["lastUpdateTime"] - run["startTime"] for run in done])


def _median(pipeline: Record, times: list[datetime.timedelta]) -> float:
    if not times:
        raise Unknown(f"no recorded run of {pipeline['pipeline']['name']!r} succeeded, so there is none to time")
    return round(statistics.median(time.total_seconds() for time in times) / 60, 2)
