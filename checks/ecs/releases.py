"""Checks of the order in which releases reach ECS services."""

import datetime

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

from .service import belongs_to
from .task_definition import repository_of

_READS = ("ecs:task.names", "ecs:task", "ecr:repository", "ecr:repository.image")


@check(
    "ecs:service",
    severity="medium",
    reads=_READS,
    names_subjects=True,
    fix="Let the pipeline deploy to the earlier environment first, and to {name} once that deployment is stable.",
)
def no_newer_than(service: Record, account: Account, subject: str) -> bool:
    """Whether it runs no image that was pushed after the newest image of another service, which must run tasks."""
    others = [record for name, record in account.subjects() if name == subject]
    if not any(_tasks(other, account) for other in others):
        return False
    theirs = [moment for other in others for moment in _pushed(other, account)]
    return max(_pushed(service, account)) <= max(theirs)


def _pushed(service: Record, account: Account) -> list[datetime.datetime]:
    """The times at which the images of a service's tasks were pushed, for images from the account's own registry."""
    moments = []
    for container in (item for task in _tasks(service, account) for item in task["containers"]):
        repository = repository_of(container["image"], account)
        images = account.details("ecr:repository.image", repository) if repository is not None else []
        moments += [each["imagePushedAt"] for each in images if each["imageDigest"] == container["imageDigest"]]
    if not moments:
        raise Unknown(f"no running task of {service.entry.label!r} comes from a repository of this account")
    return moments


def _tasks(service: Record, account: Account) -> list[Record]:
    return [task for task in account.all("ecs:task") if belongs_to(task, service)]
