"""MongoDB Atlas: the clusters, users and peerings of one project (see `asbuilt.sources.atlas`)."""

from asbuilt.sources.row import Collector

_SERVICE = "mongodbatlas"
_CLUSTER = {"cluster": "name"}

ROWS = (
    Collector("atlas:cluster", _SERVICE, "list_clusters", "results[]", names="[name, id]"),
    Collector(
        "atlas:cluster.backup-schedule",
        _SERVICE,
        "get_backup_schedule",
        "@",
        per="atlas:cluster",
        params=_CLUSTER,
    ),
    Collector(
        "atlas:cluster.suggested-indexes",
        _SERVICE,
        "list_suggested_indexes",
        "suggestedIndexes[]",
        per="atlas:cluster",
        params=_CLUSTER,
    ),
    Collector("atlas:user", _SERVICE, "list_database_users", "results[]", names="[username]"),
    Collector("atlas:peering", _SERVICE, "list_peering_connections", "results[]", names="[connectionId, id]"),
)
