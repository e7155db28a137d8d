"""Facts that stand in Terway's ConfigMap ``eni-config``, and how its keys are read.

What the keys mean, and which of them lie where, is from Terway's public code (cmd/terway-cli, types/daemon/config.go).
"""

import re
from typing import Any

import orjson

from bot.cluster.declared_reads import ConfigKey, config_key, config_text
from bot.cluster.facts.platform import GET_CONFIG, config_command
from bot.cluster.facts.registry import Fact, fact, known, unknown
from bot.cluster.session import SYSTEM, ClusterSession, Object

ENI_CONFIG = f"ConfigMap {SYSTEM}/eni-config"
ABSENT = "there is no ConfigMap kube-system/eni-config"

MAPS_PORTS = re.compile(r"\btype\W{1,32}portmap\b")  # a YAML list of plugins after Terway (docs/cni-chain.md)
_PLUGIN = ("type", "eniip_virtual_type", "network_policy_provider", "ip_stack", "cilium_args")
ENI_CONF = config_key(  # in eni-config, and in the ConfigMap that a node's label names
    "*",
    "eni_conf",
    *("vswitches", "security_group", "security_groups", "ip_stack", "ipam_type", "service_cidr", "enable_eip_pool"),
    "enable_ip_prefix",
    "in_cluster_loadbalance",
)
_KEYS: tuple[ConfigKey, ...] = (
    ENI_CONF,
    config_key("eni-config", "10-terway.conf", *_PLUGIN),
    config_key("eni-config", "10-terway.conflist", *(f"plugins.{name}" for name in _PLUGIN)),
    config_key("eni-config", "disable_network_policy"),
    config_key("eni-config", "in_cluster_loadbalance"),
    config_key("eni-config", "cni_chain", lines=MAPS_PORTS),
)


def eni_config_command(key: str, member: str = "") -> str:
    """The command that shows one key of it, of ``eni_conf`` one member."""
    return config_command("eni-config", key=key, member=member)


async def eni_config(session: ClusterSession) -> dict[str, str] | None:
    """The declared data of ``eni-config``; ``None`` where the ConfigMap does not exist."""
    config = await session.config_map("eni-config")
    return None if config is None else eni_data(config)


def eni_data(config: Object) -> dict[str, str]:
    """The same of a node's own ConfigMap."""
    texts = {each.key: config_text(config, each) for each in _KEYS}
    return {key: text for key, text in texts.items() if text is not None}


def json_object(text: str | None) -> dict[str, Any]:
    """A JSON object, empty where there is no text.

    Raises:
        ValueError: the text is something else, so that what is not found in it must not count as left out.
    """
    if not text:
        return {}
    found = orjson.loads(text)
    if not isinstance(found, dict):
        raise ValueError("it holds no JSON object")
    return found


def parse(text: str | None) -> dict[str, Any]:
    """The same where nothing rests on what is left out: empty when the text is something else."""
    try:
        return json_object(text)
    except ValueError:
        return {}


def plugins(conflist: str | None) -> list[dict[str, Any]]:
    """The plugins of a CNI chain, leaving out what is none."""
    found = parse(conflist).get("plugins")
    return [plugin for plugin in found if isinstance(plugin, dict)] if isinstance(found, list) else []


def terway_plugin(data: dict[str, str]) -> tuple[dict[str, Any], str]:
    """The Terway section of the CNI configuration and its key: ``10-terway.conflist`` wins over ``10-terway.conf``."""
    for plugin in plugins(data.get("10-terway.conflist")):
        if plugin.get("type") == "terway":
            return plugin, "10-terway.conflist"
    return json_object(data.get("10-terway.conf")), "10-terway.conf"


def zones(conf: dict[str, Any]) -> dict[str, list[str]]:
    """The configured vSwitches of an ``eni_conf`` by zone.

    Raises:
        ValueError: they are written in another way, so that nobody can tell what is configured.
    """
    found = conf.get("vswitches") or {}
    is_listed = isinstance(found, dict) and all(isinstance(ids, list | None) for ids in found.values())
    if not is_listed or not all(isinstance(item, str) for ids in found.values() for item in ids or []):
        raise ValueError("vswitches in eni_conf are not listed by zone")
    return {str(zone): list(ids or []) for zone, ids in found.items()}


@fact("terway.vswitches", "the Pod vSwitches by zone", reads=(GET_CONFIG,), core=True)
async def vswitches(session: ClusterSession) -> Fact:
    """From ``eni_conf``; a node's own ConfigMap may override it."""
    data = await eni_config(session)
    if data is None:
        return unknown(ABSENT)
    found = zones(parse(data.get("eni_conf")))
    text = "; ".join(f"{zone}: {', '.join(ids)}" for zone, ids in sorted(found.items()))
    if not text:
        return unknown("eni_conf in eni-config lists no vSwitches")
    return known(text, ENI_CONFIG, eni_config_command("eni_conf", "vswitches"), f"eni_conf vswitches: {text}")


