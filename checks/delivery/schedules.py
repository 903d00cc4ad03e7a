"""Questions about what runs by the clock: EventBridge rules and EventBridge Scheduler's schedules."""

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
    """Hour and minute of an expression that fires once each day; None for every other."""
    match = _DAILY.fullmatch(expression)
    return (int(match[2]), int(match[1])) if match else None


def payload_of(record: Record, account: Account | None = None) -> Any:
    """What it hands to its target, read as JSON; None where it hands over nothing of its own."""
    text = _target(record, account).get("Input")  # left out where the target is given the event itself
    try:
        return json.loads(text) if text is not None else None
    except ValueError as error:
        raise Unknown(f"what {record.entry.label!r} hands to its target is no JSON: {error}") from None


def _target(record: Record, account: Account | None) -> Record:
    if record.entry.kind == _SCHEDULE or account is None:
        return record["Target"]
    targets = account.details(_TARGET, record)
    if len(targets) != 1:
        raise Unknown(f"{record.entry.label!r} has {len(targets)} targets where one is meant")
    return targets[0]


@check(_RULE, _SCHEDULE, severity="high", fix=_FIX)
def enabled(record: Record, now: datetime.datetime) -> bool:
    """Whether it fires at all: it is on, has begun and has not ended."""
    # a rule has no dates, and a schedule only where somebody set some
    begun, ends = record.get("StartDate"), record.get("EndDate")
    return record["State"] == "ENABLED" and (begun is None or begun <= now) and (ends is None or now < ends)


@check(_RULE, _SCHEDULE, severity="medium", fix=_FIX)
def interval_minutes(record: Record) -> int | None:
    """The minutes from one firing to the next, where it fires at a fixed rate or once each day."""
    # a rule that waits for events has no schedule
    expression = record.get("ScheduleExpression", "")
    match = _RATE.fullmatch(expression)
    if match:
        return int(match[1]) * _MINUTES[match[2]]
    return _MINUTES["day"] if daily_time(expression) else None


@check(_RULE, _SCHEDULE, severity="medium", fix=_FIX)
def daily_at(record: Record) -> str | None:
    """The time at which it fires once each day, in its own time zone: `09:00`; nothing where it does not."""
    time = daily_time(record.get("ScheduleExpression", ""))
    return f"{time[0]:02}:{time[1]:02}" if time else None


@check(_RULE, severity="high", reads=[_TARGET], names_subjects=True, fix=_FIX)
@check(_SCHEDULE, severity="high", names_subjects=True, fix=_FIX)
def runs(record: Record, account: Account) -> frozenset[str]:
    """The subjects that it starts, else the ARNs of its targets."""
    known = {found.entry.arn: name for name, found in account.subjects()}
    targets = [record["Target"]] if record.entry.kind == _SCHEDULE else account.details(_TARGET, record)
    return frozenset(known.get(target["Arn"], target["Arn"]) for target in targets)


@check(_RULE, severity="medium", reads=[_TARGET], fix=_FIX)
@check(_SCHEDULE, severity="medium", fix=_FIX)
def payload(record: Record, account: Account, field: str) -> str | None:
    """A field of what it hands to its target, as text; nothing where it hands over none."""
    found = _field(record, account, field)
    return found if found is None or isinstance(found, str) else json.dumps(found)


@check(_RULE, severity="medium", reads=[_TARGET], fix=_FIX)
@check(_SCHEDULE, severity="medium", fix=_FIX)
def payload_number(record: Record, account: Account, field: str) -> int | None:
    """A number in what it hands to its target; nothing where there is none. Dots lead into inner fields."""
    found = _field(record, account, field)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


@check(_RULE, severity="medium", reads=[_TARGET], fix=_FIX)
@check(_SCHEDULE, severity="medium", fix=_FIX)
def payload_total(record: Record, account: Account, field: str) -> int | None:
    """The sum of the numbers below a field of what it hands to its target; nothing where there are none."""
    found = _field(record, account, field)
    numbers = [value for value in found.values() if isinstance(value, int)] if isinstance(found, Mapping) else []
    return sum(numbers) if numbers else None


def _field(record: Record, account: Account, field: str) -> Any:
    found = payload_of(record, account)
    for part in field.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
