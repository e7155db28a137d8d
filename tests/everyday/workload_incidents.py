"""Incidents of workloads: images, quotas, webhooks, volumes, crashes."""

from tests.everyday.clusters import TERWAY_NODES, deployment, event, pod, service
from tests.everyday.incident import BASKET, QUOTA, Incident, Object

WEBHOOK = 'Internal error occurred: failed calling webhook "check.policy.io": connect: connection refused'
OOM = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "now-1m"}}


def crashed(made: Object, ended: Object) -> Object:
    """The same pod, with how its container's last run ended."""
    made["status"]["containerStatuses"][0]["lastState"] = ended
    return made


WORKLOAD_INCIDENTS = [
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
    Incident(
        name="killed for its memory by and by",
        questions=("pod ledger-0 restarts every minute",),
        objects=(
            crashed(pod("ledger-0", {"app": "ledger"}, waits="CrashLoopBackOff", message="back-off 5m0s"), OOM),
            event("Pod", "ledger-0", "Unhealthy", "Liveness probe failed: Get /healthz: context deadline exceeded"),
        ),
        named=("Pod mall/ledger-0 is not ready", "OOMKilled, exit code 137", "Liveness probe failed"),
    ),
]
