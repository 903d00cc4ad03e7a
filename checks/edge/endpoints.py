"""The subjects that host names belong to: for origins, alias records and others."""

from __future__ import annotations

import re

from asbuilt.account import Account
from asbuilt.evidence import Record

# The host of a bucket after the bucket's name, which may hold dots and `s3` itself:
# `s3.amazonaws.com`, `s3.eu-west-1.amazonaws.com`, `s3-website-us-east-1.amazonaws.com`.
_BUCKET_HOST = re.compile(
    r"s3(-website|-accelerate|-fips)?([.-]dualstack)?([.-][a-z]{2,3}(-[a-z]+)+-\d+)?\.amazonaws\.com(\.cn)?"
)
_OWN_NAME = {"cloudfront:distribution": "DomainName", "elbv2:load-balancer": "DNSName"}


def subjects_at(host: str, account: Account) -> frozenset[str]:
    """The subjects that a host name belongs to; the host name itself where it belongs to none."""
    bare = host.lower().rstrip(".").removeprefix("dualstack.")
    return frozenset(name for name, record in account.subjects() if _has_host(record, bare)) or frozenset(
        {account.unnamed(bare)}
    )


def _has_host(record: Record, host: str) -> bool:
    if record.entry.kind == "s3:bucket":
        name, rest = f"{record['Name']}.", host.removeprefix(f"{record['Name']}.")
        return host == f"{name}{rest}" and _BUCKET_HOST.fullmatch(rest) is not None
    field = _OWN_NAME.get(record.entry.kind)
    return field is not None and host == record[field].lower().rstrip(".")
