"""Facts about Terway as it runs: DaemonSets, ENI mode, datapath, address management.

What the objects mean is from Terway's public code (cmd/terway-cli, types/k8s.go).
"""

import itertools
import re
from collections import Counter
from typing import Any

from bot.cluster.declared_reads import command_word, command_words, kept_words, label, label_of
from bot.cluster.facts.eni_config import (
    ABSENT,
    ENI_CONFIG,
    MAPS_PORTS,
    eni_config,
    eni_config_command,
    json_object,
    parse,
    plugins,
    terway_plugin,
)
from bot.cluster.facts.platform import GET_CONFIG, LIST_DAEMON_SETS, LIST_NODES, TERWAY_DAEMON_SETS
from bot.cluster.facts.registry import Fact, Permission, fact, known, read_fact, undamaged_fact, unknown
from bot.cluster.requests import Listing
from bot.cluster.resources import NODES, TERWAY_NODES
from bot.cluster.session import SYSTEM, ClusterSession, Object, get_path, name_of
from bot.cluster.transport import ReadError
from knowledge.versions import parse_version

LIST_TERWAY_NODES = Permission("list", TERWAY_NODES)
EXCLUSIVE_LABEL = "k8s.aliyun.com/exclusive-mode-eni-type"
CONFIG_LABEL = label("terway-config")
command_word(re.compile(r"(?<![\w-])--?daemon-mode\b|(?<![\w-])(?i:enimultiip|enionly|vpc)\b"))
command_word(re.compile(r"--enable-host-port\b(?:=['\"]?\w+)?"))
ASKS_HOST_PORTS = re.compile(r"--enable-host-port\b(?!=['\"]?false)")
NODE_OBJECTS = 50  # enough for a sample, and few enough to be read at every question
EBPF = "ebpf"
EBPF_POLICIES = "v1.9.17"
MAPS_HOST_PORTS = "v1.14.5"  # in eBPF, where Terway replaces kube-proxy: --enable-host-port of cmd/terway-cli/policy.go
MAY_MAP_HOST_PORTS = "v1.14.1"  # has the option as well, and nobody says that it works
DAEMON_MODES = {"enimultiip": "shared", "enionly": "exclusive", "vpc": "vpc"}  # VPC: pods have no ENI addresses


async def terway_daemon_sets(session: ClusterSession) -> list[Object]:
    """Terway's DaemonSets that exist here; where some have pods to run, the others are left over."""
    found = await session.daemon_sets()
    mine = [found[name] for name in TERWAY_DAEMON_SETS if name in found]
    return [item for item in mine if get_path(item, "status", "desiredNumberScheduled")] or mine


@fact("terway.daemonsets", "Terway's DaemonSets in kube-system", reads=(LIST_DAEMON_SETS,))
async def daemonsets(session: ClusterSession) -> Fact:
    """By name."""
    names = [name_of(item) for item in await terway_daemon_sets(session)]
    if not names:
        return unknown("there is no Terway DaemonSet in kube-system")
    return known(", ".join(names), f"DaemonSet {SYSTEM}/{names[0]}", f"kubectl -n {SYSTEM} get daemonset {names[0]}")


@fact("terway.daemonset", "the name of Terway's DaemonSet, where it is one", reads=(LIST_DAEMON_SETS,))
async def daemonset(session: ClusterSession) -> Fact:
    """For commands, which take one name."""
    found = await undamaged_fact(session, "terway.daemonsets")
    return unknown(f"Terway has several: {found.value}") if ", " in str(found.value or "") else found


@fact("terway.version", "Terway's image tag", reads=(LIST_DAEMON_SETS,), core=True)
async def version(session: ClusterSession) -> Fact:
    """The image tag of the ``terway`` container."""
    for item in await terway_daemon_sets(session):
        for container in get_path(item, "spec", "template", "spec", "containers") or []:
            tag = image_tag(str(container.get("image", "")))
            if container.get("name") == "terway" and tag:
                name = name_of(item)
                check = f"kubectl -n {SYSTEM} get daemonset {name} -o wide"
                return known(tag, f"DaemonSet {SYSTEM}/{name}", check, str(container["image"]))
    return unknown("no Terway DaemonSet names an image version")


def image_tag(image: str) -> str:
    """The tag of an image reference, empty without one."""
    last = image.rsplit("/", 1)[-1].split("@", 1)[0]
    return last.split(":", 1)[1] if ":" in last else ""


@fact("terway.exclusive_nodes", "nodes in exclusive ENI mode, or none", reads=(LIST_NODES,))
async def exclusive_nodes(session: ClusterSession) -> Fact:
    """By the label that Terway 1.11 and later gives to nodes of exclusive pools."""
    label = f"{EXCLUSIVE_LABEL}=eniOnly"
    found = await session.reader.select(NODES, labels=label, metadata_only=True)
    names = sorted(name_of(node) for node in found.items)
    source = f"Node {names[0]}" if names else "Nodes"
    return known(", ".join(names) or "none", source, f"kubectl get nodes -l {label}", f"label {label}")


