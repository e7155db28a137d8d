"""Look-alikes: healthy clusters, where nothing may be named; true faults of the FAQ; settings of other objects."""

from tests.everyday.clusters import FLANNEL_NODES, TERWAY_NODES, deployment, event, pod, policy, served, service, slices
from tests.everyday.incident import (
    API,
    BASKET,
    BASKET_PODS,
    FRESH_STORE,
    ONLY_API,
    QUOTA,
    Incident,
)
from tests.everyday.told import EVICTED, INITIALIZING, LEAVING, PROXY_LOG, UNAUTHORIZED, UNREADY_EVENTS, ended

_READY = pod("basket-6c7d8-xk2va", BASKET)
_JUST_BEGUN = INITIALIZING | {
    "status": INITIALIZING["status"]
    | {"initContainerStatuses": [{"name": "wait-for-db", "state": {"running": {"startedAt": "now-2m"}}}]}
}
HEALTHY = [
    Incident(
        name="a broken image of another namespace",
        questions=("basket returns 502 since the release",),
        objects=(
            *served("basket", BASKET, BASKET_PODS),
            pod("invoice-6c8d9f7b5-ww9xz", {"app": "x"}, namespace="lab", since="now-6m", waits="ImagePullBackOff"),
            event(
                "Pod", "invoice-6c8d9f7b5-ww9xz", "Failed", "Failed to pull image: manifest unknown", namespace="lab"
            ),
        ),
    ),
    Incident(
        name="a pod that is just ending",
        questions=("pods are stuck in Terminating",),
        base="terway",
        objects=(
            LEAVING | {"metadata": LEAVING["metadata"] | {"deletionTimestamp": "now-20s"}},
            event("Pod", "basket-6c7d8-qq2va", "FailedKillPod", "plugin failed (delete): timeout", count=1),
            event("Pod", "basket-6c7d8-gone1", "FailedKillPod", "plugin failed (delete): timeout", count=1),
        ),
    ),
    Incident(
        name="a node that is well again, and another's trouble",
        questions=("node 172.16.0.11 is slow",),
        objects=(
            event("Node", FLANNEL_NODES[0], "EvictionThresholdMet", "Attempting to reclaim memory", last="now-9m"),
            event("Node", FLANNEL_NODES[0], "NodeHasSufficientMemory", "all is well", last="now-2m", normal=True),
            event("Node", FLANNEL_NODES[1], "SystemOOM", "System OOM encountered"),
        ),
    ),
    Incident(
        name="an init container that began two minutes ago",
        questions=("the rollout is slow, new pods hang",),
        objects=(deployment("basket", BASKET), _JUST_BEGUN),
    ),
    Incident(
        name="an autoscaler that has its metrics again",
        questions=("the hpa of basket does not scale it any more",),
        objects=(
            event("HorizontalPodAutoscaler", "basket", "FailedGetResourceMetric", "no metrics returned", last="now-9m"),
            event("HorizontalPodAutoscaler", "basket", "SuccessfulRescale", "New size: 3", last="now-2m", normal=True),
            event("HorizontalPodAutoscaler", "ledger", "FailedGetResourceMetric", "no metrics returned"),
        ),
    ),
    Incident(
        name="a pod that was evicted long ago and replaced",
        questions=("the basket deployment is slow", "basket pods time out now and then"),
        objects=(deployment("basket", BASKET), *BASKET_PODS, EVICTED),
    ),
    Incident(
        name="long runs that a reboot ended",
        questions=("svc basket was away for a moment",),
        objects=tuple(served("basket", BASKET, [ended(BASKET_PODS[0], 12, "now-9d", "now-4m")])),
    ),
    Incident(
        name="a Service of what was scaled to 0 for good, and nobody names it",
        questions=("one of our services refuses connections",),
        objects=(service("rowboat", {"app": "rowboat"}), slices("rowboat"), *served("basket", BASKET, BASKET_PODS)),
    ),
    Incident(
        name="a part of an app, which is no name",
        questions=("the backend service is down", "we cannot reach the api service any more"),
        objects=tuple(served("basket", BASKET, BASKET_PODS)),
    ),
    Incident(
        name="a Service whose pods are ready",
        questions=("basket is slow today", "svc basket times out now and then", "basket 服务有点慢"),
        objects=tuple(served("basket", BASKET, BASKET_PODS)),
    ),
    Incident(
        name="pods that declare no port",
        questions=("svc basket is refused",),
        objects=tuple(served("basket", BASKET, [_READY])),
    ),
    Incident(
        name="a headless Service",
        questions=("pods cannot resolve svc basket",),
        objects=tuple(served("basket", BASKET, BASKET_PODS, clusterIP="None", clusterIPs=["None"])),
    ),
    Incident(
        name="an ExternalName",
        questions=("svc basket does not answer",),
        objects=(
            service("basket", None, type="ExternalName", externalName="db.example.com", clusterIP="", clusterIPs=[]),
        ),
    ),
    Incident(
        name="Local on every node",
        questions=("svc basket hangs from some pods",),
        objects=tuple(
            served(
                "basket",
                BASKET,
                [
                    pod(f"basket-6c7d8-xk2v{end}", BASKET, node=node)
                    for end, node in zip("abc", FLANNEL_NODES, strict=True)
                ],
                internalTrafficPolicy="Local",
            )
        ),
    ),
    Incident(
        name="a policy on Flannel, which enforces none",
        questions=("svc basket is refused",),
        objects=(*served("basket", BASKET, BASKET_PODS), policy("basket-closed", BASKET, [])),
    ),
    Incident(
        name="a policy that lets the caller in",
        base="terway",
        questions=("api can't open a connection to store",),
        objects=(*served("store", {"app": "store"}, [FRESH_STORE]), API, ONLY_API),
    ),
    Incident(
        name="another Service of like name",
        questions=("the basket service is slow",),
        objects=(*served("basket-svc", BASKET, BASKET_PODS), deployment("basket", BASKET)),
    ),
    Incident(
        name="another workload's quota",
        questions=("ledger-api answers slowly",),
        objects=(event("ReplicaSet", "ledger-api-batch-7f8b9", "FailedCreate", f"Error creating: {QUOTA}"),),
    ),
    Incident(
        name="another pod's broken image",
        questions=("pods of basket are slow",),
        objects=(
            *served("basket", BASKET, BASKET_PODS),
            pod("basketball-5-abcde", {"app": "x"}, waits="ImagePullBackOff"),
        ),
    ),
    Incident(
        name="nothing is named", questions=("the network is broken", "checkout returns 502", "服务之间调用偶尔超时")
    ),
    Incident(
        name="the plural of another's name",
        questions=("nobody reaches baskets",),
        objects=(service("basket", {"app": "nobody"}), slices("basket")),
    ),
    Incident(
        name="ready again since its probe failed",
        questions=("the page returns 503 since the release",),
        objects=(*served("basket", BASKET, BASKET_PODS), *UNREADY_EVENTS),
    ),
    Incident(
        name="a load balancer that was made after all",
        questions=("external ip pending for half an hour",),
        objects=(
            *served("entrance", BASKET, BASKET_PODS, type="LoadBalancer"),
            event("Service", "entrance", "SyncLoadBalancerFailed", "Error syncing load balancer", last="now-5m"),
            event("Service", "entrance", "EnsuredLoadBalancer", "Ensured load balancer", normal=True),
        ),
    ),
    Incident(
        name="two errors of kube-proxy",
        questions=("new services are unreachable from 172.16.0.12",),
        logs={PROXY_LOG: f"now-90s {UNAUTHORIZED}\nnow-80s {UNAUTHORIZED}\n"},
    ),
    Incident(
        name="a namespace that is well",
        questions=("everything in the mall namespace is slow",),
        objects=(*served("basket", BASKET, BASKET_PODS), service("outside", None)),
    ),
    Incident(
        name="lookups on a healthy DNS", questions=("some lookups are slow", "域名解析偶尔慢"), base="flannel-healthy"
    ),
]

