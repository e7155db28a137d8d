"""Incidents that are told although no entry is suspected for them: nobody named them, or they explain only a part."""

from tests.everyday.clusters import FLANNEL_NODES, SYSTEM, TERWAY_NODES, deployment, event, pod, served, service, slices
from tests.everyday.incident import BASKET, BASKET_PODS, NOT_READY, Incident, Object

PROXY_LOG = f"{SYSTEM}/kube-proxy-worker-9rwtk/kube-proxy-worker"
UNAUTHORIZED = "E1120 19:01:00.0 1 reflector.go:153] Failed to list *v1.Service: Unauthorized"
PROBE_FAILS = "Readiness probe failed: HTTP probe failed with statuscode: 500"
UNREADY_EVENTS = [event("Pod", each["metadata"]["name"], "Unhealthy", PROBE_FAILS) for each in NOT_READY]
INGRESS = {"app": "ingress-nginx"}
EVICTED = pod("basket-6c7d8-qq2va", BASKET, phase="Failed") | {
    "status": {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: ephemeral-storage."}
}
TO_THE_DATABASE = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "basket-calls", "namespace": "mall", "creationTimestamp": "now-3h"},
    "spec": {
        "podSelector": {"matchLabels": BASKET},
        "policyTypes": ["Egress"],
        "egress": [{"to": [{"podSelector": {"matchLabels": {"app": "db"}}}]}],
    },
}
INITIALIZING = pod("basket-6c7d8-qq2va", BASKET, since="now-10m", waits="PodInitializing")
INITIALIZING["status"] |= {
    "podIP": "172.30.34.220",
    "initContainerStatuses": [{"name": "wait-for-db", "ready": False, "state": {"running": {"startedAt": "now-10m"}}}],
}
BESIDE_A_SIDECAR = pod("basket-6c7d8-qq2va", BASKET, ready=False)
BESIDE_A_SIDECAR["spec"]["initContainers"] = [{"name": "proxy", "restartPolicy": "Always"}]
BESIDE_A_SIDECAR["status"]["initContainerStatuses"] = [
    {"name": "proxy", "ready": True, "state": {"running": {"startedAt": "now-2d"}}}
]
LEAVING = pod("basket-6c7d8-qq2va", BASKET, node=TERWAY_NODES[0])
LEAVING["metadata"]["deletionTimestamp"] = "now-20m"
BROKEN_IMAGE = (
    pod("invoice-6c8d9f7b5-ww9xz", {"app": "invoice"}, since="now-6m", waits="ImagePullBackOff"),
    event("Pod", "invoice-6c8d9f7b5-ww9xz", "Failed", "Failed to pull image: manifest unknown"),
)


def ended(ready: Object, times: int, began: str, at: str) -> Object:
    """The pod, ready again since its container's last run, out of memory."""
    last = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "startedAt": began, "finishedAt": at}}
    statuses = [each | {"restartCount": times, "lastState": last} for each in ready["status"]["containerStatuses"]]
    return ready | {"status": ready["status"] | {"containerStatuses": statuses}}


