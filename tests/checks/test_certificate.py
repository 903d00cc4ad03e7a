"""Further questions about certificates, both ways."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from asbuilt_content.checks.edge import acm as certificate
from tests.records import account, entry, record

NOW = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


@pytest.mark.parametrize(
    ("ask", "data", "found"),
    [
        (certificate.domain, {"DomainName": "a.org"}, "a.org"),
        (certificate.alternative_names, {"SubjectAlternativeNames": ["a.org", "b.org"]}, {"a.org", "b.org"}),
        (certificate.certificate_type, {"Type": "IMPORTED"}, "IMPORTED"),
        (certificate.key_algorithm, {"KeyAlgorithm": "RSA-2048"}, "RSA_2048"),
        (certificate.key_algorithm, {"KeyAlgorithm": "EC_prime256v1"}, "EC_prime256v1"),
        (certificate.signature_algorithm, {"SignatureAlgorithm": "SHA256WITHRSA"}, "SHA256WITHRSA"),
        (certificate.issuer, {"Issuer": "Amazon"}, "Amazon"),
        (certificate.key_usages, {"KeyUsages": [{"Name": "DIGITAL_SIGNATURE"}]}, {"DIGITAL_SIGNATURE"}),
        (certificate.key_usages, {"KeyUsages": []}, set()),
        (certificate.extended_key_usages, {"ExtendedKeyUsages": [{"Name": "ANY"}]}, {"ANY"}),
        (certificate.renews, {"RenewalEligibility": "ELIGIBLE"}, True),
        (certificate.renews, {"RenewalEligibility": "INELIGIBLE"}, False),
        (certificate.renewal_sound, {}, True),
        (certificate.renewal_sound, {"RenewalSummary": {"RenewalStatus": "PENDING_AUTO_RENEWAL"}}, True),
        (certificate.renewal_sound, {"RenewalSummary": {"RenewalStatus": "PENDING_VALIDATION"}}, False),
        (certificate.renewal_sound, {"RenewalSummary": {"RenewalStatus": "FAILED"}}, False),
    ],
)
def test_what_a_certificate_says(ask, data, found):
    """Each answer is the field's, in the form that specs use."""
    assert ask(record(data)) == found


@pytest.mark.parametrize(("preference", "logged"), [("ENABLED", True), ("DISABLED", False)])
def test_transparency(preference, logged):
    """Logged, or kept out of the logs."""
    options = {"Options": {"CertificateTransparencyLoggingPreference": preference}}
    assert certificate.transparency_logged(record(options)) is logged


@pytest.mark.parametrize(("begins", "ends", "valid"), [(-1, 1, True), (-2, -1, False), (1, 2, False)])
def test_in_date(begins, ends, valid):
    """Begun, and not ended: the moment is an argument."""
    dates = {"NotBefore": NOW + begins * DAY, "NotAfter": NOW + ends * DAY}
    assert certificate.in_date(record(dates), NOW) is valid


def test_validation():
    """How, with what outcome, and by which record; a name without a record is told."""
    by_dns = {"ValidationMethod": "DNS", "ValidationStatus": "SUCCESS", "ResourceRecord": {"Type": "CNAME"}}
    by_mail = {"ValidationMethod": "EMAIL", "ValidationStatus": "PENDING_VALIDATION"}
    sound, mixed = (record({"DomainValidationOptions": options}) for options in ([by_dns], [by_dns, by_mail]))
    asked = (certificate.validation_methods, certificate.validations, certificate.validation_records)
    assert [ask(sound) for ask in asked] == [{"DNS"}, {"SUCCESS"}, {"CNAME"}]
    assert [ask(mixed) for ask in asked] == [{"DNS", "EMAIL"}, {"SUCCESS", "PENDING_VALIDATION"}, {"CNAME", "none"}]


def test_used_by():
    """The subjects that present it; whoever is none of them, by ARN; nobody."""
    balancer = [entry({}, "elbv2:load-balancer", ["lb"], arn="arn:lb")]
    used = record({"InUseBy": ["arn:lb", "arn:other"]})
    assert certificate.used_by(used, account({}, {"front": balancer})) == {"front", "arn:other"}
    assert certificate.used_by(record({"InUseBy": []}), account({})) == frozenset()


def test_presents():
    """The certificates of the listener on that port, and none of another's."""
    kind = "elbv2:load-balancer.listener"
    balancer = record({}, "elbv2:load-balancer", ["lb"])
    listeners: list[dict[str, Any]] = [{"Port": 80}, {"Port": 443, "Certificates": [{"CertificateArn": "arn:c"}]}]
    of = [entry(data, kind, [str(data["Port"])], balancer.entry.id) for data in listeners]
    named = {"certificate": [entry({}, "acm:certificate", ["a.org"], arn="arn:c")]}
    assert certificate.presents(balancer, account({kind: of}, named), "443") == {"certificate"}
    assert certificate.presents(balancer, account({kind: of}), "443") == {"arn:c"}
    assert certificate.presents(balancer, account({kind: of}, named), "80") == frozenset()
