"""Checks of the scaling of ECS services (Application Auto Scaling)."""

from __future__ import annotations

import re
from datetime import datetime

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown, Untested

from ..load import believed

_TARGET, _POLICY = "application-autoscaling:target", "application-autoscaling:policy"
_ACTION, _ACTIVITY = "application-autoscaling:scheduled-action", "application-autoscaling:activity"
_DONE = ("Pending", "InProgress", "Successful", "Overridden")  # AWS documents that activities in other states failed
_SET_TO = re.compile(r"desired count to (\d+)")
_SCALING = "aws application-autoscaling"
_WHAT = (
    "--service-namespace ecs --scalable-dimension ecs:service:DesiredCount "
    "--resource-id service/{after(clusterArn, ':cluster/') ?? <cluster>}/{name}"
)
_REGISTER = f"{_SCALING} register-scalable-target {_WHAT}"
_PUT = f"{_SCALING} put-scaling-policy {_WHAT} --policy-type TargetTrackingScaling --policy-name"


def _of(service: Record, kind: str, account: Account) -> list[Record]:
    """The records of a kind that concern a service's desired count."""
    resource = f"service/{service['clusterArn'].rpartition('/')[2]}/{service['serviceName']}"
    return [
        item
        for item in account.all(kind)
        if item["ResourceId"] == resource and item["ScalableDimension"] == "ecs:service:DesiredCount"
    ]


def _tracked(service: Record, account: Account, metric: str) -> Record | None:
    """A service's target tracking configuration for a predefined metric; None where it has none."""
    # only target tracking policies have this configuration, and custom metrics are not predefined
    policies = [item.get("TargetTrackingScalingPolicyConfiguration", {}) for item in _of(service, _POLICY, account)]
    found = [
        item for item in policies if item.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType") == metric
    ]
    if len(found) > 1:
        raise Unknown(
            f"{len(found)} policies of {service['serviceName']!r} track {metric}, so which one decides is not known"
        )
    return found[0] if found else None


@check("ecs:service", severity="high", reads=[_TARGET], fix=f"{_REGISTER} --min-capacity {{wanted ?? <number>}}")
def scales_from(service: Record, account: Account) -> int | None:
    """The minimum number of tasks; nothing if the service does not scale."""
    return next((target["MinCapacity"] for target in _of(service, _TARGET, account)), None)


@check("ecs:service", severity="high", reads=[_TARGET], fix=f"{_REGISTER} --max-capacity {{wanted ?? <number>}}")
def scales_to(service: Record, account: Account) -> int | None:
    """The maximum number of tasks; nothing if the service does not scale."""
    return next((target["MaxCapacity"] for target in _of(service, _TARGET, account)), None)


@check(
    "ecs:service",
    severity="high",
    reads=[_TARGET],
    fix=f"{_REGISTER} --suspended-state DynamicScalingInSuspended=false",
)
def scaling_in_force(service: Record, account: Account) -> bool:
    """Whether the service is registered for scaling and its scaling is not suspended."""
    targets = _of(service, _TARGET, account)
    # a target that was never suspended has no suspended state
    states = [target.get("SuspendedState", {}) for target in targets]
    names = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended")
    return bool(targets) and not any(state.get(name, False) for state in states for name in names)


@check("ecs:service", severity="high", reads=[_POLICY], fix=f"{_PUT} <policy>")
def scaling_policies(service: Record, account: Account) -> frozenset[str]:
    """The types of its scaling policies: TargetTrackingScaling, StepScaling, PredictiveScaling."""
    return frozenset(policy["PolicyType"] for policy in _of(service, _POLICY, account))


@check("ecs:service", severity="medium", reads=[_POLICY], fix=f"{_PUT} <policy>")
def scaling_target(service: Record, account: Account, metric: str) -> float | None:
    """The target value of a predefined metric; nothing if no policy tracks the metric."""
    tracking = _tracked(service, account, metric)
    return tracking["TargetValue"] if tracking else None


