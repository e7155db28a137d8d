"""The table of all calls: product, version, action, style, page style, path of the list, largest page, what is kept.

Names, pages and fields are those of the official SDKs' models: alibabacloud-vpc20160428 7.2.2, -ecs20140526 7.11.8,
-cs20151215 7.2.3. ``selects`` is what a recording goes by.
"""

from bot.cloud.requests import LOGIN, Action, Pages

_VPC, _ECS, _CS = "2016-04-28", "2014-05-26", "2015-12-15"
_BY_NUMBER = Pages(by="number", size_name="PageSize", size=50)


def _by_token(size: int, size_name: str = "MaxResults") -> Pages:
    return Pages(by="token", size_name=size_name, size=size)


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


DESCRIBE_VSWITCHES = Action(
    product="vpc",
    name="DescribeVSwitches",
    version=_VPC,
    items=("VSwitches", "VSwitch"),
    pages=_BY_NUMBER,
    keeps=(
        *("VSwitchId", "VSwitchName", "VpcId", "ZoneId", "CidrBlock", "Ipv6CidrBlock", "AvailableIpAddressCount"),
        *("Status", "ShareType", "RouteTable.RouteTableId"),
    ),
    selects=_same("VSwitchId", "VpcId", "ZoneId"),
)
DESCRIBE_NAT_GATEWAYS = Action(
    product="vpc",
    name="DescribeNatGateways",
    version=_VPC,
    items=("NatGateways", "NatGateway"),
    pages=_BY_NUMBER,
    keeps=("NatGatewayId", "Name", "VpcId", "NetworkType", "Status", "SnatTableIds"),
    selects=_same("NatGatewayId", "VpcId"),
)
DESCRIBE_SNAT_TABLE_ENTRIES = Action(
    product="vpc",
    name="DescribeSnatTableEntries",
    version=_VPC,
    items=("SnatTableEntries", "SnatTableEntry"),
    pages=_BY_NUMBER,
    keeps=(
        *("SnatEntryId", "SnatTableId", "NatGatewayId", "SourceVSwitchId", "SourceCIDR", "SnatIp", "Status"),
        "SnatEntryName",
    ),
    selects=_same("SnatTableId", "NatGatewayId", "SourceVSwitchId"),
)
DESCRIBE_ROUTE_TABLE_LIST = Action(
    product="vpc",
    name="DescribeRouteTableList",
    version=_VPC,
    items=("RouterTableList", "RouterTableListType"),
    pages=_BY_NUMBER,
    keeps=("RouteTableId", "RouteTableName", "RouteTableType", "AssociateType", "VSwitchIds", "RouterType", "VpcId"),
    selects=_same("VpcId", "RouteTableId"),
)
DESCRIBE_ROUTE_ENTRY_LIST = Action(
    product="vpc",
    name="DescribeRouteEntryList",
    version=_VPC,
    items=("RouteEntrys", "RouteEntry"),
    pages=_by_token(100, "MaxResult"),  # no s
    keeps=("RouteEntryId", "RouteTableId", "DestinationCidrBlock", "Status", "Type", "NextHops"),
    selects=_same("RouteTableId", "DestinationCidrBlock"),
)
DESCRIBE_IPV6_ADDRESSES = Action(
    product="vpc",
    name="DescribeIpv6Addresses",
    version=_VPC,
    items=("Ipv6Addresses", "Ipv6Address"),
    pages=_BY_NUMBER,
    keeps=(
        *("Ipv6AddressId", "Ipv6Address", "Ipv6InternetBandwidth", "NetworkType", "AssociatedInstanceId"),
        *("AddressType", "Status", "VSwitchId", "VpcId", "Ipv6GatewayId"),
    ),
    selects=_same("Ipv6Address", "Ipv6AddressId", "VpcId", "VSwitchId"),
)
DESCRIBE_IPV6_GATEWAYS = Action(
    product="vpc",
    name="DescribeIpv6Gateways",
    version=_VPC,
    items=("Ipv6Gateways", "Ipv6Gateway"),
    pages=_BY_NUMBER,
    keeps=("Ipv6GatewayId", "Name", "VpcId", "Status", "BusinessStatus"),
    selects=_same("VpcId", "Ipv6GatewayId"),
)
DESCRIBE_IPV6_EGRESS_ONLY_RULES = Action(
    product="vpc",
    name="DescribeIpv6EgressOnlyRules",
    version=_VPC,
    items=("Ipv6EgressOnlyRules", "Ipv6EgressOnlyRule"),
    pages=_BY_NUMBER,
    keeps=("Ipv6EgressOnlyRuleId", "InstanceId", "InstanceType", "Status", "Ipv6GatewayId"),
    selects=_same("Ipv6GatewayId", "InstanceId"),
)
DESCRIBE_NETWORK_INTERFACES = Action(
    product="ecs",
    name="DescribeNetworkInterfaces",
    version=_ECS,
    items=("NetworkInterfaceSets", "NetworkInterfaceSet"),
    pages=_by_token(500),
    keeps=(
        *("NetworkInterfaceId", "InstanceId", "VSwitchId", "VpcId", "ZoneId", "Type", "Status", "MacAddress"),
        *("PrivateIpAddress", "PrivateIpSets", "Ipv6Sets", "SecurityGroupIds", "AssociatedPublicIp", "CreationTime"),
        *("Tags", "NetworkInterfaceTrafficMode"),
    ),
    selects={
        **_same("NetworkInterfaceId", "InstanceId", "VSwitchId", "VpcId", "Type", "Status"),
        "PrivateIpAddress": "PrivateIpSets.PrivateIpSet.PrivateIpAddress",
        "SecurityGroupId": "SecurityGroupIds.SecurityGroupId",
    },
)
DESCRIBE_INSTANCES = Action(
    product="ecs",
    name="DescribeInstances",
    version=_ECS,
    items=("Instances", "Instance"),
    pages=_by_token(100),
    keeps=(
        *("InstanceId", "InstanceName", "InstanceType", "RegionId", "ZoneId", "Status", "VpcAttributes"),
        *("SecurityGroupIds", "EipAddress", "PublicIpAddress", "InstanceNetworkType"),
    ),
    selects={
        **_same("InstanceNetworkType"),
        "InstanceIds": "InstanceId",
        "PrivateIpAddresses": "VpcAttributes.PrivateIpAddress.IpAddress",
        "VpcId": "VpcAttributes.VpcId",
    },
    json_lists=("InstanceIds", "PrivateIpAddresses"),
)
DESCRIBE_INSTANCE_TYPES = Action(
    product="ecs",
    name="DescribeInstanceTypes",
    version=_ECS,
    items=("InstanceTypes", "InstanceType"),
    pages=_by_token(1600),
    keeps=(
        *("InstanceTypeId", "InstanceTypeFamily", "EniQuantity", "EniTotalQuantity", "EniPrivateIpAddressQuantity"),
        *("EniIpv6AddressQuantity", "EniTrunkSupported"),
    ),
    selects={"InstanceTypes": "InstanceTypeId"},
)
DESCRIBE_SECURITY_GROUPS = Action(
    product="ecs",
    name="DescribeSecurityGroups",
    version=_ECS,
    items=("SecurityGroups", "SecurityGroup"),
    pages=_by_token(100),
    keeps=("SecurityGroupId", "SecurityGroupName", "VpcId", "SecurityGroupType"),
    selects={"SecurityGroupIds": "SecurityGroupId", **_same("VpcId", "SecurityGroupId")},
    json_lists=("SecurityGroupIds",),
)
DESCRIBE_SECURITY_GROUP_ATTRIBUTE = Action(
    product="ecs",
    name="DescribeSecurityGroupAttribute",
    version=_ECS,
    items=("Permissions", "Permission"),
    pages=_by_token(1000),
    is_object=True,
    keeps=("SecurityGroupId", "SecurityGroupName", "VpcId", "InnerAccessPolicy", "Permissions"),
    selects=_same("SecurityGroupId"),
)
DESCRIBE_CLUSTER_DETAIL = Action(
    product="cs",
    name="DescribeClusterDetail",
    version=_CS,
    style="ROA",
    pathname="/clusters/{ClusterId}",
    is_object=True,
    # meta_data, parameters and master_url are not for showing.
    keeps=(
        *("cluster_id", "name", "cluster_type", "cluster_spec", "region_id", "state", "current_version", "vpc_id"),
        *("vswitch_ids", "security_group_id", "worker_ram_role_name", "external_loadbalancer_id", "rrsa_config"),
        *("network_mode", "container_cidr", "service_cidr", "ip_stack"),
    ),
    selects={"ClusterId": "cluster_id"},
)
DESCRIBE_CLUSTER_NODE_POOLS = Action(
    product="cs",
    name="DescribeClusterNodePools",
    version=_CS,
    style="ROA",
    pathname="/clusters/{ClusterId}/nodepools",
    items=("nodepools",),
    # login_password and user_data of a scaling group are not for showing.
    keeps=(
        *("nodepool_info.name", "nodepool_info.nodepool_id", "nodepool_info.type", "status.state"),
        *("scaling_group.vswitch_ids", "scaling_group.security_group_ids", "scaling_group.instance_types"),
        "scaling_group.ram_role_name",
    ),
)
GET_CLUSTER_ADDON_INSTANCE = Action(
    product="cs",
    name="GetClusterAddonInstance",
    version=_CS,
    style="ROA",
    pathname="/clusters/{ClusterId}/addon_instances/{AddonName}",
    is_object=True,
    keeps=("name", "version", "state", "config"),
    selects={"AddonName": "name"},
)
DESCRIBE_CLUSTER_ADDON_INSTANCE = Action(
    product="cs",
    name="DescribeClusterAddonInstance",
    version=_CS,
    style="ROA",
    pathname="/clusters/{ClusterId}/components/{AddonName}/instance",
    is_object=True,
    keeps=("name", "version", "state", "config"),
    selects={"AddonName": "name"},
)
DESCRIBE_CLUSTER_RESOURCES = Action(
    product="cs",
    name="DescribeClusterResources",
    version=_CS,
    style="ROA",
    pathname="/clusters/{ClusterId}/resources",
    body_type="array",
    keeps=("resource_type", "instance_id", "state", "resource_info"),
)
DESCRIBE_CLUSTER_TASKS = Action(
    product="cs",
    name="DescribeClusterTasks",
    version=_CS,
    style="ROA",
    pathname="/clusters/{ClusterId}/tasks",
    items=("tasks",),
    # A cluster's tasks of years are not read: the newest ones come first.
    pages=Pages(
        by="number",
        size_name="page_size",
        size=50,
        number_name="page_number",
        total=("page_info", "total_count"),
        most=2,
    ),
    keeps=("task_id", "task_type", "state", "created", "updated", "error.code", "error.message"),
)
DESCRIBE_TASK_INFO = Action(
    product="cs",
    name="DescribeTaskInfo",
    version=_CS,
    style="ROA",
    pathname="/tasks/{TaskId}",
    is_object=True,
    # parameters and outputs may hold an add-on's whole configuration.
    keeps=("task_id", "task_type", "state", "target.id", "target.type", "error.code", "error.message", "events"),
    selects={"TaskId": "task_id"},
)
ASSUME_ROLE_WITH_OIDC = Action(
    product="sts", name=LOGIN, version="2015-04-01", is_object=True, keeps=("Credentials.Expiration",)
)
ACTIONS: tuple[Action, ...] = tuple(each for each in list(globals().values()) if isinstance(each, Action))
BY_NAME = {action.name: action for action in ACTIONS}
