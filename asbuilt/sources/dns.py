"""The DNS as a source of evidence: queries to the resolver of this machine.

It is read only with `--dns`, since its answers do not come from the account and depend on the resolver.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from asbuilt.evidence import Unknown, Untested
from asbuilt.sources.row import Row
from asbuilt.sources.source import Clients, EvidenceRequest, Option, Source

if TYPE_CHECKING:
    from dns.resolver import Resolver

SECONDS = 10  # for one query, with all its retries


def connect(request: EvidenceRequest) -> Clients:
    """A client of the resolver. Raises `Untested` for a mock account, whose host names are not in the DNS."""
    if request.target.kind == "mock":
        raise Untested("the host names of a mock account are not in the DNS: name an account or an endpoint")
    client = DnsClient()
    return lambda service, region: client


class DnsClient:
    """A client with the interface of boto3 that reading needs. `resolver` replaces the resolver of this machine."""

    meta = SimpleNamespace(method_to_api_mapping={"lookup_hosts": "LookupHosts"})

    def __init__(self, resolver: Resolver | None = None) -> None:
        self._resolver = resolver

    def can_paginate(self, operation: str) -> bool:
        """False: an answer has one page."""
        return False

    def lookup_hosts(self, Names: Sequence[str]) -> dict[str, Any]:  # noqa: N803  # as boto3 spells parameters
        """The IPv4 addresses of each host name; an empty list for a name that does not exist. Wildcards are left out.

        Raises `Unknown` where the resolver gives no answer.
        """
        hosts = [name for name in Names if not name.startswith("*.")]
        return {"Hosts": [{"Name": name, "Addresses": self._addresses(name)} for name in hosts]}

    def _addresses(self, name: str) -> list[str]:
        import dns.exception
        import dns.resolver

        try:
            resolver = self._resolver or dns.resolver.Resolver()
            answer = resolver.resolve(f"{name.rstrip('.')}.", "A", lifetime=SECONDS, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return []
        except dns.exception.DNSException as error:
            raise Unknown(f"the DNS gave no answer for {name!r}: {error}") from error
        return sorted({record.address for record in answer.rrset or ()})


ROWS = (
    Row(
        "acm:certificate.hosts",
        "dns",
        "lookup_hosts",
        "Hosts[]",
        per="acm:certificate",
        params={"Names": "SubjectAlternativeNames"},
        names="[Name]",
    ),
    Row(
        "elbv2:load-balancer.hosts",
        "dns",
        "lookup_hosts",
        "Hosts[]",
        per="elbv2:load-balancer",
        params={"Names": "[DNSName]"},
        names="[Name]",
    ),
)
SOURCE = Source(
    name="dns",
    services=("dns",),
    rows=ROWS,
    connect=connect,
    about="The DNS, through the resolver of this machine: the addresses of host names.",
    untested="the DNS was not read: add --dns",
    options=(Option("--dns", "look up the addresses of host names in the DNS"),),
)
