"""Facts about kube-proxy: what its configuration sets, and whether its pods run with it.

ACK names ConfigMap and DaemonSet kube-proxy-worker and, on dedicated clusters, kube-proxy-master as well. Older
clusters (ACK 1.16) have no ``config.conf``: there the options on the DaemonSet's command are the configuration.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.cluster.declared_reads import command_word, command_words, config_key, config_text, label_of
from bot.cluster.facts.platform import GET_CONFIG, K8S_APP, LIST_DAEMON_SETS, LIST_NODES, config_command
from bot.cluster.facts.registry import Fact, Permission, fact, known, unknown
from bot.cluster.resources import NODES, PODS
from bot.cluster.session import SYSTEM, ClusterSession, Object, get_path, last_edited, moment, name_of
from bot.cluster.transport import ReadError
from knowledge import untrusted_yaml

WORKERS = ("kube-proxy-worker", "kube-proxy")  # by ACK's name and by upstream's
CONFIG_MAPS = (*WORKERS, "kube-proxy-master")
_READ = ("mode", "ipvs.scheduler", "ipvs.udpTimeout", "conntrack.maxPerCore", "clusterCIDR")
_CONFIG_CONF = {name: config_key(name, "config.conf", *_READ) for name in CONFIG_MAPS}
LIST_PODS = Permission("list", PODS)
_SETTINGS = (GET_CONFIG, LIST_DAEMON_SETS)
REPLACED_LABEL = "k8s.aliyun.com/no-kube-proxy=true"
DEFAULT_UDP_TIMEOUT = 300  # seconds, the kernel's default (FAQ)
DEFAULT_MAX_PER_CORE = 32768  # KubeProxyConfiguration's default
_DURATION = re.compile(r"(\d{1,18}(?:\.\d{1,18})?)(h|ms|us|ns|m|s)")
_UNITS = {"h": 3600, "m": 60, "s": 1, "ms": 0.001, "us": 0.000001, "ns": 0.000000001}

# kube-proxy's options by the setting of config.conf that each stands for (cmd/kube-proxy/app/options.go).
_OPTIONS = {
    "--proxy-mode": "mode",
    "--ipvs-scheduler": "ipvs.scheduler",
    "--ipvs-udp-timeout": "ipvs.udpTimeout",
    "--conntrack-max-per-core": "conntrack.maxPerCore",
    "--cluster-cidr": "clusterCIDR",
}
_VALUE = r"[\w.:/,-]{1,100}"
_OPTION = re.compile(rf"(?<![\w-])({'|'.join(_OPTIONS)})(?:[= ]['\"]?({_VALUE})['\"]?)?(?![\w-])")
_FILE = re.compile(r"(?<![\w-])--config(?![\w-])")  # with a file all other options are ignored
# What may follow an option as a word of its own.
_ALONE = re.compile(
    r"\A(?:ipvs|iptables|nftables|userspace|rr|w?lc|wrr|lblcr?|dh|sed|nq|mh|\d{1,6}(?:ms|s|m|h)|[\d.]{7,15}/\d{1,2})\Z"
)
HIDDEN = "…"  # what stands for a word that is not declared, "sh" among them: it mostly is a shell
command_word(_OPTION)
command_word(_FILE)
command_word(_ALONE)


@dataclass(frozen=True)
class ProxySettings:
    """What kube-proxy is started with: the values by the paths of config.conf, and where they stand.

    ``from_options`` where they are options of the DaemonSet's command, which names what it sets alone.
    """

    conf: dict[str, Any]
    source: str
    check: str
    from_options: bool = False

    def known(self, value: str | int, seen: str) -> Fact:
        """A fact that these settings tell."""
        return known(value, self.source, self.check, seen)


async def proxy_settings(session: ClusterSession) -> ProxySettings | Fact:
    """The worker's settings: options where the command gives them, else ``config.conf``; unknown says why.

    A command that names a file (``--config``) is started with that file alone, whatever else stands there.
    """
    daemon_set, problem = await _worker_daemon_set(session)
    words = _words(daemon_set)
    options = dict(_options(words))
    if "mode" in options and not any(_FILE.search(word) for word in words):
        return _from_options(daemon_set or {}, options)
    name, config = await _worker_config(session)
    if config is None:
        why = "there is no ConfigMap kube-system/kube-proxy-worker or kube-proxy"
    elif (text := config_text(config, _CONFIG_CONF[name])) is None:
        why = f"ConfigMap {SYSTEM}/{name} has no key config.conf"
    else:
        conf = _parse_config(text)
        if conf:
            return ProxySettings(conf, f"ConfigMap {SYSTEM}/{name}", config_command(name))
        return unknown(f"config.conf in {name} does not parse as YAML")
    return unknown(f"{why}, and {_no_options(daemon_set, problem)}")


def _no_options(daemon_set: Object | None, problem: str) -> str:
    if daemon_set is None:
        return problem or "no DaemonSet of kube-proxy runs in kube-system"
    return f"the command of DaemonSet {name_of(daemon_set)} sets no --proxy-mode"


def _from_options(daemon_set: Object, options: dict[str, str]) -> ProxySettings:
    conf: dict[str, Any] = {}
    for path, value in options.items():
        *above, last = path.split(".")
        place = conf
        for step in above:
            place = place.setdefault(step, {})
        place[last] = int(value) if value.isdigit() else value
    name = name_of(daemon_set)
    return ProxySettings(conf, f"DaemonSet {SYSTEM}/{name}", daemon_set_command(name), from_options=True)


def daemon_set_command(name: str) -> str:
    """The command that shows with what a DaemonSet starts its containers."""
    path = "{range .spec.template.spec.containers[*]}{.name} {.command} {.args}{end}"
    return f"kubectl -n {SYSTEM} get daemonset {name} -o jsonpath='{path}'"


async def _worker_daemon_set(session: ClusterSession) -> tuple[Object | None, str]:
    """kube-proxy's DaemonSet on worker nodes; ``None`` with the reason where it could not be read."""
    try:
        found = await session.daemon_sets()
    except ReadError as error:
        if error.is_damage:
            raise
        return None, str(error)
    others = sorted(name for name in found if "kube-proxy" in name and "windows" not in name)
    name = next((name for name in (*CONFIG_MAPS[:2], *others) if name in found), None)
    return (None, "") if name is None else (found[name], "")


