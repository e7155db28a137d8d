"""One probe asked on a recording whose cloud is changed: the recording's replies, with some actions' items replaced."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from bot.cloud.requests import CloudCall, CloudReply
from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.session import ClusterSession, QuestionScope
from bot.cluster.transport import Transport
from bot.probes import ask, vocabulary
from bot.probes.findings import Finding
from bot.recordings import Recording, load, serve
from bot.recordings.cloud import RecordedCloud, read_cloud
from knowledge.expressions import parse_call


@dataclass
class Calls:
    """A recorded cloud that counts the calls it answers, by action."""

    cloud: RecordedCloud
    made: Counter[str] = field(default_factory=Counter)

    def login(self, region: str) -> None:
        self.cloud.login(region)

    async def send(self, call: CloudCall, seconds: float) -> CloudReply:
        self.made[call.action.name] += 1
        return await self.cloud.send(call, seconds)


def changed(recording: str, cloud: dict[str, Any]) -> Recording:
    """The recording, with these actions of its cloud replaced."""
    store = load(recording)
    held = store.cloud.actions if store.cloud else {}
    return replace(store, cloud=RecordedCloud({**held, **read_cloud(cloud, "cloud.yaml").actions}))


async def found_on(expression: str, recording: str, words: str = "", **cloud: Any) -> Finding:
    """What the probe comes to for these words."""
    return (await found_with_calls(expression, recording, words, **cloud))[0]


async def found_with_calls(
    expression: str, recording: str, words: str = "", **cloud: Any
) -> tuple[Finding, Counter[str]]:
    """The same, and the calls that it made of the cloud."""
    store = changed(recording, cloud)
    assert store.cloud
    calls = Calls(store.cloud)
    call = parse_call(expression, vocabulary())
    async with serve(store) as server, connect_to(server.kubeconfig, "recorded") as link:
        cluster = Cluster(Transport(link.client), "recorded", cloud=calls)
        async with cluster.reader(Budget()) as reader, ClusterSession(reader, QuestionScope.of(words)) as session:
            return await ask(session, call), calls.made
