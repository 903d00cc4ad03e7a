"""Checks of MongoDB Atlas clusters, as the Admin API describes them (`mongodbatlas:ListClusters` and details)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_SCHEDULE, _INDEXES = "atlas:cluster.backup-schedule", "atlas:cluster.suggested-indexes"
_HOURS = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 730, "yearly": 8760}
_DAYS = {"days": 1, "weeks": 7, "months": 30, "years": 365}
_SETTINGS = "atlas clusters advancedSettings update {name} --minimumEnabledTLSProtocol TLS1_2"
_BACKUPS = "atlas clusters update {name} --backup"
_SCHEDULED = "Set the documented schedule in the backup policy of cluster {name} (Atlas > Backup > Backup Policy)."


def _regions(cluster: Record) -> Iterator[Record]:
    for spec in cluster["replicationSpecs"]:
        yield from spec["regionConfigs"]


@check("atlas:cluster", severity="medium", fix="Move cluster {name} to AWS: Atlas > Edit Configuration.")
def clouds(cluster: Record) -> frozenset[str]:
    """The cloud providers that host its nodes: `AWS`, or `TENANT` for a cluster on shared servers."""
    return frozenset(region["providerName"] for region in _regions(cluster))


@check(
    "atlas:cluster",
    severity="medium",
    fix="Move cluster {name} to that region: Atlas > Edit Configuration.",
)
def cluster_regions(cluster: Record) -> frozenset[str]:
    """The regions of its nodes, in AWS's spelling."""
    return frozenset(region["regionName"].lower().replace("_", "-") for region in _regions(cluster))


@check("atlas:cluster", severity="high", fix="Give cluster {name} the documented number of electable nodes.")
def electable_nodes(cluster: Record) -> int:
    """How many nodes hold the data and can be elected primary when the current primary fails."""
    return sum(region["electableSpecs"]["nodeCount"] for region in _regions(cluster))


@check("atlas:cluster", severity="medium", fix="Recreate cluster {name} as a replica set.")
def cluster_type(cluster: Record) -> str:
    """The type of the cluster: REPLICASET, SHARDED or GEOSHARDED."""
    return cluster["clusterType"]


@check("atlas:cluster", severity="high", fix="atlas clusters update {name} --tier M10")
def tier(cluster: Record) -> int:
    """The number in the name of its smallest instance size: 10 for M10, 0 for M0 and for sizes without a number."""
    sizes = [re.search(r"\d+", region["electableSpecs"]["instanceSize"]) for region in _regions(cluster)]
    return min(int(size[0]) if size else 0 for size in sizes)


@check("atlas:cluster", severity="critical", fix=_BACKUPS)
def cloud_backups(cluster: Record) -> bool:
    """Whether Atlas takes scheduled snapshots of the cluster."""
    return cluster["backupEnabled"]


@check("atlas:cluster", severity="high", fix="atlas clusters update {name} --pit")
def point_in_time_recovery(cluster: Record) -> bool:
    """Whether the cluster can be restored to any point in its restore window."""
    return cluster["pitEnabled"]


@check("atlas:cluster", severity="high", reads=[_SCHEDULE], fix=_SCHEDULED)
def restore_window_days(cluster: Record, account: Account) -> int:
    """The length of the point-in-time restore window in days."""
    return min(schedule["restoreWindowDays"] for schedule in account.details(_SCHEDULE, cluster))


@check("atlas:cluster", severity="high", reads=[_SCHEDULE], fix=_SCHEDULED)
def snapshot_hours(cluster: Record, account: Account) -> int | None:
    """The hours between scheduled snapshots; nothing if none is scheduled."""
    found = [_hours(item) for item in _items(cluster, account)]
    return min(found, default=None)


def _hours(item: Record) -> int:
    # the interval of an hourly item counts hours; the interval of any other item names a day in its period
    return item["frequencyInterval"] if item["frequencyType"] == "hourly" else _HOURS[item["frequencyType"]]


@check("atlas:cluster", severity="high", reads=[_SCHEDULE], fix=_SCHEDULED)
def snapshot_days(cluster: Record, account: Account) -> int | None:
    """The longest retention of its scheduled snapshots, in days; nothing if none is scheduled."""
    found = [item["retentionValue"] * _DAYS[item["retentionUnit"]] for item in _items(cluster, account)]
    return max(found, default=None)


def _items(cluster: Record, account: Account) -> list[Record]:
    schedules = account.details(_SCHEDULE, cluster)
    items = [item for one in schedules for policy in one["policies"] for item in policy["policyItems"]]
    return [item for item in items if item["frequencyType"] != "ondemand"]


@check("atlas:cluster", severity="low", fix="Connect with the connection string under Connect > Drivers in Atlas.")
def connection_scheme(cluster: Record) -> str:
    """The scheme of the connection string: `mongodb+srv` implies TLS."""
    return cluster["connectionStrings"]["standardSrv"].partition("://")[0]


@check(
    "atlas:cluster",
    severity="high",
    fix=_SETTINGS,
)
def oldest_tls(cluster: Record) -> str:
    """The oldest TLS version that connections may use: TLS1_0, TLS1_1, TLS1_2 or TLS1_3."""
    return cluster["advancedConfiguration"]["minimumEnabledTlsProtocol"]


@check(
    "atlas:cluster",
    severity="low",
    reads=[_INDEXES],
    fix="Create the indexes that Atlas suggests.",
)
def suggested_indexes(cluster: Record, account: Account) -> int:
    """How many indexes the Performance Advisor suggests for the slow queries that it recorded."""
    return len(account.details(_INDEXES, cluster))


@check(
    "atlas:peering",
    severity="high",
    fix="aws ec2 accept-vpc-peering-connection --vpc-peering-connection-id {name}",
)
def peering_status(peering: Record) -> str:
    """The status of the peering on Atlas's side: AVAILABLE once traffic can pass."""
    return peering["statusName"]
