"""Checks of service quotas (`servicequotas:ListServiceQuotas`)."""

from __future__ import annotations

from asbuilt.check import check
from asbuilt.evidence import Record


@check(
    "service-quotas:fargate",
    severity="medium",
    fix="aws service-quotas request-service-quota-increase --service-code {ServiceCode} --quota-code {QuotaCode} "
    "--desired-value {wanted ?? <number>}",
)
def quota(limit: Record) -> float:
    """The applied value of the quota."""
    return limit["Value"]
