"""Identical questions within a minute share one look; each question still gets one."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.slack.queue.shared_reads import SharedReads
from bot.store import Store, shared_reads
from bot.store.schema import shared_reads as table


class Cluster:
    """Counts how often it is looked at."""

    def __init__(self, seconds: float = 0.3) -> None:
        self.seconds = seconds
        self.looked = 0
        self.at_once = self.most = 0
        self.began = asyncio.Event()

    async def __call__(self) -> Any:
        self.began.set()
        self.looked += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(self.seconds)
        self.at_once -= 1
        return {"seen": self.looked}


ASKED = ("C0INCSHOP1", "pods stuck", "prod-hz", "")


async def test_ten_at_once_are_one_look_and_all_hear_the_same(store: Store) -> None:
    shared, cluster = SharedReads(store, patience=30), Cluster()
    told = await asyncio.gather(*(shared.read_shared(ASKED, f"k{number}", cluster) for number in range(10)))
    assert cluster.looked == 1
    assert all(seen == {"seen": 1} for seen, _ in told)
    assert sum(1 for _, was_shared in told if not was_shared) == 1


async def test_two_replicas_share_it_too(store: Store) -> None:
    cluster = Cluster()
    told = await asyncio.gather(
        *(SharedReads(store, patience=30).read_shared(ASKED, f"k{number}", cluster) for number in range(2))
    )
    assert cluster.looked == 1
    assert [seen for seen, _ in told] == [{"seen": 1}, {"seen": 1}]


@pytest.mark.parametrize("position", range(4))
async def test_any_difference_makes_it_another_look(store: Store, position: int) -> None:
    shared, cluster = SharedReads(store, patience=30), Cluster(0.0)
    other = list(ASKED)
    other[position] += "x"
    await shared.read_shared(ASKED, "k1", cluster)
    await shared.read_shared(other, "k2", cluster)
    assert cluster.looked == 2


async def test_parts_do_not_run_into_each_other(store: Store) -> None:
    shared, cluster = SharedReads(store, patience=30), Cluster(0.0)
    await shared.read_shared(("a", "bc"), "k1", cluster)
    await shared.read_shared(("ab", "c"), "k2", cluster)
    assert cluster.looked == 2


async def test_a_look_that_failed_is_made_by_the_next_one_who_waits(store: Store) -> None:
    shared, cluster = SharedReads(store, patience=30), Cluster()
    began = asyncio.Event()

    async def fails() -> Any:
        began.set()
        await asyncio.sleep(0.3)
        raise RuntimeError("the cluster went away")

    first = asyncio.create_task(shared.read_shared(ASKED, "k1", fails))
    await began.wait()
    second = asyncio.create_task(shared.read_shared(ASKED, "k2", cluster))
    with pytest.raises(RuntimeError):
        await first
    assert await second == ({"seen": 1}, False)


async def test_a_look_whose_process_died_is_made_anew(store: Store) -> None:
    cluster, hangs = Cluster(0.0), Cluster(3600)
    dead = asyncio.create_task(SharedReads(store, patience=1).read_shared(ASKED, "k1", hangs))
    await hangs.began.wait()  # its process is killed here: nobody gives the look up
    assert await SharedReads(store, patience=1).read_shared(ASKED, "k2", cluster) == ({"seen": 1}, False)
    dead.cancel()


async def test_its_owner_comes_back_after_a_crash_and_looks_again(store: Store) -> None:
    hangs = Cluster(3600)
    dead = asyncio.create_task(SharedReads(store, patience=30).read_shared(ASKED, "k1", hangs))
    await hangs.began.wait()
    assert await SharedReads(store, patience=30).read_shared(ASKED, "k1", Cluster(0.0)) == ({"seen": 1}, False)
    dead.cancel()


async def test_after_a_minute_the_cluster_is_looked_at_again(store: Store) -> None:
    shared, cluster = SharedReads(store, patience=30), Cluster(0.0)
    await shared.read_shared(ASKED, "k1", cluster)
    with store.writing() as connection:
        connection.execute(table.update().values(started_at=datetime.now(UTC) - timedelta(seconds=61)))
    assert await shared.read_shared(ASKED, "k2", cluster) == ({"seen": 2}, False)
    assert await shared.read_shared(ASKED, "k3", cluster) == ({"seen": 2}, True)


async def test_what_ends_after_another_looks_anew_is_not_what_that_one_saw(store: Store) -> None:
    now = datetime.now(UTC)
    assert shared_reads.begin(store, "a look", "k1", now - timedelta(seconds=60))
    assert shared_reads.begin(store, "a look", "k2", datetime.now(UTC) + timedelta(seconds=1))
    shared_reads.finish(store, "a look", "k1", {"seen": 1})
    assert shared_reads.read_state(store, "a look")[1] is None
    shared_reads.finish(store, "a look", "k2", {"seen": 2})
    assert shared_reads.read_state(store, "a look")[1] == {"seen": 2}


async def test_only_some_clusters_are_looked_at_at_the_same_time(store: Store) -> None:
    shared, cluster = SharedReads(store, patience=30, most=2), Cluster()
    await asyncio.gather(*(shared.read_shared((f"q{number}",), f"k{number}", cluster) for number in range(6)))
    assert (cluster.looked, cluster.most) == (6, 2)
