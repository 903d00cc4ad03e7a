"""Questions about CodeBuild projects (`codebuild:BatchGetProjects`)."""

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
    """Whether its builds may run Docker: without privileged mode none can make an image."""
    return project["environment"]["privilegedMode"]


@check("codebuild:project", severity="high", names_subjects=True, fix=f"{_UPDATE} --service-role {{wanted ?? <role>}}")
def builds_as(project: Record, account: Account) -> str:
    """The subject that is the role its builds work with, else the role's ARN."""
    role = project["serviceRole"]
    return next((name for name, item in account.subjects() if item.entry.arn == role), role)


@check("codebuild:project", severity="medium", fix=f"{_UPDATE} --logs-config cloudWatchLogs={{status=ENABLED}}")
def build_log_group(project: Record) -> str | None:
    """The log group of its builds; nothing where they are not logged to CloudWatch."""
    # AWS documents that builds are logged, and to a group of the project's name, where nothing else is said
    logs = project.get("logsConfig", {}).get("cloudWatchLogs", {})
    if logs.get("status", "ENABLED") != "ENABLED":
        return None
    return logs.get("groupName", f"/aws/codebuild/{project['name']}")
