"""Checks of the identifiers that AWS assigns, and of the zones, subnets and VPCs that resources are in."""

from __future__ import annotations

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record
from asbuilt.sources.table import rows_by_kind

from .ec2.placement import reaches_the_internet, route_table_of

_RECREATED = "The resource was recreated: bind the subject to the new one, and update the document."


@check("*", severity="low", fix=_RECREATED)
def resource_id(record: Record) -> str:
    """The last part of its ARN, such as `certificate/0a1b...`: a recreated resource has a different one."""
    rows = rows_by_kind()[record.entry.kind]
    return "".join(record[rows[-1].arn].split(":", 5)[5:])


@check("aws:account", severity="critical", fix="Verify with credentials of the documented account.")
def account_id(caller: Record) -> str:
    """The 12-digit id of the account."""
    return caller["Account"]


@check("elbv2:load-balancer", severity="low", fix=_RECREATED)
def dns_name(balancer: Record) -> str:
    """The host name that AWS assigned to the load balancer."""
    return balancer["DNSName"]


@check(
    "elbv2:load-balancer", severity="high", fix="aws elbv2 set-subnets --load-balancer-arn {arn} --subnets <subnets>"
)
def zone_names(balancer: Record) -> frozenset[str]:
    """The Availability Zones that the load balancer serves."""
    return frozenset(zone["ZoneName"] for zone in balancer["AvailabilityZones"])


@check("ec2:subnet", severity="medium", fix="A subnet's zone is fixed at creation: create a new one.")
def availability_zone(subnet: Record) -> str:
    """The Availability Zone of the subnet."""
    return subnet["AvailabilityZone"]


@check("ec2:subnet", severity="medium", names_subjects=True, fix="A subnet's VPC is fixed: create a new one.")
def of_vpc(subnet: Record, account: Account) -> str:
    """The subject that is the subnet's VPC, else the VPC's id."""
    return account.named(subnet.reference("VpcId"), "ec2:vpc", "VpcId")


@check(
    "ec2:subnet",
    severity="high",
    reads=["ec2:route-table"],
    fix="aws ec2 create-route --route-table-id <table> --destination-cidr-block 0.0.0.0/0 --gateway-id <gateway>",
)
def routed_to_internet(subnet: Record, account: Account) -> bool:
    """Whether its route table has an active route to an internet gateway, which makes the subnet public."""
    table = route_table_of(subnet, account)
    return table is not None and reaches_the_internet(table)
