"""Load runs and their flows, from the result files of `asbuilt load`."""

from asbuilt.sources.row import Row

_SERVICE = "load"

ROWS = (
    Row("load:run", _SERVICE, "read_runs", "runs[]", names="[name]"),
    Row("load:flow", _SERVICE, "read_flows", "flows[]", names="[name]"),
)
