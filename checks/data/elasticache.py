"""Checks of caches: ElastiCache replication groups, and clusters outside any group."""

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_MODIFY = "aws elasticache modify-replication-group --replication-group-id {name} --apply-immediately"
_RECREATE = "It is fixed when the cache is created: create a new one with it, move the clients, and delete this one."
YEAR = 365 * 24 * 3600


def is_group(cache: Record) -> bool:
    """Whether a cache is a replication group; the kind's other row reads single clusters."""
    return "ReplicationGroupId" in cache


def members(cache: Record, account: Account) -> list[Record]:
    """The clusters of a cache: a group's members, or the single cluster itself."""
    if not is_group(cache):
        return [cache]
    return [account.get("elasticache:cluster", member) for member in cache.references("MemberClusters")]


def endpoints(cache: Record) -> list[Record]:
    """The endpoints for clients: a sharded cache's configuration endpoint, else that of each primary or node."""
    if "ConfigurationEndpoint" in cache:
        return [cache["ConfigurationEndpoint"]]
    if is_group(cache):
        return [shard["PrimaryEndpoint"] for shard in cache["NodeGroups"]]
    return [node["Endpoint"] for node in cache["CacheNodes"]]


@check("elasticache:cache", severity="medium", fix=_RECREATE, reads=["elasticache:cluster"])
def engine(cache: Record, account: Account) -> str:
    """The engine of its nodes."""
    return ", ".join(sorted({member["Engine"] for member in members(cache, account)}))


@check("elasticache:cache", severity="medium", fix=f"{_MODIFY} --cache-node-type {{wanted ?? <type>}}")
def node_type(cache: Record) -> str:
    """The node type."""
    return cache["CacheNodeType"]


@check("elasticache:cache", severity="medium", fix=_RECREATE)
def cluster_mode(cache: Record) -> str:
    """Whether keys are distributed over shards: enabled or disabled; a single cluster is always disabled."""
    return "enabled" if is_group(cache) and cache["ClusterEnabled"] else "disabled"


@check("elasticache:cache", severity="medium", fix="aws elasticache increase-replica-count --help")
def nodes(cache: Record) -> int:
    """The number of nodes over all shards."""
    return len(cache["MemberClusters"]) if is_group(cache) else cache["NumCacheNodes"]


@check("elasticache:cache", severity="medium", fix=_RECREATE)
def port(cache: Record) -> int | None:
    """The port that clients connect to."""
    return next((endpoint["Port"] for endpoint in endpoints(cache)), None)


@check("elasticache:cache", severity="medium", fix="Wait until it is available, or read its events.")
def available(cache: Record) -> bool:
    """Whether the cache is available now."""
    return (cache["Status"] if is_group(cache) else cache["CacheClusterStatus"]) == "available"


@check(
    "elasticache:cache",
    severity="high",
    controls=["AWS FSBP ElastiCache.5"],
    fix=f"{_MODIFY} --transit-encryption-enabled --transit-encryption-mode required",
)
def encrypted_in_transit(cache: Record) -> bool:
    """Whether the cache accepts TLS connections only."""
    # engines older than the mode have no such field and always require TLS
    return cache["TransitEncryptionEnabled"] and cache.get("TransitEncryptionMode", "required") == "required"


@check(
    "elasticache:cache",
    severity="high",
    controls=["AWS FSBP ElastiCache.3"],
    fix=f"{_MODIFY} --automatic-failover-enabled",
)
def automatic_failover(cache: Record) -> bool:
    """Whether a replica takes over when a primary fails; a single cluster has no replica."""
    return is_group(cache) and cache["AutomaticFailover"] == "enabled"


@check("elasticache:cache", severity="medium", fix=_RECREATE, reads=["elasticache:cluster"])
def subnet_group(cache: Record, account: Account) -> str:
    """The name of its subnet group."""
    return ", ".join(sorted({member["CacheSubnetGroupName"] for member in members(cache, account)}))


@check("elasticache:subnet-group", severity="low", fix=_RECREATE)
def description(group: Record) -> str:
    """The text of its description."""
    return group["CacheSubnetGroupDescription"]


@check(
    "elasticache:cache",
    severity="low",
    fix="aws elasticache describe-reserved-cache-nodes-offerings --cache-node-type {CacheNodeType}",
    reads=["elasticache:reservation"],
)
def reserved_years(cache: Record, account: Account) -> int | None:
    """The longest term of an active reservation for its node family, whose sizes share reservations; else nothing."""
    held = [
        reservation["Duration"] // YEAR
        for reservation in account.all("elasticache:reservation")
        if reservation["State"] == "active" and _family(reservation) == _family(cache)
    ]
    return max(held, default=None)


def _family(record: Record) -> str:
    return record["CacheNodeType"].rpartition(".")[0]
