"""Questions about target groups and the health of their targets."""

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
