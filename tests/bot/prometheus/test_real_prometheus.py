"""A genuine Prometheus with hours of samples beside a recorded cluster: its replies settle the entry."""

import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.prometheus.config import Endpoint
from bot.prometheus.reader import beside
from bot.recordings import load, serve
from knowledge.model import Entry
from tests.alertmanager import needs_prometheus
from tests.bot.prometheus.exporters import ENTRIES, LIMIT
from tests.prometheus import Prometheus, needs_promtool

ENTRY = "conntrack-table-full"
FULL = 262_144
Share = Callable[[float], float]  # of the limit, by how much of three hours has passed
pytestmark = [needs_prometheus, needs_promtool]
ROOM: Share = lambda passed: 0.1 + 0.01 * passed  # noqa: E731
FILLS: Share = lambda passed: 0.2 + 0.75 * passed  # noqa: E731
FULL_FOR_HOURS: Share = lambda _: 0.95  # noqa: E731


def samples(instances: dict[str, Share], labels: str, now: float) -> Iterator[tuple[str, str]]:
    """Lines of OpenMetrics by their metric, one sample a half minute up to five seconds ago."""
    for instance, share in instances.items():
        for number in range(361):
            at = now - 5 - 10_800 + number * 30
            series = f'{{instance="{instance}:9100"{labels}}}'
            yield ENTRIES, f"{ENTRIES}{series} {FULL * share(number / 360):.0f} {at:.3f}\n"
            yield LIMIT, f"{LIMIT}{series} {FULL} {at:.3f}\n"


@contextlib.asynccontextmanager
async def prometheus(folder: Path, *groups: tuple[dict[str, Share], str]) -> AsyncIterator[str]:
    """Its address; ``groups`` of instances, each with labels in front of which a comma stands."""
    now = time.time()
    lines = [line for instances, labels in groups for line in samples(instances, labels, now)]
    text = "".join(
        f"# TYPE {metric} gauge\n" + "".join(line for of, line in lines if of == metric) for metric in (ENTRIES, LIMIT)
    )
    running = Prometheus(folder)
    running.backfill(text)
    running.start()
    try:
        await running.value(f"count({ENTRIES})")
        yield f"http://127.0.0.1:{running.port}"
    finally:
        running.end()


async def verdict(url: str, entries: dict[str, Entry]) -> tuple[str, str, list[str]]:
    """Of the entry on a recorded cluster that has this Prometheus: verdict, reason and evidence."""
    async with serve(load("flannel-healthy")) as server, connect_to(server.kubeconfig, "prod") as link:
        cluster = Cluster(Transport(link.client), "prod", others=beside(Endpoint(url), "prod"))
        answer = await Clinic(entries).check([ENTRY], cluster, words_are_clear=True)
    [found] = [item for item in answer.diagnoses if item.entry.id == ENTRY]
    pieces = [piece.object for finding in found.judgement.findings for piece in finding.evidence]
    return str(found.verdict), found.judgement.reason, pieces


async def test_the_node_whose_table_fills_up_is_found_among_others(tmp_path: Path, entries: dict[str, Entry]) -> None:
    own = {"172.16.0.11": ROOM, "172.16.0.12": FILLS, "172.16.0.13": FULL_FOR_HOURS}
    others = {"172.16.0.99": FILLS, "10.9.9.9": FULL_FOR_HOURS}  # gone, and another cluster's
    async with prometheus(tmp_path, (own, ',replica="a"'), (own, ',replica="b"'), (others, "")) as url:
        found, reason, pieces = await verdict(url, entries)
    assert found == "confirmed"
    told = "The connection tracking table is full or nearly so, and still fills up"
    assert reason == f"{told}: cn-hangzhou.172.16.0.12 249,037 of 262,144 (95%)."
    assert pieces == ["Node cn-hangzhou.172.16.0.12"]


async def test_full_for_hours_is_open_and_room_rules_out(tmp_path: Path, entries: dict[str, Entry]) -> None:
    quiet = {"172.16.0.11": ROOM, "172.16.0.13": ROOM}
    async with prometheus(tmp_path / "flat", ({**quiet, "172.16.0.12": FULL_FOR_HOURS}, "")) as url:
        found, reason, _ = await verdict(url, entries)
        assert found == "suspected"
        assert "has been so for 3 h" in reason
    async with prometheus(tmp_path / "room", ({**quiet, "172.16.0.12": ROOM}, "")) as url:
        found, reason, _ = await verdict(url, entries)
        assert found == "ruled_out"
        assert "28,836 of 262,144 (11%)" in reason