async def _worker_config(session: ClusterSession) -> tuple[str, Object | None]:
    """The ConfigMap of kube-proxy on worker nodes: one with config.conf before one without."""
    without: list[tuple[str, Object]] = []
    for name in CONFIG_MAPS[:2]:
        config = await session.config_map(name)
        if config is not None and config_text(config, _CONFIG_CONF[name]) is not None:
            return name, config
        without += [(name, config)] if config is not None else []
    return without[0] if without else ("", None)


def proxy_container(containers: Iterable[Object]) -> Object | None:
    """The container that is kube-proxy: the only one, else by its name, else by its image."""
    listed = list(containers)
    if len(listed) == 1:
        return listed[0]
    for field in ("name", "image"):
        for container in listed:
            if "kube-proxy" in str(container.get(field) or ""):
                return container
    return None


def _words(daemon_set: Object | None) -> list[str]:
    container = proxy_container(get_path(daemon_set, "spec", "template", "spec", "containers") or [])
    return command_words(container) if container else []


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """The settings that the options name: ``--proxy-mode=ipvs``, two words, or within one line of a shell."""
    for word, after in itertools.zip_longest(words, words[1:], fillvalue=""):
        for option, value in _OPTION.findall(word):
            given = value or (after if word.endswith(option) and not after.startswith("-") else "")
            if given:
                yield _OPTIONS[option], given


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


@fact(
    "kube_proxy.mode",
    "ipvs, iptables, nftables or replaced (by Terway)",
    reads=(GET_CONFIG, LIST_NODES, LIST_DAEMON_SETS),
    core=True,
)
async def mode(session: ClusterSession) -> Fact:
    """An empty ``mode`` means iptables; nodes labelled no-kube-proxy have none at all."""
    replaced = await _detect_replacement(session)
    found = await proxy_settings(session) if replaced is None else replaced
    if isinstance(found, Fact):
        return found
    raw = str(found.conf.get("mode") or "")
    named = "--proxy-mode" if found.from_options else "mode"
    return found.known(raw or "iptables", f'{named}: ""' if not raw else f"{named}: {raw}")


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