BALANCED = served(
    "entrance",
    {"app": "entrance"},
    [pod("entrance-5c7-aaaaa", {"app": "entrance"}, node=TERWAY_NODES[0], address="10.1.0.190")],
    type="LoadBalancer",
    status={"loadBalancer": {"ingress": [{"ip": "47.98.1.2"}]}},
)
TRUE = [
    Incident(
        name="a pod calls itself",
        questions=(
            "pod basket-6c7d8-xk2va cannot reach itself through its own Service basket, from other pods it works",
            "basket 的 pod 访问不到自己的 service，别的 pod 都可以",
            "when svc basket picks the very pod that calls it, the call hangs: it can't reach itself",
        ),
        objects=tuple(served("basket", BASKET, BASKET_PODS)),
        entry="flannel-hairpin-off",
    ),
    Incident(
        name="a pod calls itself, one of three is not ready",
        questions=("a basket pod cannot reach itself through its own Service, it works from every other pod",),
        objects=tuple(served("basket", BASKET, [*BASKET_PODS, pod("basket-6c7d8-xk2vz", BASKET, ready=False)])),
        entry="flannel-hairpin-off",
    ),
    Incident(
        name="a pod calls itself, a policy is not enforced on Flannel",
        questions=("mall/basket: its pod cannot reach itself through its own Service",),
        objects=(*served("basket", BASKET, BASKET_PODS), policy("basket-closed", BASKET, [])),
        entry="flannel-hairpin-off",
    ),
    Incident(
        name="lookups since CoreDNS was replaced",
        questions=(
            "since coredns was restarted 3 minutes ago lookups of svc basket time out now and then",
            "重启 coredns 之后 basket 服务的域名偶尔解析超时，好几分钟了",
        ),
        objects=tuple(served("basket", BASKET, BASKET_PODS)),
        entry="ipvs-udp-timeout",
    ),
    Incident(
        name="a hostPort",
        base="terway",
        questions=(
            "hostPort 9101 of metrics-agent refuses connections on the node ip",
            "metrics-agent 的 hostPort 在节点上不通",
            "hostPort does not work on terway, node ip refuses",
        ),
        entry="terway-hostport-unmapped",
    ),
    Incident(
        name="a load balancer from inside",
        base="terway",
        questions=(
            "pods can't reach the load balancer ip of svc entrance, from outside it works",
            "from pods 47.98.1.2 hangs, it is our own LoadBalancer Service, from outside it works",
            "集群内 pod 访问 entrance 服务的 SLB 地址不通，集群外面可以",
        ),
        objects=tuple(BALANCED),
        entry="terway-ipvlan-in-cluster-lb",
    ),
]
SHOWN_ITSELF = Incident(
    name="a Service of one family, without endpoints",
    base="terway-dual-stack",
    questions=("svc basket in the dual-stack cluster has no IPv6 ClusterIP",),
    objects=(service("basket", {"app": "nobody"}, ipFamilyPolicy="SingleStack"), slices("basket")),
    entry="ipv6-cluster-ip-shows-ipv4",
)
TRUE.append(SHOWN_ITSELF)
OTHER_OBJECT = [
    Incident(
        name="a hostPort of another pod",
        base="terway",
        questions=("nobody can connect to entrance on the node ip",),
        objects=tuple(BALANCED),
        entry="terway-hostport-unmapped",
    ),
    Incident(
        name="another hostPort",
        base="terway",
        questions=("hostPort 8126 on the node ip refuses",),
        entry="terway-hostport-unmapped",
    ),
    Incident(
        name="a Service without a load balancer",
        base="terway",
        questions=("pods can't reach svc store",),
        objects=tuple(served("store", {"app": "store"}, [FRESH_STORE])),
        entry="terway-ipvlan-in-cluster-lb",
    ),
    Incident(
        name="an address of no Service here",
        base="terway",
        questions=("pods can't reach the load balancer at 47.98.200.1",),
        objects=tuple(BALANCED),
        entry="terway-ipvlan-in-cluster-lb",
    ),
]
