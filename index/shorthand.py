"""Shorthand of the field in plain words, for an encoder that learned everyday English.

It knows no ``svc`` and no ``vsw``, and takes ``ContainerCreating`` for a row of syllables. As with the Chinese
glossary, it only needs the right words in about the right order.
"""

import re

_PLAIN = {
    "addr": "address",
    "addrs": "addresses",
    "alb": "application load balancer",
    "ccm": "cloud controller manager",
    "cfg": "configuration",
    "cidr": "CIDR address range",
    "clb": "load balancer",
    "cni": "network plugin",
    "conf": "configuration",
    "conn": "connection",
    "conns": "connections",
    "conntrack": "connection tracking",
    "deploy": "deployment",
    "ecs": "virtual machine",
    "eip": "public IP address",
    "eips": "public IP addresses",
    "eni": "network interface",
    "enis": "network interfaces",
    "gw": "gateway",
    "hpa": "autoscaler",
    "iface": "network interface",
    "ip": "IP address",
    "ipam": "address management",
    "ips": "IP addresses",
    "k8s": "kubernetes",
    "kube": "kubernetes",
    "lb": "load balancer",
    "netpol": "network policy",
    "nic": "network interface",
    "nics": "network interfaces",
    "nlb": "network load balancer",
    "ns": "namespace",
    "oom": "out of memory",
    "pdb": "disruption budget",
    "pls": "please",
    "plz": "please",
    "pvc": "volume claim",
    "rbac": "permissions",
    "sg": "security group",
    "slb": "load balancer",
    "snat": "source address translation",
    "sts": "statefulset",
    "svc": "service",
    "svcs": "services",
    "v4": "IPv4",
    "v6": "IPv6",
    "vm": "virtual machine",
    "vms": "virtual machines",
    "vsw": "virtual switch",
    "vswitch": "virtual switch",
    "vswitches": "virtual switches",
}
_CAMEL = re.compile(r"(?<=[a-z]{3})(?=[A-Z])")  # vSwitch and IPv6 stay whole
_KNOWN = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(sorted(_PLAIN, key=len, reverse=True))})(?![a-z0-9])", re.IGNORECASE)


def spell_out(text: str) -> str:
    """The text with known shorthand in plain words and CamelCase cut into words."""
    return _CAMEL.sub(" ", _KNOWN.sub(lambda found: _PLAIN[found.group().lower()], text))
