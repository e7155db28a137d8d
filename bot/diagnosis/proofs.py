"""Proving entries: each is judged on the recordings that it names, and every verdict that differs is told at once.

The words are taken as clearly describing the symptom, which is the harder test: nothing but the cluster can then
keep an entry from being confirmed.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.prometheus.config import Endpoint
from bot.prometheus.reader import beside
from bot.recordings import RecordingError, load, serve
from knowledge.model import Entry


@dataclass(frozen=True)
class ProofResult:
    """One entry on one recording: what was expected and what came out."""

    entry: str
    recording: str
    expected: str
    verdict: str
    reason: str

    @property
    def holds(self) -> bool:
        """Whether the verdict is the expected one."""
        return self.expected == self.verdict


async def prove(
    entries: Mapping[str, Entry], ids: Sequence[str] = (), own: Path | None = None
) -> AsyncIterator[ProofResult]:
    """Judge the named entries, or all, on their recordings; one recording is served once for all its entries.

    A team's own recordings stand in the folder ``recordings`` of ``own``.
    """
    wanted: dict[str, list[tuple[str, str]]] = {}
    for id_ in ids or entries:
        proof = entries[id_].proved_on
        for verdict in ("confirmed", "ruled_out", "suspected", "answered"):
            for recording in getattr(proof, verdict):
                wanted.setdefault(recording, []).append((id_, verdict))
    for recording, expectations in sorted(wanted.items()):
        for proven in await _prove_on(recording, own, Clinic(entries), expectations):
            yield proven


async def _prove_on(
    recording: str, own: Path | None, clinic: Clinic, expectations: list[tuple[str, str]]
) -> list[ProofResult]:
    try:
        store = load(recording, own=own)
    except RecordingError as error:
        return [ProofResult(id_, recording, expected, "not judged", str(error)) for id_, expected in expectations]
    async with serve(store) as server, connect_to(server.kubeconfig, recording) as connection:
        prometheus = Endpoint(server.prometheus_url) if server.prometheus_url else None
        others = beside(prometheus, recording)
        cluster = Cluster(Transport(connection.client), recording, cloud=store.cloud, others=others)
        chosen = [id_ for id_, _ in expectations]
        answer = await clinic.check(chosen, cluster, words_are_clear=True, words=store.question)
    found = {item.entry.id: item for item in answer.diagnoses}
    return [
        ProofResult(id_, recording, expected, str(found[id_].verdict), found[id_].judgement.reason)
        for id_, expected in expectations
    ]
