"""Checks of functions, of schedules and their input, and of warm pools."""

from __future__ import annotations

import datetime
import json

import pytest

from asbuilt.evidence import Unknown
from asbuilt.sources.redaction import SECRET
from asbuilt_content.checks.delivery import lambda_function, schedules
from asbuilt_content.checks.ecs import warm_pool
from tests.records import account, entry, record

FUNCTION = "arn:aws:lambda:eu-west-1:1:function:keeper"


def rule(targets=(), **data):
    """A rule, and an account with its targets."""
    own = record({"State": "ENABLED", **data}, "events:rule", ["tick"])
    held = [entry(item, "events:rule.target", [str(n)], parent=own.entry.id) for n, item in enumerate(targets)]
    return own, held


def schedule(keep=None, name="day", **data):
    """An entry of a schedule whose input maps families to numbers of tasks."""
    target = {"Arn": FUNCTION, "Input": json.dumps({"action": "fill", "keep": keep})}
    full = {"State": "ENABLED", "ScheduleExpression": "cron(0 9 * * ? *)", "Target": target, **data}
    return entry(full, "scheduler:schedule", [name])


def test_fields_of_a_function():
    """Runtime, package type and variables; nothing if they are not set."""
    function = record({"Runtime": "python3.12", "PackageType": "Zip", "Environment": {"Variables": {"LIMIT": "30"}}})
    assert lambda_function.runtime(function) == "python3.12"
    assert lambda_function.package_type(function) == "Zip"
    assert lambda_function.variable(function, "LIMIT") == "30"
    assert lambda_function.variable(function, "OTHER") is None
    assert lambda_function.runtime(record({"PackageType": "Image"})) is None
    assert lambda_function.variable(record({}), "LIMIT") is None


@pytest.mark.parametrize(
    ("variables", "free"),
    [
        ({}, True),
        ({"CLUSTER": "web"}, True),
        ({"DB_PASSWORD": "arn:aws:secretsmanager:eu-west-1:1:secret:db"}, True),
        ({"DB_PASSWORD": ""}, True),
        ({"DB_PASSWORD": "made-up"}, False),
        ({"CLUSTER": SECRET}, False),
    ],
)
def test_plain_secrets_of_a_function(variables, free):
    """A secret is found by the variable's name or by its redacted value."""
    assert lambda_function.free_of_plain_secrets(record({"Environment": {"Variables": variables}})) is free


def test_variables_that_could_not_be_decrypted_are_unknown():
    """Lambda returns an error in place of the variables."""
    locked = {"Error": {"ErrorCode": "AccessDeniedException", "Message": "no"}}
    with pytest.raises(Unknown, match="encrypted"):
        lambda_function.free_of_plain_secrets(record({"FunctionName": "f", "Environment": locked}))


@pytest.mark.parametrize(
    ("expression", "minutes", "time"),
    [
        ("rate(5 minutes)", 5, None),
        ("rate(1 hour)", 60, None),
        ("rate(1 day)", 1440, None),
        ("cron(30 9 * * ? *)", 1440, "09:30"),
        ("cron(0 21 ? * * *)", 1440, "21:00"),
        ("cron(0 9 ? * MON-FRI *)", None, None),
        ("at(2030-01-01T00:00:00)", None, None),
    ],
)
def test_schedule_expressions(expression, minutes, time):
    """Rates and daily times are read; other expressions are nothing."""
    own, _ = rule(ScheduleExpression=expression)
    assert schedules.interval_minutes(own) == minutes
    assert schedules.daily_at(own) == time


def test_a_rule_on_events_has_no_times():
    """Such a rule has no schedule expression."""
    own, _ = rule()
    assert schedules.interval_minutes(own) is None
    assert schedules.daily_at(own) is None


def test_enabled():
    """A rule or schedule can be disabled, not started or ended."""
    now = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
    before, after = now - datetime.timedelta(days=1), now + datetime.timedelta(days=1)
    assert schedules.enabled(record({"State": "ENABLED"}), now)
    assert schedules.enabled(record({"State": "ENABLED", "StartDate": before, "EndDate": after}), now)
    for asleep in (
        {"State": "DISABLED"},
        {"State": "ENABLED", "EndDate": before},
        {"State": "ENABLED", "StartDate": after},
    ):
        assert not schedules.enabled(record(asleep), now)


def test_targets_are_subjects_or_arns():
    """A rule may have several targets; one that is no subject is its ARN."""
    function = entry({}, "lambda:function", ["keeper"], arn=FUNCTION)
    own, held = rule([{"Arn": FUNCTION}, {"Arn": "arn:aws:sqs:eu-west-1:1:queue"}])
    seen = account({"events:rule.target": held}, {"keeper": [function]})
    assert schedules.runs(own, seen) == {"keeper", "arn:aws:sqs:eu-west-1:1:queue"}
    one = record(schedule().data, "scheduler:schedule", ["day"])
    assert schedules.runs(one, account({}, {"keeper": [function]})) == {"keeper"}


