"""Checks of CloudWatch metrics: which are published, and their values over the last 30 days.

Sources: `cloudwatch:ListMetrics` and `cloudwatch:GetMetricStatistics`.
"""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown

_DAYS = 30
_CLUSTERS = "elasticache:cluster"
_REQUESTS = "elbv2:load-balancer.requests"
_OWN_ERRORS, _TARGET_ERRORS = "elbv2:load-balancer.own-errors", "elbv2:load-balancer.target-errors"
_HITS, _CONNECTIONS, _MONTH = "elasticache:cluster.hits", "rds:db.connections", "cloudwatch:metric.month"
_PUBLISHED = {
    "ecs:service": ["ecs:service.metrics"],
    "rds:db": ["rds:db.metrics"],
    "elbv2:load-balancer": ["elbv2:load-balancer.metrics"],
    "elasticache:cache": [_CLUSTERS, "elasticache:cluster.metrics"],
}
_PUBLISHED_RECENTLY = ("ecs:service", "elbv2:load-balancer")
# The beginnings of namespaces without `AWS/` that AWS services and agents fill without the application.
_AWS_NAMESPACES = ("ECS/", "ContainerInsights", "LambdaInsights", "CWAgent", "Glue", "CloudTrailMetrics")


def metrics(record: Record, account: Account) -> frozenset[str]:
    """The metrics that it published in the last two weeks."""
    measured = _members(record, account) if record.entry.kind == "elasticache:cache" else [record]
    return frozenset(
        metric["MetricName"] for item in measured for metric in account.details(f"{item.entry.kind}.metrics", item)
    )


for _kind, _reads in _PUBLISHED.items():  # each kind reads its own metrics only
    check(_kind, severity="medium", reads=_reads, fix="Find out why {name} publishes no metrics: is it running?")(
        metrics
    )


def recent_metrics(record: Record, account: Account) -> frozenset[str]:
    """The metrics that it published in the last three hours."""
    return frozenset(metric["MetricName"] for metric in account.details(f"{record.entry.kind}.recent-metrics", record))


for _kind in _PUBLISHED_RECENTLY:
    check(
        _kind,
        severity="medium",
        reads=[f"{_kind}.recent-metrics"],
        fix="Find out why {name} no longer publishes metrics: is it running?",
    )(recent_metrics)


@check(
    "elbv2:load-balancer",
    severity="high",
    reads=[_REQUESTS, _OWN_ERRORS, _TARGET_ERRORS],
    fix="Check the server errors of {name} over the last 30 days: on which days, and by its targets or by itself?",
)
def uptime_percent(balancer: Record, account: Account) -> float:
    """The percentage of requests in the last 30 days that were answered without a server error."""
    days = [point["Sum"] for point in account.details(_REQUESTS, balancer)]
    if len(days) < _DAYS:
        raise Unknown(f"{balancer['LoadBalancerName']!r} counted requests on {len(days)} of the last {_DAYS} days only")
    # CloudWatch publishes error counts only if they are not zero, and RequestCount excludes requests without a target
    own = sum(point["Sum"] for point in account.details(_OWN_ERRORS, balancer))
    failed = own + sum(point["Sum"] for point in account.details(_TARGET_ERRORS, balancer))
    if not sum(days) + own:
        raise Unknown(f"{balancer['LoadBalancerName']!r} got no request in the last {_DAYS} days")
    return round(100 * (1 - failed / (sum(days) + own)), 4)


@check("rds:db", severity="low", reads=[_CONNECTIONS], fix="Send the application's read queries to {name}.")
def peak_connections(db: Record, account: Account) -> float:
    """The maximum number of open connections in the last 30 days."""
    points = [point["Maximum"] for point in account.details(_CONNECTIONS, db)]
    if not points:
        raise Unknown(f"{db['DBInstanceIdentifier']!r} published no connection count in the last {_DAYS} days")
    return max(points)


@check(
    "elasticache:cache",
    severity="low",
    reads=[_CLUSTERS, _HITS],
    fix="Let the application read through {name}: no request found its key in it.",
)
def hits(cache: Record, account: Account) -> float:
    """The number of cache hits in the last 30 days."""
    members = _members(cache, account)
    points = [point["Sum"] for member in members for point in account.details(_HITS, member)]
    if not points:
        raise Unknown(f"the cache published no hits in the last {_DAYS} days")
    return sum(points)


def _members(cache: Record, account: Account) -> list[Record]:
    """The clusters of a cache: the single cluster, or the members of the replication group."""
    group = cache.get("ReplicationGroupId")
    if group is None:
        return [item for item in account.all(_CLUSTERS) if item["CacheClusterId"] == cache["CacheClusterId"]]
    return [item for item in account.all(_CLUSTERS) if item.get("ReplicationGroupId") == group]


@check(
    "cloudwatch:metric",
    severity="medium",
    reads=[_MONTH],
    fix="aws cloudwatch get-metric-statistics --namespace {Namespace} --metric-name {MetricName} --period 86400 "
    "--statistics Average: on which days is it off?",
)
def month_average(metric: Record, account: Account) -> float:
    """The average of the metric's samples in the last 30 days."""
    days = account.details(_MONTH, metric)
    samples = sum(day["SampleCount"] for day in days)
    if not samples:
        raise Unknown(f"{metric['MetricName']!r} has no samples in the last {_DAYS} days")
    return round(sum(day["Average"] * day["SampleCount"] for day in days) / samples, 4)


@check(
    "aws:account",
    severity="medium",
    reads=["cloudwatch:custom-metric"],
    fix="aws cloudwatch put-metric-data --namespace <namespace> --metric-name <metric> --value <value>",
)
def custom_namespaces(caller: Record, account: Account) -> int:
    """How many metric namespaces belong to none of AWS's services and agents."""
    names = {metric["Namespace"] for metric in account.all("cloudwatch:custom-metric")}
    return sum(not name.startswith(_AWS_NAMESPACES) for name in names)
