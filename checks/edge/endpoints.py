"""The subjects that host names belong to: for origins, alias records and others."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.evidence import Record

_OWN_NAME = {"cloudfront:distribution": "DomainName", "elbv2:load-balancer": "DNSName"}


def subjects_at(host: str, account: Account) -> frozenset[str]:
    """The subjects that a host name belongs to; the host name itself where it belongs to none."""
    bare = host.lower().rstrip(".").removeprefix("dualstack.")
    return frozenset(name for name, record in account.subjects() if _has_host(record, bare)) or frozenset({bare})


def _has_host(record: Record, host: str) -> bool:
    if record.entry.kind == "s3:bucket":
        return host.endswith(".amazonaws.com") and host.startswith((f"{record['Name']}.s3.", f"{record['Name']}.s3-"))
    field = _OWN_NAME.get(record.entry.kind)
    return field is not None and host == record[field].lower().rstrip(".")
