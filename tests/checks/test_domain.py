"""Checks of hosted zones, and of certificates for their names."""

from __future__ import annotations

import datetime

import pytest

from asbuilt.evidence import Unknown
from asbuilt_content.checks.edge import acm, route53
from tests.records import account, entry, record

NOW = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
RECORDS = "route53:zone.records"


def test_a_private_zone_is_not_public():
    """The zone's configuration says which it is."""
    assert route53.public(record({"Config": {"PrivateZone": False}})) is True
    assert route53.public(record({"Config": {"PrivateZone": True}})) is False


def _zone(*records):
    zone = record({"Id": "/hostedzone/Z"}, "route53:zone", ["a.org"])
    of = [
        entry({"Name": "a.org.", "Type": "A", **item}, RECORDS, [str(n)], zone.entry.id)
        for n, item in enumerate(records)
    ]
    cdn = entry({"DomainName": "d1.cloudfront.net"}, "cloudfront:distribution", ["d1"])
    return zone, account({RECORDS: of}, {"cdn": [cdn]})


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([{"AliasTarget": {"DNSName": "D1.cloudfront.net."}}], {"cdn"}),
        ([{"Type": "CNAME", "ResourceRecords": [{"Value": "d1.cloudfront.net"}]}], {"cdn"}),
        (
            [{"AliasTarget": {"DNSName": "d1.cloudfront.net."}}, {"ResourceRecords": [{"Value": "192.0.2.1"}]}],
            {"cdn", "192.0.2.1"},
        ),
        ([{"Type": "MX", "ResourceRecords": [{"Value": "10 mail"}]}], set()),
        ([{"Name": "www.a.org.", "AliasTarget": {"DNSName": "d1.cloudfront.net."}}], set()),
    ],
)
def test_targets_of_a_host_name(records, found):
    """Alias and CNAME targets are subjects, plain addresses stay, and other names and types do not count."""
    zone, seen = _zone(*records)
    assert route53.points_to(zone, seen, "a.org") == found


def test_an_issued_certificate():
    """Only the status ISSUED counts."""
    assert acm.issued(record({"Status": "ISSUED"})) is True
    assert acm.issued(record({"Status": "PENDING_VALIDATION"})) is False


@pytest.mark.parametrize(
    ("names", "host", "covered"),
    [
        (["a.org"], "a.org", True),
        (["*.a.org"], "www.a.org", True),
        (["*.a.org"], "a.org", False),
        (["*.a.org"], "x.www.a.org", False),
    ],
)
def test_what_a_certificate_covers(names, host, covered):
    """A wildcard covers exactly one label."""
    assert acm.covers(record({"SubjectAlternativeNames": names}), host) is covered


def test_days_left_counts_down_below_zero():
    """A certificate that expired an hour ago has -1 days left; without a date the answer is unknown."""
    assert acm.days_left(record({"NotAfter": NOW + datetime.timedelta(days=31, hours=1)}), NOW) == 31
    assert acm.days_left(record({"NotAfter": NOW - datetime.timedelta(hours=1)}), NOW) == -1
    with pytest.raises(Unknown):
        acm.days_left(record({}), NOW)
