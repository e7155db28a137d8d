"""Facts about the cluster as a whole: its plugin, version, kind, address families and domain."""

import ipaddress
import re
from collections.abc import Iterable

import orjson

from bot.cluster.addresses import address_family
from bot.cluster.declared_reads import config_key, config_text, label, label_of
from bot.cluster.facts.flannel_objects import CONFIG as FLANNEL_CONFIG
from bot.cluster.facts.flannel_objects import flannel_config, flannel_daemon_sets, flannel_namespace
from bot.cluster.facts.registry import Fact, Permission, fact, known, undamaged_fact, unknown
from bot.cluster.resources import CONFIG_MAPS, DAEMON_SETS, NODES, SERVICES
from bot.cluster.session import FEW_NODES, SYSTEM, ClusterSession, Object, full_name, get_path, name_of, namespace_of
from bot.cluster.transport import ReadError
from knowledge.versions import Version, parse_version

GET_CONFIG = Permission("get", CONFIG_MAPS)
LIST_DAEMON_SETS = Permission("list", DAEMON_SETS)
LIST_NODES = Permission("list", NODES)
GET_SERVICE = Permission("get", SERVICES)

TERWAY_DAEMON_SETS = ("terway-eniip", "terway-eni", "terway")
FOREIGN_CNI = re.compile(
    r"^(calico-node|cilium|cilium-agent|weave-net|kube-router|antrea-agent|kube-ovn-cni|canal|ovnkube-node|aws-node)$"
)
K8S_APP = label("k8s-app")
NET_CONF = config_key("kube-flannel-cfg", "net-conf.json", "Network", "Backend.Type")
_ZONE = re.compile(r"^[ \t]*kubernetes[ \t]+(\S+)", re.MULTILINE)
_COREFILE = config_key("coredns", "Corefile", lines=_ZONE)
_IP_STACK = config_key("ack-cluster-profile", "ipStack")
_SERVICE_CIDR = config_key("ack-cluster-profile", "serviceCIDR")
_VPC = config_key("ack-cluster-profile", "vpcid")
_CLUSTER_ID = config_key("ack-cluster-profile", "clusterid")
_ENI_CONF = config_key("eni-config", "eni_conf", "service_cidr")
_REGION = label("topology.kubernetes.io/region")
_OLD_REGION = label("failure-domain.beta.kubernetes.io/region")  # Kubernetes before 1.17
PROVIDER_ID = re.compile(r"(?:alicloud://)?([a-z]{2}-[a-z0-9-]{2,30})\.[\w-]{2,60}")
DAEMON_SETS_CHECK = "kubectl -n kube-system get daemonsets"


# ConfigMaps in which an AccessKey may stand, and the keys of their data that hold it: what they print is pasted.
_WITH_CREDENTIALS, _CREDENTIALS = ("eni-config", "cloud-config"), ("eni_conf", "cloud-config.conf")


def config_command(name: str, namespace: str = SYSTEM, key: str = "", member: str = "") -> str:
    """The command that shows a ConfigMap, or of one that may hold credentials the one key, of its JSON one member."""
    command = f"kubectl -n {namespace} get configmap {name}"
    if name not in _WITH_CREDENTIALS and key not in _CREDENTIALS:
        return f"{command} -o yaml"
    if not key or (key in _CREDENTIALS and not member):
        return command
    command += " -o jsonpath='{.data." + key.replace(".", "\\.") + "}'"
    if key not in _CREDENTIALS:
        return command
    return command + f""" | tr -d '\\n' | grep -oE '"{member}": *([{{][^}}]*[}}]|[[][^]]*[]]|[^,}}]*)'"""


@fact("network_plugin", "terway, flannel or other", reads=(LIST_DAEMON_SETS, GET_CONFIG), core=True)
async def network_plugin(session: ClusterSession) -> Fact:
    """By the DaemonSet that runs; of two, the one that has pods to run (a left-over one has none)."""
    try:
        found = await session.daemon_sets()
        terway = [found[name] for name in TERWAY_DAEMON_SETS if name in found]
        flannel = await _flannel_beside(session, terway)
    except ReadError as error:
        if error.is_damage:
            raise
        return await _plugin_by_config(session, str(error))
    candidates = [(each, "terway") for each in terway] + [(each, "flannel") for each in flannel]
    if not candidates:
        foreign = [name for name in found if FOREIGN_CNI.match(name)]
        named = f"DaemonSet {SYSTEM}/{foreign[0]}" if foreign else f"DaemonSets of {SYSTEM}"
        return known("other", named, DAEMON_SETS_CHECK, "neither Terway nor Flannel runs here")
    running = [pair for pair in candidates if get_path(pair[0], "status", "desiredNumberScheduled")]
    if len({plugin for _, plugin in running or candidates}) > 1:
        running = [pair for pair in running or candidates if await _has_pods(session, pair[0])]
    daemon_set, plugin = (running or candidates)[0]
    check = f"kubectl -n {namespace_of(daemon_set)} get daemonsets"
    return known(plugin, f"DaemonSet {full_name(daemon_set)}", check, f"DaemonSet {name_of(daemon_set)} exists")