def test_payload_fields():
    """Texts, numbers and sums, with dots for nested fields."""
    target = {"Arn": FUNCTION, "Input": '{"action": "fill", "keep": {"a": 2, "b": 1}, "dry": true}'}
    own, held = rule([target])
    seen = account({"events:rule.target": held})
    assert schedules.payload(own, seen, "action") == "fill"
    assert schedules.payload(own, seen, "keep") == '{"a": 2, "b": 1}'
    assert schedules.payload(own, seen, "other") is None
    assert schedules.payload_number(own, seen, "keep.a") == 2
    assert schedules.payload_number(own, seen, "dry") is None
    assert schedules.payload_total(own, seen, "keep") == 3
    assert schedules.payload_total(own, seen, "action") is None


def test_a_target_without_input_has_no_payload():
    """Such a target receives the event itself."""
    own, held = rule([{"Arn": FUNCTION}])
    assert schedules.payload(own, account({"events:rule.target": held}), "action") is None


def test_a_payload_that_is_no_json_or_of_two_targets_is_unknown():
    """Neither has one answer."""
    own, held = rule([{"Arn": FUNCTION, "Input": "now"}])
    with pytest.raises(Unknown):
        schedules.payload(own, account({"events:rule.target": held}), "action")
    own, held = rule([{"Arn": "a"}, {"Arn": "b"}])
    with pytest.raises(Unknown):
        schedules.payload(own, account({"events:rule.target": held}), "action")


FAMILY = record({"family": "job"}, "ecs:task-definition", ["job"])
DAY = schedule({"job": 2})
NIGHT = schedule({"job": 1}, "night", ScheduleExpression="cron(0 21 * * ? *)")


def off_schedule(ready, hour, *schedules, minute=30, family="job"):
    """The difference between the pool and its schedule at an hour of the day, UTC."""
    arn = f"arn:aws:ecs:eu-west-1:1:task-definition/{family}:3"
    tasks = [
        entry(
            {
                "taskDefinitionArn": arn,
                "lastStatus": "RUNNING",
                "tags": [{"key": "state", "value": "warm" if n < ready else "taken"}],
            },
            "ecs:task",
            [str(n)],
        )
        for n in range(ready + 1)
    ]
    seen = account({"ecs:task.names": [], "ecs:task": tasks, "scheduler:schedule": schedules})
    now = datetime.datetime(2030, 6, 3, hour, minute, tzinfo=datetime.UTC)
    return warm_pool.ready_tasks_off_schedule(FAMILY, seen, now, "state=warm")


@pytest.mark.parametrize(
    ("ready", "hour", "off"), [(2, 12, 0), (1, 12, -1), (3, 12, 1), (1, 22, 0), (1, 3, 0), (0, 3, -1)]
)
def test_ready_tasks_off_schedule(ready, hour, off):
    """The schedule that fired last counts, even if it fired on the day before."""
    assert off_schedule(ready, hour, DAY, NIGHT) == off


def test_around_a_change_the_nearer_number_counts():
    """The pool needs time to follow a change, and may already have followed when it is read."""
    assert off_schedule(1, 9, DAY, NIGHT, minute=5) == 0
    assert off_schedule(2, 9, DAY, NIGHT, minute=5) == 0
    assert off_schedule(1, 9, DAY, NIGHT, minute=15) == -1
    assert off_schedule(2, 8, DAY, NIGHT, minute=59) == 0
    assert off_schedule(2, 8, DAY, NIGHT, minute=58) == 1


def test_schedules_have_time_zones():
    """09:00 in New York is 13:00 UTC."""
    there = {"ScheduleExpressionTimezone": "America/New_York"}
    day = schedule({"job": 2}, **there)
    night = schedule({"job": 1}, "night", ScheduleExpression="cron(0 21 * * ? *)", **there)
    assert off_schedule(2, 14, day, night) == 0
    assert off_schedule(1, 12, day, night) == 0


def test_without_an_enabled_schedule_the_answer_is_unknown():
    """Disabled schedules and those for other families do not count."""
    for found in ([], [schedule({"job": 2}, State="DISABLED")], [schedule({"other": 2})], [schedule(None)]):
        with pytest.raises(Unknown):
            off_schedule(2, 12, *found)


def test_tasks_of_other_families_do_not_count():
    """Whatever their tags are."""
    assert off_schedule(2, 12, DAY, NIGHT, family="other") == -2
