"""Questions about caches: ElastiCache replication groups, and clusters that stand outside any group."""

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_MODIFY = "aws elasticache modify-replication-group --replication-group-id {name} --apply-immediately"
_RECREATE = "It is fixed when the cache is created: make a new one with it, move the clients, and delete this one."
YEAR = 365 * 24 * 3600


def is_group(cache: Record) -> bool:
    """Whether it is a replication group; the other row of the kind holds lone clusters."""
    return "ReplicationGroupId" in cache


def members(cache: Record, account: Account) -> list[Record]:
    """The clusters that make up a cache: a group's members, or the lone cluster itself."""
    if not is_group(cache):
        return [cache]
    return [account.get("elasticache:cluster", name) for name in cache["MemberClusters"]]


def endpoints(cache: Record) -> list[Record]:
    """Where clients connect: the configuration endpoint of a sharded cache, else each primary's or node's own."""
    if "ConfigurationEndpoint" in cache:
        return [cache["ConfigurationEndpoint"]]
    if is_group(cache):
        return [shard["PrimaryEndpoint"] for shard in cache["NodeGroups"]]
    return [node["Endpoint"] for node in cache["CacheNodes"]]


@check("elasticache:cache", severity="medium", fix=_RECREATE, reads=["elasticache:cluster"])
def engine(cache: Record, account: Account) -> str:
    """The engine that its nodes run."""
    return ", ".join(sorted({member["Engine"] for member in members(cache, account)}))


@check("elasticache:cache", severity="medium", fix=f"{_MODIFY} --cache-node-type {{wanted ?? <type>}}")
def node_type(cache: Record) -> str:
    """The type of its nodes."""
    return cache["CacheNodeType"]


@check("elasticache:cache", severity="medium", fix=_RECREATE)
def cluster_mode(cache: Record) -> str:
    """Whether keys are spread over shards: enabled or disabled; a lone cluster can only be disabled."""
    return "enabled" if is_group(cache) and cache["ClusterEnabled"] else "disabled"


@check("elasticache:cache", severity="medium", fix="aws elasticache increase-replica-count --help")
def nodes(cache: Record) -> int:
    """How many nodes it has, over all shards."""
    return len(cache["MemberClusters"]) if is_group(cache) else cache["NumCacheNodes"]


@check("elasticache:cache", severity="medium", fix=_RECREATE)
def port(cache: Record) -> int | None:
    """The port that clients connect to."""
    return next((endpoint["Port"] for endpoint in endpoints(cache)), None)


@check("elasticache:cache", severity="medium", fix="Wait until it is available, or look at its events.")
def available(cache: Record) -> bool:
    """Whether it serves now."""
    return (cache["Status"] if is_group(cache) else cache["CacheClusterStatus"]) == "available"


@check(
    "elasticache:cache",
    severity="high",
    controls=["AWS FSBP ElastiCache.5"],
    fix=f"{_MODIFY} --transit-encryption-enabled --transit-encryption-mode required",
)
def encrypted_in_transit(cache: Record) -> bool:
    """Whether it speaks TLS and nothing else."""
    # engines from before the mode existed have no such field: they only know "required"
    return cache["TransitEncryptionEnabled"] and cache.get("TransitEncryptionMode", "required") == "required"


@check(
    "elasticache:cache",
    severity="high",
    controls=["AWS FSBP ElastiCache.3"],
    fix=f"{_MODIFY} --automatic-failover-enabled",
)
def automatic_failover(cache: Record) -> bool:
    """Whether a replica takes over when a primary fails; a lone cluster has none."""
    return is_group(cache) and cache["AutomaticFailover"] == "enabled"


@check("elasticache:cache", severity="medium", fix=_RECREATE, reads=["elasticache:cluster"])
def subnet_group(cache: Record, account: Account) -> str:
    """The name of the subnet group that its nodes stand in."""
    return ", ".join(sorted({member["CacheSubnetGroupName"] for member in members(cache, account)}))


@check("elasticache:subnet-group", severity="low", fix=_RECREATE)
def description(group: Record) -> str:
    """What its description says."""
    return group["CacheSubnetGroupDescription"]


@check(
    "elasticache:cache",
    severity="low",
    fix="aws elasticache describe-reserved-cache-nodes-offerings --cache-node-type {CacheNodeType}",
    reads=["elasticache:reservation"],
)
def reserved_years(cache: Record, account: Account) -> int | None:
    """The longest term, in years, of an active reservation of its family: sizes of one family share reservations."""
    held = [
        reservation["Duration"] // YEAR
        for reservation in account.all("elasticache:reservation")
        if reservation["State"] == "active" and _family(reservation) == _family(cache)
    ]
    return max(held, default=None)


def _family(record: Record) -> str:
    return record["CacheNodeType"].rpartition(".")[0]