async def _flannel_beside(session: ClusterSession, terway: list[Object]) -> list[Object]:
    """Flannel's DaemonSets; none where Terway was seen and other namespaces may not be."""
    try:
        return await flannel_daemon_sets(session)
    except ReadError as error:
        if error.is_damage or not terway:
            raise
        return []


async def _has_pods(session: ClusterSession, daemon_set: Object) -> bool:
    """Where the status does not tell which of two plugins is left over, their pods do."""
    wanted = get_path(daemon_set, "spec", "selector", "matchLabels") or {}
    labels = ",".join(f"{key}={value}" for key, value in wanted.items())
    return bool(labels) and bool((await session.system_pods(labels, namespace_of(daemon_set))).items)


async def _plugin_by_config(session: ClusterSession, why: str) -> Fact:
    """Without the right to list DaemonSets, the plugins' own ConfigMaps tell."""
    for plugin, config, namespace in (
        ("terway", "eni-config", SYSTEM),
        ("flannel", FLANNEL_CONFIG, await flannel_namespace(session)),
    ):
        if await session.config_map(config, namespace) is not None:
            source = f"ConfigMap {namespace}/{config}"
            return known(plugin, source, config_command(config, namespace), f"DaemonSets: {why}")
    return unknown(why)


@fact("kubernetes.version", "the API server's version, e.g. 1.32.1-aliyun.1", reads=(LIST_NODES,), core=True)
async def kubernetes_version(session: ClusterSession) -> Fact:
    """From ``/version``, which every authenticated user may read; where that tells nothing, from the kubelets.

    Some proxies in front of an API server hide its version, and some builds answer ``v0.0.0-master+$Format:%H$``.
    """
    version = await session.reader.version()
    if _is_release(version):
        return known(version.removeprefix("v"), "API server /version", "kubectl version", version)
    told = f"the API server calls its version {version!r}" if version else "the API server did not tell its version"
    nodes = (await session.reader.select(NODES, most=FEW_NODES)).items
    kubelets = [str(get_path(node, "status", "nodeInfo", "kubeletVersion") or "") for node in nodes]
    versions = {kubelet for kubelet in kubelets if _is_release(kubelet)}
    if len({_minor(each) for each in versions}) != 1:
        seen = ", ".join(sorted(versions)) or "no release"
        return unknown(f"{told}, and its kubelets name {seen}")
    newest = max(versions, key=lambda each: parse_version(each) or Version(()))
    check = "kubectl get nodes -o custom-columns=NODE:.metadata.name,KUBELET:.status.nodeInfo.kubeletVersion"
    return known(newest.removeprefix("v"), "kubelets of the nodes", check, f"{newest}; {told}")


def _is_release(version: str) -> bool:
    """Whether it names one: a build from the sources alone is v0.0.0."""
    return bool((parsed := parse_version(version)) and parsed.numbers and parsed.numbers[0])


def _minor(version: str) -> tuple[int, ...]:
    """The release without its patch: kubelets may be a patch apart."""
    parsed = parse_version(version)
    return parsed.numbers[:2] if parsed else ()


@fact("cluster.kind", "managed or dedicated (ACK)", reads=(LIST_DAEMON_SETS, GET_CONFIG), core=True)
async def cluster_kind(session: ClusterSession) -> Fact:
    """Dedicated clusters run kube-proxy-master on their own control-plane nodes (FAQ, kube-proxy configuration)."""
    try:
        dedicated = "kube-proxy-master" in await session.daemon_sets()
        source, check = f"DaemonSets of {SYSTEM}", DAEMON_SETS_CHECK
    except ReadError as error:
        if error.is_damage:
            raise
        dedicated = await session.config_map("kube-proxy-master") is not None
        source, check = f"ConfigMaps of {SYSTEM}", config_command("kube-proxy-master")
    seen = "kube-proxy-master exists" if dedicated else "there is no kube-proxy-master"
    return known("dedicated" if dedicated else "managed", source, check, seen)


