"""Questions about unused grants (`iam:GetServiceLastAccessedDetails`; IAM user guide, "last accessed information")."""

from __future__ import annotations

from datetime import datetime, timedelta

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record, Unknown
from asbuilt.iam.records.principals import principal_of

_ACCESSED, _POLICIES = "iam:role.last-accessed", "iam:policy"
_AFTER = timedelta(days=90)  # AWS keeps 400 days of use, so that no recorded use means at least as long without one


@check(
    "iam:role",
    severity="medium",
    reads=[_ACCESSED, _POLICIES],
    fix="Take these services out of the policies of role {name}; which grant them: aws iam "
    "list-policies-granting-service-access --arn {arn} --service-namespaces <service>",
)
def unused_services(role: Record, account: Account, now: datetime) -> frozenset[str]:
    """The services, by prefix, of which the role's policies grant an action and which it did not use for 90 days.

    A service that was never used counts once the role is 90 days old; before that, it is unknown. AWS does not report
    how old a grant is, nor use in Regions that it does not track. It does not record passing roles as use of IAM, so
    IAM does not count where it is all that is granted.
    """
    last = {row["ServiceNamespace"]: row.get("LastAuthenticated") for row in account.details(_ACCESSED, role)}
    if not last and (role["RolePolicyList"] or role["AttachedManagedPolicies"]):
        raise Unknown(f"IAM's report names no service, although {role['Arn']} has policies")
    never = {service for service, moment in last.items() if moment is None}
    if "iam" in never and _only_passes_roles(role, account):
        never.remove("iam")
    if never and now - role["CreateDate"] < _AFTER:
        raise Unknown(f"the role is not 90 days old, so whether it needs {', '.join(sorted(never))} is not known")
    return frozenset(never | {service for service, moment in last.items() if moment and now - moment > _AFTER})


def _only_passes_roles(role: Record, account: Account) -> bool:
    from asbuilt.iam.questions.wildcards import allowed_actions

    return allowed_actions(principal_of(role, account).policies, "iam") == {"iam:PassRole"}
