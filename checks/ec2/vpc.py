"""Checks of VPCs, their subnets, endpoints and flow logs, and of security groups."""

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record


@check("ec2:vpc", severity="medium", fix="A VPC's CIDR block is fixed at creation: create a new VPC.")
def cidr(vpc: Record) -> str:
    """The CIDR block of the VPC."""
    return vpc["CidrBlock"]


@check("ec2:vpc", severity="high", fix="Move the workload to a VPC of its own.")
def purpose_built(vpc: Record) -> bool:
    """Whether it is not the region's default VPC."""
    return not vpc["IsDefault"]


@check(
    "ec2:vpc",
    severity="medium",
    reads=["ec2:subnet"],
    fix="aws ec2 create-subnet --vpc-id {VpcId} --cidr-block <block>",
)
def subnet_cidrs(vpc: Record, account: Account) -> frozenset[str]:
    """The CIDR blocks of its subnets."""
    return frozenset(subnet["CidrBlock"] for subnet in account.all("ec2:subnet") if subnet["VpcId"] == vpc["VpcId"])


@check(
    "ec2:vpc",
    severity="medium",
    reads=["ec2:vpc-endpoint"],
    fix="aws ec2 create-vpc-endpoint --vpc-id {VpcId} --service-name <service>",
)
def endpoints(vpc: Record, account: Account) -> frozenset[str]:
    """The AWS services that it reaches through available VPC endpoints: `s3`, `ecr.api`."""
    return frozenset(
        endpoint["ServiceName"].split(".", 3)[-1]
        for endpoint in account.all("ec2:vpc-endpoint")
        if endpoint["VpcId"] == vpc["VpcId"] and endpoint["State"].lower() == "available" and _is_connected(endpoint)
    )


def _is_connected(endpoint: Record) -> bool:
    """Whether the VPC can use an endpoint: a gateway endpoint needs a route table, any other a subnet."""
    return bool(endpoint.get("RouteTableIds", ())) or bool(endpoint.get("SubnetIds", ()))


@check(
    "ec2:vpc",
    severity="medium",
    reads=["ec2:flow-log"],
    controls=["AWS FSBP EC2.6"],
    fix="aws ec2 create-flow-logs --resource-type VPC --resource-ids {VpcId} --traffic-type ALL",
)
def flow_logs(vpc: Record, account: Account) -> frozenset[str]:
    """The traffic (ALL, ACCEPT, REJECT) that active flow logs of the VPC record and deliver."""
    return frozenset(
        log["TrafficType"]
        for log in account.all("ec2:flow-log")
        # a log that has not delivered yet has no delivery status
        if log["ResourceId"] == vpc["VpcId"]
        and log["FlowLogStatus"] == "ACTIVE"
        and log.get("DeliverLogsStatus") != "FAILED"
    )


@check("ec2:security-group", severity="low", fix="A group's description is fixed at creation: create a new group.")
def description(group: Record) -> str:
    """The text of its description."""
    return group["Description"]


@check(
    "aws:account",
    severity="medium",
    reads=["ec2:instance"],
    fix="Move its workload to a managed service, then terminate it.",
)
def self_managed_instances(caller: Record, account: Account) -> int:
    """How many EC2 instances the account has in the region, running or stopped."""
    states = [instance["State"]["Name"] for instance in account.all("ec2:instance")]
    return sum(state not in ("shutting-down", "terminated") for state in states)