@fact("cluster.domain", "the cluster domain that CoreDNS serves", reads=(GET_CONFIG,), core=True)
async def cluster_domain(session: ClusterSession) -> Fact:
    """The first zone of the Corefile's ``kubernetes`` plugin."""
    corefile = config_text(await session.config_map("coredns"), _COREFILE) or ""
    match = _ZONE.search(corefile)
    if match is None or match[1].endswith(".arpa") or match[1] == "{":
        return unknown("ConfigMap kube-system/coredns names no cluster domain")
    return known(match[1].rstrip("."), f"ConfigMap {SYSTEM}/coredns", config_command("coredns"), match[0].strip())


@fact("cluster.ip_families", "ipv4 or dual", reads=(GET_CONFIG, LIST_NODES, GET_SERVICE), core=True)
async def ip_families(session: ClusterSession) -> Fact:
    """Dual where the cluster profile, Terway, the DNS Service or a node's range says so; the first that does is named.

    Nodes may have IPv6 addresses of their own in any cluster: these say nothing.
    """
    problems: list[str] = []
    looked = 0
    for look in (_profile_families, _terway_families, _service_families, _node_families):
        try:
            seen = await look(session)
        except ReadError as error:
            if error.is_damage:
                raise
            problems.append(str(error))
            continue
        looked += seen is not None
        if seen is not None and seen.value == "dual":
            return seen
    if looked:
        return known("ipv4", f"Service {SYSTEM}/kube-dns, nodes", _FAMILY_CHECK, "no IPv6 address family is configured")
    return unknown(problems[0] if problems else "no object tells the address families")


_FAMILY_CHECK = f"kubectl -n {SYSTEM} get service kube-dns -o jsonpath='{{.spec.ipFamilies}}'"


async def _profile_families(session: ClusterSession) -> Fact | None:
    profile = await session.config_map("ack-cluster-profile")
    stack = config_text(profile, _IP_STACK) or ""
    if not stack:
        return None
    both = "ipv4" in stack.lower() and "ipv6" in stack.lower()
    value = "dual" if both or "dual" in stack.lower() else "ipv4"
    return known(
        value, f"ConfigMap {SYSTEM}/ack-cluster-profile", config_command("ack-cluster-profile"), f"ipStack: {stack}"
    )


async def _terway_families(session: ClusterSession) -> Fact | None:
    stack = await undamaged_fact(session, "terway.ip_stack")
    return None if stack.value is None else known(stack.value, stack.source, stack.kubectl, stack.excerpt)


async def _service_families(session: ClusterSession) -> Fact | None:
    service = await session.reader.get(SERVICES, "kube-dns", SYSTEM)
    addresses = get_path(service, "spec", "clusterIPs") or []
    if not addresses:
        return None
    source = f"Service {SYSTEM}/kube-dns"
    return known("dual" if _has_ipv6(addresses) else "ipv4", source, _FAMILY_CHECK, f"clusterIPs: {addresses}")


async def _node_families(session: ClusterSession) -> Fact | None:
    sample = await session.reader.select(NODES, most=FEW_NODES)
    for node in sample.items:
        ranges = [*(get_path(node, "spec", "podCIDRs") or [])]
        if _has_ipv6(ranges):
            name = name_of(node)
            return known("dual", f"Node {name}", f"kubectl get node {name} -o yaml", f"podCIDRs: {ranges}")
    return known("ipv4", "Nodes", "kubectl get nodes -o wide") if sample.items else None


def _has_ipv6(addresses: Iterable[object]) -> bool:
    return any(address_family(address) == "IPv6" for address in addresses)


@fact("cluster.pod_cidr", "the cluster's Pod CIDR block", reads=(GET_CONFIG, LIST_NODES), core=True)
async def pod_cidr(session: ClusterSession) -> Fact:
    """Flannel's ``Network``, else kube-proxy's ``clusterCIDR``; Terway pods take vSwitch addresses."""
    if (await undamaged_fact(session, "network_plugin")).value == "terway":
        return unknown("with Terway, pods take addresses of their vSwitches and have no range of their own")
    flannel = await flannel_config(session)
    network = _json_value(config_text(flannel, NET_CONF) or "", "Network")
    if flannel and network:
        check = config_command(FLANNEL_CONFIG, namespace_of(flannel))
        return known(network, f"ConfigMap {full_name(flannel)}", check, f"Network: {network}")
    range_ = await undamaged_fact(session, "kube_proxy.cluster_cidr")
    return range_ if range_.value else unknown("neither Flannel nor kube-proxy names a Pod CIDR block")


