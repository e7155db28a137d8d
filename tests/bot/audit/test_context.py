"""What one question leaves: each read stored before it is made, and nothing read that could not be stored."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import text

from bot.audit import Actor, AuditContext, AuditLog, AuditUnavailable, Record
from bot.audit.export import to_event
from bot.audit.filters import Filters
from bot.audit.reading import list_records
from bot.audit.verify import verify
from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.resources import PODS
from bot.cluster.transport import ReadError, Transport
from bot.diagnosis.clinic import Clinic
from bot.recordings import load, serve
from bot.store import Store
from knowledge.model import Entry

ENTRY = "terway-vswitch-out-of-ips"


@pytest.fixture
def trail(store: Store, bob: Actor) -> Iterator[AuditContext]:
    log = AuditLog(store)
    yield AuditContext(log, bob, "r1", "NC-1")
    log.close()


def stored(trail: AuditContext) -> list[Record]:
    return list(list_records(trail.log.store, Filters(limit=1_000)))[::-1]


async def asked(trail: AuditContext, entries: Mapping[str, Entry], meaning: Any, recording: str) -> Any:
    async with serve(load(recording)) as server, connect_to(server.kubeconfig, recording) as link:
        cluster = trail.cluster(Cluster(Transport(link.client), recording))
        clinic = trail.clinic(Clinic(entries, meaning({ENTRY: 0.9, "terway-mac-not-found": 0.1})))
        answer = await clinic.ask("pods stuck", cluster)
        await trail.record_verdicts(answer)
        return answer


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
async def test_a_read_that_the_server_refuses_has_its_status_and_its_bytes(trail: AuditContext, status: int) -> None:
    body = json.dumps({"kind": "Status", "message": "域名: no"}).encode()

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, body=body, content_type="application/json")

    server = web.Application()
    server.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    config = {
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }
    async with (
        connect_to(config, "c") as link,
        trail.cluster(Cluster(Transport(link.client), "c")).reader(Budget()) as reader,
    ):
        with pytest.raises(ReadError):
            await reader.select(PODS)
    await runner.cleanup()
    trail.log.close()
    (done,) = (record for record in stored(trail) if record.action == "cluster.read.done")
    assert done.details["bytes"] == len(body)
    assert to_event(done)["responseStatus"]["code"] == status


async def test_a_question_is_told_from_its_words_to_its_verdicts(
    trail: AuditContext, entries: Mapping[str, Entry], meaning: Any
) -> None:
    answer = await asked(trail, entries, meaning, "terway-out-of-ips")
    records = stored(trail)
    actions = [record.action for record in records]
    assert actions[0] == "entries.considered"
    assert records[0].details["scores"] == {ENTRY: 0.9, "terway-mac-not-found": 0.1}
    assert (records[0].entry, records[0].outcome) == (ENTRY, "in_scope")
    assert actions.count("cluster.read") == actions.count("cluster.read.done") == answer.requests > 5
    verdicts = [record for record in records if record.action == "verdict.reached"]
    assert [(one.entry, one.outcome) for one in verdicts] == [
        (one.entry.id, str(one.verdict)) for one in answer.diagnoses
    ]
    assert verdicts[0].details["bytes"] == answer.bytes
    assert {(one.request_id, one.case, one.actor_id) for one in records} == {("r1", "NC-1", "U1BOB")}
    assert {one.cluster for one in records[1:]} == {"terway-out-of-ips"}
    assert verify(trail.log.store).holds


async def test_each_read_is_stored_before_it_is_made_and_after(
    trail: AuditContext, entries: Mapping[str, Entry], meaning: Any
) -> None:
    await asked(trail, entries, meaning, "terway-out-of-ips")
    before: dict[int, Record] = {}
    for record in stored(trail):
        read = record.details.get("read")
        if record.action == "cluster.read":
            assert read not in before
            before[read] = record
        elif record.action == "cluster.read.done":
            for name in ("verb", "path", "resource"):
                assert record.details[name] == before[read].details[name]
            assert record.details["bytes"] >= 0
            assert record.details["ms"] >= 0
            assert record.outcome in ("ok", "not_found", "forbidden")


async def test_contents_of_the_cluster_are_not_recorded(
    trail: AuditContext, entries: Mapping[str, Entry], meaning: Any
) -> None:
    await asked(trail, entries, meaning, "terway-out-of-ips")
    whole = json.dumps([record.details for record in stored(trail)])
    assert "InvalidVSwitchId" not in "".join(record.detail for record in stored(trail) if "read" in record.details)
    assert "containerStatuses" not in whole


async def test_what_the_cluster_refused_is_a_record_of_its_own(
    trail: AuditContext, entries: Mapping[str, Entry], meaning: Any
) -> None:
    await asked(trail, entries, meaning, "terway-out-of-ips-hidden")
    failed = [record for record in stored(trail) if record.action == "permission.failed"]
    assert failed
    assert {record.outcome for record in failed} == {"forbidden"}
    assert all(record.details["path"].startswith("/api") for record in failed)


async def test_nothing_that_fits_is_a_verdict_too(
    trail: AuditContext, entries: Mapping[str, Entry], meaning: Any
) -> None:
    answer = await trail.clinic(Clinic(entries, meaning({}))).ask("how is the weather")
    await trail.record_verdicts(answer)
    assert [(one.action, one.outcome) for one in stored(trail)] == [
        ("entries.considered", "out_of_scope"),
        ("verdict.reached", "unmatched"),
    ]


class Counting:
    """An API server that counts what it is asked, and after some requests breaks the database of the audit log."""

    def __init__(self, store: Store, after: int) -> None:
        self.asked: list[str] = []
        self._store, self._after = store, after

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if len(self.asked) == self._after:
            await asyncio.to_thread(self._break)
        if request.path == "/version":
            return web.json_response({"gitVersion": "v1.32.1-aliyun.1"})
        return web.json_response({"kind": "List", "apiVersion": "v1", "metadata": {}, "items": []})

    def _break(self) -> None:
        with self._store.writing() as connection:
            connection.execute(text("ALTER TABLE audit_records RENAME TO away"))


@pytest.fixture
async def counting(store: Store) -> AsyncIterator[tuple[Counting, str]]:
    handler = Counting(store, after=3)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield handler, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def kubeconfig(url: str) -> dict[str, Any]:
    return {
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }


async def test_a_log_that_fails_half_way_stops_the_question_and_every_further_read(
    trail: AuditContext, entries: Mapping[str, Entry], meaning: Any, counting: tuple[Counting, str]
) -> None:
    handler, url = counting
    async with connect_to(kubeconfig(url), "c") as link:
        cluster = trail.cluster(Cluster(Transport(link.client), "c"))
        clinic = trail.clinic(Clinic(entries, meaning({ENTRY: 0.9})))
        with pytest.raises(AuditUnavailable, match="nothing more was read or done"):
            await clinic.ask("pods stuck", cluster)
        made = len(handler.asked)
        await asyncio.sleep(0.2)
        assert len(handler.asked) == made
    with trail.log.store.writing() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO audit_records"))
    allowed = [record for record in stored(trail) if record.action == "cluster.read"]
    assert Counter(handler.asked) <= Counter(record.details["path"] for record in allowed), "each was written before"
    assert 3 <= made <= len(allowed)


async def test_a_log_that_fails_at_once_lets_no_read_be_made(
    trail: AuditContext, entries: Mapping[str, Entry], counting: tuple[Counting, str]
) -> None:
    handler, url = counting
    handler._break()
    async with connect_to(kubeconfig(url), "c") as link:
        cluster = trail.cluster(Cluster(Transport(link.client), "c"))
        with pytest.raises(AuditUnavailable):
            await Clinic(entries).check([ENTRY], cluster)
    assert handler.asked == []


async def test_verdicts_that_cannot_be_recorded_are_not_told(
    trail: AuditContext, entries: Mapping[str, Entry], meaning: Any, counting: tuple[Counting, str]
) -> None:
    answer = await Clinic(entries, meaning({ENTRY: 0.9})).ask("pods stuck")
    counting[0]._break()
    with pytest.raises(AuditUnavailable):
        await trail.record_verdicts(answer)


async def test_words_are_not_acted_on_where_it_cannot_be_recorded(
    trail: AuditContext, entries: Mapping[str, Entry], meaning: Any, counting: tuple[Counting, str]
) -> None:
    counting[0]._break()
    with pytest.raises(AuditUnavailable):
        await trail.clinic(Clinic(entries, meaning({ENTRY: 0.9}))).ask("pods stuck")
