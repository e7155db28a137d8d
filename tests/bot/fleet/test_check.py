"""Many clusters at once, on recordings over HTTP: one that hangs or cannot be opened costs itself alone."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.audit import AuditContext, AuditLog, AuditUnavailable
from bot.audit.filters import Filters
from bot.audit.privacy import Privacy
from bot.audit.reading import list_records
from bot.audit.records import SYSTEM
from bot.cluster.connection import ConnectionSettingsError, connect
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.fleet.check import AT_ONCE, FleetCheck
from bot.fleet.summary import Health
from bot.store import Store, open_store
from knowledge.model import Entry
from tests.clusters import Clusters

QUICK = Budget(seconds=20, seconds_a_request=10)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("", tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def trail(store: Store) -> Iterator[AuditContext]:
    log = AuditLog(store, Privacy("keep", b""))
    yield AuditContext(log, SYSTEM, "request")
    log.close()


def opener(trail: AuditContext, path: Path) -> Any:
    """Opens contexts of the kubeconfig, audited, as the doors do."""

    @contextlib.asynccontextmanager
    async def opened(name: str) -> AsyncIterator[Cluster]:
        async with connect(path, name) as connection:
            yield trail.cluster(Cluster(Transport(connection.client), connection.context))

    return opened


async def test_each_cluster_is_judged_by_itself_and_on_record(
    entries: dict[str, Entry], trail: AuditContext, store: Store, tmp_path: Path
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clusters = Clusters(tmp_path / "kubeconfig", stack)
        await clusters.serve("terway-out-of-ips", "sick")
        await clusters.serve("terway-healthy", "well")
        await clusters.serve("terway-out-of-ips-hidden", "hidden")
        await clusters.hanging("hangs")
        clusters.unreachable("gone")
        names = ["sick", "well", "hidden", "hangs", "gone", "unknown"]
        clinic = Clinic(entries, None, Budget(seconds=20, seconds_a_request=2))
        found = await FleetCheck(clinic, opener(trail, clusters.path), trail).run(names)
    assert [each.name for each in found] == names
    health = {each.name: each.health for each in found}
    assert health == {
        "sick": Health.FAILING,
        "well": Health.WELL,
        "hidden": Health.FAILING,
        "hangs": Health.UNREACHABLE,
        "gone": Health.UNREACHABLE,
        "unknown": Health.UNREACHABLE,
    }
    assert [fault.entry for fault in found[0].confirmed] == ["terway-vswitch-out-of-ips"]
    assert (found[2].confirmed, found[2].missed) != ((), ())
    assert [each.suspected for each in found if each.name != "hidden"] == [()] * 5  # what no cluster shows is not told
    assert "terway-vswitch-out-of-ips" in {fault.entry for fault in found[2].suspected}
    assert "did not answer within 2.0 s" in found[3].sentence
    assert "could not be reached" in found[4].sentence
    assert "no context 'unknown'" in found[5].sentence
    records = list_records(store, Filters(limit=10_000))
    read = {record.cluster for record in records if record.action == "cluster.read"}
    assert read == {"sick", "well", "hidden", "hangs", "gone"}
    judged = {record.cluster: record for record in records if record.action == "verdict.reached"}
    assert set(judged) == set(names)
    assert "no context 'unknown'" in str(judged["unknown"].detail)


async def test_what_hangs_while_it_is_opened_ends_with_its_deadline(
    entries: dict[str, Entry], trail: AuditContext
) -> None:
    @contextlib.asynccontextmanager
    async def never(name: str) -> AsyncIterator[Cluster]:
        await asyncio.Event().wait()
        raise AssertionError(name)
        yield

    began = time.monotonic()
    names = [f"c{number}" for number in range(AT_ONCE)]
    found = await FleetCheck(Clinic(entries, None, Budget(seconds=0.3)), never, trail, grace=0.2).run(names)
    assert time.monotonic() - began < 5 * 0.5
    assert {each.sentence for each in found} == {"The cluster could not be read: it gave no answer within 0.5 s."}


async def test_so_many_are_read_at_once_and_no_more(entries: dict[str, Entry], trail: AuditContext) -> None:
    opened, most = set(), 0
    full = asyncio.Event()

    @contextlib.asynccontextmanager
    async def counted(name: str) -> AsyncIterator[Cluster]:
        nonlocal most
        opened.add(name)
        most = max(most, len(opened))
        if len(opened) == AT_ONCE:
            full.set()
        await full.wait()
        await asyncio.sleep(0)
        opened.remove(name)
        raise ConnectionSettingsError(f"{name} is closed.")
        yield

    names = [f"c{number}" for number in range(3 * AT_ONCE)]
    found = await FleetCheck(Clinic(entries, None, QUICK), counted, trail).run(names)
    assert most == AT_ONCE
    assert [each.sentence for each in found] == [f"{name} is closed." for name in names]


async def test_a_failure_of_ours_costs_one_cluster_and_is_told(entries: dict[str, Entry], trail: AuditContext) -> None:
    @contextlib.asynccontextmanager
    async def broken(name: str) -> AsyncIterator[Cluster]:
        raise RuntimeError("no such thing")
        yield

    (found,) = await FleetCheck(Clinic(entries, None, QUICK), broken, trail).run(["prod"])
    assert found.sentence == "The look at it failed (RuntimeError: no such thing)."


async def test_nothing_more_is_read_where_nothing_can_be_recorded(
    entries: dict[str, Entry], trail: AuditContext
) -> None:
    ended = []

    @contextlib.asynccontextmanager
    async def unrecorded(name: str) -> AsyncIterator[Cluster]:
        if name == "first":
            raise AuditUnavailable("The audit log cannot be written.")
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)
        yield

    with pytest.raises(AuditUnavailable):
        await FleetCheck(Clinic(entries, None, QUICK), unrecorded, trail).run(["second", "first"])
    assert ended == ["second"]


async def test_a_name_that_would_open_another_cluster_is_refused(
    entries: dict[str, Entry], trail: AuditContext, tmp_path: Path
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clusters = Clusters(tmp_path / "kubeconfig", stack)
        await clusters.serve("terway-out-of-ips", "prod")

        @contextlib.asynccontextmanager
        async def current(name: str) -> AsyncIterator[Cluster]:
            async with opener(trail, clusters.path)("prod") as cluster:
                yield cluster

        (found,) = await FleetCheck(Clinic(entries, None, QUICK), current, trail).run(["in-cluster"])
    assert found.sentence == "in-cluster cannot be opened from here: it would be prod."
