"""MongoDB Atlas: the clusters, users and peerings of one project (see `asbuilt.sources.atlas`)."""

from asbuilt.sources.row import Row

_SERVICE = "mongodbatlas"
_CLUSTER = {"cluster": "name"}

ROWS = (
    Row("atlas:cluster", _SERVICE, "list_clusters", "results[]", names="[name, id]"),
    Row(
        "atlas:cluster.backup-schedule",
        _SERVICE,
        "get_backup_schedule",
        "@",
        per="atlas:cluster",
        params=_CLUSTER,
    ),
    Row(
        "atlas:cluster.suggested-indexes",
        _SERVICE,
        "list_suggested_indexes",
        "suggestedIndexes[]",
        per="atlas:cluster",
        params=_CLUSTER,
    ),
    Row("atlas:user", _SERVICE, "list_database_users", "results[]", names="[username]"),
    Row("atlas:peering", _SERVICE, "list_peering_connections", "results[]", names="[connectionId, id]"),
)
