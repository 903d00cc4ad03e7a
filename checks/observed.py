"""Further questions about logs and metrics: what kind, how much, how fresh, and whether the application has its own."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

# Namespaces beside AWS/ that services and agents fill without the application's doing.
_AWS_OWN = ("ECS/", "ContainerInsights", "LambdaInsights", "CWAgent", "Glue", "CloudTrailMetrics")


@check("logs:log-group", severity="low", fix="A log group's class is fixed when it is created: make a new one.")
def log_class(group: Record) -> str:
    """The class that its events are kept in: STANDARD or INFREQUENT_ACCESS."""
    return group["logGroupClass"]


@check("logs:log-group", severity="low", fix="Find out why nothing writes to {name}.")
def stored_bytes(group: Record) -> int:
    """How much it holds, as CloudWatch last counted."""
    return group["storedBytes"]


@check(
    "aws:account",
    severity="medium",
    reads=["cloudwatch:custom-metric"],
    fix="aws cloudwatch put-metric-data --namespace <namespace> --metric-name <metric> --value <value>",
)
def custom_namespaces(caller: Record, account: Account) -> int:
    """How many namespaces of metrics are none of AWS's own services and agents."""
    names = {metric["Namespace"] for metric in account.all("cloudwatch:custom-metric")}
    return sum(not name.startswith(_AWS_OWN) for name in names)


def recent_metrics(record: Record, account: Account) -> frozenset[str]:
    """The metrics that were published about it in the last three hours."""
    return frozenset(metric["MetricName"] for metric in account.details(f"{record.entry.kind}.recent-metrics", record))


for _kind in ("ecs:service", "elbv2:load-balancer"):  # each kind reads its own metrics, and not those of the other
    check(
        _kind,
        severity="medium",
        reads=[f"{_kind}.recent-metrics"],
        fix="Find out why {name} is no longer measured: is it running?",
    )(recent_metrics)


@check(
    "ecs:service",
    severity="high",
    reads=["ecs:service.task-definition"],
    fix="Put what the application must keep to itself into Secrets Manager, and name it under the container's secrets.",
)
def secret_references(service: Record, account: Account) -> int:
    """How many variables of its containers a secret store fills."""
    definitions = account.details("ecs:service.task-definition", service)
    containers = [one for definition in definitions for one in definition["containerDefinitions"]]
    # a container without secrets has no list of them
    return sum(len(one.get("secrets", ())) for one in containers)
