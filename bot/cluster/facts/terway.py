"""Facts about Terway: mode, datapath, vSwitches and switches of ``eni-config``.

What the keys mean, and which of them lie where, is from Terway's public code (cmd/terway-cli, types/daemon/config.go).
"""

import re
from collections import Counter
from typing import Any

import orjson

from bot.cluster.facts.platform import GET_CONFIG, LIST_DAEMON_SETS, LIST_NODES, TERWAY_DAEMON_SETS, config_check
from bot.cluster.facts.registry import Fact, Permission, fact, fact_of, known, unknown
from bot.cluster.reader import Listing
from bot.cluster.resources import NODES, TERWAY_NODES
from bot.cluster.transport import ReadError
from bot.cluster.view import SYSTEM, Object, View, dig, labels_of, name_of

LIST_TERWAY_NODES = Permission("list", TERWAY_NODES)
ENI_CONFIG = f"ConfigMap {SYSTEM}/eni-config"
EXCLUSIVE_LABEL = "k8s.aliyun.com/exclusive-mode-eni-type"
CONFIG_LABEL = "terway-config"
ABSENT = "there is no ConfigMap kube-system/eni-config"
NODE_OBJECTS = 50  # enough for a sample, and few enough to be read at every question
MULTI_IP_MODES = {"enimultiip": "shared", "enionly": "exclusive"}


async def eni_config(view: View) -> dict[str, str] | None:
    """The data of ``eni-config``; ``None`` where the ConfigMap does not exist."""
    config = await view.config_map("eni-config")
    return None if config is None else dict(dig(config, "data") or {})


def parse(text: str | None) -> dict[str, Any]:
    """A JSON object, empty when the text is none."""
    try:
        found = orjson.loads(text or "")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def plugins(conflist: str | None) -> list[dict[str, Any]]:
    """The plugins of a CNI chain, leaving out what is none."""
    found = parse(conflist).get("plugins")
    return [plugin for plugin in found if isinstance(plugin, dict)] if isinstance(found, list) else []


def terway_plugin(data: dict[str, str]) -> tuple[dict[str, Any], str]:
    """The Terway section of the CNI configuration and its key: ``10-terway.conflist`` wins over ``10-terway.conf``."""
    for plugin in plugins(data.get("10-terway.conflist")):
        if plugin.get("type") == "terway":
            return plugin, "10-terway.conflist"
    return parse(data.get("10-terway.conf")), "10-terway.conf"


async def terway_daemon_sets(view: View) -> list[Object]:
    """Terway's DaemonSets that exist here; where some have pods to run, the others are left over."""
    found = await view.daemon_sets()
    mine = [found[name] for name in TERWAY_DAEMON_SETS if name in found]
    return [item for item in mine if dig(item, "status", "desiredNumberScheduled")] or mine


@fact("terway.daemonsets", "Terway's DaemonSets in kube-system", reads=(LIST_DAEMON_SETS,))
async def daemonsets(view: View) -> Fact:
    """By name."""
    names = [name_of(item) for item in await terway_daemon_sets(view)]
    if not names:
        return unknown("there is no Terway DaemonSet in kube-system")
    return known(", ".join(names), f"DaemonSet {SYSTEM}/{names[0]}", f"kubectl -n {SYSTEM} get daemonset {names[0]}")


@fact("terway.version", "Terway's image tag", reads=(LIST_DAEMON_SETS,), core=True)
async def version(view: View) -> Fact:
    """The image tag of the ``terway`` container."""
    for item in await terway_daemon_sets(view):
        for container in dig(item, "spec", "template", "spec", "containers") or []:
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
async def exclusive_nodes(view: View) -> Fact:
    """By the label that Terway 1.11 and later gives to nodes of exclusive pools."""
    label = f"{EXCLUSIVE_LABEL}=eniOnly"
    found = await view.reader.select(NODES, labels=label, metadata_only=True)
    names = sorted(name_of(node) for node in found.items)
    source = f"Node {names[0]}" if names else "Nodes"
    return known(", ".join(names) or "none", source, f"kubectl get nodes -l {label}", f"label {label}")


