"""Questions about load balancers and their listeners."""

from collections.abc import Iterator

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_LISTENERS = ("elbv2:load-balancer.listener",)
_RULES = (*_LISTENERS, "elbv2:load-balancer.listener.rule")
_RECREATE = "It is fixed when the load balancer is created: make a new one and move the traffic."
_LISTEN = (
    "aws elbv2 create-listener --load-balancer-arn {arn} --protocol HTTPS --port 443 "
    "--certificates CertificateArn=<certificate>"
)
_ATTRIBUTE = "aws elbv2 modify-load-balancer-attributes --load-balancer-arn {arn} --attributes"


def _listeners(balancer: Record, account: Account) -> list[Record]:
    return account.details("elbv2:load-balancer.listener", balancer)


def _actions(listener: Record, account: Account) -> Iterator[Record]:
    """What a listener does with requests, by default and by each of its rules (the default is among them)."""
    for rule in account.details("elbv2:load-balancer.listener.rule", listener):
        yield from rule["Actions"]


def _forwarded_to(action: Record) -> list[str]:
    if action["Type"] != "forward":
        return []
    # an action names one group, or weighs several; a group without weight gets nothing
    several = action.get("ForwardConfig", {}).get("TargetGroups", ())
    weighed = [group["TargetGroupArn"] for group in several if group.get("Weight", 1) > 0]
    return weighed or [action["TargetGroupArn"]]


@check("elbv2:load-balancer", severity="high", fix=_RECREATE)
def balancer_type(balancer: Record) -> str:
    """Which sort of load balancer it is: application, network or gateway."""
    return balancer["Type"]


@check("elbv2:load-balancer", severity="high", fix="aws elbv2 describe-load-balancers --load-balancer-arns {arn}")
def state(balancer: Record) -> str:
    """Its state: active while it routes."""
    return balancer["State"]["Code"]


@check("elbv2:load-balancer", severity="high", fix=_RECREATE)
def scheme(balancer: Record) -> str:
    """Who can resolve it to an address: internet-facing or internal."""
    return balancer["Scheme"]


@check("elbv2:load-balancer", severity="high", reads=_LISTENERS, fix=_LISTEN)
def listener_protocol(balancer: Record, account: Account, port: str) -> str | None:
    """The protocol of the listener on a port; nothing where none listens."""
    found = {str(listener["Port"]): listener["Protocol"] for listener in _listeners(balancer, account)}
    return found.get(port)


@check("elbv2:load-balancer", severity="high", reads=_LISTENERS, fix=_LISTEN)
def certificates(balancer: Record, account: Account, port: str) -> int:
    """How many certificates the listener on a port holds."""
    # only TLS listeners have a list of certificates
    on_port = [listener for listener in _listeners(balancer, account) if str(listener["Port"]) == port]
    return sum(len(listener.get("Certificates", ())) for listener in on_port)


@check(
    "elbv2:load-balancer",
    severity="high",
    reads=_RULES,
    controls=["AWS FSBP ELB.1"],
    fix="aws elbv2 modify-listener --listener-arn "
    "{elbv2:load-balancer.listener[?Protocol=='HTTP'].ListenerArn | [0] ?? <listener>} "
    "--default-actions 'Type=redirect,RedirectConfig={Protocol=HTTPS,Port=443,StatusCode=HTTP_301}'",
)
def http_only_redirects(balancer: Record, account: Account) -> bool:
    """Whether it listens at all, and every rule of a plain HTTP listener redirects to HTTPS."""
    listeners = _listeners(balancer, account)
    plain = [listener for listener in listeners if listener["Protocol"] == "HTTP"]
    actions = [list(_actions(listener, account)) for listener in plain]
    return bool(listeners) and all(of and all(map(_redirects_to_https, of)) for of in actions)


def _redirects_to_https(action: Record) -> bool:
    return action["Type"] == "redirect" and action["RedirectConfig"]["Protocol"] == "HTTPS"


@check("elbv2:load-balancer", severity="high", reads=_RULES, names_subjects=True, fix=_LISTEN)
def forwards_to(balancer: Record, account: Account) -> frozenset[str]:
    """The subjects that are the target groups its listeners forward to, else the groups' ARNs."""
    known = {item["TargetGroupArn"]: name for name, item in account.subjects() if "TargetGroupArn" in item}
    actions = (action for listener in _listeners(balancer, account) for action in _actions(listener, account))
    return frozenset(known.get(arn, arn) for action in actions for arn in _forwarded_to(action))


@check(
    "elbv2:load-balancer",
    severity="medium",
    reads=["elbv2:load-balancer.attributes"],
    controls=["AWS FSBP ELB.5"],
    fix=f"{_ATTRIBUTE} Key=access_logs.s3.enabled,Value=true Key=access_logs.s3.bucket,Value=<bucket>",
)
def access_logs(balancer: Record, account: Account) -> bool:
    """Whether it writes access logs to S3."""
    held = account.details("elbv2:load-balancer.attributes", balancer)
    pairs = [(each["Key"], each["Value"]) for one in held for each in one["Attributes"]]
    return ("access_logs.s3.enabled", "true") in pairs
