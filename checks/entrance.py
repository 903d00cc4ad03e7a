"""Questions about where a load balancer's listeners lead, and with whose certificates."""

from fnmatch import fnmatchcase

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_LISTENERS = ("elbv2:load-balancer.listener",)
_RULES = (*_LISTENERS, "elbv2:load-balancer.listener.rule")


@check(
    "elbv2:load-balancer",
    severity="high",
    reads=_RULES,
    names_subjects=True,
    fix="aws elbv2 create-rule --listener-arn <its HTTPS listener> --priority 1 "
    "--conditions Field=path-pattern,Values={parameter} --actions Type=forward,TargetGroupArn=<documented group>",
)
def path_leads_to(balancer: Record, account: Account, path: str) -> str | None:
    """The subject that is the target group which an HTTPS request for a path reaches, else the group's ARN."""
    known = {item["TargetGroupArn"]: name for name, item in account.subjects() if "TargetGroupArn" in item}
    listeners = account.details(_LISTENERS[0], balancer)
    rules = [
        rule
        for listener in listeners
        if listener["Protocol"] == "HTTPS"
        for rule in account.details(_RULES[1], listener)
        if _takes(rule, path)
    ]
    # the lowest number is asked first, the default last
    first = min(rules, key=lambda rule: 10**6 if rule["Priority"] == "default" else int(rule["Priority"]), default=None)
    forwards = [action["TargetGroupArn"] for action in first["Actions"] if action["Type"] == "forward"] if first else []
    return known.get(forwards[0], forwards[0]) if len(forwards) == 1 else None


def _takes(rule: Record, path: str) -> bool:
    """Whether a rule is for a path, whatever else is asked; rules about anything but paths are passed over."""
    conditions = list(rule["Conditions"])
    if not all(condition["Field"] == "path-pattern" for condition in conditions):
        return False
    patterns = [list(condition.get("PathPatternConfig", condition)["Values"]) for condition in conditions]
    return all(any(fnmatchcase(path, pattern) for pattern in of) for of in patterns)


@check(
    "elbv2:load-balancer",
    severity="high",
    reads=_LISTENERS,
    fix="aws elbv2 modify-listener --listener-arn <the one on {parameter}> --certificates CertificateArn=<one of ACM>",
)
def acm_certificates(balancer: Record, account: Account, port: str) -> int:
    """How many of the certificates of the listener on a port are ACM's."""
    on_port = [item for item in account.details(_LISTENERS[0], balancer) if str(item["Port"]) == port]
    # only TLS listeners have a list of certificates
    held = [certificate["CertificateArn"] for item in on_port for certificate in item.get("Certificates", ())]
    return sum(arn.split(":")[2] == "acm" for arn in held)
