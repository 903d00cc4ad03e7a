"""Checks of the addresses that host names resolve to in DNS, an optional source (see `asbuilt.sources.dns`)."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_HOSTS, _BALANCERS = "acm:certificate.hosts", "elbv2:load-balancer.hosts"


def _addresses(certificate: Record, account: Account, host: str) -> frozenset[str]:
    hosts = account.details(_HOSTS, certificate)
    return frozenset(address for item in hosts if item["Name"] == host for address in item["Addresses"])


@check("acm:certificate", severity="low", reads=[_HOSTS], fix="Set the documented A record of {parameter}.")
def addresses(certificate: Record, account: Account, host: str) -> frozenset[str]:
    """The addresses of one of the certificate's host names; empty if it has no record."""
    return _addresses(certificate, account, host)


@check(
    "acm:certificate",
    severity="high",
    reads=[_HOSTS, _BALANCERS],
    names_subjects=True,
    fix="Make {parameter} an alias (or CNAME) of the load balancer's DNS name, because its addresses change.",
)
def host_leads_to(certificate: Record, account: Account, host: str) -> frozenset[str]:
    """The subjects that are load balancers with the current addresses of a host name, else the addresses."""
    balancers = {
        address: name
        for name, record in account.subjects()
        if record.entry.kind == "elbv2:load-balancer"
        for item in account.details(_BALANCERS, record)
        for address in item["Addresses"]
    }
    return frozenset(balancers.get(address, address) for address in _addresses(certificate, account, host))
