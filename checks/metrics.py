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
