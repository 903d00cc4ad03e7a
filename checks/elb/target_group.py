"""Checks of target groups: their settings, their attributes and the health of their targets."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_ATTRIBUTES, _HEALTH = "elbv2:target-group.attributes", "elbv2:target-group.health"
_RECREATE = "It is fixed when the target group is created: create a new one and let the listener forward to it."
_MODIFY = "aws elbv2 modify-target-group --target-group-arn {arn}"
_DESCRIBE = "aws elbv2 describe-target-health --target-group-arn {arn}"


@check("elbv2:target-group", severity="medium", fix=_RECREATE)
def protocol(group: Record) -> str:
    """The protocol of requests to the targets."""
    return group["Protocol"]


@check("elbv2:target-group", severity="medium", fix=_RECREATE)
def port(group: Record) -> int:
    """The default port of the targets."""
    return group["Port"]


@check("elbv2:target-group", severity="medium", fix=_RECREATE)
def target_type(group: Record) -> str:
    """The type of its targets: instance, ip, lambda or alb."""
    return group["TargetType"]


@check("elbv2:target-group", severity="high", fix=f"{_MODIFY} --health-check-enabled")
def health_checked(group: Record) -> bool:
    """Whether health checks of the targets are enabled."""
    return group["HealthCheckEnabled"]


@check("elbv2:target-group", severity="medium", fix=f"{_MODIFY} --health-check-path {{wanted ?? <path>}}")
def health_path(group: Record) -> str:
    """The path of health check requests."""
    return group["HealthCheckPath"]


@check("elbv2:target-group", severity="high", fix=f"{_MODIFY} --health-check-port {{wanted ?? <port>}}")
def health_port(group: Record) -> int:
    """The port of health check requests: the group's port where it is the traffic port."""
    port = group["HealthCheckPort"]
    return group["Port"] if port == "traffic-port" else int(port)


@check(
    "elbv2:target-group", severity="medium", fix=f"{_MODIFY} --health-check-interval-seconds {{wanted ?? <seconds>}}"
)
def health_interval_seconds(group: Record) -> int:
    """The time between health checks of a target."""
    return group["HealthCheckIntervalSeconds"]


@check(
    "elbv2:target-group",
    severity="medium",
    reads=[_ATTRIBUTES],
    fix="aws elbv2 modify-target-group-attributes --target-group-arn {arn} "
    "--attributes Key=stickiness.enabled,Value=true Key=stickiness.type,Value=lb_cookie",
)
def sticky(group: Record, account: Account) -> bool:
    """Whether sticky sessions are enabled."""
    found = account.details(_ATTRIBUTES, group)
    return {each["Key"]: each["Value"] for one in found for each in one["Attributes"]}["stickiness.enabled"] == "true"


@check("elbv2:target-group", severity="high", reads=[_HEALTH], fix=_DESCRIBE)
def all_targets_healthy(group: Record, account: Account) -> bool:
    """Whether it has targets, and all of them except draining ones are healthy."""
    remaining = [state for state in _states(group, account) if state != "draining"]
    return bool(remaining) and all(state == "healthy" for state in remaining)


@check("elbv2:target-group", severity="high", reads=[_HEALTH], fix=_DESCRIBE)
def healthy_targets(group: Record, account: Account) -> int:
    """How many targets are healthy."""
    return _states(group, account).count("healthy")


def _states(group: Record, account: Account) -> list[str]:
    return [target["TargetHealth"]["State"] for target in account.details(_HEALTH, group)]
