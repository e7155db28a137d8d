"""Facts about Flannel: image version and what ``kube-flannel-cfg`` sets."""

import re
from collections.abc import Callable
from typing import Any

from bot.cluster.declared_reads import config_key, config_text
from bot.cluster.facts.eni_config import parse
from bot.cluster.facts.flannel_objects import CONFIG, flannel_config, flannel_daemon_sets, flannel_namespace
from bot.cluster.facts.platform import GET_CONFIG, LIST_DAEMON_SETS, NET_CONF, config_command
from bot.cluster.facts.registry import Fact, fact, known, undamaged_fact, unknown
from bot.cluster.facts.terway import image_tag
from bot.cluster.session import ClusterSession, Object, full_name, get_path, name_of, namespace_of

READS_CONFIG = (GET_CONFIG, LIST_DAEMON_SETS)
_SECTION = ("type", "delegate.hairpinMode", "ipam.dataDir")
CNI_CONF = config_key(CONFIG, "cni-conf.json", "cniVersion", *_SECTION, *(f"plugins.{path}" for path in _SECTION))
_ACK_IMAGE = re.compile(r"/acs/flannel[:@]|-aliyun$")
_UPSTREAM_IMAGE = re.compile(r"\b(coreos|flannel|flannelcni|flannel-io|bitnami)/flannel[:@]|/mirrored-flannel")


async def _from_cni_conf(session: ClusterSession, tell: Callable[[dict[str, Any]], tuple[str, str] | None]) -> Fact:
    """What ``tell`` says of ``cni-conf.json``: the value and where it stands there; ``None`` if it is of no use."""
    config = await flannel_config(session)
    if config is None:
        return unknown(await _absent(session))
    conf = parse(config_text(config, CNI_CONF))
    if not conf:
        return unknown(f"cni-conf.json in {CONFIG} is not valid JSON")
    told = tell(conf)
    if told is None:
        return unknown("delegate.hairpinMode in cni-conf.json is neither true nor false")
    return known(told[0], f"ConfigMap {full_name(config)}", config_command(CONFIG, namespace_of(config)), told[1])


async def _absent(session: ClusterSession) -> str:
    return f"there is no ConfigMap {await flannel_namespace(session)}/{CONFIG}"


def flannel_section(conf: dict[str, Any]) -> dict[str, Any]:
    """The part of type ``flannel``: the whole file in the old form, a member of ``plugins`` in the chained one.

    Raises:
        ValueError: its plugins are no list of sections.
    """
    plugins = conf.get("plugins") or []
    if not isinstance(plugins, list) or not all(isinstance(plugin, dict) for plugin in plugins):
        raise ValueError("plugins in cni-conf.json are no list of sections")
    return next((plugin for plugin in plugins if plugin.get("type") == "flannel"), conf)


async def _image(session: ClusterSession) -> tuple[Object, str] | None:
    """The image of the first container that is Flannel's, with its DaemonSet."""
    for item in await flannel_daemon_sets(session):
        for container in get_path(item, "spec", "template", "spec", "containers") or []:
            if "flannel" in str(container.get("image")):
                return item, str(container["image"])
    return None


@fact("flannel.version", "Flannel's image tag", reads=(LIST_DAEMON_SETS,), core=True)
async def version(session: ClusterSession) -> Fact:
    """The image tag of the first container of Flannel's DaemonSet."""
    found = await _image(session)
    if found is None or not image_tag(found[1]):
        return unknown("no Flannel DaemonSet names an image version")
    check = f"kubectl -n {namespace_of(found[0])} get daemonset {name_of(found[0])} -o wide"
    return known(image_tag(found[1]), f"DaemonSet {full_name(found[0])}", check, found[1])


@fact("flannel.distribution", "whose Flannel runs: ack or upstream", reads=(LIST_DAEMON_SETS,))
async def distribution(session: ClusterSession) -> Fact:
    """By its image: what the FAQ says of releases is said of ACK's own, whose numbers have four parts."""
    found = await _image(session)
    is_ack = found is not None and bool(_ACK_IMAGE.search(found[1]))
    if found is None or not (is_ack or _UPSTREAM_IMAGE.search(found[1])):
        return unknown("Flannel's image does not tell whether it is ACK's or upstream's")
    check = f"kubectl -n {namespace_of(found[0])} get daemonset {name_of(found[0])} -o wide"
    return known("ack" if is_ack else "upstream", f"DaemonSet {full_name(found[0])}", check, found[1])


