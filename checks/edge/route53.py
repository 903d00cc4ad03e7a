"""Checks of Route 53 hosted zones, their records, and health checks (`route53:ListHostedZones` and others)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

from .endpoints import subjects_at

_RECORDS = "route53:zone.records"
_CHANGE = "aws route53 change-resource-record-sets --hosted-zone-id {Id} --change-batch file://records.json"


@check(
    "route53:zone",
    severity="high",
    fix="Create a public hosted zone for the domain: a private one answers in its VPCs only.",
)
def public(zone: Record) -> bool:
    """Whether the zone is a public hosted zone."""
    return not zone["Config"]["PrivateZone"]


@check(
    "route53:zone",
    severity="high",
    reads=[_RECORDS],
    names_subjects=True,
    fix="aws route53 change-resource-record-sets --hosted-zone-id {Id} --change-batch file://{parameter}.json, "
    "with an alias to the documented resource.",
)
def points_to(zone: Record, account: Account, host: str) -> frozenset[str]:
    """The subjects (else addresses) that a host name resolves to, by alias or by value; empty if it has no record."""
    targets: set[str] = set()
    for record in account.details(_RECORDS, zone):
        if record["Name"].rstrip(".") != host or record["Type"] not in ("A", "AAAA", "CNAME"):
            continue
        if "AliasTarget" in record:
            targets |= subjects_at(record["AliasTarget"]["DNSName"], account)
        else:
            targets |= {name for value in record["ResourceRecords"] for name in subjects_at(value["Value"], account)}
    return frozenset(targets)


@check(
    "aws:account",
    severity="medium",
    reads=["route53:health-check"],
    fix="aws route53 create-health-check --caller-reference <reference> --health-check-config file://health-check.json",
)
def health_checks(caller: Record, account: Account) -> int:
    """How many health checks are enabled: Route 53 counts a disabled one as healthy."""
    return sum(not item["HealthCheckConfig"].get("Disabled", False) for item in account.all("route53:health-check"))


@check("route53:zone", severity="medium", reads=[_RECORDS], fix=_CHANGE)
def answers_by_failover(zone: Record, account: Account) -> bool:
    """Whether a primary record with a health check has a secondary record for failover."""
    # only records of a failover pair have the field
    found = [record for record in account.details(_RECORDS, zone) if "Failover" in record]
    sides = {
        side: {(record["Name"], record["Type"]) for record in found if record["Failover"] == side and _usable(record)}
        for side in ("PRIMARY", "SECONDARY")
    }
    return bool(sides["PRIMARY"] & sides["SECONDARY"])


def _usable(record: Record) -> bool:
    """Whether Route 53 checks the health of a primary record; a secondary one needs no health check."""
    checked = "HealthCheckId" in record or record.get("AliasTarget", {}).get("EvaluateTargetHealth", False)
    return record["Failover"] == "SECONDARY" or checked


@check("route53:zone", severity="low", reads=[_RECORDS], fix=_CHANGE)
def answers_by_place(zone: Record, account: Account) -> bool:
    """Whether records use geolocation or geoproximity routing."""
    fields = ("GeoLocation", "GeoProximityLocation")
    return any(field in record for record in account.details(_RECORDS, zone) for field in fields)
