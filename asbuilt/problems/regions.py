"""The regions that AWS has, as the installed SDK knows them."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files


@cache
def regions() -> frozenset[str]:
    """Names of regions in every partition, without the stand-ins for "all regions" such as `aws-global`."""
    listed = json.loads((files("botocore") / "data" / "partitions.json").read_bytes())["partitions"]
    return frozenset(name for partition in listed for name in partition["regions"] if not name.endswith("-global"))
