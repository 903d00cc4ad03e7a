"""Questions about what CloudWatch measured (`cloudwatch:ListMetrics`, `cloudwatch:GetMetricStatistics`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

_DAYS = 30
_CLUSTERS = "elasticache:cluster"
_REQUESTS = "elbv2:load-balancer.requests"
_OWN_ERRORS, _TARGET_ERRORS = "elbv2:load-balancer.own-errors", "elbv2:load-balancer.target-errors"
_PUBLISHED = {
    "ecs:service": ["ecs:service.metrics"],
    "rds:db": ["rds:db.metrics"],
    "elbv2:load-balancer": ["elbv2:load-balancer.metrics"],
    "elasticache:cache": [_CLUSTERS, "elasticache:cluster.metrics"],
}


def metrics(record: Record, account: Account) -> frozenset[str]:
    """The metrics that were published about it in the last two weeks."""
    measured = _members(record, account) if record.entry.kind == "elasticache:cache" else [record]
    return frozenset(
        metric["MetricName"] for item in measured for metric in account.details(f"{item.entry.kind}.metrics", item)
    )


for _kind, _reads in _PUBLISHED.items():  # each kind reads its own metrics, and not those of the others
    check(_kind, severity="medium", reads=_reads, fix="Find out why {name} is not measured: is it running?")(metrics)


@check(
    "elbv2:load-balancer",
    severity="high",
    reads=[_REQUESTS, _OWN_ERRORS, _TARGET_ERRORS],
    fix="Look at the server errors of {name} over the last 30 days: which days, and from the targets or itself?",
)
def uptime_percent(balancer: Record, account: Account) -> float:
    """How many of a hundred requests of the last 30 days were answered without a server error."""
    days = [point["Sum"] for point in account.details(_REQUESTS, balancer)]
    if len(days) < _DAYS:
        raise Unknown(f"{balancer['LoadBalancerName']!r} has counted requests on {len(days)} of the last {_DAYS} days")
    # error counts are published only where they are not zero; requests that reach no target are no "requests"
    own = sum(point["Sum"] for point in account.details(_OWN_ERRORS, balancer))
    failed = own + sum(point["Sum"] for point in account.details(_TARGET_ERRORS, balancer))
    return round(100 * (1 - failed / (sum(days) + own)), 4)


@check("rds:db", severity="low", reads=["rds:db.connections"], fix="Send the application's reading queries to {name}.")
def peak_connections(db: Record, account: Account) -> float:
    """The most connections that were open at once in the last 30 days."""
    points = [point["Maximum"] for point in account.details("rds:db.connections", db)]
    if not points:
        raise Unknown(f"{db['DBInstanceIdentifier']!r} has published no connection count in the last {_DAYS} days")
    return max(points)


@check(
    "elasticache:cache",
    severity="low",
    reads=[_CLUSTERS, "elasticache:cluster.hits"],
    fix="Let the application read through {name}: it is asked for nothing that it holds.",
)
def hits(cache: Record, account: Account) -> float:
    """How often in the last 30 days the cache held what it was asked for."""
    members = _members(cache, account)
    points = [point["Sum"] for member in members for point in account.details("elasticache:cluster.hits", member)]
    if not points:
        raise Unknown("the cache has published no hits in the last 30 days")
    return sum(points)


def _members(cache: Record, account: Account) -> list[Record]:
    """The clusters that a cache is made of: itself, or the members of the replication group."""
    group = cache.get("ReplicationGroupId")
    if group is None:
        return [item for item in account.all(_CLUSTERS) if item["CacheClusterId"] == cache["CacheClusterId"]]
    return [item for item in account.all(_CLUSTERS) if item.get("ReplicationGroupId") == group]


_MONTH = "cloudwatch:metric.month"


@check(
    "cloudwatch:metric",
    severity="medium",
    reads=[_MONTH],
    fix="aws cloudwatch get-metric-statistics --namespace {Namespace} --metric-name {MetricName} --period 86400 "
    "--statistics Average: which days are out of line?",
)
def month_average(metric: Record, account: Account) -> float:
    """The average of all that was measured in the last 30 days."""
    days = account.details(_MONTH, metric)
    samples = sum(day["SampleCount"] for day in days)
    if not samples:
        raise Unknown(f"{metric['MetricName']!r} was not measured in the last 30 days")
    return round(sum(day["Average"] * day["SampleCount"] for day in days) / samples, 4)


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
