"""Questions about target groups and the health of their targets."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_RECREATE = "It is fixed when the target group is created: make a new one and let the listener forward to it."
_MODIFY = "aws elbv2 modify-target-group --target-group-arn {arn}"


@check("elbv2:target-group", severity="medium", fix=_RECREATE)
def protocol(group: Record) -> str:
    """The protocol that the load balancer speaks to the targets."""
    return group["Protocol"]


@check("elbv2:target-group", severity="medium", fix=_RECREATE)
def port(group: Record) -> int:
    """The port of targets that name none of their own."""
    return group["Port"]


@check("elbv2:target-group", severity="medium", fix=_RECREATE)
def target_type(group: Record) -> str:
    """What it registers: instance, ip, lambda or alb."""
    return group["TargetType"]


@check("elbv2:target-group", severity="high", fix=f"{_MODIFY} --health-check-enabled")
def health_checked(group: Record) -> bool:
    """Whether the load balancer checks its targets' health."""
    return group["HealthCheckEnabled"]


@check("elbv2:target-group", severity="medium", fix=f"{_MODIFY} --health-check-path {{wanted ?? <path>}}")
def health_path(group: Record) -> str:
    """The path that health checks request."""
    return group["HealthCheckPath"]


@check(
    "elbv2:target-group",
    severity="high",
    reads=["elbv2:target-group.health"],
    fix="aws elbv2 describe-target-health --target-group-arn {arn}",
)
def all_targets_healthy(group: Record, account: Account) -> bool:
    """Whether it has targets, and every one that is not on its way out is healthy."""
    states = [target["TargetHealth"]["State"] for target in account.details("elbv2:target-group.health", group)]
    staying = [state for state in states if state != "draining"]
    return bool(staying) and all(state == "healthy" for state in staying)


_ATTRIBUTES = "elbv2:target-group.attributes"


@check("elbv2:target-group", severity="high", fix=f"{_MODIFY} --health-check-port {{wanted ?? <port>}}")
def health_port(group: Record) -> int:
    """The port that health checks ask: where it is the targets' own, the group's."""
    port = group["HealthCheckPort"]
    return group["Port"] if port == "traffic-port" else int(port)


@check(
    "elbv2:target-group", severity="medium", fix=f"{_MODIFY} --health-check-interval-seconds {{wanted ?? <seconds>}}"
)
def health_interval_seconds(group: Record) -> int:
    """How long it is from one health check of a target to the next."""
    return group["HealthCheckIntervalSeconds"]


@check(
    "elbv2:target-group",
    severity="medium",
    reads=[_ATTRIBUTES],
    fix="aws elbv2 modify-target-group-attributes --target-group-arn {arn} "
    "--attributes Key=stickiness.enabled,Value=true Key=stickiness.type,Value=lb_cookie",
)
def sticky(group: Record, account: Account) -> bool:
    """Whether a session stays with the target that began it."""
    held = account.details(_ATTRIBUTES, group)
    return {each["Key"]: each["Value"] for one in held for each in one["Attributes"]}["stickiness.enabled"] == "true"


@check(
    "elbv2:target-group",
    severity="high",
    reads=["elbv2:target-group.health"],
    fix="aws elbv2 describe-target-health --target-group-arn {arn}",
)
def healthy_targets(group: Record, account: Account) -> int:
    """How many targets are healthy."""
    targets = account.details("elbv2:target-group.health", group)
    return sum(target["TargetHealth"]["State"] == "healthy" for target in targets)
