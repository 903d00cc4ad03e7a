"""VPCs, subnets, route tables, security groups, endpoints, gateways, flow logs, instances, network interfaces."""

from asbuilt.sources.row import Row

_NAME_TAG = "Tags[?Key=='Name'].Value"

ROWS = (
    Row("ec2:vpc", "ec2", "describe_vpcs", "Vpcs[]", ids="[VpcId]", names=_NAME_TAG),
    Row("ec2:subnet", "ec2", "describe_subnets", "Subnets[]", ids="[SubnetId]", names=_NAME_TAG, arn="SubnetArn"),
    Row("ec2:route-table", "ec2", "describe_route_tables", "RouteTables[]", ids="[RouteTableId]", names=_NAME_TAG),
    Row(
        "ec2:security-group",
        "ec2",
        "describe_security_groups",
        "SecurityGroups[]",
        ids="[GroupId]",
        names="[GroupName]",
    ),
    Row("ec2:vpc-endpoint", "ec2", "describe_vpc_endpoints", "VpcEndpoints[]", ids="[VpcEndpointId]", names=_NAME_TAG),
    Row("ec2:flow-log", "ec2", "describe_flow_logs", "FlowLogs[]", ids="[FlowLogId]", names=_NAME_TAG),
    Row("ec2:instance", "ec2", "describe_instances", "Reservations[].Instances[]", ids="[InstanceId]", names=_NAME_TAG),
    Row(
        "ec2:network-interface",
        "ec2",
        "describe_network_interfaces",
        "NetworkInterfaces[]",
        ids="[NetworkInterfaceId]",
    ),
    Row(
        "ec2:nat-gateway",
        "ec2",
        "describe_nat_gateways",
        "NatGateways[]",
        ids="[NatGatewayId]",
        names=_NAME_TAG,
    ),
    Row(
        "ec2:internet-gateway",
        "ec2",
        "describe_internet_gateways",
        "InternetGateways[]",
        ids="[InternetGatewayId]",
        names=_NAME_TAG,
    ),
    Row(
        "ec2:vpc-peering",
        "ec2",
        "describe_vpc_peering_connections",
        "VpcPeeringConnections[]",
        ids="[VpcPeeringConnectionId]",
        names=_NAME_TAG,
    ),
    Row(
        "ec2:managed-prefix-list",
        "ec2",
        "describe_managed_prefix_lists",
        "PrefixLists[]",
        ids="[PrefixListId]",
        names="[PrefixListName]",
    ),
)