@fact("flannel.namespace", "where Flannel's objects are: kube-system, kube-flannel or another", reads=READS_CONFIG)
async def namespace(session: ClusterSession) -> Fact:
    """Commands about Flannel's ConfigMap and pods need it."""
    if (await undamaged_fact(session, "network_plugin")).value != "flannel":
        return unknown("Flannel does not run here")
    home = await flannel_namespace(session)
    return known(home, f"Namespace {home}", "kubectl get daemonsets -A -l app=flannel")


@fact("flannel.daemonset", "Flannel's DaemonSet, the one with pods to run", reads=(LIST_DAEMON_SETS,))
async def daemonset(session: ClusterSession) -> Fact:
    """By name: ACK's and upstream's differ."""
    if (await undamaged_fact(session, "network_plugin")).value != "flannel":
        return unknown("Flannel does not run here")
    found = await flannel_daemon_sets(session)
    if not found:
        return unknown("there is no Flannel DaemonSet")
    check = f"kubectl -n {namespace_of(found[0])} get daemonset {name_of(found[0])}"
    return known(name_of(found[0]), f"DaemonSet {full_name(found[0])}", check)


@fact("flannel.hairpin", "hairpinMode of Flannel's bridge: on or off", reads=READS_CONFIG, core=True)
async def hairpin(session: ClusterSession) -> Fact:
    """Only ``hairpinMode`` inside ``delegate`` counts."""
    if (await undamaged_fact(session, "network_plugin")).value == "terway":
        return unknown("Terway runs here, not Flannel")
    return await _from_cni_conf(session, _hairpin_in)


def _hairpin_in(conf: dict[str, Any]) -> tuple[str, str] | None:
    delegate = flannel_section(conf).get("delegate")
    raw = get_path(delegate, "hairpinMode")
    if not isinstance(delegate, dict | None) or not isinstance(raw, bool | None):
        return None
    return "on" if raw is True else "off", (
        f"delegate.hairpinMode: {str(raw).lower()}" if raw is not None else "delegate has no hairpinMode"
    )


@fact("flannel.cni_version", "cniVersion of Flannel's configuration, or missing", reads=READS_CONFIG)
async def cni_version(session: ClusterSession) -> Fact:
    """Kubelets of Docker nodes from 1.16 on refuse a configuration without it."""
    return await _from_cni_conf(session, _cni_version_in)


def _cni_version_in(conf: dict[str, Any]) -> tuple[str, str]:
    raw = conf.get("cniVersion")
    return str(raw or "missing"), f"cniVersion: {raw}" if raw else "cni-conf.json has no cniVersion"


@fact("flannel.data_dir", "where pod addresses are booked: tmpfs (/var/run) or disk", reads=READS_CONFIG)
async def data_dir(session: ClusterSession) -> Fact:
    """``ipam.dataDir`` of the Flannel section; under /var/run it is emptied at every reboot (FAQ)."""
    return await _from_cni_conf(session, _data_dir_in)


def _data_dir_in(conf: dict[str, Any]) -> tuple[str, str]:
    raw = str(get_path(flannel_section(conf), "ipam", "dataDir") or "/var/lib/cni/networks")
    return "tmpfs" if raw.startswith(("/var/run", "/run")) else "disk", f"ipam.dataDir: {raw}"


@fact("flannel.backend", "Flannel's backend, e.g. vpc or vxlan", reads=READS_CONFIG)
async def backend(session: ClusterSession) -> Fact:
    """``Backend.Type`` of ``net-conf.json``."""
    config = await flannel_config(session)
    raw = get_path(parse(config_text(config, NET_CONF)), "Backend", "Type")
    if not config or not raw:
        return unknown("net-conf.json names no backend" if config else await _absent(session))
    check = config_command(CONFIG, namespace_of(config))
    return known(str(raw), f"ConfigMap {full_name(config)}", check, f"Backend.Type: {raw}")
