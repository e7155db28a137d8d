"""Incidents told by their kind, their namespace or a domain, without an object's name; and look-alikes."""

from tests.everyday.clusters import FLANNEL_NODES, deployment, event, served
from tests.everyday.incident import BASKET, BASKET_PODS, Incident, Object

METRICS = "failed to get cpu utilization: no metrics returned from resource metrics API"
NO_CLASS = 'storageclass.storage.k8s.io "alicloud-disk-essd2" not found'
MISSED = "Cannot determine if job needs to be started: too many missed start time (> 100)"
NO_SECRET = "Failed build model due to secret mall/basket-tls not found"
RESTRICTED = 'Error creating: pods "basket-77aa88-x" is forbidden: violates PodSecurity "restricted:latest"'
NO_ACCOUNT = 'Error creating: pods "basket-77aa88-" is forbidden: serviceaccount "basket" not found'
ENDING = (
    'Error creating: pods "basket-77aa88-" is forbidden: unable to create new content because it is being terminated'
)
NOTHING_OUT = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "default-deny", "namespace": "mall", "creationTimestamp": "now-3h"},
    "spec": {"podSelector": {}, "policyTypes": ["Egress"]},
}
SCALER = event("HorizontalPodAutoscaler", "basket", "FailedGetResourceMetric", METRICS)


def refused(message: str) -> tuple[Object, ...]:
    """A ReplicaSet whose pods are refused."""
    made: Object = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "basket-77aa88", "namespace": "mall", "creationTimestamp": "now-40m"},
        "spec": {"replicas": 2, "selector": {"matchLabels": BASKET}},
        "status": {"replicas": 0},
    }
    return deployment("basket", BASKET), made, event("ReplicaSet", "basket-77aa88", "FailedCreate", message)


BY_KIND = [
    Incident(
        name="an autoscaler that nobody names",
        questions=("autoscaling does nothing since noon", "HPA 不生效", "the hpa shows <unknown> for cpu"),
        objects=(SCALER,),
        named=("HorizontalPodAutoscaler mall/basket: FailedGetResourceMetric (9 times)", "no metrics returned"),
    ),
    Incident(
        name="a schedule that nobody names",
        questions=("our cronjob did not run tonight", "定时任务没有跑"),
        objects=(event("CronJob", "cleanup", "FailedNeedsStart", MISSED),),
        named=("CronJob mall/cleanup: FailedNeedsStart", "too many missed start time"),
    ),
    Incident(
        name="a claim that nobody names",
        questions=("pvc stays pending", "存储卷一直 Pending 挂不上"),
        base="terway",
        objects=(event("PersistentVolumeClaim", "data-ledger-0", "ProvisioningFailed", NO_CLASS),),
        named=("PersistentVolumeClaim mall/data-ledger-0: ProvisioningFailed", "alicloud-disk-essd2"),
    ),
    Incident(
        name="an Ingress that nobody names",
        questions=("our ingress does not work for basket.example.com", "ingress 配置不生效"),
        objects=(event("Ingress", "basket", "FailedBuildModel", NO_SECRET),),
        named=("Ingress mall/basket: FailedBuildModel", "secret mall/basket-tls not found"),
    ),
    Incident(
        name="a node that evicts",
        questions=("pods get evicted all the time", "老是有 pod 被驱逐"),
        objects=(event("Node", FLANNEL_NODES[0], "EvictionThresholdMet", "Attempting to reclaim ephemeral-storage"),),
        named=("Node cn-hangzhou.172.16.0.11: EvictionThresholdMet",),
    ),
    Incident(
        name="a namespace that forbids privileges",
        questions=("新版本 basket 一个 pod 都没有", "nothing starts in ns mall"),
        objects=refused(RESTRICTED),
        named=("violates PodSecurity",),
    ),
    Incident(
        name="an account that is missing",
        questions=("rollout of basket hangs, 0 pods", "发布后没有新 pod 出来"),
        base="terway",
        objects=refused(NO_ACCOUNT),
        named=('serviceaccount "basket" not found',),
    ),
    Incident(
        name="a namespace that ends",
        questions=("nothing can be created in ns mall", "mall 命名空间里建不出 pod"),
        objects=refused(ENDING),
        named=("being terminated",),
    ),
    Incident(
        name="a namespace out of which nothing may call",
        questions=("pods in mall cannot resolve any name", "mall 里的 pod 解析域名全部超时"),
        base="terway",
        objects=(*served("basket", BASKET, BASKET_PODS), NOTHING_OUT),
        named=("NetworkPolicy mall/default-deny selects all pods of its namespace",),
    ),
    Incident(
        name="a domain that is forwarded nowhere",
        questions=("internal.corp.example.com cannot be resolved from pods", "pod 里解析 gitlab.corp.local 失败"),
        named=("The Corefile has no block for", "/etc/resolv.conf"),
    ),
]
ALIKE_BY_KIND = [
    Incident(
        name="another kind's warning",
        questions=("pvc stays pending", "pods get evicted all the time"),
        objects=(SCALER,),
    ),
    Incident(
        name="a warning that is over",
        questions=("the hpa does nothing",),
        objects=(
            event(
                "HorizontalPodAutoscaler", "basket", "FailedGetResourceMetric", METRICS, first="now-3h", last="now-2h"
            ),
        ),
    ),
    Incident(
        name="names of the cluster and of the API, and questions that tell of no failure",
        questions=(
            "basket.mall.svc.cluster.local cannot be resolved",
            "nodes have the taint node.kubernetes.io/unreachable, dns fails",
            "how is internal.corp.example.com resolved here",
        ),
        base="terway",
        objects=tuple(served("basket", BASKET, BASKET_PODS)),
    ),
]
