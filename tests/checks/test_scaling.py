"""Checks of the scaling of ECS services."""

from __future__ import annotations

import datetime

import pytest

from asbuilt.evidence import ResourceId, Unknown, Untested
from asbuilt_content.checks.ecs import scaling
from tests.records import account, entry

SERVICE = entry({"serviceName": "web", "clusterArn": "arn:aws:ecs:r:1:cluster/main"}, "ecs:service", ["web"])
OF_WEB = {"ResourceId": "service/main/web", "ScalableDimension": "ecs:service:DesiredCount"}
OF_OTHER = {"ResourceId": "service/other/web", "ScalableDimension": "ecs:service:DesiredCount"}
CPU = "ECSServiceAverageCPUUtilization"


def _seen(targets=(), policies=(), actions=(), activities=(), runs=None):
    kinds = {"target": targets, "policy": policies, "scheduled-action": actions, "activity": activities}
    entries = {
        f"application-autoscaling:{name}": [
            entry(item, f"application-autoscaling:{name}", [str(number)]) for number, item in enumerate(items)
        ]
        for name, items in kinds.items()
    }
    if runs is not None:
        entries["load:run"] = [entry(run, "load:run", ["shop"]) for run in runs]
    seen = account({"ecs:service": [SERVICE], **entries})
    return seen.find("ecs:service", ResourceId("web")), seen


def test_limits():
    """The limits of this service in this cluster; nothing without a target."""
    limits = {"MinCapacity": 2, "MaxCapacity": 10}
    seen = _seen([{**OF_OTHER, "MinCapacity": 1, "MaxCapacity": 1}, {**OF_WEB, **limits}])
    assert (scaling.scales_from(*seen), scaling.scales_to(*seen)) == (2, 10)
    seen = _seen([{**OF_OTHER, **limits}])
    assert scaling.scales_from(*seen) is scaling.scales_to(*seen) is None


@pytest.mark.parametrize(
    ("targets", "in_force"),
    [
        ([OF_WEB], True),
        ([{**OF_WEB, "SuspendedState": {"DynamicScalingInSuspended": False}}], True),
        ([{**OF_WEB, "SuspendedState": {"DynamicScalingOutSuspended": True}}], False),
        ([{**OF_WEB, "SuspendedState": {"DynamicScalingInSuspended": True}}], False),
        ([OF_OTHER], False),
        ([], False),
    ],
)
def test_scaling_in_force(targets, in_force):
    """The service must be registered, and suspended in neither direction."""
    assert scaling.scaling_in_force(*_seen(targets)) is in_force


def _policy(metric=CPU, **more):
    tracking = {"TargetValue": 70.0, "PredefinedMetricSpecification": {"PredefinedMetricType": metric}, **more}
    return {**OF_WEB, "PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": tracking}


def test_target_tracking():
    """The target value and cooldowns for the metric, with AWS's default where none is set."""
    seen = _seen(policies=[_policy(ScaleOutCooldown=60), {**OF_WEB, "PolicyType": "StepScaling"}])
    assert scaling.scaling_policies(*seen) == {"TargetTrackingScaling", "StepScaling"}
    assert scaling.scaling_target(*seen, CPU) == 70
    assert (scaling.scale_out_seconds(*seen, CPU), scaling.scale_in_seconds(*seen, CPU)) == (60, 300)


def test_without_tracking_the_metric():
    """For another metric, another service or without a policy the answer is nothing."""
    for policies in ([], [_policy("Other")], [{**_policy(), **OF_OTHER}]):
        seen = _seen(policies=policies)
        for question in (scaling.scaling_target, scaling.scale_out_seconds, scaling.scale_in_seconds):
            assert question(*seen, CPU) is None
    assert scaling.scaling_policies(*_seen()) == frozenset()


def test_two_policies_that_track_one_metric_are_unknown():
    """Which of two target values applies is not known."""
    seen = _seen(policies=[_policy(), _policy(TargetValue=95.0)])
    with pytest.raises(Unknown, match="2 policies"):
        scaling.scaling_target(*seen, CPU)


