"""The DNS as a source: asked only where it is wanted, and what is made of its answers."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from asbuilt.evidence import Unknown, Untested
from asbuilt.sources import dns
from asbuilt.sources.table import SourceClients
from asbuilt.targets import MOCK, Target
from asbuilt_content.checks.edge import resolution as host_names
from tests.records import account, entry, record

HOSTS, BALANCERS = "acm:certificate.hosts", "elbv2:load-balancer.hosts"
WORLD = {"a.org": ["192.0.2.2", "192.0.2.1", "192.0.2.1"]}


@pytest.fixture
def _world(monkeypatch):
    """A DNS that knows one name, and is out of order for another."""

    def answer(name, _port, family, kind):
        assert (family, kind) == (socket.AF_INET, socket.SOCK_STREAM)
        if name in WORLD:
            return [(family, kind, 6, "", (address, 0)) for address in WORLD[name]]
        code = socket.EAI_AGAIN if name == "down.org" else socket.EAI_NONAME
        raise socket.gaierror(code, "no luck")

    monkeypatch.setattr(socket, "getaddrinfo", answer)


GIVEN = {"dns": ("--dns",)}


def test_the_dns_is_asked_only_with_its_option():
    """Without `--dns` the facts are untested, and the reason names the option."""
    with pytest.raises(Untested, match="--dns"):
        SourceClients(Target("endpoint", "x"), "us-east-1", object()).client("dns", "")


def test_the_dns_is_not_asked_about_a_mock_account():
    """Its host names lead nowhere; those of an endpoint do."""
    with pytest.raises(Untested, match="mock account"):
        SourceClients(replace(MOCK, given=GIVEN), "us-east-1", object()).client("dns", "")
    asked = SourceClients(Target("endpoint", "x", given=GIVEN), "us-east-1", object()).client("dns", "")
    assert isinstance(asked, dns.DnsClient)


@pytest.mark.usefixtures("_world")
def test_answers():
    """Addresses once each, none for a name that is not there, wildcards left out; silence is not "none"."""
    client = dns.DnsClient()
    found = client.lookup_hosts(Names=["a.org", "none.org", "*.a.org"])
    assert found == {
        "Hosts": [{"Name": "a.org", "Addresses": ["192.0.2.1", "192.0.2.2"]}, {"Name": "none.org", "Addresses": []}]
    }
    with pytest.raises(Unknown, match=r"'down.org'"):
        client.lookup_hosts(Names=["down.org"])
    assert client.can_paginate("lookup_hosts") is False


@pytest.mark.parametrize(
    ("of_host", "of_balancer", "leads"),
    [
        (["192.0.2.1"], ["192.0.2.1", "192.0.2.2"], {"front"}),
        (["192.0.2.1", "192.0.2.9"], ["192.0.2.1"], {"front", "192.0.2.9"}),
        (["192.0.2.9"], ["192.0.2.1"], {"192.0.2.9"}),
        ([], ["192.0.2.1"], set()),
    ],
)
def test_where_a_host_leads(of_host, of_balancer, leads):
    """To the load balancer while it has the address; an address that it has no longer is shown."""
    certificate = record({}, "acm:certificate", ["a.org"])
    balancer = entry({}, "elbv2:load-balancer", ["lb"])
    hosts = [entry({"Name": "a.org", "Addresses": of_host}, HOSTS, ["a.org"], certificate.entry.id)]
    hosts += [entry({"Name": "b.org", "Addresses": ["192.0.2.7"]}, HOSTS, ["b.org"], certificate.entry.id)]
    own = [entry({"Name": "lb", "Addresses": of_balancer}, BALANCERS, ["lb"], balancer.id)]
    seen = account({HOSTS: hosts, BALANCERS: own}, {"front": [balancer]})
    assert host_names.host_leads_to(certificate, seen, "a.org") == leads
    assert host_names.addresses(certificate, seen, "a.org") == set(of_host)
