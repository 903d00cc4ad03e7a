"""Checks of load balancers and their listeners."""

from collections.abc import Iterator

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, ResourceId

LISTENERS, RULES = "elbv2:load-balancer.listener", "elbv2:load-balancer.listener.rule"
_ATTRIBUTES = "elbv2:load-balancer.attributes"
_RECREATE = "It is fixed when the load balancer is created: create a new one and move the traffic."
_LISTEN = (
    "aws elbv2 create-listener --load-balancer-arn {arn} --protocol HTTPS --port 443 "
    "--certificates CertificateArn=<certificate>"
)
_ATTRIBUTE = "aws elbv2 modify-load-balancer-attributes --load-balancer-arn {arn} --attributes"


def certificates_on(port: str, balancer: Record, account: Account) -> list[Record]:
    """The certificates of the listener on a port."""
    listeners = [item for item in account.details(LISTENERS, balancer) if str(item["Port"]) == port]
    # only TLS listeners have a list of certificates
    return [item for listener in listeners for item in listener.get("Certificates", ())]


def _actions(listener: Record, account: Account) -> Iterator[Record]:
    """The actions of a listener's rules, among which is the default rule."""
    for rule in account.details(RULES, listener):
        yield from rule["Actions"]


def _forwarded_to(action: Record) -> list[ResourceId]:
    if action["Type"] != "forward":
        return []
    # an action names one group, or several with weights; a group with weight 0 gets no requests
    several = action.get("ForwardConfig", {}).get("TargetGroups", ())
    weighted = [group.reference("TargetGroupArn") for group in several if group.get("Weight", 1) > 0]
    return weighted or [action.reference("TargetGroupArn")]


@check("elbv2:load-balancer", severity="high", fix=_RECREATE)
def balancer_type(balancer: Record) -> str:
    """The type of the load balancer: application, network or gateway."""
    return balancer["Type"]


@check("elbv2:load-balancer", severity="high", fix="aws elbv2 describe-load-balancers --load-balancer-arns {arn}")
def state(balancer: Record) -> str:
    """The state of the load balancer: `active` in operation."""
    return balancer["State"]["Code"]


@check("elbv2:load-balancer", severity="high", fix=_RECREATE)
def scheme(balancer: Record) -> str:
    """The scheme: internet-facing or internal."""
    return balancer["Scheme"]


@check("elbv2:load-balancer", severity="high", reads=[LISTENERS], fix=_LISTEN)
def listener_protocol(balancer: Record, account: Account, port: str) -> str | None:
    """The protocol of the listener on a port; nothing if there is no listener."""
    listeners = account.details(LISTENERS, balancer)
    found = {str(listener["Port"]): listener["Protocol"] for listener in listeners}
    return found.get(port)


@check("elbv2:load-balancer", severity="high", reads=[LISTENERS], fix=_LISTEN)
def certificates(balancer: Record, account: Account, port: str) -> int:
    """How many certificates the listener on a port has."""
    return len(certificates_on(port, balancer, account))


@check(
    "elbv2:load-balancer",
    severity="high",
    reads=[LISTENERS, RULES],
    controls=["AWS FSBP ELB.1"],
    fix="aws elbv2 modify-listener --listener-arn "
    "{elbv2:load-balancer.listener[?Protocol=='HTTP'].ListenerArn | [0] ?? <listener>} "
    "--default-actions 'Type=redirect,RedirectConfig={Protocol=HTTPS,Port=443,StatusCode=HTTP_301}'",
)
def http_only_redirects(balancer: Record, account: Account) -> bool:
    """Whether it has listeners, and every rule of its plain HTTP listeners redirects to HTTPS."""
    listeners = account.details(LISTENERS, balancer)
    plain = [listener for listener in listeners if listener["Protocol"] == "HTTP"]
    actions = [list(_actions(listener, account)) for listener in plain]
    return bool(listeners) and all(each and all(map(_redirects_to_https, each)) for each in actions)


def _redirects_to_https(action: Record) -> bool:
    return action["Type"] == "redirect" and action["RedirectConfig"]["Protocol"] == "HTTPS"


@check("elbv2:load-balancer", severity="high", reads=[LISTENERS, RULES], names_subjects=True, fix=_LISTEN)
def forwards_to(balancer: Record, account: Account) -> frozenset[str]:
    """The subjects that are the target groups its listeners forward to, else the groups' ARNs."""
    actions = [action for item in account.details(LISTENERS, balancer) for action in _actions(item, account)]
    arns = [arn for action in actions for arn in _forwarded_to(action)]
    return frozenset(account.named(arn, "elbv2:target-group", "TargetGroupArn") for arn in arns)


@check(
    "elbv2:load-balancer",
    severity="medium",
    reads=[_ATTRIBUTES],
    controls=["AWS FSBP ELB.5"],
    fix=f"{_ATTRIBUTE} Key=access_logs.s3.enabled,Value=true Key=access_logs.s3.bucket,Value=<bucket>",
)
def access_logs(balancer: Record, account: Account) -> bool:
    """Whether the load balancer writes access logs to S3."""
    found = account.details(_ATTRIBUTES, balancer)
    pairs = [(each["Key"], each["Value"]) for one in found for each in one["Attributes"]]
    return ("access_logs.s3.enabled", "true") in pairs