TOLD = [
    Incident(
        name="pods that are not ready, and nobody names them",
        questions=("the shop's page returns 503 since the release", "发布之后页面一直报 503"),
        objects=(service("basket", BASKET), slices("basket", NOT_READY), *NOT_READY, *UNREADY_EVENTS),
        named=("2 pods (mall/basket-6c7d8-xk2va", "are not ready: Readiness probe failed", "statuscode: 500"),
    ),
    Incident(
        name="an image that nobody names",
        questions=("the release hangs, new pods do not come up",),
        objects=BROKEN_IMAGE,
        named=("ImagePullBackOff", "manifest unknown"),
    ),
    Incident(
        name="everything in a namespace",
        questions=("everything in the mall namespace is broken",),
        objects=(service("basket", {"app": "baskets"}), slices("basket"), *BASKET_PODS),
        named=("Service mall/basket has no endpoints", "app=baskets matches no pod"),
    ),
    Incident(
        name="a member of a StatefulSet",
        questions=("ledger-1.ledger can't be reached by the other members",),
        objects=(
            *served("ledger", {"app": "ledger"}, [pod("ledger-0", {"app": "ledger"})], clusterIP="None"),
            pod("ledger-1", {"app": "ledger"}, ready=False),
            event("Pod", "ledger-1", "Unhealthy", "Readiness probe failed: no primary"),
        ),
        named=("1 of 2 pods behind Service mall/ledger not ready", "no primary"),
    ),
    Incident(
        name="a load balancer that nobody names",
        questions=("external ip pending for half an hour after the helm install",),
        objects=(
            *served("entrance", BASKET, BASKET_PODS, type="LoadBalancer"),
            event("Service", "entrance", "CreatingLoadBalancerFailed", "Error creating load balancer: no balance left"),
        ),
        named=("It has no load balancer: CreatingLoadBalancerFailed", "no balance left"),
    ),
    Incident(
        name="kube-proxy of a node is not authorized any more",
        questions=("new services are unreachable from 172.16.0.12, old ones work",),
        logs={PROXY_LOG: "".join(f"now-{second}s {UNAUTHORIZED}\n" for second in (90, 70, 50, 30, 10))},
        named=("kube-proxy on node cn-hangzhou.172.16.0.12 logs errors again and again", "Unauthorized"),
    ),
    Incident(
        name="a liveness probe that ends ready pods",
        questions=(
            "svc basket answers for a few minutes, then requests time out",
            "basket 服务几分钟就断一次",
            "the basket deployment restarts every few minutes",
        ),
        objects=(
            *served("basket", BASKET, BASKET_PODS),
            deployment("basket", BASKET),
            event("Pod", BASKET_PODS[0]["metadata"]["name"], "Unhealthy", "Liveness probe failed: no answer in 1s"),
        ),
        named=("Pod mall/basket-6c7d8-xk2va is ready just now", "Liveness probe failed: no answer in 1s (9 times)"),
    ),
    Incident(
        name="pods that end again and again",
        questions=("svc basket drops every few calls",),
        objects=(*served("basket", BASKET, [ended(BASKET_PODS[0], 41, "now-9m", "now-2m"), BASKET_PODS[1]]),),
        named=("Pod mall/basket-6c7d8-xk2va is ready just now", "it restarted 41 times", "OOMKilled, exit code 137"),
    ),
    Incident(
        name="evicted, and none comes back",
        questions=("basket pods were evicted and do not come back",),
        objects=(deployment("basket", BASKET), EVICTED),
        named=("Pod mall/basket-6c7d8-qq2va is not ready: Evicted: The node was low on resource",),
    ),
    Incident(
        name="the ingress controller crashes",
        questions=("shop.example.com returns 502", "ingress 一直返回 502"),
        objects=(pod("nginx-ingress-controller-6d8f9-aa111", INGRESS, namespace=SYSTEM, waits="CrashLoopBackOff"),),
        named=("nginx-ingress-controller-6d8f9 is in CrashLoopBackOff",),
    ),
    Incident(
        name="a selector that nobody names",
        questions=(
            "the frontend gets connection refused from one of its backends",
            "有个服务连不上，connection refused",
        ),
        objects=(service("basket", {"app": "baskets"}), slices("basket"), *BASKET_PODS),
        named=("Service mall/basket has no endpoints", "app=baskets matches no pod", "carry app=basket"),
    ),
    Incident(
        name="pods that may call one other alone",
        questions=("since noon pods of basket cannot resolve a single name", "basket 的 pod 解析不了域名"),
        base="terway",
        objects=(deployment("basket", BASKET), *BASKET_PODS, TO_THE_DATABASE),
        named=("NetworkPolicy mall/basket-calls lets basket-6c7d8-xk2va open connections only to pods with app=db",),
    ),
    Incident(
        name="an autoscaler without metrics",
        questions=("the hpa of basket does not scale it any more", "basket 的 HPA 不扩容了"),
        objects=(event("HorizontalPodAutoscaler", "basket", "FailedGetResourceMetric", "no metrics returned"),),
        named=("HorizontalPodAutoscaler mall/basket: FailedGetResourceMetric (9 times): no metrics returned",),
    ),
    Incident(
        name="pods of a Deployment whose plain name is no Service's",
        questions=("basket crashes since the password was rotated",),
        objects=(deployment("basket", BASKET), pod("basket-6c7d8-qq2va", BASKET, waits="CrashLoopBackOff")),
        named=("Pod mall/basket-6c7d8-qq2va is not ready: CrashLoopBackOff",),
    ),
    Incident(
        name="an init container that does not end",
        questions=("basket pods hang in Init:0/1", "the rollout hangs in Init:0/1", "新发布的 pod 一直 Init:0/1"),
        objects=(deployment("basket", BASKET), INITIALIZING),
        named=("its init container wait-for-db has not ended for 10 minutes",),
    ),
    Incident(
        name="a probe that fails beside a sidecar that never ends",
        questions=("basket pods do not get ready",),
        objects=(
            deployment("basket", BASKET),
            BESIDE_A_SIDECAR,
            event("Pod", "basket-6c7d8-qq2va", "Unhealthy", PROBE_FAILS),
        ),
        named=("Pod mall/basket-6c7d8-qq2va is not ready: Readiness probe failed",),
    ),
    Incident(
        name="pods that cannot be taken down",
        questions=("pods are stuck in Terminating", "pod 一直 Terminating 删不掉"),
        base="terway",
        objects=(
            LEAVING,
            event(
                "Pod", "basket-6c7d8-qq2va", "FailedKillPod", 'plugin type="terway" failed (delete): deadline exceeded'
            ),
        ),
        named=("It does not end: FailedKillPod (9 times)", "failed (delete): deadline exceeded"),
    ),
    Incident(
        name="a node that kills for memory",
        questions=("node 172.16.0.11 is slow and apps on it die", "节点 172.16.0.11 上的应用老是挂"),
        objects=(event("Node", FLANNEL_NODES[0], "SystemOOM", "System OOM encountered, victim process: java"),),
        named=("Node cn-hangzhou.172.16.0.11: SystemOOM (9 times): System OOM encountered",),
    ),
    Incident(
        name="the pods' port asked of the Service",
        questions=("curl basket:8080 is refused",),
        objects=tuple(served("basket", BASKET, BASKET_PODS)),
        named=("Service mall/basket has no port 8080 itself: its port 80 leads to 8080 of the pods",),
    ),
    Incident(
        name="what the app that is named may call",
        questions=("basket returns 502 since the release", "basket 一直报 502"),
        objects=(*served("basket", BASKET, BASKET_PODS), *BROKEN_IMAGE),
        named=("It does not start: container main is in ImagePullBackOff", "manifest unknown"),
    ),
]
