"""Questions about Route 53 hosted zones (`route53:ListHostedZones`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

from .endpoints import subjects_at


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


_RECORDS = "route53:zone.records"
_CHANGE = "aws route53 change-resource-record-sets --hosted-zone-id {Id} --change-batch file://records.json"


@check(
    "aws:account",
    severity="medium",
    reads=["route53:health-check"],
    fix="aws route53 create-health-check --caller-reference <reference> --health-check-config file://health-check.json",
)
def health_checks(caller: Record, account: Account) -> int:
    """How many health checks Route 53 makes, without those that are switched off: these count as healthy."""
    return sum(not item["HealthCheckConfig"].get("Disabled", False) for item in account.all("route53:health-check"))


@check("route53:zone", severity="medium", reads=[_RECORDS], fix=_CHANGE)
def answers_by_failover(zone: Record, account: Account) -> bool:
    """Whether a record has a second one that answers when the first is not healthy."""
    # only records of a failover pair say which of the two they are
    found = [record for record in account.details(_RECORDS, zone) if "Failover" in record]
    sides = {
        side: {(record["Name"], record["Type"]) for record in found if record["Failover"] == side and _tells(record)}
        for side in ("PRIMARY", "SECONDARY")
    }
    return bool(sides["PRIMARY"] & sides["SECONDARY"])


def _tells(record: Record) -> bool:
    """Whether Route 53 can tell that a first record is not healthy; a second one may be the last resort."""
    watched = "HealthCheckId" in record or record.get("AliasTarget", {}).get("EvaluateTargetHealth", False)
    return record["Failover"] == "SECONDARY" or watched


@check("route53:zone", severity="low", reads=[_RECORDS], fix=_CHANGE)
def answers_by_place(zone: Record, account: Account) -> bool:
    """Whether the answer depends on where the question comes from."""
    fields = ("GeoLocation", "GeoProximityLocation")
    return any(field in record for record in account.details(_RECORDS, zone) for field in fields)
