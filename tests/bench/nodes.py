"""The nodes of the large cluster, and Terway's own object for each."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from bot.recordings.times import format_time
from tests.bench.shapes import IMAGES, Size, node_conditions, node_fields

Json = dict[str, Any]
ZONES = {"cn-hangzhou-h": "vsw-bp1aaa", "cn-hangzhou-i": "vsw-bp1bbb"}


def node_name(number: int) -> str:
    return f"cn-hangzhou.10.{number // 250}.{number % 250}.11"


def _zone(number: int) -> str:
    return list(ZONES)[number % 2]


def nodes(size: Size, now: datetime) -> Iterator[Json]:
    conditions = node_conditions(now)
    fields = node_fields(now)
    for number in range(size.nodes):
        name, zone, ecs = node_name(number), _zone(number), f"i-bp1w{number:014d}"
        yield {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": name,
                "labels": {
                    "kubernetes.io/hostname": name,
                    "kubernetes.io/os": "linux",
                    "kubernetes.io/arch": "amd64",
                    "node.kubernetes.io/instance-type": "ecs.g7.4xlarge",
                    "topology.kubernetes.io/region": "cn-hangzhou",
                    "topology.kubernetes.io/zone": zone,
                    "topology.diskplugin.csi.alibabacloud.com/zone": zone,
                    "ack.aliyun.com": "c0123456789abcdef0123456789abcdef",
                    "alibabacloud.com/ecs-instance-id": ecs,
                    "alibabacloud.com/nodepool-id": "np0123456789abcdef0123456789abcdef",
                },
                "annotations": {
                    "csi.volume.kubernetes.io/nodeid": f'{{"diskplugin.csi.alibabacloud.com":"{ecs}"}}',
                    "node.alpha.kubernetes.io/ttl": "0",
                    "volumes.kubernetes.io/controller-managed-attach-detach": "true",
                    "k8s.aliyun.com/max-available-ip": "210",
                },
                "managedFields": fields,
            },
            "spec": {"providerID": f"cn-hangzhou.{ecs}"},
            "status": {
                "addresses": [{"type": "InternalIP", "address": name[12:]}, {"type": "Hostname", "address": name}],
                "allocatable": {
                    "cpu": "15890m",
                    "memory": "58890Mi",
                    "pods": "213",
                    "ephemeral-storage": "113783187457",
                },
                "capacity": {"cpu": "16", "memory": "64Gi", "pods": "213", "ephemeral-storage": "123460488Ki"},
                "conditions": conditions,
                "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
                "images": IMAGES,
                "nodeInfo": {
                    "architecture": "amd64",
                    "bootID": f"3f0c1d58-0000-4000-8000-{number:012d}",
                    "machineID": f"{number:032d}",
                    "systemUUID": f"3f0c1d58-1111-4111-8111-{number:012d}",
                    "operatingSystem": "linux",
                    "osImage": "Alibaba Cloud Linux 3.2104 U11 (OpenAnolis Edition)",
                    "kernelVersion": "5.10.134-18.al8.x86_64",
                    "containerRuntimeVersion": "containerd://1.6.38",
                    "kubeletVersion": "v1.32.1-aliyun.1",
                    "kubeProxyVersion": "v1.32.1-aliyun.1",
                },
            },
        }
        yield _terway_node(number, size, now)


def _terway_node(number: int, size: Size, now: datetime) -> Json:
    """Terway's own object for a node: three ENIs of fifteen addresses each."""
    zone = _zone(number)
    full = number % 2 == 0 and number // 2 < size.stuck_nodes
    shortage = {"observedTime": format_time(now - timedelta(minutes=2)), "message": "vsw-bp1aaa ip is not enough"}
    enis = [f"eni-bp1n{number:04d}{letter}" for letter in ("a", "b")]
    interfaces = {}
    for place, eni in enumerate(enis):
        addresses = [f"10.{100 + number // 250}.{number % 250}.{place * 15 + last}" for last in range(1, 16)]
        interfaces[eni] = {
            "id": eni,
            "status": "InUse",
            "macAddress": f"00:16:3e:{place:02x}:{number // 256:02x}:{number % 256:02x}",
            "networkInterfaceType": "Secondary",
            "networkInterfaceTrafficMode": "Standard",
            "vSwitchID": ZONES[zone],
            "securityGroupIDs": ["sg-bp1ccc"],
            "primaryIPAddress": addresses[0],
            "ipv4CIDR": "10.100.0.0/14",
            "ipv4": {
                ip: {"ip": ip, "primary": not index, "status": "Valid"}
                | ({"podID": f"team-{number % 40:02d}/web-{number:05d}-{index}"} if index else {})
                for index, ip in enumerate(addresses)
            },
        } | ({"conditions": {"InsufficientIP": shortage}} if full else {})
    spec = {
        "nodeMetadata": {
            "regionID": "cn-hangzhou",
            "instanceType": "ecs.g7.4xlarge",
            "instanceID": f"i-bp1w{number:014d}",
            "zoneID": zone,
        },
        "nodeCap": {"adapters": 8, "totalAdapters": 8, "ipv4PerAdapter": 30, "ipv6PerAdapter": 30},
        "eni": {"enableIPv4": True, "vSwitchOptions": [ZONES[zone]], "securityGroupIDs": ["sg-bp1ccc"]},
        "datapath": {"type": "datapathv2"},
        "flavor": [{"networkInterfaceType": "Secondary", "networkInterfaceTrafficMode": "Standard", "count": 7}],
        "pool": {"maxPoolSize": 5, "minPoolSize": 0, "poolSyncPeriod": "120s"},
    }
    return {
        "apiVersion": "network.alibabacloud.com/v1beta1",
        "kind": "Node",
        "metadata": {"name": node_name(number), "labels": {"name": node_name(number)}},
        "spec": spec,
        "status": {"networkInterfaces": interfaces, "nextSyncOpenAPITime": format_time(now)},
    }
