"""Incidents of what makes the network: DNS, kube-proxy, nodes, policies."""

from tests.everyday.clusters import (
    FLANNEL_NODES,
    SYSTEM,
    TERWAY_NODES,
    deployment,
    dns_server,
    event,
    node_is,
    pod,
    policy,
    served,
    slices,
)
from tests.everyday.incident import BASKET, FRESH_STORE, ONLY_API, Incident

COREDNS = deployment("coredns", {"k8s-app": "kube-dns"}, namespace=SYSTEM)
NO_COREDNS = ("Pod/kube-system/coredns-*",)
CRASHING_DNS = [
    dns_server("coredns-7b8c9-aa111", FLANNEL_NODES[0], waits="CrashLoopBackOff"),
    dns_server("coredns-7b8c9-bb222", FLANNEL_NODES[1], waits="CrashLoopBackOff"),
]
PROXY_CRASHES = pod(
    "kube-proxy-worker-9rwtk",
    {"k8s-app": "kube-proxy-worker"},
    node=FLANNEL_NODES[1],
    namespace=SYSTEM,
    waits="CrashLoopBackOff",
    message="back-off 5m0s restarting failed container",
)
FRONT = pod("shopfront-66d9c-7qk2z", {"app": "shopfront"}, node=TERWAY_NODES[1], address="10.1.0.181")
COREFILE_TYPO = "/etc/coredns/Corefile:9 - Error during parsing: Unknown directive 'forwrad'"
UPSTREAM_SILENT = "[ERROR] plugin/errors: 2 api.example.com. A: read udp 172.30.34.160:4-100.100.2.136:53: i/o timeout"
OURS = {"from": [{"podSelector": {}}]}
NO_PLACE = "0/3 nodes are available: 1 node(s) didn't match pod anti-affinity rules, 2 node(s) were unschedulable."
STORE_PODS = [pod(f"store-77d9c-9qk2{end}", {"app": "store"}, node=TERWAY_NODES[0]) for end in "yz"]
SILENT = "Kubelet stopped posting node status."
DNS_PENDING = pod(
    "coredns-7b8c9-bb222",
    {"k8s-app": "kube-dns"},
    node="",
    namespace=SYSTEM,
    since="now-9m",
    phase="Pending",
    ready=False,
)
NO_CONFIG = 'MountVolume.SetUp failed for volume "config-volume" : configmap "coredns" not found'
NETWORK_INCIDENTS = [
    Incident(
        name="kube-proxy crashes on one node",
        questions=("服务之间偶尔连不上，麻烦看一下",),
        objects=(PROXY_CRASHES,),
        named=("kube-proxy-worker", "CrashLoopBackOff"),
    ),
    Incident(
        name="CoreDNS crashes over its Corefile",
        questions=(
            "重启 coredns 之后 DNS 解析一直超时，已经好几分钟了",
            "since coredns was restarted some minutes ago every lookup times out",
        ),
        objects=(*CRASHING_DNS, slices("kube-dns", namespace=SYSTEM)),
        remove=NO_COREDNS,
        logs={f"{SYSTEM}/coredns-7b8c9-{end}/coredns": f"now-1m {COREFILE_TYPO}\n" for end in ("aa111", "bb222")},
        named=("No DNS server of the cluster is ready", "the Corefile does not parse", "forwrad"),
    ),
    Incident(
        name="CoreDNS is scaled to 0",
        questions=(
            "name resolution is dead in the entire cluster, every app prints EAI_AGAIN, svc kube-dns does exist",
            "整个集群域名解析都挂了",
        ),
        objects=(
            {**COREDNS, "spec": {**COREDNS["spec"], "replicas": 0}},
            slices("kube-dns", namespace=SYSTEM),
        ),
        remove=NO_COREDNS,
        named=("coredns is scaled to 0", "no endpoints"),
    ),
    Incident(
        name="CoreDNS gets no answer itself",
        questions=("after the coredns restart external names still time out",),
        logs={
            f"{SYSTEM}/{name}/coredns": "".join(f"now-{second}s {UPSTREAM_SILENT}\n" for second in (50, 40, 30))
            for name in ("coredns-6d7f9c8b5-2b9xw", "coredns-6d7f9c8b5-k4t7r")
        },
        named=("The servers that CoreDNS asks do not answer it", "i/o timeout"),
    ),
    Incident(
        name="a policy lets others in",
        base="terway",
        questions=(
            "shopfront can't open a connection to store since the release at 14:00, it times out every single time",
            "shopfront 连不上 store 服务，每次都超时",
        ),
        objects=(*served("store", {"app": "store"}, [FRESH_STORE]), FRONT, ONLY_API),
        named=(
            "NetworkPolicy mall/store-from-api lets only pods with app=api reach store",
            "shopfront is not among them",
        ),
    ),
    Incident(
        name="a node over PLEG",
        questions=(
            "172.16.0.11 flips between Ready and NotReady since lunch, we are on flannel",
            "节点 172.16.0.11 NotReady 了",
        ),
        objects=(
            node_is(FLANNEL_NODES[0], "False", "PLEG is not healthy: pleg was last seen active 4m0s ago"),
            node_is(FLANNEL_NODES[1], "Unknown", "Kubelet stopped posting node status."),
        ),
        named=(f"Node {FLANNEL_NODES[0]} is NotReady", "PLEG is not healthy"),
    ),
    Incident(
        name="one of two DNS servers crashes",
        questions=("since coredns was restarted some minutes ago some lookups time out",),
        objects=(
            dns_server("coredns-7b8c9-aa111", FLANNEL_NODES[0], waits="CrashLoopBackOff"),
            dns_server("coredns-7b8c9-bb222", FLANNEL_NODES[1]),
        ),
        remove=NO_COREDNS,
        named=("Not all DNS servers of the cluster are ready", "coredns-7b8c9-aa111"),
    ),
    Incident(
        name="the node of a named pod is silent",
        questions=("ledger-0 does not answer any more", "ledger-0 连不上了"),
        objects=(
            pod("ledger-0", {"app": "ledger"}, node=FLANNEL_NODES[2], ready=False),
            node_is(FLANNEL_NODES[2], "Unknown", SILENT),
        ),
        named=(f"Node {FLANNEL_NODES[2]} is NotReady", SILENT),
    ),
    Incident(
        name="pods behind a Service on a silent node",
        questions=("every call of basket hangs",),
        objects=(
            *served("basket", BASKET, [pod("basket-6c7d8-xk2va", BASKET, node=FLANNEL_NODES[2], ready=False)]),
            node_is(FLANNEL_NODES[2], "Unknown", SILENT),
        ),
        named=("Service mall/basket has no ready endpoint", SILENT),
    ),
    Incident(
        name="a policy keeps its pods from calling out",
        base="terway",
        questions=("store can't connect to anything since noon, svc store is fine itself",),
        objects=(
            *served("store", {"app": "store"}, STORE_PODS),
            {
                **ONLY_API,
                "metadata": {"name": "store-stays-in", "namespace": "mall"},
                "spec": {"podSelector": {"matchLabels": {"app": "store"}}, "policyTypes": ["Egress"], "egress": []},
            },
        ),
        named=("NetworkPolicy mall/store-stays-in", "open connections only to nobody"),
    ),
    Incident(
        name="a namespace that a policy closes",
        base="terway",
        questions=("nothing in namespace mall can open a connection since noon", "命名空间 mall 里什么都连不上"),
        objects=(policy("closed", {}, []),),
        named=("NetworkPolicy mall/closed selects all pods of its namespace", "nobody reaches them"),
        remove=("NetworkPolicy/*",),
    ),
    Incident(
        name="a policy for its own namespace",
        base="terway",
        questions=("the ingress gets no answer from svc store, from inside the namespace it works",),
        objects=(*served("store", {"app": "store"}, STORE_PODS), policy("store-ours", {"app": "store"}, [OURS])),
        named=("NetworkPolicy mall/store-ours lets only pods of its own namespace reach",),
    ),
    Incident(
        name="one DNS server finds no node",
        questions=("some lookups time out since coredns was restarted some minutes ago",),
        objects=(
            dns_server("coredns-7b8c9-aa111", FLANNEL_NODES[0]),
            DNS_PENDING,
            event("Pod", "coredns-7b8c9-bb222", "FailedScheduling", NO_PLACE, namespace=SYSTEM),
        ),
        remove=NO_COREDNS,
        named=("Not all DNS servers of the cluster are ready", NO_PLACE),
    ),
    Incident(
        name="the Corefile's ConfigMap is gone",
        questions=("after the coredns restart nothing resolves",),
        objects=(
            dns_server("coredns-7b8c9-aa111", FLANNEL_NODES[0], waits="ContainerCreating"),
            event("Pod", "coredns-7b8c9-aa111", "FailedMount", NO_CONFIG, namespace=SYSTEM),
            slices("kube-dns", namespace=SYSTEM),
        ),
        remove=NO_COREDNS,
        named=("No DNS server of the cluster is ready", 'configmap "coredns" not found'),
    ),
]