def test_scheduled_actions():
    """Actions of this service that have not ended count, unless scheduled scaling is suspended."""
    now = datetime.datetime(2026, 11, 2, tzinfo=datetime.UTC)
    ended, lasting = ({**OF_WEB, "EndTime": now + datetime.timedelta(days=days)} for days in (-1, 1))
    assert scaling.scheduled_actions(*_seen(actions=[OF_WEB, OF_OTHER, ended, lasting]), now) == 2
    assert scaling.scheduled_actions(*_seen(), now) == 0
    suspended = {**OF_WEB, "SuspendedState": {"ScheduledScalingSuspended": True}}
    assert scaling.scheduled_actions(*_seen([suspended], actions=[OF_WEB]), now) == 0


BELOW, ABOVE = "below the scaling trigger", "above the scaling trigger"
RUN = {
    "invalid": [],
    "profile": "autoscale",
    "stages": [
        {"label": BELOW, "began": "2026-11-02T10:00:00+00:00", "ended": "2026-11-02T10:06:00+00:00"},
        {"label": ABOVE, "began": "2026-11-02T10:06:00+00:00", "ended": "2026-11-02T10:15:00+00:00"},
    ],
}


HIGH, LOW = (
    f"monitor alarm TargetTracking-x-Alarm{way}-1 in state ALARM triggered policy p" for way in ("High", "Low")
)
STEP, TIMED = "monitor alarm busy in state ALARM triggered policy p", "scheduled action named evening was triggered"


def _activity(minute, tasks, status="Successful", of=OF_WEB, cause=HIGH):
    start = datetime.datetime(2026, 11, 2, 10, minute, tzinfo=datetime.UTC)
    return {
        **of,
        "StartTime": start,
        "Description": f"Setting desired count to {tasks}.",
        "StatusCode": status,
        "Cause": cause,
    }


@pytest.mark.parametrize(
    ("activities", "stages"),
    [
        ([], []),
        ([_activity(9, 4)], [ABOVE]),
        ([_activity(12, 8), _activity(9, 4)], [ABOVE]),
        ([_activity(3, 3), _activity(9, 4)], [BELOW, ABOVE]),
        ([_activity(20, 4)], []),
        ([_activity(9, 4, "Failed")], []),
        ([_activity(9, 4, of=OF_OTHER)], []),
        ([_activity(9, 3, cause=LOW)], []),
        ([_activity(9, 4, cause=TIMED)], []),
        ([_activity(0, 2, cause=LOW), _activity(9, 4, cause=STEP)], [ABOVE]),
        ([_activity(16, 6), _activity(18, 2), _activity(9, 6)], [ABOVE]),
    ],
    ids=[
        "none",
        "above",
        "twice",
        "too early",
        "after it",
        "failed",
        "another's",
        "fewer",
        "by the clock",
        "by steps",
        "and in again",
    ],
)
def test_scaling_under_load_belongs_to_the_stage_that_caused_it(activities, stages):
    """Only scaling out during the run counts."""
    seen = _seen([{**OF_WEB, "MinCapacity": 2, "MaxCapacity": 10}], activities=activities, runs=[RUN])
    assert scaling.scaled_out_while(*seen) == frozenset(stages)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"profile": "target"}, Untested),
        ({"profile": "smoke"}, Untested),
        ({"invalid": ["worker lost"]}, Unknown),
        ({"stages": []}, Unknown),
    ],
)
def test_unusable_runs_and_activities(change, error):
    """A run without an autoscale profile is untested; an invalid run or an unreadable activity is unknown."""
    with pytest.raises(error):
        scaling.scaled_out_while(*_seen(runs=[{**RUN, **change}]))
    with pytest.raises(Unknown, match="does not name the direction"):
        scaling.scaled_out_while(*_seen([OF_WEB], activities=[_activity(9, 4, cause=STEP)], runs=[RUN]))
    strange = {**_activity(9, 4), "Description": "Something else."}
    with pytest.raises(Unknown, match="Something else"):
        scaling.scaled_out_while(*_seen([OF_WEB], activities=[strange], runs=[RUN]))
