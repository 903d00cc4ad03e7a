"""Questions about ACM certificates (`acm:DescribeCertificate`)."""

from __future__ import annotations

import datetime

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
