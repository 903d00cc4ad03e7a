"""Questions about what AWS dealt a resource: its identifiers, and where it was put."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record
from asbuilt.sources.rows import rows_by_kind

from .ec2.placement import reaches_the_internet, route_table_of

_REBUILT = "It was made anew: bind the subject to the new one, and have the document say so."


@check("*", severity="low", fix=_REBUILT)
def resource_id(record: Record) -> str:
    """The last part of its ARN, `certificate/0a1b...`: a resource that was made anew has another one."""
    rows = rows_by_kind()[record.entry.kind]
    return "".join(record[rows[-1].arn].split(":", 5)[5:])


@check("aws:account", severity="critical", fix="Verify with credentials of the documented account.")
def account_id(caller: Record) -> str:
    """Whose account it is."""
    return caller["Account"]


@check("elbv2:load-balancer", severity="low", fix=_REBUILT)
def dns_name(balancer: Record) -> str:
    """The host name that AWS gave the load balancer."""
    return balancer["DNSName"]


@check(
    "elbv2:load-balancer", severity="high", fix="aws elbv2 set-subnets --load-balancer-arn {arn} --subnets <subnets>"
)
def zone_names(balancer: Record) -> frozenset[str]:
    """The Availability Zones that it answers in."""
    return frozenset(zone["ZoneName"] for zone in balancer["AvailabilityZones"])


@check("ec2:subnet", severity="medium", fix="A subnet's zone is fixed when it is created: make a new one.")
def availability_zone(subnet: Record) -> str:
    """The Availability Zone that it is in."""
    return subnet["AvailabilityZone"]


@check("ec2:subnet", severity="medium", names_subjects=True, fix="A subnet's VPC is fixed: make a new one.")
def of_vpc(subnet: Record, account: Account) -> str:
    """The subject that is the VPC it belongs to, else the VPC's id."""
    known = {found["VpcId"]: name for name, found in account.subjects() if found.entry.kind == "ec2:vpc"}
    return known.get(subnet["VpcId"], subnet["VpcId"])


@check(
    "ec2:subnet",
    severity="high",
    reads=["ec2:route-table"],
    fix="aws ec2 create-route --route-table-id <table> --destination-cidr-block 0.0.0.0/0 --gateway-id <gateway>",
)
def routed_to_internet(subnet: Record, account: Account) -> bool:
    """Whether its route table leads through an internet gateway that is there: what makes a subnet public."""
    table = route_table_of(subnet, account)
    return table is not None and reaches_the_internet(table)
