"""Questions about Route 53 hosted zones (`route53:ListHostedZones`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record
from checks.dns import subjects_at


@check(
    "route53:zone",
    severity="high",
    fix="Create a public hosted zone for the domain: a private one answers in its VPCs alone.",
)
def public(zone: Record) -> bool:
    """Whether the zone answers the internet."""
    return not zone["Config"]["PrivateZone"]


@check(
    "route53:zone",
    severity="high",
    reads=["route53:zone.records"],
    names_subjects=True,
    fix="aws route53 change-resource-record-sets --hosted-zone-id {Id} --change-batch file://{parameter}.json, "
    "with an alias to the documented resource.",
)
def points_to(zone: Record, account: Account, host: str) -> frozenset[str]:
    """The subjects (or addresses) that a host name leads to, by alias or by name; none where it has no record."""
    targets: set[str] = set()
    for record in account.details("route53:zone.records", zone):
        if record["Name"].rstrip(".") != host or record["Type"] not in ("A", "AAAA", "CNAME"):
            continue
        if "AliasTarget" in record:
            targets |= subjects_at(record["AliasTarget"]["DNSName"], account)
        else:
            targets |= {name for value in record["ResourceRecords"] for name in subjects_at(value["Value"], account)}
    return frozenset(targets)
