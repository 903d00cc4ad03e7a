"""Load runs and their flows, from the result files of `asbuilt load`."""

from asbuilt.sources.row import Collector

_SERVICE = "load"

ROWS = (
    Collector("load:run", _SERVICE, "read_runs", "runs[]", names="[name]"),
    Collector("load:flow", _SERVICE, "read_flows", "flows[]", names="[name]"),
)
