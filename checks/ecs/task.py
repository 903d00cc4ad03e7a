"""Checks of single ECS tasks, including those that belong to no service (`ecs:DescribeTasks`)."""

import datetime

from asbuilt.check import check
from asbuilt.evidence import Record

_FIX = "aws ecs stop-task --cluster {clusterArn} --task {arn}"


def tags_of(task: Record) -> dict[str, str]:
    """A task's tags: the software that starts tasks notes there who uses a task, or that it is unused."""
    return {tag["key"]: tag["value"] for tag in task["tags"]}


@check("ecs:task", severity="medium", fix="Start the task with aws ecs run-task where it is needed, not by a service.")
def started_as(task: Record) -> str:
    """How the task was started: by a `service`, or on its own, as one of its `family`."""
    return task["group"].partition(":")[0]


@check("ecs:task", severity="medium", fix=_FIX)
def mark(task: Record, tag: str) -> str | None:
    """The value of a tag of the task; nothing if it has no such tag."""
    return tags_of(task).get(tag)


@check("ecs:task", severity="medium", fix=_FIX)
def minutes_since_mark(task: Record, now: datetime.datetime, tag: str) -> float | None:
    """Minutes since the time in a tag of the task (ISO 8601); nothing if it has no such tag."""
    text = tags_of(task).get(tag)
    return round((now - datetime.datetime.fromisoformat(text)).total_seconds() / 60, 1) if text else None
