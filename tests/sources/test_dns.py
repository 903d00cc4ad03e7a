"""The DNS as a source: it is read only with its option, and its answers are read as addresses."""

from __future__ import annotations

import socketserver
import threading
from dataclasses import replace

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from asbuilt.evidence import Unknown, Untested
from asbuilt.sources.dns import DnsClient
from asbuilt.sources.table import SourceClients
from asbuilt.targets import MOCK, Target
from asbuilt_content.checks.edge import resolution as host_names
from tests.records import account, entry, record

HOSTS, BALANCERS = "acm:certificate.hosts", "elbv2:load-balancer.hosts"


def _answer(question):
    """The answer of a server with one host, its alias and a name without addresses; it fails for another name."""
    response = dns.message.make_response(question)
    name = question.question[0].name.to_text().rstrip(".")
    if name == "alias.org":
        response.answer.append(dns.rrset.from_text("alias.org.", 60, "IN", "CNAME", "a.org."))
    if name in ("a.org", "alias.org"):
        response.answer.append(dns.rrset.from_text("a.org.", 60, "IN", "A", "192.0.2.2", "192.0.2.1"))
    elif name == "down.org":
        response.set_rcode(dns.rcode.SERVFAIL)
    elif name != "empty.org":
        response.set_rcode(dns.rcode.NXDOMAIN)
    return response


@pytest.fixture
def resolver():
    """A resolver that uses a DNS server on this machine."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            data, socket = self.request
            socket.sendto(_answer(dns.message.from_wire(data)).to_wire(), self.client_address)

    with socketserver.UDPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        asked = dns.resolver.Resolver(configure=False)
        asked.nameservers, asked.port = ["127.0.0.1"], server.server_address[1]
        yield asked
        server.shutdown()


GIVEN = {"dns": ("--dns",)}


def test_the_dns_is_asked_only_with_its_option():
    """Without `--dns` the facts are untested, and the reason names the option."""
    with pytest.raises(Untested, match="--dns"):
        SourceClients(Target("endpoint", "x"), "us-east-1", object()).client("dns", "")


def test_the_dns_is_not_asked_about_a_mock_account():
    """Host names of a mock account are untested; those of an endpoint are read."""
    with pytest.raises(Untested, match="mock account"):
        SourceClients(replace(MOCK, given=GIVEN), "us-east-1", object()).client("dns", "")
    asked = SourceClients(Target("endpoint", "x", given=GIVEN), "us-east-1", object()).client("dns", "")
    assert isinstance(asked, DnsClient)


def test_answers(resolver):
    """Addresses are listed once, through aliases; a missing name has none; wildcards are left out."""
    client = DnsClient(resolver)
    found = client.lookup_hosts(Names=["a.org", "alias.org", "none.org", "empty.org", "*.a.org"])
    both = ["192.0.2.1", "192.0.2.2"]
    assert {host["Name"]: host["Addresses"] for host in found["Hosts"]} == {
        "a.org": both,
        "alias.org": both,
        "none.org": [],
        "empty.org": [],
    }
    assert client.can_paginate("lookup_hosts") is False


def test_no_answer_is_unknown(resolver):
    """A server that fails gives no evidence about the name."""
    with pytest.raises(Unknown, match=r"'down.org'"):
        DnsClient(resolver).lookup_hosts(Names=["down.org"])


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
    """A host leads to the load balancer while it has its address; an old address is shown."""
    certificate = record({}, "acm:certificate", ["a.org"])
    balancer = entry({}, "elbv2:load-balancer", ["lb"])
    hosts = [entry({"Name": "a.org", "Addresses": of_host}, HOSTS, ["a.org"], certificate.entry.id)]
    hosts += [entry({"Name": "b.org", "Addresses": ["192.0.2.7"]}, HOSTS, ["b.org"], certificate.entry.id)]
    own = [entry({"Name": "lb", "Addresses": of_balancer}, BALANCERS, ["lb"], balancer.id)]
    seen = account({HOSTS: hosts, BALANCERS: own}, {"front": [balancer]})
    assert host_names.host_leads_to(certificate, seen, "a.org") == leads
    assert host_names.addresses(certificate, seen, "a.org") == set(of_host)
