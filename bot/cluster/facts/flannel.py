"""Facts about Flannel: image version and what ``kube-flannel-cfg`` sets."""

from typing import Any

from bot.cluster.declared_reads import config_key, config_text
from bot.cluster.facts.eni_config import parse
from bot.cluster.facts.platform import FLANNEL_DAEMON_SETS, GET_CONFIG, LIST_DAEMON_SETS, NET_CONF, config_command
from bot.cluster.facts.registry import Fact, fact, known, undamaged_fact, unknown
from bot.cluster.facts.terway import image_tag
from bot.cluster.session import SYSTEM, ClusterSession, get_path, name_of

CONFIG = "kube-flannel-cfg"
SOURCE = f"ConfigMap {SYSTEM}/{CONFIG}"
_SECTION = ("type", "delegate.hairpinMode", "ipam.dataDir")
CNI_CONF = config_key(CONFIG, "cni-conf.json", "cniVersion", *_SECTION, *(f"plugins.{path}" for path in _SECTION))
ABSENT = "there is no ConfigMap kube-system/kube-flannel-cfg"


async def cni(session: ClusterSession) -> dict[str, Any] | None:
    """``cni-conf.json`` parsed; ``None`` where there is no ConfigMap."""
    config = await session.config_map(CONFIG)
    return None if config is None else parse(config_text(config, CNI_CONF))


def flannel_section(conf: dict[str, Any]) -> dict[str, Any]:
    """The part of type ``flannel``: the whole file in the old form, a member of ``plugins`` in the chained one.

    Raises:
        ValueError: its plugins are no list of sections.
    """
    plugins = conf.get("plugins") or []
    if not isinstance(plugins, list) or not all(isinstance(plugin, dict) for plugin in plugins):
        raise ValueError("plugins in cni-conf.json are no list of sections")
    return next((plugin for plugin in plugins if plugin.get("type") == "flannel"), conf)


@fact("flannel.version", "Flannel's image tag", reads=(LIST_DAEMON_SETS,), core=True)
async def version(session: ClusterSession) -> Fact:
    """The image tag of the first container of Flannel's DaemonSet."""
    found = await session.daemon_sets()
    for item in (found[name] for name in FLANNEL_DAEMON_SETS if name in found):
        for container in get_path(item, "spec", "template", "spec", "containers") or []:
            tag = image_tag(str(container.get("image", "")))
            if tag and "flannel" in str(container.get("image")):
                check = f"kubectl -n {SYSTEM} get daemonset {name_of(item)} -o wide"
                return known(tag, f"DaemonSet {SYSTEM}/{name_of(item)}", check, str(container["image"]))
    return unknown("no Flannel DaemonSet names an image version")


@fact("flannel.hairpin", "hairpinMode of Flannel's bridge: on or off", reads=(GET_CONFIG,), core=True)
async def hairpin(session: ClusterSession) -> Fact:
    """Only ``hairpinMode`` inside ``delegate`` counts."""
    if (await undamaged_fact(session, "network_plugin")).value == "terway":
        return unknown("Terway runs here, not Flannel")
    conf = await cni(session)
    if not conf:
        return unknown(ABSENT if conf is None else "cni-conf.json in kube-flannel-cfg is not valid JSON")
    delegate = flannel_section(conf).get("delegate")
    raw = get_path(delegate, "hairpinMode")
    if not isinstance(delegate, dict | None) or not isinstance(raw, bool | None):
        return unknown("delegate.hairpinMode in cni-conf.json is neither true nor false")
    seen = f"delegate.hairpinMode: {raw}" if raw is not None else "delegate has no hairpinMode"
    return known("on" if raw is True else "off", SOURCE, config_command(CONFIG), seen)


@fact("flannel.cni_version", "cniVersion of Flannel's configuration, or missing", reads=(GET_CONFIG,))
async def cni_version(session: ClusterSession) -> Fact:
    """Kubelets from 1.16 on refuse a configuration without it (FAQ)."""
    conf = await cni(session)
    if not conf:
        return unknown(ABSENT if conf is None else "cni-conf.json in kube-flannel-cfg is not valid JSON")
    raw = conf.get("cniVersion")
    seen = f"cniVersion: {raw}" if raw else "cni-conf.json has no cniVersion"
    return known(str(raw or "missing"), SOURCE, config_command(CONFIG), seen)


@fact("flannel.data_dir", "where pod addresses are booked: tmpfs (/var/run) or disk", reads=(GET_CONFIG,))
async def data_dir(session: ClusterSession) -> Fact:
    """``ipam.dataDir`` of the Flannel section; under /var/run it is emptied at every reboot (FAQ)."""
    conf = await cni(session)
    if not conf:
        return unknown(ABSENT if conf is None else "cni-conf.json in kube-flannel-cfg is not valid JSON")
    raw = str(get_path(flannel_section(conf), "ipam", "dataDir") or "/var/lib/cni/networks")
    value = "tmpfs" if raw.startswith(("/var/run", "/run")) else "disk"
    return known(value, SOURCE, config_command(CONFIG), f"ipam.dataDir: {raw}")


@fact("flannel.backend", "Flannel's backend, e.g. vpc or vxlan", reads=(GET_CONFIG,))
async def backend(session: ClusterSession) -> Fact:
    """``Backend.Type`` of ``net-conf.json``."""
    config = await session.config_map(CONFIG)
    raw = get_path(parse(config_text(config, NET_CONF)), "Backend", "Type")
    if not raw:
        return unknown(ABSENT if config is None else "net-conf.json names no backend")
    return known(str(raw), SOURCE, config_command(CONFIG), f"Backend.Type: {raw}")
