"""Questions about how releases of an ECS service come and go."""

import datetime

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

_READS = ("ecs:task.names", "ecs:task", "ecr:repository", "ecr:repository.image")


@check(
    "ecs:service",
    severity="medium",
    reads=_READS,
    names_subjects=True,
    fix="Let the pipeline deploy to the earlier environment first, and to {name} when that has held.",
)
def no_newer_than(service: Record, account: Account, subject: str) -> bool:
    """Whether no image that it runs was pushed after the newest that another service runs; one must run there."""
    others = [record for name, record in account.subjects() if name == subject]
    if not any(_tasks(other, account) for other in others):
        return False
    theirs = [moment for other in others for moment in _pushed(other, account)]
    return max(_pushed(service, account)) <= max(theirs)


def _pushed(service: Record, account: Account) -> list[datetime.datetime]:
    """When the images were pushed that run in a service's tasks, of those that come from the account itself."""
    moments = []
    for container in (item for task in _tasks(service, account) for item in task["containers"]):
        repository = account.find("ecr:repository", container["image"].partition("@")[0].rpartition(":")[0])
        images = account.details("ecr:repository.image", repository) if repository is not None else []
        moments += [each["imagePushedAt"] for each in images if each["imageDigest"] == container["imageDigest"]]
    if not moments:
        raise Unknown(f"no running task of {service.entry.label!r} comes from a repository of this account")
    return moments


def _tasks(service: Record, account: Account) -> list[Record]:
    group = f"service:{service['serviceName']}"
    tasks = [task for task in account.all("ecs:task") if task["group"] == group]
    return [task for task in tasks if task["clusterArn"] == service["clusterArn"]]
