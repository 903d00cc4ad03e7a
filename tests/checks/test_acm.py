"""Checks of the fields, validity, validation and use of certificates."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from asbuilt_content.checks.edge import acm
from tests.records import account, entry, record

NOW = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.mark.parametrize(
    ("ask", "data", "found"),
    [
        (acm.domain, {"DomainName": "a.org"}, "a.org"),
        (acm.alternative_names, {"SubjectAlternativeNames": ["a.org", "b.org"]}, {"a.org", "b.org"}),
        (acm.certificate_type, {"Type": "IMPORTED"}, "IMPORTED"),
        (acm.key_algorithm, {"KeyAlgorithm": "RSA-2048"}, "RSA_2048"),
        (acm.key_algorithm, {"KeyAlgorithm": "EC_prime256v1"}, "EC_prime256v1"),
        (acm.signature_algorithm, {"SignatureAlgorithm": "SHA256WITHRSA"}, "SHA256WITHRSA"),
        (acm.issuer, {"Issuer": "Amazon"}, "Amazon"),
        (acm.key_usages, {"KeyUsages": [{"Name": "DIGITAL_SIGNATURE"}]}, {"DIGITAL_SIGNATURE"}),
        (acm.key_usages, {"KeyUsages": []}, set()),
        (acm.extended_key_usages, {"ExtendedKeyUsages": [{"Name": "ANY"}]}, {"ANY"}),
        (acm.renews, {"RenewalEligibility": "ELIGIBLE"}, True),
        (acm.renews, {"RenewalEligibility": "INELIGIBLE"}, False),
        (acm.renewal_sound, {}, True),
        (acm.renewal_sound, {"RenewalSummary": {"RenewalStatus": "PENDING_AUTO_RENEWAL"}}, True),
        (acm.renewal_sound, {"RenewalSummary": {"RenewalStatus": "PENDING_VALIDATION"}}, False),
        (acm.renewal_sound, {"RenewalSummary": {"RenewalStatus": "FAILED"}}, False),
    ],
)
def test_fields(ask, data, found):
    """Each answer is a field, in the form that specs use."""
    assert ask(record(data)) == found


@pytest.mark.parametrize(("preference", "logged"), [("ENABLED", True), ("DISABLED", False)])
def test_transparency(preference, logged):
    """The preference decides."""
    options = {"Options": {"CertificateTransparencyLoggingPreference": preference}}
    assert acm.transparency_logged(record(options)) is logged


@pytest.mark.parametrize(("begins", "ends", "valid"), [(-1, 1, True), (-2, -1, False), (1, 2, False)])
def test_in_date(begins, ends, valid):
    """The current time must be within the validity period."""
    dates = {"NotBefore": NOW + begins * DAY, "NotAfter": NOW + ends * DAY}
    assert acm.in_date(record(dates), NOW) is valid


def test_validation():
    """Method, status and record type of each name; a name without a record is `none`."""
    by_dns = {"ValidationMethod": "DNS", "ValidationStatus": "SUCCESS", "ResourceRecord": {"Type": "CNAME"}}
    by_mail = {"ValidationMethod": "EMAIL", "ValidationStatus": "PENDING_VALIDATION"}
    sound, mixed = (record({"DomainValidationOptions": options}) for options in ([by_dns], [by_dns, by_mail]))
    asked = (acm.validation_methods, acm.validations, acm.validation_records)
    assert [ask(sound) for ask in asked] == [{"DNS"}, {"SUCCESS"}, {"CNAME"}]
    assert [ask(mixed) for ask in asked] == [{"DNS", "EMAIL"}, {"SUCCESS", "PENDING_VALIDATION"}, {"CNAME", "none"}]


def test_used_by():
    """Its users are subjects, else ARNs; it may have none."""
    balancer = [entry({}, "elbv2:load-balancer", ["lb"], arn="arn:lb")]
    used = record({"InUseBy": ["arn:lb", "arn:other"]})
    assert acm.used_by(used, account({}, {"front": balancer})) == {"front", "arn:other"}
    assert acm.used_by(record({"InUseBy": []}), account({})) == frozenset()


def test_presents():
    """Only certificates of the listener on that port count."""
    kind = "elbv2:load-balancer.listener"
    balancer = record({}, "elbv2:load-balancer", ["lb"])
    listeners: list[dict[str, Any]] = [{"Port": 80}, {"Port": 443, "Certificates": [{"CertificateArn": "arn:c"}]}]
    of = [entry(data, kind, [str(data["Port"])], balancer.entry.id) for data in listeners]
    named = {"certificate": [entry({}, "acm:certificate", ["a.org"], arn="arn:c")]}
    assert acm.presents(balancer, account({kind: of}, named), "443") == {"certificate"}
    assert acm.presents(balancer, account({kind: of}), "443") == {"arn:c"}
    assert acm.presents(balancer, account({kind: of}, named), "80") == frozenset()
