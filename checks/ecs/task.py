"""Questions about single ECS tasks, those that belong to no service among them (`ecs:DescribeTasks`)."""

import datetime

from asbuilt.check import check
from asbuilt.evidence import Record

_FIX = "aws ecs stop-task --cluster {clusterArn} --task {arn}"


def marks(task: Record) -> dict[str, str]:
    """A task's tags: what started it writes down there whose it is, or that it waits."""
    return {tag["key"]: tag["value"] for tag in task["tags"]}


@check("ecs:task", severity="medium", fix="Let what needs the task start it with aws ecs run-task, without a service.")
def started_as(task: Record) -> str:
    """What it was started as: one of a `service`, or on its own, as one of its `family`."""
    return task["group"].partition(":")[0]


@check("ecs:task", severity="medium", fix=_FIX)
def mark(task: Record, tag: str) -> str | None:
    """A tag of the task; nothing where it is not tagged so."""
    return marks(task).get(tag)


@check("ecs:task", severity="medium", fix=_FIX)
def minutes_since_mark(task: Record, now: datetime.datetime, tag: str) -> float | None:
    """Minutes since the moment that a tag of the task holds (ISO 8601); nothing where it is not tagged so."""
    text = marks(task).get(tag)
    return round((now - datetime.datetime.fromisoformat(text)).total_seconds() / 60, 1) if text else None
