"""Checks of schedules: EventBridge rules and the schedules of EventBridge Scheduler."""

import datetime
import json
import re
from collections.abc import Mapping
from typing import Any

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

SCHEDULE_READS = ("scheduler:schedule.names", "scheduler:schedule")
_RULE, _SCHEDULE, _TARGET = "events:rule", "scheduler:schedule", "events:rule.target"
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_DAILY = re.compile(r"cron\((\d+) (\d+) (?:\* \* \?|\? \* \*) \*\)")
_MINUTES = {"minute": 1, "hour": 60, "day": 1440}
_FIX = "Set {name} as documented: aws events put-rule, or aws scheduler update-schedule."


def daily_time(expression: str) -> tuple[int, int] | None:
    """Hour and minute of a schedule expression that fires once a day; None for any other expression."""
    match = _DAILY.fullmatch(expression)
    return (int(match[2]), int(match[1])) if match else None


def payload_of(record: Record, account: Account | None = None) -> Any:
    """The constant JSON input for its target; None where the target receives the event itself.

    Raises `Unknown` where the input is not JSON, or where a rule has not exactly one target.
    """
    text = _target(record, account).get("Input")  # AWS omits it where the target receives the event itself
    try:
        return json.loads(text) if text is not None else None
    except ValueError as error:
        raise Unknown(f"the input that {record.entry.label!r} passes to its target is not JSON: {error}") from None


def _target(record: Record, account: Account | None) -> Record:
    if record.entry.kind == _SCHEDULE or account is None:
        return record["Target"]
    targets = account.details(_TARGET, record)
    if len(targets) != 1:
        raise Unknown(f"{record.entry.label!r} has {len(targets)} targets, not one")
    return targets[0]


@check(_RULE, _SCHEDULE, severity="high", fix=_FIX)
def enabled(record: Record, now: datetime.datetime) -> bool:
    """Whether it is enabled, has started and has not ended."""
    # a rule has no start and end date, and a schedule has them only where they were set
    begun, ends = record.get("StartDate"), record.get("EndDate")
    return record["State"] == "ENABLED" and (begun is None or begun <= now) and (ends is None or now < ends)


@check(_RULE, _SCHEDULE, severity="medium", fix=_FIX)
def interval_minutes(record: Record) -> int | None:
    """The minutes between invocations; nothing if it fires neither at a fixed rate nor once a day."""
    # a rule on an event pattern has no schedule
    expression = record.get("ScheduleExpression", "")
    match = _RATE.fullmatch(expression)
    if match:
        return int(match[1]) * _MINUTES[match[2]]
    return _MINUTES["day"] if daily_time(expression) else None


@check(_RULE, _SCHEDULE, severity="medium", fix=_FIX)
def daily_at(record: Record) -> str | None:
    """The time of day at which it fires, in its own time zone: `09:00`; nothing if it does not fire once a day."""
    time = daily_time(record.get("ScheduleExpression", ""))
    return f"{time[0]:02}:{time[1]:02}" if time else None


@check(_RULE, severity="high", reads=[_TARGET], names_subjects=True, fix=_FIX)
@check(_SCHEDULE, severity="high", names_subjects=True, fix=_FIX)
def runs(record: Record, account: Account) -> frozenset[str]:
    """The subjects that are its targets, else the targets' ARNs."""
    targets = [record["Target"]] if record.entry.kind == _SCHEDULE else account.details(_TARGET, record)
    return frozenset(account.named(target.reference("Arn")) for target in targets)


@check(_RULE, severity="medium", reads=[_TARGET], fix=_FIX)
@check(_SCHEDULE, severity="medium", fix=_FIX)
def payload(record: Record, account: Account, field: str) -> str | None:
    """A field of the JSON input for its target, as text; nothing if the input has no such field."""
    found = _field(record, account, field)
    return found if found is None or isinstance(found, str) else json.dumps(found)


@check(_RULE, severity="medium", reads=[_TARGET], fix=_FIX)
@check(_SCHEDULE, severity="medium", fix=_FIX)
def payload_number(record: Record, account: Account, field: str) -> int | None:
    """A number in the JSON input for its target; nothing if there is none. Dots separate nested fields."""
    found = _field(record, account, field)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


@check(_RULE, severity="medium", reads=[_TARGET], fix=_FIX)
@check(_SCHEDULE, severity="medium", fix=_FIX)
def payload_total(record: Record, account: Account, field: str) -> int | None:
    """The sum of the whole numbers in an object of the JSON input for its target; nothing if there are none."""
    found = _field(record, account, field)
    numbers = [value for value in found.values() if isinstance(value, int)] if isinstance(found, Mapping) else []
    return sum(numbers) if numbers else None


def _field(record: Record, account: Account, field: str) -> Any:
    found = payload_of(record, account)
    for part in field.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
