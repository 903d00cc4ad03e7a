"""Grants that go unused (`iam:GetServiceLastAccessedDetails`; IAM user guide, "last accessed information")."""

from __future__ import annotations

from datetime import datetime, timedelta

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown
from asbuilt.iam.records.principals import principal_of

_ACCESSED, _POLICIES = "iam:role.last-accessed", "iam:policy"
_AFTER = timedelta(days=90)  # AWS looks back 400 days: what it has seen no use of is unused for as long at least


@check(
    "iam:role",
    severity="medium",
    reads=[_ACCESSED, _POLICIES],
    fix="Take these services out of the policies of role {name}; which grant them: aws iam "
    "list-policies-granting-service-access --arn {arn} --service-namespaces <service>",
)
def unused_services(role: Record, account: Account, now: datetime) -> frozenset[str]:
    """The services that the role's policies grant something of and that it did not use for 90 days, by prefix.

    A service never used counts once the role is 90 days old; before, it is unknown, since it may yet be needed. AWS
    tells neither how old a grant is nor of use in Regions that it does not track. Passing roles is no use of IAM that
    it records, so IAM does not count where nothing else is granted of it.
    """
    last = {row["ServiceNamespace"]: row.get("LastAuthenticated") for row in account.details(_ACCESSED, role)}
    if not last and (role["RolePolicyList"] or role["AttachedManagedPolicies"]):
        raise Unknown(f"IAM's report names no service, although {role['Arn']} has policies")
    never = {service for service, moment in last.items() if moment is None}
    if "iam" in never and _only_passes_roles(role, account):
        never.remove("iam")
    if never and now - role["CreateDate"] < _AFTER:
        raise Unknown(f"the role is not 90 days old: whether it needs {', '.join(sorted(never))} is yet to be seen")
    return frozenset(never | {service for service, moment in last.items() if moment and now - moment > _AFTER})


def _only_passes_roles(role: Record, account: Account) -> bool:
    from asbuilt.iam.questions.findings import allowed_actions

    return allowed_actions(principal_of(role, account).policies, "iam") == {"iam:PassRole"}
