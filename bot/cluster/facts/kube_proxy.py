"""Facts about kube-proxy: what its ConfigMaps set, and whether its pods run with it.

ACK names the ConfigMaps kube-proxy-worker and, on dedicated clusters, kube-proxy-master as well.
"""

import re
from datetime import timedelta
from typing import Any

from bot.cluster.declared_reads import config_key, config_text
from bot.cluster.facts.platform import GET_CONFIG, LIST_DAEMON_SETS, LIST_NODES, config_command
from bot.cluster.facts.registry import Fact, Permission, fact, known, unknown
from bot.cluster.resources import NODES, PODS
from bot.cluster.session import SYSTEM, ClusterSession, get_path, last_edited, moment
from bot.cluster.transport import ReadError
from knowledge import untrusted_yaml

CONFIG_MAPS = ("kube-proxy-worker", "kube-proxy", "kube-proxy-master")
_READ = ("mode", "ipvs.scheduler", "ipvs.udpTimeout", "conntrack.maxPerCore", "clusterCIDR")
_CONFIG_CONF = {name: config_key(name, "config.conf", *_READ) for name in CONFIG_MAPS}
LIST_PODS = Permission("list", PODS)
REPLACED_LABEL = "k8s.aliyun.com/no-kube-proxy=true"
DEFAULT_UDP_TIMEOUT = 300  # seconds, the kernel's default (FAQ)
DEFAULT_MAX_PER_CORE = 32768  # KubeProxyConfiguration's default
_DURATION = re.compile(r"(\d{1,18}(?:\.\d{1,18})?)(h|ms|us|ns|m|s)")
_UNITS = {"h": 3600, "m": 60, "s": 1, "ms": 0.001, "us": 0.000001, "ns": 0.000000001}


async def proxy_config(session: ClusterSession) -> tuple[dict[str, Any] | None, str]:
    """The worker's ``config.conf`` parsed and the ConfigMap's name; ``None`` where no such ConfigMap exists."""
    for name in CONFIG_MAPS[:2]:
        config = await session.config_map(name)
        if config is not None:
            return _parse_config(config_text(config, _CONFIG_CONF[name]) or ""), name
    return None, ""


def _parse_config(text: str) -> dict[str, Any]:
    try:
        found = untrusted_yaml.load(text, untrusted_yaml.EMBEDDED)
    except untrusted_yaml.UntrustedYamlError:
        return {}
    return found if isinstance(found, dict) else {}


def section(conf: dict[str, Any], name: str) -> dict[str, Any]:
    """A mapping inside the configuration, empty where it is left out.

    Raises:
        ValueError: something else stands there.
    """
    found = conf.get(name)
    if not isinstance(found, dict | None):
        raise ValueError(f"{name} in config.conf is no mapping")
    return found or {}


async def _setting(session: ClusterSession) -> tuple[dict[str, Any], str] | Fact:
    conf, name = await proxy_config(session)
    if conf is None:
        return unknown("there is no ConfigMap kube-system/kube-proxy-worker or kube-proxy")
    if not conf:
        return unknown(f"config.conf in {name} does not parse as YAML")
    return conf, name


def _known(value: str | int, name: str, seen: str) -> Fact:
    return known(value, f"ConfigMap {SYSTEM}/{name}", config_command(name), seen)


@fact(
    "kube_proxy.mode",
    "ipvs, iptables, nftables or replaced (by Terway)",
    reads=(GET_CONFIG, LIST_NODES, LIST_DAEMON_SETS),
    core=True,
)
async def mode(session: ClusterSession) -> Fact:
    """An empty ``mode`` means iptables; nodes labelled no-kube-proxy have none at all."""
    replaced = await _detect_replacement(session)
    found = await _setting(session) if replaced is None else replaced
    if isinstance(found, Fact):
        return found
    conf, name = found
    raw = str(conf.get("mode") or "")
    return _known(raw or "iptables", name, f"mode: {raw!r}" if not raw else f"mode: {raw}")


async def _detect_replacement(session: ClusterSession) -> Fact | None:
    """A ConfigMap of kube-proxy may be left over; without its DaemonSet and on labelled nodes there is none."""
    try:
        if any("kube-proxy" in name for name in await session.daemon_sets()):
            return None
        nodes = await session.reader.select(NODES, labels=REPLACED_LABEL, metadata_only=True)
    except ReadError as error:
        if error.is_damage:
            raise
        return None
    if nodes.items:
        return known("replaced", "Nodes", f"kubectl get nodes -l {REPLACED_LABEL}", f"label {REPLACED_LABEL}")
    return None


