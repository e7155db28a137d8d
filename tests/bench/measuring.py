"""One way of looking at the large cluster, measured in a fresh process: prints its figures as JSON.

``ours`` asks a question; its index is opened before, since it costs the same on every cluster. ``typed`` gathers the
same facts as a script over the official client would: list all, then look.
"""

import asyncio
import contextlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

QUESTION = os.environ.get("QUESTION", "pods stuck in ContainerCreating since 10 min")


@dataclass
class Figures:
    """``seconds`` of reading and judging; ``memory`` bytes above what the process held before it began."""

    requests: int = 0
    bytes: int = 0
    seconds: float = 0.0
    memory: int = 0
    outcome: str = ""
    reads: list[tuple[str, int, float]] = field(default_factory=list)


def _peak() -> int:
    """Bytes of resident memory at the most, since the last reset where the system has one."""
    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes if sys.platform == "darwin" else kilobytes * 1024


def _reset_peak() -> None:
    """What was needed to get ready (opening the index) does not count."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


@dataclass
class _Meter:
    """An observer of the reader."""

    figures: Figures

    async def before(self, request: Any) -> None:
        """Nothing to do."""

    async def after(self, request: Any, outcome: str, size: int, seconds: float) -> None:
        query = "&".join(f"{key}={value}" for key, value in request.query if key != "continue")
        shape = " (metadata)" if "PartialObjectMetadata" in request.accept else ""
        self.figures.reads.append((f"{request.path}?{query}{shape} {outcome}", size, seconds))


def ours(url: str, figures: Figures) -> Callable[[], None]:
    """netclinic's own flow, as the terminal and Slack use it."""
    from bot.app import App
    from bot.cluster.connection import connect_to
    from bot.cluster.reader import Cluster
    from bot.cluster.transport import Transport

    app = App.from_environment()
    index = app.index()
    index.match(QUESTION)
    clinic = app.clinic(index)

    async def answered() -> None:
        async with connect_to(_kubeconfig(url), "large") as connection:
            cluster = Cluster(Transport(connection.client), "large", observers=(_Meter(figures),))
            answer = await clinic.ask(QUESTION, cluster)
        figures.requests, figures.bytes = answer.requests, answer.bytes
        first = answer.diagnoses[0]
        figures.outcome = f"{first.entry.id} {first.verdict}"

    return lambda: asyncio.run(answered())


def typed(url: str, figures: Figures) -> Callable[[], None]:
    """Every pod, node and event through the typed client; then which pods wait, where, and what their events say."""
    from kubernetes import client

    configuration = client.Configuration()
    configuration.host = url
    api = client.ApiClient(configuration)
    send = api.call_api

    def counting(*args: Any, **kwargs: Any) -> Any:
        response = send(*args, **kwargs)
        figures.requests += 1
        figures.bytes += len(response.read())
        return response

    api.call_api = counting
    core = client.CoreV1Api(api)

    def gathered() -> None:
        pods = core.list_pod_for_all_namespaces().items
        nodes = {node.metadata.name: node for node in core.list_node().items}
        events = core.list_event_for_all_namespaces().items
        waiting = [pod for pod in pods if pod.status.phase == "Pending" and pod.spec.node_name in nodes]
        names = {pod.metadata.name for pod in waiting}
        told = [event for event in events if event.involved_object.name in names and "IpNotEnough" in event.message]
        figures.outcome = f"{len(waiting)} pods wait, {len(told)} events say why"

    return gathered


def _kubeconfig(url: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "large", "cluster": {"server": url}}],
        "users": [{"name": "bench", "user": {}}],
        "contexts": [{"name": "large", "context": {"cluster": "large", "user": "bench"}}],
        "current-context": "large",
    }


def main() -> None:
    way, url = sys.argv[1:3]
    figures = Figures()
    run = {"ours": ours, "typed": typed}[way](url, figures)
    _reset_peak()
    idle, started = _peak(), time.perf_counter()
    run()
    figures.seconds, figures.memory = time.perf_counter() - started, _peak() - idle
    print(json.dumps(asdict(figures)))


if __name__ == "__main__":
    main()
