"""Checks of ACM certificates: their names, validity, renewal and use (`acm:DescribeCertificate`)."""

from __future__ import annotations

import datetime

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

from ..elb.load_balancer import LISTENERS, certificates_on

_REQUEST = "A certificate cannot be changed: request one as documented, and replace {arn} with it."
_VALIDATE = "Create the DNS record that ACM names for each host of {arn}."


@check(
    "acm:certificate", severity="critical", fix="Finish the validation of {arn}: create the DNS record that ACM names."
)
def issued(certificate: Record) -> bool:
    """Whether the certificate has the status ISSUED."""
    return certificate["Status"] == "ISSUED"


@check(
    "acm:certificate",
    severity="high",
    fix="Request a certificate that names {parameter} as well, and replace {arn} with it.",
)
def covers(certificate: Record, host: str) -> bool:
    """Whether the certificate names a host, by its full name or by a wildcard for its first label."""
    wildcard = f"*.{host.partition('.')[2]}"
    return any(name.lower() in (host.lower(), wildcard.lower()) for name in certificate["SubjectAlternativeNames"])


@check(
    "acm:certificate",
    severity="high",
    controls=["AWS FSBP ACM.1"],
    fix="Renew {arn}: restore its DNS validation record, or import a new certificate.",
)
def days_left(certificate: Record, now: datetime.datetime) -> int:
    """Whole days until the certificate expires; negative once it has expired."""
    return (certificate["NotAfter"] - now).days


@check("acm:certificate", severity="medium", fix=_REQUEST)
def domain(certificate: Record) -> str:
    """The host name for which the certificate was requested."""
    return certificate["DomainName"]


@check("acm:certificate", severity="medium", fix=_REQUEST)
def alternative_names(certificate: Record) -> frozenset[str]:
    """All host names that the certificate covers."""
    return frozenset(certificate["SubjectAlternativeNames"])


@check("acm:certificate", severity="medium", fix=_REQUEST)
def certificate_type(certificate: Record) -> str:
    """The type of the certificate: AMAZON_ISSUED, IMPORTED or PRIVATE."""
    return certificate["Type"]


@check("acm:certificate", severity="medium", controls=["AWS FSBP ACM.2"], fix=_REQUEST)
def key_algorithm(certificate: Record) -> str:
    """The algorithm and length of its key: `RSA_2048`."""
    return certificate["KeyAlgorithm"].replace("-", "_")  # AWS also writes `RSA-2048`


@check("acm:certificate", severity="low", fix=_REQUEST)
def signature_algorithm(certificate: Record) -> str:
    """The algorithm of its signature."""
    return certificate["SignatureAlgorithm"]


@check("acm:certificate", severity="low", fix=_REQUEST)
def issuer(certificate: Record) -> str:
    """The certificate authority that issued it."""
    return certificate["Issuer"]


@check("acm:certificate", severity="low", fix=_REQUEST)
def key_usages(certificate: Record) -> frozenset[str]:
    """The permitted uses of its key."""
    return frozenset(usage["Name"] for usage in certificate["KeyUsages"])


@check("acm:certificate", severity="low", fix=_REQUEST)
def extended_key_usages(certificate: Record) -> frozenset[str]:
    """The extended key usages of its key."""
    return frozenset(usage["Name"] for usage in certificate["ExtendedKeyUsages"])


@check(
    "acm:certificate",
    severity="low",
    fix="aws acm update-certificate-options --certificate-arn {arn} "
    "--options CertificateTransparencyLoggingPreference=ENABLED",
)
def transparency_logged(certificate: Record) -> bool:
    """Whether the certificate is recorded in public certificate transparency logs."""
    return certificate["Options"]["CertificateTransparencyLoggingPreference"] == "ENABLED"


@check("acm:certificate", severity="critical", fix=_REQUEST)
def in_date(certificate: Record, now: datetime.datetime) -> bool:
    """Whether the current time is within the certificate's validity period."""
    return certificate["NotBefore"] <= now <= certificate["NotAfter"]


@check("acm:certificate", severity="high", fix="Use {arn} on a resource, and keep its validation records in DNS.")
def renews(certificate: Record) -> bool:
    """Whether ACM renews the certificate automatically."""
    return certificate["RenewalEligibility"] == "ELIGIBLE"


@check("acm:certificate", severity="critical", fix=_VALIDATE)
def renewal_sound(certificate: Record) -> bool:
    """Whether its last renewal neither failed nor waits for validation; true before the first renewal."""
    if "RenewalSummary" not in certificate:
        return True
    return certificate["RenewalSummary"]["RenewalStatus"] in ("SUCCESS", "PENDING_AUTO_RENEWAL")


@check("acm:certificate", severity="medium", fix=_VALIDATE)
def validation_methods(certificate: Record) -> frozenset[str]:
    """The methods by which its host names are validated: DNS, EMAIL or HTTP."""
    return frozenset(option["ValidationMethod"] for option in certificate["DomainValidationOptions"])


@check("acm:certificate", severity="high", fix=_VALIDATE)
def validations(certificate: Record) -> frozenset[str]:
    """The validation statuses of its host names: SUCCESS, PENDING_VALIDATION or FAILED."""
    return frozenset(option["ValidationStatus"] for option in certificate["DomainValidationOptions"])


@check("acm:certificate", severity="medium", fix=_VALIDATE)
def validation_records(certificate: Record) -> frozenset[str]:
    """The types of the DNS records that validate its host names; `none` for a name without a record."""
    # only names that are validated through DNS have a record
    options = [option.get("ResourceRecord", {}) for option in certificate["DomainValidationOptions"]]
    return frozenset(record.get("Type", "none") for record in options)


@check(
    "acm:certificate",
    severity="high",
    names_subjects=True,
    fix="aws elbv2 modify-listener --listener-arn <listener> --certificates CertificateArn={arn}",
)
def used_by(certificate: Record, account: Account) -> frozenset[str]:
    """The subjects (else ARNs) that use the certificate."""
    return frozenset(account.named(user) for user in certificate.references("InUseBy"))


@check(
    "elbv2:load-balancer",
    severity="high",
    reads=[LISTENERS],
    names_subjects=True,
    fix="aws elbv2 modify-listener --listener-arn "
    "{elbv2:load-balancer.listener[?to_string(Port)=='$parameter'].ListenerArn | [0] ?? <listener>} "
    "--certificates CertificateArn={wanted ?? <certificate>}",
)
def presents(balancer: Record, account: Account, port: str) -> frozenset[str]:
    """The subjects (else ARNs) that are the certificates of the listener on a port."""
    shown = certificates_on(port, balancer, account)
    return frozenset(account.named(item.reference("CertificateArn"), "acm:certificate") for item in shown)
