"""Checks of CodeBuild projects (`codebuild:BatchGetProjects`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_UPDATE = "aws codebuild update-project --name {name}"


@check(
    "codebuild:project",
    severity="medium",
    fix=f"{_UPDATE} --environment file://environment.json, the same with privilegedMode=true",
)
def builds_images(project: Record) -> bool:
    """Whether its builds run in privileged mode, which building Docker images needs."""
    return project["environment"]["privilegedMode"]


@check("codebuild:project", severity="high", names_subjects=True, fix=f"{_UPDATE} --service-role {{wanted ?? <role>}}")
def builds_as(project: Record, account: Account) -> str:
    """The subject that is the service role of its builds, else the role's ARN."""
    return account.named(project.reference("serviceRole"))


@check("codebuild:project", severity="medium", fix=f"{_UPDATE} --logs-config cloudWatchLogs={{status=ENABLED}}")
def build_log_group(project: Record) -> str | None:
    """The log group of its builds; nothing if they are not logged to CloudWatch Logs."""
    # AWS documents that builds log by default, to a group with the project's name
    logs = project.get("logsConfig", {}).get("cloudWatchLogs", {})
    if logs.get("status", "ENABLED") != "ENABLED":
        return None
    return logs.get("groupName", f"/aws/codebuild/{project['name']}")
