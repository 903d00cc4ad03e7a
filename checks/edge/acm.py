"""Questions about ACM certificates (`acm:DescribeCertificate`)."""

from __future__ import annotations

import datetime

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record


@check(
    "acm:certificate", severity="critical", fix="Finish the validation of {arn}: create the DNS record that ACM names."
)
def issued(certificate: Record) -> bool:
    """Whether the certificate is valid and in force."""
    return certificate["Status"] == "ISSUED"


@check(
    "acm:certificate",
    severity="high",
    fix="Request a certificate that names {parameter} as well, and put it in the place of {arn}.",
)
def covers(certificate: Record, host: str) -> bool:
    """Whether the certificate names a host, itself or by a wildcard for its first label."""
    wildcard = f"*.{host.partition('.')[2]}"
    return any(name.lower() in (host.lower(), wildcard.lower()) for name in certificate["SubjectAlternativeNames"])


@check(
    "acm:certificate",
    severity="high",
    controls=["AWS FSBP ACM.1"],
    fix="Renew {arn}: restore its DNS validation record, or import a new certificate.",
)
def days_left(certificate: Record, now: datetime.datetime) -> int:
    """Whole days until the certificate expires; negative once it has."""
    return (certificate["NotAfter"] - now).days


_REQUEST = "A certificate can't be changed: request one as documented, and put it in the place of {arn}."
_VALIDATE = "Create the DNS record that ACM names for each host of {arn}."


@check("acm:certificate", severity="medium", fix=_REQUEST)
def domain(certificate: Record) -> str:
    """The host name that it was requested for."""
    return certificate["DomainName"]


@check("acm:certificate", severity="medium", fix=_REQUEST)
def alternative_names(certificate: Record) -> frozenset[str]:
    """All host names that it is good for."""
    return frozenset(certificate["SubjectAlternativeNames"])


@check("acm:certificate", severity="medium", fix=_REQUEST)
def certificate_type(certificate: Record) -> str:
    """Where it comes from: AMAZON_ISSUED, IMPORTED or PRIVATE."""
    return certificate["Type"]


@check("acm:certificate", severity="medium", controls=["AWS FSBP ACM.2"], fix=_REQUEST)
def key_algorithm(certificate: Record) -> str:
    """Its key's algorithm and length, `RSA_2048`; AWS also answers with `RSA-2048`, which is the same."""
    return certificate["KeyAlgorithm"].replace("-", "_")


@check("acm:certificate", severity="low", fix=_REQUEST)
def signature_algorithm(certificate: Record) -> str:
    """How its authority signed it."""
    return certificate["SignatureAlgorithm"]


@check("acm:certificate", severity="low", fix=_REQUEST)
def issuer(certificate: Record) -> str:
    """The authority that issued it."""
    return certificate["Issuer"]


@check("acm:certificate", severity="low", fix=_REQUEST)
def key_usages(certificate: Record) -> frozenset[str]:
    """What its key may be used for."""
    return frozenset(usage["Name"] for usage in certificate["KeyUsages"])


@check("acm:certificate", severity="low", fix=_REQUEST)
def extended_key_usages(certificate: Record) -> frozenset[str]:
    """The further purposes that its key may be used for."""
    return frozenset(usage["Name"] for usage in certificate["ExtendedKeyUsages"])


@check(
    "acm:certificate",
    severity="low",
    fix="aws acm update-certificate-options --certificate-arn {arn} "
    "--options CertificateTransparencyLoggingPreference=ENABLED",
)
def transparency_logged(certificate: Record) -> bool:
    """Whether its issue is written to public transparency logs."""
    return certificate["Options"]["CertificateTransparencyLoggingPreference"] == "ENABLED"


@check("acm:certificate", severity="critical", fix=_REQUEST)
def in_date(certificate: Record, now: datetime.datetime) -> bool:
    """Whether it is valid now: it has begun to be, and has not ceased."""
    return certificate["NotBefore"] <= now <= certificate["NotAfter"]


@check("acm:certificate", severity="high", fix="Put {arn} into use, and keep its validation records in the DNS.")
def renews(certificate: Record) -> bool:
    """Whether ACM will renew it by itself."""
    return certificate["RenewalEligibility"] == "ELIGIBLE"


@check("acm:certificate", severity="critical", fix=_VALIDATE)
def renewal_sound(certificate: Record) -> bool:
    """Whether no renewal has failed or waits for a validation; before the first one there is nothing to say of any."""
    if "RenewalSummary" not in certificate:
        return True
    return certificate["RenewalSummary"]["RenewalStatus"] in ("SUCCESS", "PENDING_AUTO_RENEWAL")


@check("acm:certificate", severity="medium", fix=_VALIDATE)
def validation_methods(certificate: Record) -> frozenset[str]:
    """How the control of its host names was, or is to be, shown: DNS, EMAIL or HTTP."""
    return frozenset(option["ValidationMethod"] for option in certificate["DomainValidationOptions"])


@check("acm:certificate", severity="high", fix=_VALIDATE)
def validations(certificate: Record) -> frozenset[str]:
    """How the validation of its host names went: SUCCESS, PENDING_VALIDATION or FAILED."""
    return frozenset(option["ValidationStatus"] for option in certificate["DomainValidationOptions"])


@check("acm:certificate", severity="medium", fix=_VALIDATE)
def validation_records(certificate: Record) -> frozenset[str]:
    """The types of the DNS records that validate its host names; `none` for a name that has no record."""
    # only names that are validated by DNS have a record
    options = [option.get("ResourceRecord", {}) for option in certificate["DomainValidationOptions"]]
    return frozenset(record.get("Type", "none") for record in options)


@check(
    "acm:certificate",
    severity="high",
    names_subjects=True,
    fix="aws elbv2 modify-listener --listener-arn <listener> --certificates CertificateArn={arn}",
)
def used_by(certificate: Record, account: Account) -> frozenset[str]:
    """The subjects (or ARNs) that present it."""
    known = {record.entry.arn: name for name, record in account.subjects() if record.entry.arn}
    return frozenset(known.get(user, user) for user in certificate["InUseBy"])


@check(
    "elbv2:load-balancer",
    severity="high",
    reads=["elbv2:load-balancer.listener"],
    names_subjects=True,
    fix="aws elbv2 modify-listener --listener-arn "
    "{elbv2:load-balancer.listener[?to_string(Port)=='$parameter'].ListenerArn | [0] ?? <listener>} "
    "--certificates CertificateArn={wanted ?? <certificate>}",
)
def presents(balancer: Record, account: Account, port: str) -> frozenset[str]:
    """The subjects (or ARNs) that are the certificates of the listener on a port."""
    known = {record.entry.arn: name for name, record in account.subjects() if record.entry.kind == "acm:certificate"}
    listeners = account.details("elbv2:load-balancer.listener", balancer)
    # only TLS listeners have a list of certificates
    shown = [item for one in listeners if str(one["Port"]) == port for item in one.get("Certificates", ())]
    return frozenset(known.get(item["CertificateArn"], item["CertificateArn"]) for item in shown)