@fact(
    "terway.mode",
    "shared, exclusive or mixed ENI mode; vpc where pods have no addresses of ENIs",
    reads=(LIST_DAEMON_SETS, LIST_NODES),
    core=True,
)
async def mode(session: ClusterSession) -> Fact:
    """The daemon's own argument, else the DaemonSet's name; from 1.11 on single nodes may be exclusive."""
    sets = await terway_daemon_sets(session)
    if not sets:
        return unknown("there is no Terway DaemonSet in kube-system")
    modes = {_mode_of(item) for item in sets}
    name = name_of(sets[0])
    source, check = f"DaemonSet {SYSTEM}/{name}", f"kubectl -n {SYSTEM} get daemonset {name}"
    if modes == {"exclusive"}:
        return known("exclusive", source, check, f"DaemonSet {name}")
    exclusive = await undamaged_fact(session, "terway.exclusive_nodes")
    if exclusive.value not in (None, "none"):
        return known("mixed", exclusive.source, exclusive.kubectl, f"exclusive ENI nodes: {exclusive.value}")
    return known("mixed" if len(modes) > 1 else modes.pop(), source, check, f"DaemonSet {name}")


def _mode_of(daemon_set: Object) -> str:
    for container in get_path(daemon_set, "spec", "template", "spec", "containers") or []:
        words = " ".join(command_words(container)).split()  # -daemon-mode=VPC is one word of a command
        for option, value in itertools.pairwise(words):
            if option in ("-daemon-mode", "--daemon-mode") and value.lower() in DAEMON_MODES:
                return DAEMON_MODES[value.lower()]
    return "exclusive" if name_of(daemon_set) == "terway-eni" else "shared"


@fact(
    "terway.datapath",
    "veth, ipvlan or datapathv2 (exclusive-eni where no acceleration exists)",
    reads=(LIST_TERWAY_NODES, GET_CONFIG, LIST_DAEMON_SETS, LIST_NODES),
    core=True,
)
async def datapath(session: ClusterSession) -> Fact:
    """What the nodes report wins over what is configured: the daemon may switch IPvlan to DataPath V2 by itself."""
    if (await undamaged_fact(session, "terway.mode")).value == "exclusive":
        check = eni_config_command("10-terway.conf")
        return known("exclusive-eni", ENI_CONFIG, check, "each pod has an ENI of its own: no acceleration")
    try:
        reported = await _reported_datapath(session)
    except ReadError as error:
        if error.is_damage:
            raise
        reported = None
    return reported or await _configured_datapath(session)


async def _reported_datapath(session: ClusterSession) -> Fact | None:
    sample = await terway_node_sample(session)
    types = Counter(str(get_path(node, "spec", "datapath", "type") or "").lower() for node in sample)
    types.pop("", None)
    if not types:
        return None
    value = types.most_common(1)[0][0]
    node = next(name_of(item) for item in sample if str(get_path(item, "spec", "datapath", "type")).lower() == value)
    check = f"kubectl get {TERWAY_NODES.kubectl()} {node} -o jsonpath='{{.spec.datapath.type}}'"
    return known(value, f"Terway node {node}", check, f"spec.datapath.type: {value}")


async def terway_node_sample(session: ClusterSession) -> tuple[Object, ...]:
    """A few of Terway's node objects; none in local IPAM mode."""
    return (await terway_nodes(session)).items[:5]


async def terway_nodes(session: ClusterSession) -> Listing:
    """Terway's node objects, the first ones on large clusters: each may hold tens of kilobytes."""
    return await session.reader.select(TERWAY_NODES, most=NODE_OBJECTS)


async def _configured_datapath(session: ClusterSession) -> Fact:
    data = await eni_config(session)
    if data is None:
        return unknown(ABSENT)
    plugin, key = terway_plugin(data)
    raw = plugin.get("eniip_virtual_type") or ""
    if not isinstance(raw, str):
        return unknown(f"eniip_virtual_type in {key} is no text")
    if raw.lower() in ("", "veth") and await _may_become_datapath_v2(session, plugin):
        return unknown("veth, or DataPath V2 on nodes that fit: network_policy_provider is ebpf, ask node by node")
    seen = f"{key}: eniip_virtual_type {raw or 'absent, so veth'}"
    return known(raw.lower() or "veth", ENI_CONFIG, eni_config_command(key), seen)


async def _may_become_datapath_v2(session: ClusterSession, plugin: dict[str, Any]) -> bool:
    """Where eBPF enforces policies, nodes that fit run DataPath V2 in place of veth (cmd/terway-cli/cni.go)."""
    if plugin.get("network_policy_provider") != EBPF or (await undamaged_fact(session, "terway.mode")).value == "vpc":
        return False
    return await _runs_from(session, EBPF_POLICIES) is not False


async def _runs_from(session: ClusterSession, release: str) -> bool | None:
    """Whether Terway is of this release or a later one; ``None`` where its version is not known."""
    here = parse_version(str((await read_fact(session, "terway.version")).value or ""))
    least = parse_version(release)
    return None if here is None or least is None else here >= least