@fact("terway.mode", "shared, exclusive or mixed ENI mode", reads=(LIST_DAEMON_SETS, LIST_NODES), core=True)
async def mode(view: View) -> Fact:
    """The daemon's own argument, else the DaemonSet's name; from 1.11 on single nodes may be exclusive."""
    sets = await terway_daemon_sets(view)
    if not sets:
        return unknown("there is no Terway DaemonSet in kube-system")
    modes = {_mode_of(item) for item in sets}
    name = name_of(sets[0])
    source, check = f"DaemonSet {SYSTEM}/{name}", f"kubectl -n {SYSTEM} get daemonset {name}"
    if modes == {"exclusive"}:
        return known("exclusive", source, check, f"DaemonSet {name}")
    exclusive = await fact_of(view, "terway.exclusive_nodes")
    if exclusive.value not in (None, "none"):
        return known("mixed", exclusive.source, exclusive.check, f"exclusive ENI nodes: {exclusive.value}")
    return known("mixed" if len(modes) > 1 else "shared", source, check, f"DaemonSet {name}")


def _mode_of(daemon_set: Object) -> str:
    for container in dig(daemon_set, "spec", "template", "spec", "containers") or []:
        words = [*(container.get("command") or []), *(container.get("args") or [])]
        for option, value in zip(words, words[1:], strict=False):
            if option in ("-daemon-mode", "--daemon-mode") and value.lower() in MULTI_IP_MODES:
                return MULTI_IP_MODES[value.lower()]
    return "exclusive" if name_of(daemon_set) == "terway-eni" else "shared"


@fact("terway.datapath", "veth, ipvlan or datapathv2 (exclusive-eni where no acceleration exists)",
      reads=(LIST_TERWAY_NODES, GET_CONFIG, LIST_DAEMON_SETS, LIST_NODES), core=True)  # fmt: skip
async def datapath(view: View) -> Fact:
    """What the nodes report wins over what is configured: the daemon may switch IPvlan to DataPath V2 by itself."""
    if (await fact_of(view, "terway.mode")).value == "exclusive":
        return known("exclusive-eni", ENI_CONFIG, config_check("eni-config"), "pods own whole ENIs: no acceleration")
    try:
        reported = await _reported_datapath(view)
    except ReadError:
        reported = None
    return reported or await _configured_datapath(view)


async def _reported_datapath(view: View) -> Fact | None:
    sample = await terway_node_sample(view)
    types = Counter(str(dig(node, "spec", "datapath", "type") or "").lower() for node in sample)
    types.pop("", None)
    if not types:
        return None
    value = types.most_common(1)[0][0]
    node = next(name_of(item) for item in sample if str(dig(item, "spec", "datapath", "type")).lower() == value)
    check = f"kubectl get {TERWAY_NODES.kubectl()} {node} -o jsonpath='{{.spec.datapath.type}}'"
    return known(value, f"Terway node {node}", check, f"spec.datapath.type: {value}")


async def terway_node_sample(view: View) -> tuple[Object, ...]:
    """A few of Terway's node objects; none in local IPAM mode."""
    return (await terway_nodes(view)).items[:5]


async def terway_nodes(view: View) -> Listing:
    """Terway's node objects, the first ones on large clusters: each may hold tens of kilobytes."""
    return await view.reader.select(TERWAY_NODES, most=NODE_OBJECTS)


async def _configured_datapath(view: View) -> Fact:
    data = await eni_config(view)
    if data is None:
        return unknown(ABSENT)
    plugin, key = terway_plugin(data)
    value = str(plugin.get("eniip_virtual_type") or "veth").lower()
    seen = f"{key}: eniip_virtual_type {plugin.get('eniip_virtual_type') or 'absent, so veth'}"
    return known(value, ENI_CONFIG, config_check("eni-config"), seen)


