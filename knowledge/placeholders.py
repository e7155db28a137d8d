"""What is left to fill in: where a command holds an upper-case word for a name that is not known, how to get the name.

Said once, at the first step that needs it, and not where the step says it itself.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from knowledge.rendering import RenderedStep

_POD = (
    "Put the namespace and the name of a pod that fails in place of NAMESPACE and POD (`kubectl get pods -A -o wide`)."
)
HOW_TO_GET = {
    "POD": _POD,
    "NAMESPACE": "Put your namespace in place of NAMESPACE.",
    "NODE": "Put the name of the node in place of NODE (`kubectl get nodes`).",
    "SERVICE": "Put the name of the Service in place of SERVICE (`kubectl get services -A`).",
    "TERWAY_POD": "Put the Terway pod of the node in place of TERWAY_POD (`kubectl -n kube-system get pods -o wide`).",
    "TERWAY_DAEMONSET": (
        "Put the name of Terway's DaemonSet in place of TERWAY_DAEMONSET, one after another if there are several "
        "(`kubectl -n kube-system get daemonsets`)."
    ),
    "VSWITCH": "Put the ID of the vSwitch in place of VSWITCH (VPC console, vSwitches).",
    "INSTANCE": "Put the ID of the instance in place of INSTANCE (ECS console, Instances).",
    "INSTANCE_TYPE": "Put the instance type in place of INSTANCE_TYPE (ECS console, Instances).",
    "CLUSTER_REGION": "Put the region in place of CLUSTER_REGION, cn-hangzhou for example.",
    "CLUSTER_VPC": "Put the ID of the VPC in place of CLUSTER_VPC (ACK console, your cluster, Cluster Information).",
    "MAC": "Put the MAC address of the error in place of MAC.",
    "MODULE": "Put the name of the kernel module in place of MODULE.",
    "DEPLOYMENT": "Put the name of the pod's Deployment in place of DEPLOYMENT (`kubectl get deployments -A`).",
    "CLIENT_POD": "Put another pod of that namespace, one that has curl, in place of CLIENT_POD.",
    "PORT": "Put the number of the port in place of PORT.",
    "POD_IPV6": "Put the IPv6 address of the pod in place of POD_IPV6 (`status.podIPs` in the pod's YAML).",
    "CLUSTER_IPV6": (
        "Put the IPv6 address of the Service in place of CLUSTER_IPV6 (`spec.clusterIPs` in the Service's YAML)."
    ),
    "CLUSTER_IP": "Put the cluster IP of the Service in place of CLUSTER_IP (`kubectl get services -A`).",
    "LOAD_BALANCER_IP": (
        "Put the address of the load balancer in place of LOAD_BALANCER_IP (EXTERNAL-IP of `kubectl get services -A`)."
    ),
    "SERVICE_NAME": "Choose a name for the Service in place of SERVICE_NAME.",
    "APP_LABEL": "Put the value of the pods' label app in place of APP_LABEL (`kubectl get pods -A --show-labels`).",
    "YOUR_IMAGE": "Put the image of your program in place of YOUR_IMAGE.",
    "NEW_MAXIMUM": (
        "Put a number above the present one in place of NEW_MAXIMUM (`cat /proc/sys/net/netfilter/nf_conntrack_max` "
        "on that node)."
    ),
    "LEAKED_IP": "Put one address that both lists hold in place of LEAKED_IP.",
    "ROUTE_TABLE_ID": (
        "Put the ID of the route table (vtb-…) in place of ROUTE_TABLE_ID (VPC console, Route Tables, or the reply of "
        "DescribeRouteTableList)."
    ),
    "NAT_GATEWAY": "Put the ID of the NAT gateway (ngw-…) in place of NAT_GATEWAY (VPC console, NAT Gateway).",
    "SNAT_TABLE": "Put the SnatTableId (stb-…) of the NAT gateway in place of SNAT_TABLE.",
    "EIP_ADDRESS": "Put the address of the EIP in place of EIP_ADDRESS.",
    "ECS_PRIVATE_IP": (
        "Put the private IP address of the instance in place of ECS_PRIVATE_IP (ECS console, Instances)."
    ),
    "NODE_INSTANCE_ID": (
        "Put the ID of a node's instance (i-…) in place of NODE_INSTANCE_ID (the end of `spec.providerID` in the "
        "node's YAML)."
    ),
    "SECURITY_GROUP_ID": "Put the ID of the security group (sg-…) in place of SECURITY_GROUP_ID.",
    "CLUSTER_ID": "Put the ID of the cluster in place of CLUSTER_ID (ACK console, Clusters).",
    "VSWITCH_ID": "Put the ID of the vSwitch (vsw-…) in place of VSWITCH_ID (VPC console, vSwitches).",
    "ZONE_ID": "Put its zone, cn-hangzhou-k for example, in place of ZONE_ID.",
}
_NAMES = "|".join(HOW_TO_GET)
# Not where it heads a column (NODE:.metadata.name) or is a part of another word; the host of an address is one.
_WORD = re.compile(
    rf"(?<![\w$/.|-])({_NAMES})(?![\w|-]|:[^A-Z])|(?<=//)({_NAMES})(?![\w.|-])|(?<=daemonset/)({_NAMES})"
)
_CODE = re.compile(r"`[^`]*`")


def explained(sections: Iterable[Iterable[RenderedStep]]) -> list[tuple[RenderedStep, ...]]:
    """The steps of all sections, in the order in which they are read, with what is to be filled in explained."""
    known: set[str] = set()
    return [tuple(_explain(step, known) for step in section) for section in sections]


def _words(text: str) -> list[str]:
    return list(dict.fromkeys("".join(found) for found in _WORD.findall(text)))


def _explain(step: RenderedStep, known: set[str]) -> RenderedStep:
    told = set(_words(_CODE.sub("", step.text)))
    commands = " ".join([*_CODE.findall(step.text), step.command or ""])
    left = [word for word in _words(commands) if word not in known | told]
    known |= {*left, *told}
    if "POD" in left:  # says both
        left = [word for word in left if word != "NAMESPACE"]
        known.add("NAMESPACE")
    return replace(step, text=" ".join([step.text, *(HOW_TO_GET[word] for word in left)])) if left else step