@fact("kube_proxy.scheduler", "the IPVS scheduling algorithm, rr by default", reads=_SETTINGS)
async def scheduler(session: ClusterSession) -> Fact:
    """``ipvs.scheduler``."""
    found = await proxy_settings(session)
    if isinstance(found, Fact):
        return found
    raw = str(section(found.conf, "ipvs").get("scheduler") or "")
    if raw == HIDDEN:
        return unknown(f"the value of --ipvs-scheduler in {found.source} was not read")
    return found.known(raw or "rr", f"ipvs.scheduler: {raw or 'not set, so rr'}")


@fact("kube_proxy.udp_timeout", "the IPVS UDP timeout in seconds, 300 by default", reads=_SETTINGS)
async def udp_timeout(session: ClusterSession) -> Fact:
    """``ipvs.udpTimeout``; 0s leaves the kernel's 300 s."""
    found = await proxy_settings(session)
    if isinstance(found, Fact):
        return found
    raw = section(found.conf, "ipvs").get("udpTimeout")
    seconds = duration_seconds(str(raw)) if raw is not None else 0
    if seconds is None:
        return unknown(f"ipvs.udpTimeout {raw!r} in {found.source} is not a duration")
    shown = f"ipvs.udpTimeout: {raw}" if seconds else "ipvs.udpTimeout is not set, so 300s"
    return found.known(seconds or DEFAULT_UDP_TIMEOUT, shown)


def duration_seconds(text: str) -> int | None:
    """Go's duration notation (``10s``, ``1m30s``) in whole seconds; ``None`` if it is none."""
    parts = _DURATION.findall(text)
    if text.strip() in ("0", ""):
        return 0
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        return None
    return round(sum(float(number) * _UNITS[unit] for number, unit in parts))


@fact("kube_proxy.max_per_core", "conntrack entries for each CPU", reads=_SETTINGS)
async def max_per_core(session: ClusterSession) -> Fact:
    """``conntrack.maxPerCore``."""
    found = await proxy_settings(session)
    if isinstance(found, Fact):
        return found
    raw = section(found.conf, "conntrack").get("maxPerCore")
    if not isinstance(raw, int | None):
        return unknown(f"conntrack.maxPerCore {raw!r} in {found.source} is not a number")
    shown = f"conntrack.maxPerCore: {raw}" if raw is not None else f"not set, so {DEFAULT_MAX_PER_CORE}"
    return found.known(DEFAULT_MAX_PER_CORE if raw is None else raw, shown)


@fact("kube_proxy.cluster_cidr", "clusterCIDR of kube-proxy", reads=_SETTINGS)
async def cluster_cidr(session: ClusterSession) -> Fact:
    """``clusterCIDR``."""
    found = await proxy_settings(session)
    if isinstance(found, Fact):
        return found
    raw = str(found.conf.get("clusterCIDR") or "")
    return found.known(raw, f"clusterCIDR: {raw}") if raw else unknown(f"{found.source} sets no clusterCIDR")


@fact("kube_proxy.configmaps", "the ConfigMaps that configure kube-proxy here", reads=_SETTINGS)
async def configmaps(session: ClusterSession) -> Fact:
    """Those of ACK's names that hold a config.conf; none where the settings are options of a command."""
    settings = await proxy_settings(session)
    if isinstance(settings, ProxySettings) and settings.from_options:
        return settings.known("none", "the settings are options of the command")
    there = [(name, await session.config_map(name)) for name in await _configured_names(session)]
    names = [name for name, config in there if config_text(config, _CONFIG_CONF[name]) is not None]
    if not names:
        return unknown("no ConfigMap of kube-proxy in kube-system has a key config.conf")
    seen = f"ConfigMaps: {', '.join(names)}"
    return known(", ".join(names), f"ConfigMap {SYSTEM}/{names[0]}", config_command(names[0]), seen)


