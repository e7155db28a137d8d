"""Objects of clusters on which something fails, and what is told of it."""

from typing import Any

from bot.diagnosis.failing import FailingHere

NODE = "cn-beijing.192.168.0.31"


def told(found: FailingHere) -> list[str]:
    return [f"{item.object}: {item.message}" for item in found.items]


def condition(kind: str, status: str, message: str = "", since: str = "now-12m") -> Any:
    return {"type": kind, "status": status, "message": message, "reason": kind, "lastTransitionTime": since}


def container(name: str = "main", *, restarts: int = 0, ready: bool = False, **state: Any) -> Any:
    return {"name": name, "ready": ready, "restartCount": restarts, **state}


def crashing(name: str = "main", restarts: int = 7, reason: str = "CrashLoopBackOff") -> Any:
    ended = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "now-2m"}}
    return container(name, restarts=restarts, state={"waiting": {"reason": reason}}, lastState=ended)


def system_pod(make: Any, name: str, status: Any, *, app: str, node: str = NODE, **meta: Any) -> Any:
    spec = {"hostNetwork": True, "containers": [{"name": status["name"], "image": "x"}]}
    return make.pod(
        name,
        node,
        namespace=meta.pop("namespace", "kube-system"),
        phase="Running",
        labels={"k8s-app": app},
        spec=spec,
        status={"startTime": "now-2d", "containerStatuses": [status]},
        **meta,
    )
