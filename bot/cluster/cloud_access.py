"""What RAM grants: each declared call is made once, as cheaply as it can be, on what the cluster itself names.

RAM is asked before the object is looked for, so that "there is no such object" means granted. What the API says of a
parameter tells nothing.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bot.cloud.requests import Action, Parameter
from bot.cluster.facts.cloud import ask_cloud, cloud_cluster_id, cloud_vpc
from bot.cluster.session import ClusterSession
from bot.cluster.transport import ReadError

# What has to be given where a call takes more than a region and a VPC: ids in the form of the API that nobody has.
_IDS = {
    "VSwitchId": "vsw-netclinic-check",
    "NatGatewayId": "ngw-netclinic-check",
    "RouteTableId": "vtb-netclinic-check",
    "Ipv6GatewayId": "ipv6gw-netclinic-check",
    "SecurityGroupId": "sg-netclinic-check",
    "AddonName": "terway-eniip",
    "TaskId": "T-netclinic-check",
}
_NEEDS: dict[str, tuple[str, ...]] = {
    "DescribeSnatTableEntries": ("NatGatewayId",),
    "DescribeRouteEntryList": ("RouteTableId",),
    "DescribeIpv6EgressOnlyRules": ("Ipv6GatewayId",),
    "DescribeSecurityGroupAttribute": ("SecurityGroupId",),
    "GetClusterAddonInstance": ("AddonName",),
    "DescribeClusterAddonInstance": ("AddonName",),
    "DescribeTaskInfo": ("TaskId",),
}


@dataclass(frozen=True)
class CloudTrial:
    """What came of one call that was made to see whether it may be."""

    action: Action
    outcome: Literal["granted", "missing", "unknown"]
    told: str = ""

    def to_json(self) -> dict[str, str]:
        """For programs."""
        return {"action": self.action.permission, "outcome": self.outcome, "told": self.told}


async def trials(session: ClusterSession, actions: Iterable[Action]) -> list[CloudTrial]:
    """Each of these, in the order of their names."""
    ordered = sorted(actions, key=lambda action: action.permission)
    return list(await asyncio.gather(*(_trial(session, action) for action in ordered)))


async def _trial(session: ClusterSession, action: Action) -> CloudTrial:
    try:
        await ask_cloud(session, action, **await _parameters(session, action))
    except ReadError as error:
        if error.kind == "not_found":
            return CloudTrial(action, "granted")
        return CloudTrial(action, "missing" if error.kind == "forbidden" else "unknown", str(error))
    return CloudTrial(action, "granted")


async def _parameters(session: ClusterSession, action: Action) -> dict[str, Parameter]:
    given: dict[str, Parameter] = {name: _IDS[name] for name in _NEEDS.get(action.name, ())}
    if "ClusterId" in action.in_path:
        given["ClusterId"] = await cloud_cluster_id(session)
    elif not given and action.product == "vpc":
        by_vswitch = "VSwitchId" in action.selects
        given = {"VSwitchId": _IDS["VSwitchId"]} if by_vswitch else {"VpcId": await cloud_vpc(session)}
    return given