@check("ecs:service", severity="medium", reads=[_POLICY], fix=f"{_PUT} <policy>")
def scale_out_seconds(service: Record, account: Account, metric: str) -> int | None:
    """The scale-out cooldown for a predefined metric; nothing if no policy tracks the metric."""
    tracking = _tracked(service, account, metric)
    # AWS documents 300 seconds for ECS services where a policy sets none
    return tracking.get("ScaleOutCooldown", 300) if tracking else None


@check("ecs:service", severity="medium", reads=[_POLICY], fix=f"{_PUT} <policy>")
def scale_in_seconds(service: Record, account: Account, metric: str) -> int | None:
    """The scale-in cooldown for a predefined metric; nothing if no policy tracks the metric."""
    tracking = _tracked(service, account, metric)
    # AWS documents 300 seconds for ECS services where a policy sets none
    return tracking.get("ScaleInCooldown", 300) if tracking else None


@check("ecs:service", severity="low", reads=[_ACTION, _TARGET], fix=f"{_SCALING} put-scheduled-action {_WHAT}")
def scheduled_actions(service: Record, account: Account, now: datetime) -> int:
    """How many scheduled actions have not ended: none if scheduled scaling is suspended."""
    # a target that was never suspended has no suspended state, and an action without an end time never ends
    states = [target.get("SuspendedState", {}) for target in _of(service, _TARGET, account)]
    if any(state.get("ScheduledScalingSuspended", False) for state in states):
        return 0
    ends = [action.get("EndTime") for action in _of(service, _ACTION, account)]
    return sum(end is None or end > now for end in ends)


@check(
    "ecs:service",
    severity="high",
    reads=[_ACTIVITY, _TARGET, "load:run"],
    fix="Check its scaling policies: did their alarms fire under the load, and did a limit or a cooldown stop them?",
)
def scaled_out_while(service: Record, account: Account) -> frozenset[str]:
    """The stages of an autoscale load run during which an alarm scaled the service out; none if it does not scale.

    An activity scales out if it sets more tasks than the activity before it. The first activity scales out if the
    high alarm of a target tracking policy caused it.
    """
    stages = _stages(account)
    if not _of(service, _TARGET, account):
        return frozenset()
    tasks: int | None = None
    found = set()
    for activity in sorted(_of(service, _ACTIVITY, account), key=lambda item: item["StartTime"]):
        count = _SET_TO.search(activity["Description"])
        if activity["StatusCode"] not in _DONE:
            continue
        if count is None:
            raise Unknown(f"a scaling activity names no number of tasks: {activity['Description']!r}")
        within = {label for label, began, ended in stages if began <= activity["StartTime"] < ended}
        if within and "monitor alarm" in activity["Cause"] and _grew(activity, int(count[1]), tasks):
            found |= within
        tasks = int(count[1])
    return frozenset(found)


def _grew(activity: Record, count: int, before: int | None) -> bool:
    if before is not None:
        return count > before
    cause = activity["Cause"]
    if ("AlarmHigh" in cause) == ("AlarmLow" in cause):
        raise Unknown(f"{activity['Description']!r} is the first activity, and its cause does not name the direction")
    return "AlarmHigh" in cause


def _stages(account: Account) -> list[tuple[str, datetime, datetime]]:
    """Label, start and end of each stage of the load run. Raises `Untested` where it was not an autoscale run."""
    run = next(iter(account.all("load:run")), None)
    if run is None:
        raise Untested("there is no load run")
    if believed(run)["profile"] != "autoscale":
        raise Untested("the load run did not test scaling (--profile autoscale)")
    if not run["stages"]:
        raise Unknown("the load run did not start")
    moment = datetime.fromisoformat
    return [(stage["label"], moment(stage["began"]), moment(stage["ended"])) for stage in run["stages"]]
