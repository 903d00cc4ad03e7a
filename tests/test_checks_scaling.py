"""Checks of how a service scales, both ways."""

from __future__ import annotations

import pytest

from checks import scaling
from tests.records import account, entry

SERVICE = entry({"serviceName": "web", "clusterArn": "arn:aws:ecs:r:1:cluster/main"}, "ecs:service", ["web"])
OF_WEB = {"ResourceId": "service/main/web", "ScalableDimension": "ecs:service:DesiredCount"}
OF_OTHER = {"ResourceId": "service/other/web", "ScalableDimension": "ecs:service:DesiredCount"}
CPU = "ECSServiceAverageCPUUtilization"


def _seen(targets=(), policies=(), actions=()):
    kinds = {"target": targets, "policy": policies, "scheduled-action": actions}
    entries = {
        f"application-autoscaling:{name}": [
            entry(item, f"application-autoscaling:{name}", [str(number)]) for number, item in enumerate(items)
        ]
        for name, items in kinds.items()
    }
    seen = account({"ecs:service": [SERVICE], **entries})
    return seen.find("ecs:service", "web"), seen


def test_limits():
    """Of this service in this cluster; without a target there are none."""
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
    """Registered, and suspended in neither direction."""
    assert scaling.scaling_in_force(*_seen(targets)) is in_force


def _policy(metric=CPU, **more):
    tracking = {"TargetValue": 70.0, "PredefinedMetricSpecification": {"PredefinedMetricType": metric}, **more}
    return {**OF_WEB, "PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": tracking}


def test_target_tracking():
    """The value and the pauses for the metric that is asked about; AWS's default where none is set."""
    seen = _seen(policies=[_policy(ScaleOutCooldown=60), {**OF_WEB, "PolicyType": "StepScaling"}])
    assert scaling.scaling_policies(*seen) == {"TargetTrackingScaling", "StepScaling"}
    assert scaling.scaling_target(*seen, CPU) == 70
    assert (scaling.scale_out_seconds(*seen, CPU), scaling.scale_in_seconds(*seen, CPU)) == (60, 300)


def test_without_tracking_the_metric():
    """Another metric, another service or no policy: nothing."""
    for policies in ([], [_policy("Other")], [{**_policy(), **OF_OTHER}]):
        seen = _seen(policies=policies)
        for question in (scaling.scaling_target, scaling.scale_out_seconds, scaling.scale_in_seconds):
            assert question(*seen, CPU) is None
    assert scaling.scaling_policies(*_seen()) == frozenset()


def test_scheduled_actions():
    """Those of this service."""
    assert scaling.scheduled_actions(*_seen(actions=[OF_WEB, OF_OTHER])) == 1
    assert scaling.scheduled_actions(*_seen()) == 0
