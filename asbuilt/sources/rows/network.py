"""VPCs, subnets, route tables, security groups, endpoints, gateways, flow logs, instances, network interfaces."""

from asbuilt.sources.row import Row

_NAME_TAG = "Tags[?Key=='Name'].Value | [0]"

ROWS = (
    Row("ec2:vpc", "ec2", "describe_vpcs", "Vpcs[]", names=f"[{_NAME_TAG}, VpcId]"),
    Row("ec2:subnet", "ec2", "describe_subnets", "Subnets[]", names=f"[{_NAME_TAG}, SubnetId]", arn="SubnetArn"),
    Row("ec2:route-table", "ec2", "describe_route_tables", "RouteTables[]", names=f"[{_NAME_TAG}, RouteTableId]"),
    Row("ec2:security-group", "ec2", "describe_security_groups", "SecurityGroups[]", names="[GroupName, GroupId]"),
    Row("ec2:vpc-endpoint", "ec2", "describe_vpc_endpoints", "VpcEndpoints[]", names=f"[{_NAME_TAG}, VpcEndpointId]"),
    Row("ec2:flow-log", "ec2", "describe_flow_logs", "FlowLogs[]", names=f"[{_NAME_TAG}, FlowLogId]"),
    Row("ec2:instance", "ec2", "describe_instances", "Reservations[].Instances[]", names=f"[{_NAME_TAG}, InstanceId]"),
    Row(
        "ec2:network-interface",
        "ec2",
        "describe_network_interfaces",
        "NetworkInterfaces[]",
        names="[NetworkInterfaceId]",
    ),
    Row(
        "ec2:nat-gateway",
        "ec2",
        "describe_nat_gateways",
        "NatGateways[]",
        names=f"[{_NAME_TAG}, NatGatewayId]",
    ),
    Row(
        "ec2:internet-gateway",
        "ec2",
        "describe_internet_gateways",
        "InternetGateways[]",
        names=f"[{_NAME_TAG}, InternetGatewayId]",
    ),
    Row(
        "ec2:vpc-peering",
        "ec2",
        "describe_vpc_peering_connections",
        "VpcPeeringConnections[]",
        names=f"[{_NAME_TAG}, VpcPeeringConnectionId]",
    ),
    Row(
        "ec2:managed-prefix-list",
        "ec2",
        "describe_managed_prefix_lists",
        "PrefixLists[]",
        names="[PrefixListName, PrefixListId]",
    ),
)
