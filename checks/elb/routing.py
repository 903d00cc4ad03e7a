"""Checks of the routing of a load balancer's listeners by path, and of their ACM certificates."""

from fnmatch import fnmatchcase

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, ResourceId, Unknown

from .load_balancer import LISTENERS, RULES, certificates_on


@check(
    "elbv2:load-balancer",
    severity="high",
    reads=[LISTENERS, RULES],
    names_subjects=True,
    fix="aws elbv2 create-rule --priority 1 "
    "--listener-arn {elbv2:load-balancer.listener[?Protocol=='HTTPS'].ListenerArn | [0] ?? <listener>} "
    "--conditions Field=path-pattern,Values={parameter} --actions Type=forward,TargetGroupArn={wanted ?? <group>}",
)
def path_leads_to(balancer: Record, account: Account, path: str) -> str | None:
    """The subject that is the target group of HTTPS requests for a path, else its ARN; nothing if there is none."""
    listeners = [item for item in account.details(LISTENERS, balancer) if item["Protocol"] == "HTTPS"]
    found = {_group_for(path, account.details(RULES, listener)) for listener in listeners}
    arn = found.pop() if len(found) == 1 else None  # where listeners differ, no group gets all requests
    return account.named(arn, "elbv2:target-group", "TargetGroupArn") if arn is not None else None


def _group_for(path: str, rules: list[Record]) -> ResourceId | None:
    """The target group that requests for a path are forwarded to; None where there is none, or several.

    Raises `Unknown` where that depends on more than the path: on the host, a header, the method.
    """
    # rules apply in the order of their priority numbers, the default rule last
    for rule in sorted(rules, key=lambda rule: 10**6 if rule["Priority"] == "default" else int(rule["Priority"])):
        if not _matches(rule, path):
            continue
        forwards = [action.reference("TargetGroupArn") for action in rule["Actions"] if action["Type"] == "forward"]
        found = forwards[0] if len(forwards) == 1 else None
        if all(condition["Field"] == "path-pattern" for condition in rule["Conditions"]):
            return found
        rest = [other for other in rules if other != rule]
        if _group_for(path, rest) != found:
            raise Unknown(f"the target of {path} depends on more than the path: see rule {rule['Priority']}")
    return None


def _matches(rule: Record, path: str) -> bool:
    """Whether a rule's path conditions match a path, whatever its other conditions are."""
    conditions = [condition for condition in rule["Conditions"] if condition["Field"] == "path-pattern"]
    patterns = [list(condition.get("PathPatternConfig", condition)["Values"]) for condition in conditions]
    return all(any(fnmatchcase(path, pattern) for pattern in each) for each in patterns)


@check(
    "elbv2:load-balancer",
    severity="high",
    reads=[LISTENERS],
    fix="aws elbv2 modify-listener --certificates CertificateArn=<certificate> --listener-arn "
    "{elbv2:load-balancer.listener[?to_string(Port)=='$parameter'].ListenerArn | [0] ?? <listener>}",
)
def acm_certificates(balancer: Record, account: Account, port: str) -> int:
    """How many certificates of the listener on a port are ACM certificates."""
    return sum(item["CertificateArn"].split(":")[2] == "acm" for item in certificates_on(port, balancer, account))