async def _configured_names(session: ClusterSession) -> tuple[str, ...]:
    """The names under which kube-proxy runs here; all, where no DaemonSet tells."""
    try:
        running = await session.daemon_sets()
    except ReadError:
        return CONFIG_MAPS
    return tuple(name for name in CONFIG_MAPS if name in running) or CONFIG_MAPS


@fact("kube_proxy.configured_by", "config.conf or options (on the DaemonSet's command)", reads=_SETTINGS)
async def configured_by(session: ClusterSession) -> Fact:
    """Where a change of the settings has to be made."""
    found = await proxy_settings(session)
    if isinstance(found, Fact):
        return found
    where = "options" if found.from_options else "config.conf"
    return found.known(where, f"the settings are {where} of {found.source}")


@fact("kube_proxy.name", "the name of kube-proxy's DaemonSet, label and ConfigMap on workers", reads=_SETTINGS)
async def worker_name(session: ClusterSession) -> Fact:
    """kube-proxy-worker on ACK, kube-proxy on clusters that were set up as upstream does."""
    daemon_set, problem = await _worker_daemon_set(session)
    if daemon_set is not None:
        found = name_of(daemon_set)
        return known(found, f"DaemonSet {SYSTEM}/{found}", f"kubectl -n {SYSTEM} get daemonset {found}")
    found, config = await _worker_config(session)
    if config is not None:
        return known(found, f"ConfigMap {SYSTEM}/{found}", config_command(found))
    return unknown(problem or "neither a DaemonSet nor a ConfigMap of kube-proxy is in kube-system")


@fact("kube_proxy.applied", "yes, or pending where pods are older than the last edit", reads=(*_SETTINGS, LIST_PODS))
async def applied(session: ClusterSession) -> Fact:
    """Compares the last edit of the ConfigMap, or of the DaemonSet's command, with kube-proxy's pods."""
    settings = await proxy_settings(session)
    if isinstance(settings, ProxySettings) and settings.from_options:
        return await _command_applied(session, settings)
    name, config = await _worker_config(session)
    if config is None:
        return unknown("there is no ConfigMap of kube-proxy in kube-system")
    edited, source = last_edited(config), f"ConfigMap {SYSTEM}/{name}"
    if edited is None:
        return known("yes", source, edit_command(name), "no edit since it was made")
    pods = await _worker_pods(session, name)
    starts = [start for pod in pods if (start := moment(get_path(pod, "status", "startTime")))]
    if not starts:
        return unknown(f"{name} was edited, and no pod of kube-proxy tells when it started")
    older = [start for start in starts if start < edited - timedelta(seconds=5)]
    seen = f"edited {edited:%Y-%m-%d %H:%M} UTC; {_started(len(older), len(starts))}"
    path = '{range .items[*]}{.metadata.name} {.status.startTime}{"\\n"}{end}'
    check = f"{edit_command(name)} && kubectl -n {SYSTEM} get pods -l {K8S_APP}={name} -o jsonpath='{path}'"
    return known("pending" if older else "yes", source, check, seen)


def edit_command(name: str) -> str:
    """The command that shows when a ConfigMap was edited: ``-o yaml`` hides it from kubectl 1.21 on."""
    return f"kubectl -n {SYSTEM} get configmap {name} -o jsonpath='{{.metadata.managedFields[*].time}}'"


def _started(older: int, pods: int) -> str:
    if older:
        return f"{older} of {pods} pods started before"
    return f"all {pods} pods started after that" if pods > 1 else "its pod started after that"


async def _worker_pods(session: ClusterSession, name: str) -> list[Object]:
    """Of both names of workers at once: one read, which probes of their pods make, too."""
    pods = (await session.system_pods(f"k8s-app in ({','.join(sorted(WORKERS))})")).items
    return [pod for pod in pods if label_of(pod, K8S_APP) == name]


async def _command_applied(session: ClusterSession, settings: ProxySettings) -> Fact:
    """The DaemonSet counts the pods that run with its newest command."""
    daemon_set, _ = await _worker_daemon_set(session)
    wanted = get_path(daemon_set, "status", "desiredNumberScheduled") or 0
    updated = get_path(daemon_set, "status", "updatedNumberScheduled") or 0
    return settings.known(
        "yes" if updated >= wanted else "pending", f"{updated} of {wanted} pods run with the newest command"
    )