@fact("terway.policy_provider", "how Terway is to enforce NetworkPolicies: iptables or ebpf", reads=(GET_CONFIG,))
async def policy_provider(session: ClusterSession) -> Fact:
    """``network_policy_provider`` of Terway's CNI configuration; anything but ``ebpf`` means iptables."""
    data = await eni_config(session)
    if data is None:
        return unknown(ABSENT)
    plugin, key = terway_plugin(data)
    raw = plugin.get("network_policy_provider")
    seen = f"{key}: network_policy_provider {raw or 'absent, so iptables'}"
    return known(EBPF if raw == EBPF else "iptables", ENI_CONFIG, eni_config_command(key), seen)


@fact("terway.ipam", "crd (centralised, with node objects) or local", reads=(GET_CONFIG, LIST_TERWAY_NODES))
async def ipam(session: ClusterSession) -> Fact:
    """By ``ipam_type``, or by the presence of Terway's node objects."""
    data = await eni_config(session)
    kind = str(parse((data or {}).get("eni_conf")).get("ipam_type") or "")
    if kind.lower() in ("crd", "prefercrd"):
        return known("crd", ENI_CONFIG, eni_config_command("eni_conf", "ipam_type"), f"ipam_type: {kind}")
    found = await terway_node_sample(session)
    if found:
        check = f"kubectl get {TERWAY_NODES.kubectl()}"
        return known("crd", f"Terway node {name_of(found[0])}", check, "Terway keeps node objects")
    check, seen = eni_config_command("eni_conf", "ipam_type"), f"eni_conf: ipam_type {kind or 'absent, so local'}"
    return unknown(ABSENT) if data is None else known("local", ENI_CONFIG, check, seen)


@fact(
    "terway.portmap",
    "whether hostPort is mapped through a CNI chain: on or off",
    reads=(GET_CONFIG, LIST_DAEMON_SETS, LIST_NODES),
)
async def portmap(session: ClusterSession) -> Fact:
    """A ``portmap`` plugin in ``10-terway.conflist``, or the policy container's ``--enable-host-port``."""
    data = await eni_config(session)
    if data is None:
        return unknown(ABSENT)
    in_chain = eni_config_command("10-terway.conflist")
    types = [plugin.get("type") for plugin in plugins(data.get("10-terway.conflist"))]
    if "portmap" in types:
        return known("on", ENI_CONFIG, in_chain, f"10-terway.conflist plugins: {types}")
    if MAPS_PORTS.search(data.get("cni_chain", "")):
        return known("on", ENI_CONFIG, eni_config_command("cni_chain"), "cni_chain holds portmap")
    if (await undamaged_fact(session, "kube_proxy.mode")).value == "replaced":
        if await _runs_from(session, MAPS_HOST_PORTS):
            check, seen = "kubectl get nodes --show-labels", "Terway replaces kube-proxy and maps hostPorts itself"
            return known("on", "Nodes", check, seen)
        if await _runs_from(session, MAY_MAP_HOST_PORTS) is not False:
            return unknown(f"Terway replaces kube-proxy, and maps hostPorts itself from {MAPS_HOST_PORTS} on")
    json_object(data.get("10-terway.conflist"))  # one that nobody can read does not tell that nothing is mapped
    off = known("off", ENI_CONFIG, in_chain, "10-terway.conflist has no portmap plugin")
    return await _asked_host_ports(session, data) or off


async def _asked_host_ports(session: ClusterSession, data: dict[str, str]) -> Fact | None:
    """By an option of the policy container, in its command or in ``cilium_args``."""
    for item in await terway_daemon_sets(session):
        for container in get_path(item, "spec", "template", "spec", "containers") or []:
            words = " ".join(command_words(container)) if container.get("name") == "policy" else ""
            if asked := ASKS_HOST_PORTS.search(words):
                name = name_of(item)
                check = f"kubectl -n {SYSTEM} get daemonset {name} -o yaml"
                return known("on", f"DaemonSet {SYSTEM}/{name}", check, asked[0])
    plugin, key = terway_plugin(data)
    asked = ASKS_HOST_PORTS.search(" ".join(kept_words([str(plugin.get("cilium_args") or "")])))
    return known("on", ENI_CONFIG, eni_config_command(key), f"cilium_args: {asked[0]}") if asked else None


@fact("terway.fixed_nodes", "nodes with their own Terway ConfigMap, or none", reads=(LIST_NODES,))
async def fixed_nodes(session: ClusterSession) -> Fact:
    """By the label ``terway-config``."""
    found = await session.reader.select(NODES, labels=CONFIG_LABEL, metadata_only=True)
    pairs = sorted(f"{name_of(node)}={label_of(node, CONFIG_LABEL)}" for node in found.items)
    source = f"Node {name_of(found.items[0])}" if found.items else "Nodes"
    return known(", ".join(pairs[:10]) or "none", source, f"kubectl get nodes -L {CONFIG_LABEL}")