@fact("terway.ipam", "crd (centralised, with node objects) or local", reads=(GET_CONFIG, LIST_TERWAY_NODES))
async def ipam(view: View) -> Fact:
    """By ``ipam_type``, or by the presence of Terway's node objects."""
    data = await eni_config(view)
    kind = str(parse((data or {}).get("eni_conf")).get("ipam_type") or "")
    if kind.lower() in ("crd", "prefercrd"):
        return known("crd", ENI_CONFIG, config_check("eni-config"), f"ipam_type: {kind}")
    found = await terway_node_sample(view)
    check = f"kubectl get {TERWAY_NODES.kubectl()}"
    if found:
        return known("crd", f"Terway node {name_of(found[0])}", check, "Terway keeps node objects")
    return unknown(ABSENT) if data is None else known("local", ENI_CONFIG, check, "Terway keeps no node objects")


def zones(conf: dict[str, Any]) -> dict[str, list[str]]:
    """The configured vSwitches of an ``eni_conf`` by zone."""
    found = conf.get("vswitches")
    if not isinstance(found, dict):
        return {}
    return {str(zone): [str(item) for item in ids or []] for zone, ids in found.items() if isinstance(ids, list)}


@fact("terway.vswitches", "the Pod vSwitches by zone", reads=(GET_CONFIG,), core=True)
async def vswitches(view: View) -> Fact:
    """From ``eni_conf``; a node's own ConfigMap may override it."""
    data = await eni_config(view)
    if data is None:
        return unknown(ABSENT)
    found = zones(parse(data.get("eni_conf")))
    text = "; ".join(f"{zone}: {', '.join(ids)}" for zone, ids in sorted(found.items()))
    if not text:
        return unknown("eni_conf in eni-config lists no vSwitches")
    return known(text, ENI_CONFIG, config_check("eni-config"), f"eni_conf vswitches: {text}")


@fact("terway.security_groups", "the security groups of Terway's ENIs", reads=(GET_CONFIG,))
async def security_groups(view: View) -> Fact:
    """``security_group`` and ``security_groups`` of ``eni_conf``."""
    conf = parse((await eni_config(view) or {}).get("eni_conf"))
    several = conf.get("security_groups")
    groups = [conf.get("security_group"), *(several if isinstance(several, list) else [several])]
    text = ", ".join(dict.fromkeys(str(group) for group in groups if group))
    if not text:
        return unknown("eni_conf in eni-config names no security group")
    return known(text, ENI_CONFIG, config_check("eni-config"), f"security groups: {text}")


@fact("terway.network_policy", "whether Terway enforces NetworkPolicies: on or off", reads=(GET_CONFIG,), core=True)
async def network_policy(view: View) -> Fact:
    """On for "false", "0", "" and an absent key; anything else switches it off, "False" too (common.go)."""
    data = await eni_config(view)
    if data is None:
        return unknown(ABSENT)
    raw = data.get("disable_network_policy")
    value = "on" if raw is None or raw.strip() in ("", "0", "false") else "off"
    seen = f"disable_network_policy: {raw!r}" if raw is not None else "disable_network_policy is absent"
    return known(value, ENI_CONFIG, config_check("eni-config"), seen)


@fact("terway.in_cluster_lb", "in-cluster load balancing in IPvlan: on or off", reads=(GET_CONFIG,))
async def in_cluster_lb(view: View) -> Fact:
    """On only when the ConfigMap's own key holds exactly ``true``; a value inside ``eni_conf`` does nothing."""
    data = await eni_config(view)
    if data is None:
        return unknown(ABSENT)
    raw = data.get("in_cluster_loadbalance")
    seen = f"in_cluster_loadbalance: {raw!r}" if raw is not None else "key in_cluster_loadbalance is absent"
    if raw is None and "in_cluster_loadbalance" in parse(data.get("eni_conf")):
        seen = "in_cluster_loadbalance stands inside eni_conf, where Terway does not read it"
    return known("on" if raw == "true" else "off", ENI_CONFIG, config_check("eni-config"), seen)