@fact("cluster.service_cidr", "the Service CIDR block", reads=(GET_CONFIG,), core=True)
async def service_cidr(session: ClusterSession) -> Fact:
    """From ack-cluster-profile, else from Terway's ``service_cidr``."""
    profile = config_text(await session.config_map("ack-cluster-profile"), _SERVICE_CIDR) or ""
    if profile:
        return known(
            profile,
            f"ConfigMap {SYSTEM}/ack-cluster-profile",
            config_command("ack-cluster-profile"),
            f"serviceCIDR: {profile}",
        )
    eni = config_text(await session.config_map("eni-config"), _ENI_CONF) or ""
    configured = _json_value(eni, "service_cidr")
    if configured:
        return known(
            configured, f"ConfigMap {SYSTEM}/eni-config", config_command("eni-config"), f"service_cidr: {configured}"
        )
    return unknown("neither ack-cluster-profile nor eni-config names a Service CIDR block")


@fact("cluster.vpc", "the VPC's id", reads=(GET_CONFIG,))
async def vpc(session: ClusterSession) -> Fact:
    """From ack-cluster-profile."""
    found = config_text(await session.config_map("ack-cluster-profile"), _VPC) or ""
    if not found:
        return unknown("ConfigMap kube-system/ack-cluster-profile does not name the VPC")
    return known(
        found, f"ConfigMap {SYSTEM}/ack-cluster-profile", config_command("ack-cluster-profile"), f"vpcid: {found}"
    )


@fact("cluster.id", "the id of the ACK cluster", reads=(GET_CONFIG,))
async def cluster_id(session: ClusterSession) -> Fact:
    """From ack-cluster-profile."""
    found = config_text(await session.config_map("ack-cluster-profile"), _CLUSTER_ID) or ""
    if not found:
        return unknown("ConfigMap kube-system/ack-cluster-profile does not name the cluster's id")
    return known(
        found, f"ConfigMap {SYSTEM}/ack-cluster-profile", config_command("ack-cluster-profile"), f"clusterid: {found}"
    )


@fact("cluster.region", "the region of the cloud, e.g. cn-hangzhou", reads=(LIST_NODES,))
async def region(session: ClusterSession) -> Fact:
    """From a node's ``spec.providerID`` (region.instance), else from its label."""
    for node in (await session.reader.select(NODES, most=FEW_NODES)).items:
        provider = PROVIDER_ID.fullmatch(str(get_path(node, "spec", "providerID") or ""))
        found = provider[1] if provider else label_of(node, _REGION) or label_of(node, _OLD_REGION)
        if found:
            check = "kubectl get nodes -o custom-columns=NODE:.metadata.name,ID:.spec.providerID"
            seen = f"providerID: {provider[0]}" if provider else f"label region: {found}"
            return known(found, f"Node {name_of(node)}", check, seen)
    return unknown("no node tells its region")


@fact(
    "cluster.foreign_cni", "DaemonSets of a third-party network plugin, or none", reads=(LIST_DAEMON_SETS,), core=True
)
async def foreign_cni(session: ClusterSession) -> Fact:
    """In any namespace; the Cilium parts inside Terway's own pods do not count."""
    everywhere = await session.reader.select(DAEMON_SETS)
    found = sorted(
        f"{item['metadata'].get('namespace')}/{name_of(item)}" for item in everywhere.items if _is_foreign(item)
    )
    source = f"DaemonSet {found[0]}" if found else "DaemonSets"
    return known(", ".join(found) or "none", source, "kubectl get daemonsets -A")


def _is_foreign(daemon_set: Object) -> bool:
    return bool(FOREIGN_CNI.match(name_of(daemon_set)) or FOREIGN_CNI.match(label_of(daemon_set, K8S_APP) or ""))


@fact("cluster.nodes", "how many nodes there are", reads=(LIST_NODES,))
async def nodes(session: ClusterSession) -> Fact:
    """The server says how many follow the first one; where it does not, they are counted."""
    listing = await session.reader.select(NODES, metadata_only=True, most=1)
    if not listing.complete and listing.remaining is None:
        listing = await session.reader.select(NODES, metadata_only=True, most=2000)
    more = "" if listing.complete or listing.remaining is not None else " or more"
    return known(f"{len(listing.items) + (listing.remaining or 0)}{more}", "Nodes", "kubectl get nodes")


def _json_value(text: str, key: str) -> str:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return ""
    return str(found.get(key) or "") if isinstance(found, dict) else ""


def in_range(address: str, cidr: str) -> bool | None:
    """Whether the address lies in the CIDR block; ``None`` when either does not parse."""
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        return None