@fact("kube_proxy.scheduler", "the IPVS scheduling algorithm, rr by default", reads=(GET_CONFIG,))
async def scheduler(session: ClusterSession) -> Fact:
    """``ipvs.scheduler``."""
    found = await _setting(session)
    if isinstance(found, Fact):
        return found
    raw = str(section(found[0], "ipvs").get("scheduler") or "")
    return _known(raw or "rr", found[1], f"ipvs.scheduler: {raw or 'not set, so rr'}")


@fact("kube_proxy.udp_timeout", "the IPVS UDP timeout in seconds, 300 by default", reads=(GET_CONFIG,))
async def udp_timeout(session: ClusterSession) -> Fact:
    """``ipvs.udpTimeout``; 0s leaves the kernel's 300 s."""
    found = await _setting(session)
    if isinstance(found, Fact):
        return found
    raw = section(found[0], "ipvs").get("udpTimeout")
    seconds = duration_seconds(str(raw)) if raw is not None else 0
    if seconds is None:
        return unknown(f"ipvs.udpTimeout {raw!r} in {found[1]} is not a duration")
    shown = f"ipvs.udpTimeout: {raw}" if seconds else "ipvs.udpTimeout is not set, so 300s"
    return _known(seconds or DEFAULT_UDP_TIMEOUT, found[1], shown)


def duration_seconds(text: str) -> int | None:
    """Go's duration notation (``10s``, ``1m30s``) in whole seconds; ``None`` if it is none."""
    parts = _DURATION.findall(text)
    if text.strip() in ("0", ""):
        return 0
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        return None
    return round(sum(float(number) * _UNITS[unit] for number, unit in parts))


@fact("kube_proxy.max_per_core", "conntrack entries for each CPU", reads=(GET_CONFIG,))
async def max_per_core(session: ClusterSession) -> Fact:
    """``conntrack.maxPerCore``."""
    found = await _setting(session)
    if isinstance(found, Fact):
        return found
    raw = section(found[0], "conntrack").get("maxPerCore")
    shown = f"conntrack.maxPerCore: {raw}" if raw is not None else f"not set, so {DEFAULT_MAX_PER_CORE}"
    return _known(int(raw) if isinstance(raw, int) else DEFAULT_MAX_PER_CORE, found[1], shown)


@fact("kube_proxy.cluster_cidr", "clusterCIDR of kube-proxy", reads=(GET_CONFIG,))
async def cluster_cidr(session: ClusterSession) -> Fact:
    """``clusterCIDR``."""
    found = await _setting(session)
    if isinstance(found, Fact):
        return found
    raw = str(found[0].get("clusterCIDR") or "")
    return _known(raw, found[1], f"clusterCIDR: {raw}") if raw else unknown(f"{found[1]} sets no clusterCIDR")


@fact("kube_proxy.configmaps", "the ConfigMaps that configure kube-proxy here", reads=(GET_CONFIG,))
async def configmaps(session: ClusterSession) -> Fact:
    """Those of ACK's names that exist."""
    names = [name for name in CONFIG_MAPS if await session.config_map(name) is not None]
    if not names:
        return unknown("there is no ConfigMap of kube-proxy in kube-system")
    return _known(", ".join(names), names[0], f"ConfigMaps: {', '.join(names)}")


@fact("kube_proxy.applied", "yes, or pending where pods are older than the last edit", reads=(GET_CONFIG, LIST_PODS))
async def applied(session: ClusterSession) -> Fact:
    """Compares the last edit of the ConfigMap with the start of kube-proxy's pods."""
    _, name = await proxy_config(session)
    config = await session.config_map(name) if name else None
    if config is None:
        return unknown("there is no ConfigMap of kube-proxy in kube-system")
    edited = last_edited(config)
    if edited is None:
        return _known("yes", name, "no edit since it was made")
    pods = (await session.system_pods(f"k8s-app={name}")).items
    starts = [start for pod in pods if (start := moment(get_path(pod, "status", "startTime")))]
    if not starts:
        return unknown(f"{name} was edited, and no pod of kube-proxy tells when it started")
    older = [start for start in starts if start < edited - timedelta(seconds=5)]
    seen = f"edited {edited:%Y-%m-%d %H:%M} UTC; {len(older)} of {len(starts)} pods started before"
    return _known("pending" if older else "yes", name, seen)
