"""Questions about where a load balancer's listeners lead, and with whose certificates."""

from fnmatch import fnmatchcase

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

_LISTENERS = ("elbv2:load-balancer.listener",)
_RULES = (*_LISTENERS, "elbv2:load-balancer.listener.rule")


@check(
    "elbv2:load-balancer",
    severity="high",
    reads=_RULES,
    names_subjects=True,
    fix="aws elbv2 create-rule --priority 1 "
    "--listener-arn {elbv2:load-balancer.listener[?Protocol=='HTTPS'].ListenerArn | [0] ?? <listener>} "
    "--conditions Field=path-pattern,Values={parameter} --actions Type=forward,TargetGroupArn={wanted ?? <group>}",
)
def path_leads_to(balancer: Record, account: Account, path: str) -> str | None:
    """The subject that is the target group which an HTTPS request for a path reaches, else the group's ARN."""
    known = {item["TargetGroupArn"]: name for name, item in account.subjects() if "TargetGroupArn" in item}
    listeners = [item for item in account.details(_LISTENERS[0], balancer) if item["Protocol"] == "HTTPS"]
    led = {_group_for(path, account.details(_RULES[1], listener)) for listener in listeners}
    arn = led.pop() if len(led) == 1 else None  # where listeners differ, it leads to none of both
    return known.get(arn, arn) if arn is not None else None


def _group_for(path: str, rules: list[Record]) -> str | None:
    """The target group that requests for a path are forwarded to; None where they are not, or to several.

    Raises `Unknown` where that hangs on more than the path: on the host, a header, the method.
    """
    # the lowest number is asked first, the default last
    for rule in sorted(rules, key=lambda rule: 10**6 if rule["Priority"] == "default" else int(rule["Priority"])):
        if not _takes(rule, path):
            continue
        forwards = [action["TargetGroupArn"] for action in rule["Actions"] if action["Type"] == "forward"]
        found = forwards[0] if len(forwards) == 1 else None
        if all(condition["Field"] == "path-pattern" for condition in rule["Conditions"]):
            return found
        rest = [other for other in rules if other != rule]
        if _group_for(path, rest) != found:
            raise Unknown(f"where {path} leads hangs on more than the path: rule {rule['Priority']} asks for it")
    return None


def _takes(rule: Record, path: str) -> bool:
    """Whether a rule is for a path, whatever else it asks."""
    conditions = [condition for condition in rule["Conditions"] if condition["Field"] == "path-pattern"]
    patterns = [list(condition.get("PathPatternConfig", condition)["Values"]) for condition in conditions]
    return all(any(fnmatchcase(path, pattern) for pattern in of) for of in patterns)


@check(
    "elbv2:load-balancer",
    severity="high",
    reads=_LISTENERS,
    fix="aws elbv2 modify-listener --certificates CertificateArn=<certificate> --listener-arn "
    "{elbv2:load-balancer.listener[?to_string(Port)=='$parameter'].ListenerArn | [0] ?? <listener>}",
)
def acm_certificates(balancer: Record, account: Account, port: str) -> int:
    """How many of the certificates of the listener on a port are ACM's."""
    on_port = [item for item in account.details(_LISTENERS[0], balancer) if str(item["Port"]) == port]
    # only TLS listeners have a list of certificates
    held = [certificate["CertificateArn"] for item in on_port for certificate in item.get("Certificates", ())]
    return sum(arn.split(":")[2] == "acm" for arn in held)