@fact("terway.portmap", "whether hostPort is mapped through a CNI chain: on or off", reads=(GET_CONFIG, LIST_DAEMON_SETS, LIST_NODES))
async def portmap(view: View) -> Fact:
    """A ``portmap`` plugin in ``10-terway.conflist``, or the policy container's ``--enable-host-port``."""
    data = await eni_config(view)
    if data is None:
        return unknown(ABSENT)
    types = [plugin.get("type") for plugin in plugins(data.get("10-terway.conflist"))]
    if "portmap" in types:
        return known("on", ENI_CONFIG, config_check("eni-config"), f"10-terway.conflist plugins: {types}")
    if re.search(r"\btype\W+portmap\b", data.get("cni_chain", "")):  # YAML list of plugins after Terway (docs/cni-chain.md)
        return known("on", ENI_CONFIG, config_check("eni-config"), "cni_chain holds portmap")
    if (await fact_of(view, "kube_proxy.mode")).value == "replaced":
        return known("on", "Nodes", "kubectl get nodes --show-labels", "Terway replaces kube-proxy and maps hostPorts itself")
    words = " ".join(await _policy_words(view))
    if re.search(r"--enable-host-port\b(?!=['\"]?false)", words):
        return known("on", f"DaemonSet {SYSTEM}/terway-eniip", f"kubectl -n {SYSTEM} get daemonset terway-eniip -o yaml", words)
    return known("off", ENI_CONFIG, config_check("eni-config"), "10-terway.conflist has no portmap plugin")


async def _policy_words(view: View) -> list[str]:
    words: list[str] = []
    for item in await terway_daemon_sets(view):
        for container in dig(item, "spec", "template", "spec", "containers") or []:
            if container.get("name") == "policy":
                words += [*(container.get("command") or []), *(container.get("args") or [])]
    plugin, _ = terway_plugin(await eni_config(view) or {})
    return [*words, str(plugin.get("cilium_args") or "")]


@fact("terway.ip_stack", "ipv4 or dual", reads=(GET_CONFIG,))
async def ip_stack(view: View) -> Fact:
    """The code reads ``eni_conf``; the documentation shows the key in the CNI configuration: both count."""
    data = await eni_config(view)
    if data is None:
        return unknown(ABSENT)
    plugin, key = terway_plugin(data)
    for where, found in (("eni_conf", parse(data.get("eni_conf")).get("ip_stack")), (key, plugin.get("ip_stack"))):
        if str(found or "").lower() == "dual":
            return known("dual", ENI_CONFIG, config_check("eni-config"), f"{where}: ip_stack {found}")
    return known("ipv4", ENI_CONFIG, config_check("eni-config"), "ip_stack is not dual")


@fact("terway.eip_pool", "whether the removed EIP feature is still configured: on or off", reads=(GET_CONFIG,))
async def eip_pool(view: View) -> Fact:
    """``enable_eip_pool`` of ``eni_conf``."""
    data = await eni_config(view)
    if data is None:
        return unknown(ABSENT)
    raw = parse(data.get("eni_conf")).get("enable_eip_pool")
    seen = f"eni_conf: enable_eip_pool {raw!r}" if raw is not None else "eni_conf has no enable_eip_pool"
    return known("on" if str(raw).lower() == "true" else "off", ENI_CONFIG, config_check("eni-config"), seen)


@fact("terway.fixed_nodes", "nodes with their own Terway ConfigMap, or none", reads=(LIST_NODES,))
async def fixed_nodes(view: View) -> Fact:
    """By the label ``terway-config``."""
    found = await view.reader.select(NODES, labels=CONFIG_LABEL, metadata_only=True)
    pairs = sorted(f"{name_of(node)}={labels_of(node).get(CONFIG_LABEL)}" for node in found.items)
    source = f"Node {name_of(found.items[0])}" if found.items else "Nodes"
    return known(", ".join(pairs[:10]) or "none", source, f"kubectl get nodes -L {CONFIG_LABEL}")
