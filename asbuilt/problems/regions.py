"""The regions of AWS that the installed SDK knows, and the domains of its APIs."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _partitions() -> list[Any]:
    content = json.loads((files("botocore") / "data" / "partitions.json").read_bytes())
    partitions: list[Any] = content["partitions"]
    return partitions


@cache
def regions() -> frozenset[str]:
    """The names of the regions of every partition, without pseudo regions such as `aws-global`."""
    return frozenset(
        name for partition in _partitions() for name in partition["regions"] if not name.endswith("-global")
    )


@cache
def api_domains() -> tuple[str, ...]:
    """The ends of the host names of AWS's APIs in every partition, each with its first dot: `.amazonaws.com`."""
    names = ("dnsSuffix", "dualStackDnsSuffix")
    return tuple(sorted({f".{partition['outputs'][name]}" for partition in _partitions() for name in names}))
