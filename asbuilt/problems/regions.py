"""The regions of AWS that the installed SDK knows."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files


@cache
def regions() -> frozenset[str]:
    """The names of the regions of every partition, without pseudo regions such as `aws-global`."""
    listed = json.loads((files("botocore") / "data" / "partitions.json").read_bytes())["partitions"]
    return frozenset(name for partition in listed for name in partition["regions"] if not name.endswith("-global"))