@fact("terway.vswitch_choice", "several where a zone has more than one Pod vSwitch, else one", reads=(GET_CONFIG,))
async def vswitch_choice(session: ClusterSession) -> Fact:
    """Counted in the default ``eni_conf``; a node's own ConfigMap is not looked at."""
    data = await eni_config(session)
    if data is None:
        return unknown(ABSENT)
    most = max((len(set(ids)) for ids in zones(parse(data.get("eni_conf"))).values()), default=0)
    if not most:
        return unknown("eni_conf in eni-config lists no vSwitches")
    seen = f"up to {most} vSwitches in a zone" if most > 1 else "one vSwitch for each zone"
    return known("several" if most > 1 else "one", ENI_CONFIG, eni_config_command("eni_conf", "vswitches"), seen)


@fact("terway.security_groups", "the security groups of Terway's ENIs", reads=(GET_CONFIG,))
async def security_groups(session: ClusterSession) -> Fact:
    """``security_group`` and ``security_groups`` of ``eni_conf``."""
    conf = parse((await eni_config(session) or {}).get("eni_conf"))
    several = conf.get("security_groups")
    groups = [conf.get("security_group"), *(several if isinstance(several, list) else [several])]
    text = ", ".join(dict.fromkeys(str(group) for group in groups if group))
    if not text:
        return unknown("eni_conf in eni-config names no security group")
    return known(text, ENI_CONFIG, eni_config_command("eni_conf", "security_groups?"), f"security groups: {text}")


def _written(raw: object) -> str:
    """As it stands in the object: ``true``, and an empty text as two quotes."""
    return raw if isinstance(raw, str) and raw else orjson.dumps(raw, default=str).decode()


@fact("terway.network_policy", "whether Terway enforces NetworkPolicies: on or off", reads=(GET_CONFIG,), core=True)
async def network_policy(session: ClusterSession) -> Fact:
    """On for "false", "0", "" and an absent key; anything else switches it off, "False" too (common.go)."""
    data = await eni_config(session)
    if data is None:
        return unknown(ABSENT)
    raw = data.get("disable_network_policy")
    value = "on" if raw is None or raw.strip() in ("", "0", "false") else "off"
    seen = f"disable_network_policy: {_written(raw)}" if raw is not None else "disable_network_policy is absent"
    return known(value, ENI_CONFIG, eni_config_command("disable_network_policy"), seen)


@fact("terway.in_cluster_lb", "in-cluster load balancing in IPvlan: on or off", reads=(GET_CONFIG,))
async def in_cluster_lb(session: ClusterSession) -> Fact:
    """On only when the ConfigMap's own key holds exactly ``true``; a value inside ``eni_conf`` does nothing."""
    data = await eni_config(session)
    if data is None:
        return unknown(ABSENT)
    raw = data.get("in_cluster_loadbalance")
    seen = f"in_cluster_loadbalance: {_written(raw)}" if raw is not None else "key in_cluster_loadbalance is absent"
    if raw is None and "in_cluster_loadbalance" in parse(data.get("eni_conf")):
        seen = "in_cluster_loadbalance stands inside eni_conf, where Terway does not read it"
    return known("on" if raw == "true" else "off", ENI_CONFIG, eni_config_command("in_cluster_loadbalance"), seen)


@fact("terway.ip_stack", "ipv4 or dual", reads=(GET_CONFIG,))
async def ip_stack(session: ClusterSession) -> Fact:
    """The code reads ``eni_conf``; the documentation shows the key in the CNI configuration: both count."""
    data = await eni_config(session)
    if data is None:
        return unknown(ABSENT)
    plugin, key = terway_plugin(data)
    for where, found in (("eni_conf", parse(data.get("eni_conf")).get("ip_stack")), (key, plugin.get("ip_stack"))):
        if str(found or "").lower() == "dual":
            check = eni_config_command(where, "ip_stack")
            return known("dual", ENI_CONFIG, check, f"{where}: ip_stack {found}")
    return known("ipv4", ENI_CONFIG, eni_config_command("eni_conf", "ip_stack"), "ip_stack is not dual")


@fact("terway.eip_pool", "whether the removed EIP feature is still configured: on or off", reads=(GET_CONFIG,))
async def eip_pool(session: ClusterSession) -> Fact:
    """``enable_eip_pool`` of ``eni_conf``."""
    data = await eni_config(session)
    if data is None:
        return unknown(ABSENT)
    raw = parse(data.get("eni_conf")).get("enable_eip_pool")
    seen = f"eni_conf: enable_eip_pool {_written(raw)}" if raw is not None else "eni_conf has no enable_eip_pool"
    return known(
        "on" if str(raw).lower() == "true" else "off",
        ENI_CONFIG,
        eni_config_command("eni_conf", "enable_eip_pool"),
        seen,
    )
