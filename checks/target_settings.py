"""Further questions about target groups: how health is checked, whether sessions stick, how many targets serve."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_MODIFY = "aws elbv2 modify-target-group --target-group-arn {arn}"
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
