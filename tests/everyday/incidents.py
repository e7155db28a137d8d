"""The incidents: what somebody writes, on which cluster, and what must be named; and healthy look-alikes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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
    service,
    slices,
)

Object = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Incident:
    """``named``: words of the cause, all in one message of what fails; none where nothing may be named.

    ``entry``: what is so after all, where the words are about a fault of the FAQ.
    """

    name: str
    questions: tuple[str, ...]
    base: str = "flannel"
    objects: tuple[Object, ...] = ()
    named: tuple[str, ...] = ()
    entry: str = ""
    remove: tuple[str, ...] = ()
    logs: Mapping[str, str] = field(default_factory=dict)


BASKET = {"app": "basket"}
BASKET_PODS = [
    pod(f"basket-6c7d8-xk2v{end}", BASKET, node=node) for end, node in zip("ab", FLANNEL_NODES, strict=False)
]
NOT_READY = [
    pod(f"basket-6c7d8-xk2v{end}", BASKET, node=node, ready=False)
    for end, node in zip("ab", FLANNEL_NODES, strict=False)
]
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
FRESH_STORE = pod("store-77d9c-9qk2z", {"app": "store"}, node=TERWAY_NODES[0], since="now-2m", address="10.1.0.180")
ONLY_API = policy("store-from-api", {"app": "store"}, [{"from": [{"podSelector": {"matchLabels": {"app": "api"}}}]}])
FRONT = pod("shopfront-66d9c-7qk2z", {"app": "shopfront"}, node=TERWAY_NODES[1], address="10.1.0.181")
API = pod("api-55d9c-5qk2z", {"app": "api"}, node=TERWAY_NODES[1], address="10.1.0.182")
QUOTA = 'pods "ledger-api-7f8b9-x" is forbidden: exceeded quota: team-limit, requested: pods=1, used: pods=9'
WEBHOOK = 'Internal error occurred: failed calling webhook "check.policy.io": connect: connection refused'
COREFILE_TYPO = "/etc/coredns/Corefile:9 - Error during parsing: Unknown directive 'forwrad'"
UPSTREAM_SILENT = "[ERROR] plugin/errors: 2 api.example.com. A: read udp 172.30.34.160:4-100.100.2.136:53: i/o timeout"

INCIDENTS = [
    Incident(
        name="selector matches no pod",
        questions=(
            "the shop gets connection refused when it calls basket in ns mall, every basket pod is Running",
            "nobody can reach svc basket, its pods are all fine",
            "mall/basket refuses every connection",
            "basket 服务连不上，pod 都是 Running",
            "服务 basket 访问不了",
        ),
        objects=(service("basket", {"app": "baskets"}), slices("basket"), *BASKET_PODS),
        named=("Service mall/basket has no endpoints", "app=baskets matches no pod", "carry app=basket"),
    ),
    Incident(
        name="the Service is deleted",
        questions=("nobody can reach svc basket since the Service was deleted", "basket 服务被删了，现在谁都连不上"),
        objects=(deployment("basket", BASKET), *BASKET_PODS),
        named=("No Service named basket", "Deployment mall/basket is there"),
    ),
    Incident(
        name="no pod is ready, the probe fails",
        questions=("calls to basket time out from everywhere", "basket 服务一直超时"),
        objects=(
            service("basket", BASKET),
            slices("basket", NOT_READY),
            *NOT_READY,
            *(
                event(
                    "Pod",
                    each["metadata"]["name"],
                    "Unhealthy",
                    "Readiness probe failed: HTTP probe failed with statuscode: 500",
                )
                for each in NOT_READY
            ),
        ),
        named=("Service mall/basket has no ready endpoint", "2 pods behind it are not ready", "statuscode: 500"),
    ),
    Incident(
        name="targetPort is another one",
        questions=("pods get connection refused from the basket service although it has endpoints",),
        objects=tuple(
            served(
                "basket",
                BASKET,
                [
                    pod(f"basket-6c7d8-xk2v{end}", BASKET, ports=[{"name": "http", "containerPort": 3000}])
                    for end in "ab"
                ],
            )
        ),
        named=("sends port 80 to targetPort 8080", "declare 3000"),
    ),
    Incident(
        name="named targetPort is missing",
        questions=("svc basket is refused by all callers",),
        objects=tuple(
            served(
                "basket",
                BASKET,
                [pod("basket-6c7d8-xk2va", BASKET, ports=[{"name": "web", "containerPort": 3000}])],
                ports=[{"port": 80, "targetPort": "http"}],
            )
        ),
        named=("the port named http", "call theirs web"),
    ),
    Incident(
        name="a port that it does not have",
        questions=("curl http://basket.mall:8000/health from any pod hangs",),
        objects=tuple(served("basket", BASKET, BASKET_PODS)),
        named=("Service mall/basket has no port 8000: it has 80",),
    ),
    Incident(
        name="internalTrafficPolicy Local",
        questions=(
            "suggest can be called from pods on one worker, from pods on the other workers its service ip just hangs",
        ),
        objects=tuple(
            served(
                "suggest",
                {"app": "suggest"},
                [pod("suggest-5c7-aaaaa", {"app": "suggest"})],
                internalTrafficPolicy="Local",
            )
        ),
        named=("Service mall/suggest has internalTrafficPolicy: Local", FLANNEL_NODES[0]),
    ),
    Incident(
        name="externalTrafficPolicy Local",
        questions=("the NodePort of service suggest answers on one node only",),
        objects=tuple(
            served(
                "suggest",
                {"app": "suggest"},
                [pod("suggest-5c7-aaaaa", {"app": "suggest"})],
                type="NodePort",
                externalTrafficPolicy="Local",
            )
        ),
        named=("externalTrafficPolicy: Local", "node port answers on no other node"),
    ),
    Incident(
        name="scaled to 0",
        questions=("the basket service is refused since this morning",),
        objects=(service("basket", BASKET), slices("basket"), deployment("basket", BASKET, replicas=0)),
        named=("Service mall/basket has no endpoints", "Deployment mall/basket is scaled to 0"),
    ),
    Incident(
        name="a Service without selector and endpoints",
        questions=("pods cannot reach svc basket at all",),
        objects=(service("basket", None),),
        named=("Service mall/basket has no selector", "nobody has given it an endpoint"),
    ),
    Incident(
        name="the load balancer is not made",
        questions=("service entrance has no external ip for 20 minutes, nobody gets in",),
        objects=(
            *served("entrance", BASKET, BASKET_PODS, type="LoadBalancer"),
            event("Service", "entrance", "SyncLoadBalancerFailed", "Error syncing load balancer: QuotaExceeded.SLB"),
        ),
        named=("Service mall/entrance has no load balancer", "QuotaExceeded.SLB"),
    ),
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
        name="still pulling its image",
        base="terway",
        questions=("invoice 的 pod 启动好慢，六分钟了还没 ready", "pod invoice-6c8d9f7b5-ww9xz is very slow to start"),
        objects=(
            pod(
                "invoice-6c8d9f7b5-ww9xz",
                {"app": "invoice"},
                node=TERWAY_NODES[0],
                since="now-6m",
                waits="ContainerCreating",
            ),
            event(
                "Pod",
                "invoice-6c8d9f7b5-ww9xz",
                "Pulling",
                'Pulling image "registry/invoice:9"',
                last="now-6m",
                normal=True,
                count=1,
            ),
        ),
        named=("Pod mall/invoice-6c8d9f7b5-ww9xz is not ready", 'Pulling image "registry/invoice:9"'),
    ),
    Incident(
        name="its image is not there",
        base="terway",
        questions=("the invoice deployment hangs, slow start of its pod after the rollout",),
        objects=(
            deployment("invoice", {"app": "invoice"}),
            pod(
                "invoice-6c8d9f7b5-ww9xz",
                {"app": "invoice"},
                node=TERWAY_NODES[0],
                since="now-6m",
                waits="ImagePullBackOff",
                message='Back-off pulling image "registry/invoice:9"',
            ),
        ),
        named=("Pod mall/invoice-6c8d9f7b5-ww9xz is not ready", "ImagePullBackOff"),
    ),
    Incident(
        name="a NodePort Service without pods",
        base="terway",
        questions=("can't connect to entrance on any node ip, refused everywhere, it is a NodePort service",),
        objects=(
            service(
                "entrance",
                {"app": "entry"},
                type="NodePort",
                ports=[{"port": 80, "targetPort": 8080, "nodePort": 30080}],
            ),
            slices("entrance"),
        ),
        named=("Service mall/entrance has no endpoints", "app=entry matches no pod"),
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
        name="a quota",
        questions=(
            "ledger-api can't scale beyond one replica, no new pod shows up at all",
            "ledger-api 扩容不了，新 pod 出不来",
        ),
        objects=(event("ReplicaSet", "ledger-api-7f8b9", "FailedCreate", f"Error creating: {QUOTA}"),),
        named=("ReplicaSet mall/ledger-api-7f8b9", "a quota refuses them", "team-limit"),
    ),
    Incident(
        name="a webhook",
        questions=("no pods of ledger-api get created any more, network policy webhook?",),
        objects=(event("ReplicaSet", "ledger-api-7f8b9", "FailedCreate", f"Error creating: {WEBHOOK}"),),
        named=("ReplicaSet mall/ledger-api-7f8b9", "an admission webhook refuses them", "check.policy.io"),
    ),
    Incident(
        name="a claim that is not there",
        questions=("ledger-0 never starts, pod stuck",),
        objects=(
            pod("ledger-0", {"app": "ledger"}, node="", since="now-9m", phase="Pending", ready=False),
            event(
                "Pod",
                "ledger-0",
                "FailedScheduling",
                '0/3 nodes are available: persistentvolumeclaim "ledger-data" not found.',
            ),
        ),
        named=("Pod mall/ledger-0 is not ready", 'persistentvolumeclaim "ledger-data" not found'),
    ),
    Incident(
        name="a ConfigMap that is not there",
        questions=("ledger-0 hangs in ContainerCreating",),
        objects=(
            pod("ledger-0", {"app": "ledger"}, since="now-9m", waits="ContainerCreating"),
            event(
                "Pod",
                "ledger-0",
                "FailedMount",
                'MountVolume.SetUp failed for volume "conf" : configmap "ledger-conf" not found',
            ),
        ),
        named=("Pod mall/ledger-0 is not ready", 'configmap "ledger-conf" not found'),
    ),
]
OURS = {"from": [{"podSelector": {}}]}
NO_PLACE = "0/3 nodes are available: 1 node(s) didn't match pod anti-affinity rules, 2 node(s) were unschedulable."
STORE_PODS = [pod(f"store-77d9c-9qk2{end}", {"app": "store"}, node=TERWAY_NODES[0]) for end in "yz"]
SILENT = "Kubelet stopped posting node status."
INCIDENTS += [
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
        name="a load balancer without any event",
        questions=("service entrance still shows pending as external ip",),
        objects=tuple(served("entrance", BASKET, BASKET_PODS, type="LoadBalancer")),
        named=("Service mall/entrance waits for its load balancer",),
    ),
    Incident(
        name="its pods crash",
        questions=("basket refuses every call", "basket 服务拒绝连接"),
        objects=(
            service("basket", BASKET),
            pod(
                "basket-6c7d8-xk2va",
                BASKET,
                waits="CrashLoopBackOff",
                message="back-off 5m0s restarting failed container",
            ),
        ),
        named=("Service mall/basket has no ready endpoint", "CrashLoopBackOff"),
    ),
    Incident(
        name="a Secret that is not there",
        questions=("deployment ledger hangs since the release",),
        objects=(
            deployment("ledger", {"app": "ledger"}),
            pod(
                "ledger-6c8d9f7b5-ww9xz",
                {"app": "ledger"},
                since="now-6m",
                waits="CreateContainerConfigError",
                message='secret "ledger-key" not found',
            ),
        ),
        named=("Pod mall/ledger-6c8d9f7b5-ww9xz is not ready", 'secret "ledger-key" not found'),
    ),
]
OOM = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "now-1m"}}


def crashed(made: Object, ended: Object) -> Object:
    """The same pod, with how its container's last run ended."""
    made["status"]["containerStatuses"][0]["lastState"] = ended
    return made


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
INCIDENTS += [
    Incident(
        name="a slip in the name",
        questions=("calls to baskte are refused, its pods are fine", "bsket 连不上"),
        objects=(service("basket", {"app": "baskets"}), slices("basket"), *BASKET_PODS),
        named=("Service mall/basket has no endpoints", "app=baskets matches no pod"),
    ),
    Incident(
        name="scaled to 0 under another name",
        questions=("svc basket-gw refuses every call",),
        objects=(service("basket-gw", BASKET), slices("basket-gw"), deployment("shopping", BASKET, replicas=0)),
        named=("Service mall/basket-gw has no endpoints", "Deployment mall/shopping is scaled to 0"),
    ),
    Incident(
        name="killed for its memory by and by",
        questions=("pod ledger-0 restarts every minute",),
        objects=(
            crashed(pod("ledger-0", {"app": "ledger"}, waits="CrashLoopBackOff", message="back-off 5m0s"), OOM),
            event("Pod", "ledger-0", "Unhealthy", "Liveness probe failed: Get /healthz: context deadline exceeded"),
        ),
        named=("Pod mall/ledger-0 is not ready", "OOMKilled, exit code 137", "Liveness probe failed"),
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
