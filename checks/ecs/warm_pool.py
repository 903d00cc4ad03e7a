"""The size of a warm pool of tasks, compared with the schedule for the current time."""

import datetime
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

from ..delivery.schedules import SCHEDULE_READS, daily_time, payload_of
from .task import tags_of

_SWITCHING = datetime.timedelta(minutes=10)  # how long the pool may take to follow its schedule
_READING = datetime.timedelta(minutes=1)  # how long after a run's start its evidence may be read
_READS = ("ecs:task.names", "ecs:task", *SCHEDULE_READS)


@check(
    "ecs:task-definition",
    severity="high",
    reads=_READS,
    fix="Invoke the function that maintains the warm pool of {family}, and read its log: the pool is off schedule.",
)
def ready_tasks_off_schedule(definition: Record, account: Account, now: datetime.datetime, tag: str) -> int:
    """The number of the family's running tasks with a tag (`state=warm`), less the scheduled number.

    The scheduled number is in the input of the daily schedule that fired last, in the field that maps families to
    numbers of tasks. Around a change of the schedule, the nearer of both numbers counts.
    """
    family = definition["family"]
    ready = sum(_is_ready(task, family, tag) for task in account.all("ecs:task"))
    wanted = {_wanted(account, family, moment) for moment in (now - _SWITCHING, now, now + _READING)}
    return min((ready - number for number in wanted), key=abs)


def _is_ready(task: Record, family: str, tag: str) -> bool:
    name, _, value = tag.partition("=")
    of_family = task["taskDefinitionArn"].rpartition("/")[2].rpartition(":")[0] == family
    return of_family and task["lastStatus"] == "RUNNING" and tags_of(task).get(name) == value


def _wanted(account: Account, family: str, now: datetime.datetime) -> int:
    """The number of tasks in the input of the schedule that fired last before `now`."""
    fired = list(_fired(account, family, now))
    if not fired:
        raise Unknown(f"no enabled daily schedule names a number of tasks of {family!r}")
    return max(fired)[1]


def _fired(account: Account, family: str, now: datetime.datetime) -> Iterator[tuple[datetime.datetime, int]]:
    for schedule in account.all("scheduler:schedule"):
        time = daily_time(schedule["ScheduleExpression"])
        number = _number_for(family, payload_of(schedule))
        if schedule["State"] == "ENABLED" and time and number is not None:
            here = now.astimezone(ZoneInfo(schedule.get("ScheduleExpressionTimezone", "UTC")))
            today = here.replace(hour=time[0], minute=time[1], second=0, microsecond=0)
            last = today if today <= here else today - datetime.timedelta(days=1)
            yield last.astimezone(datetime.UTC), number


def _number_for(family: str, payload: object) -> int | None:
    fields = payload.values() if isinstance(payload, Mapping) else ()
    maps = [field for field in fields if isinstance(field, Mapping) and isinstance(field.get(family), int)]
    return maps[0][family] if maps else None
