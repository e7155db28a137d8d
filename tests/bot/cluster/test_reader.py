"""The reader against servers that misbehave: every failure is one told sentence, and never "not there"."""

import asyncio
import contextlib
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.cluster.requests import Budget, Request
from bot.cluster.resources import CONFIG_MAPS, NODES, PODS
from bot.cluster.transport import ReadError
from tests.bot.cluster.http_server import Diary, always, left_in, pods, reading, status


async def test_a_huge_body_stops_at_the_byte_budget_and_so_does_all_that_follows() -> None:
    async def huge(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                await response.write(b"x" * 65536)
        return response

    async with reading(huge, Budget(bytes=300_000)) as reader:
        with pytest.raises(ReadError) as caught:
            await reader.select(PODS)
        assert caught.value.kind == "budget"
        assert reader.spent.bytes < 1_000_000
        with pytest.raises(ReadError, match="budget of 300,000 bytes"):
            await reader.select(NODES)


async def test_requests_are_counted_and_then_refused() -> None:
    async with reading(always(lambda: pods("a")), Budget(requests=2)) as reader:
        await reader.select(PODS)
        await reader.select(NODES)
        with pytest.raises(ReadError, match="budget of 2 requests"):
            await reader.select(PODS, "prod")
        assert reader.spent.requests == 2
        assert any("budget" in line for line in reader.unread())


async def test_after_the_deadline_nothing_is_sent() -> None:
    served = []

    async def count(request: web.Request) -> web.StreamResponse:
        served.append(request.path)
        return pods("a")

    async with reading(count, Budget(seconds=0.05)) as reader:
        await asyncio.sleep(0.1)
        with pytest.raises(ReadError) as caught:
            await reader.select(PODS)
        assert caught.value.kind == "deadline"
    assert served == []


async def test_the_same_read_is_made_once_however_many_ask() -> None:
    served = []

    async def count(request: web.Request) -> web.StreamResponse:
        served.append(request.path)
        await asyncio.sleep(0.05)
        return pods("a")

    async with reading(count) as reader:
        answers = await asyncio.gather(*(reader.select(PODS, "prod") for _ in range(20)))
        assert all(answer is answers[0] for answer in answers)
        await reader.select(PODS, "prod")
    assert len(served) == 1


async def test_a_failed_read_is_not_tried_again_by_the_next_who_asks() -> None:
    served = []

    async def fail(request: web.Request) -> web.StreamResponse:
        served.append(request.path)
        return status(500, "no")

    async with reading(fail) as reader:
        results = await asyncio.gather(*(reader.select(PODS) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(result, ReadError) for result in results)
    assert len(served) == 1


async def test_a_sample_of_a_list_does_not_pass_for_the_list() -> None:
    async def page(request: web.Request) -> web.StreamResponse:
        if "continue" in request.query:
            return pods("c")
        return pods("a", "b", following="more")

    async with reading(page) as reader:
        sample = await reader.select(PODS, most=2)
        assert (len(sample.items), sample.complete) == (2, False)
        whole = await reader.select(PODS)
        assert (len(whole.items), whole.complete) == (3, True)


async def test_lists_end_with_their_page_once_much_was_read() -> None:
    pages = []

    async def page(request: web.Request) -> web.StreamResponse:
        pages.append(request.query["limit"])
        return pods(*(f"{len(pages)}-{number}" for number in range(20)), following="more")

    async with reading(page, Budget(bytes_before_lists_end=8_000)) as reader:
        listing = await reader.select(PODS, page=20)
        assert listing.complete is False
        assert 20 < len(listing.items) < 2_000
        assert set(pages) == {"20"}
        asked = len(pages)
        assert len((await reader.select(PODS, "prod", page=20)).items) == 20  # the first page is always read
        assert len(pages) == asked + 1


@pytest.mark.parametrize("code", [410, 500, 403])
async def test_what_came_before_a_failed_page_is_kept_as_incomplete(code: int) -> None:
    async def page(request: web.Request) -> web.StreamResponse:
        return status(code, "too old", "Expired") if "continue" in request.query else pods("a", following="more")

    async with reading(page) as reader:
        listing = await reader.select(PODS)
        assert [item["metadata"]["name"] for item in listing.items] == ["a"]
        assert listing.complete is False
        assert any("too old" in line or "may not read pods" in line for line in reader.unread())


async def test_a_busy_server_is_asked_once_more_when_it_says_so() -> None:
    served = []

    async def busy(request: web.Request) -> web.StreamResponse:
        served.append(request.path)
        return pods("a") if len(served) > 1 else web.Response(status=429, headers={"Retry-After": "0"})

    diary = Diary()
    async with reading(busy, observers=(diary,)) as reader:
        assert len((await reader.select(PODS)).items) == 1
        assert reader.unread() == ()
        assert reader.spent.requests == 2
    assert [entry[:2] for entry in diary.heard] == [
        ("before", "list"),
        ("after", "throttled"),
        ("before", "list"),
        ("after", "ok"),
    ]


@pytest.mark.parametrize("header", ["3600", "soon", ""])
async def test_a_busy_server_that_asks_for_too_long_is_told(header: str) -> None:
    async with reading(always(lambda: web.Response(status=429, headers={"Retry-After": header}))) as reader:
        with pytest.raises(ReadError, match="429"):
            await reader.select(PODS)
        assert reader.spent.requests == 1


async def test_observers_hear_of_each_request_before_and_after() -> None:
    async def some(request: web.Request) -> web.StreamResponse:
        return pods("a") if "pods" in request.path else status(403, "no")

    diary = Diary()
    async with reading(some, observers=(diary,)) as reader:
        await reader.select(PODS)
        with pytest.raises(ReadError):
            await reader.select(NODES)
    assert diary.heard == [
        ("before", "list", "/api/v1/pods"),
        ("after", "ok", "/api/v1/pods"),
        ("before", "list", "/api/v1/nodes"),
        ("after", "forbidden", "/api/v1/nodes"),
    ]


async def test_an_observer_that_raises_stops_the_read_before_it_is_sent() -> None:
    served = []

    async def count(request: web.Request) -> web.StreamResponse:
        served.append(request.path)
        return pods("a")

    class Full(Diary):
        async def before(self, request: Request) -> None:
            raise RuntimeError("the audit log cannot be written")

    async with reading(count, observers=(Full(),)) as reader:
        with pytest.raises(RuntimeError, match="audit log"):
            await reader.select(PODS)
    assert served == []


async def test_leaving_cancels_what_runs_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        started.set()
        await asyncio.sleep(30)
        raise AssertionError

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    diary = Diary()

    async def question() -> None:
        async with reading(hang, observers=(diary,)) as reader:
            await asyncio.gather(reader.select(PODS), reader.select(NODES))

    task = asyncio.create_task(question())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)
    others = [left for left in asyncio.all_tasks() if left is not asyncio.current_task() and not left.done()]
    assert [left for left in others if "Reader" in repr(left) or "_pages" in repr(left)] == []
    assert {entry[1] for entry in diary.heard if entry[0] == "after"} == {"cancelled"}
    assert left_in(tmp_path) == []


async def test_secrets_are_cut_out_before_anyone_sees_them() -> None:
    conf = json.dumps({"access_key": "LTAI5tAbCdEfGh12345", "access_secret": "S3cr3tvalue"})

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/log"):
            return web.Response(text=f"2026-11-22T13:00:00Z eni config: {json.dumps(conf)}")
        return web.json_response({"kind": "ConfigMap", "metadata": {"name": "eni-config"}, "data": {"eni_conf": conf}})

    async with reading(answer) as reader:
        assert "S3cr3t" not in json.dumps(await reader.get(CONFIG_MAPS, "eni-config", "kube-system"))
        lines = await reader.log("kube-system", "terway-x", "terway-init")
        assert "S3cr3t" not in lines[0]
        assert "LTAI5t" not in lines[0]


async def test_the_servers_clock_counts_and_a_missing_one_does_no_harm() -> None:
    async def dated(_: web.Request) -> web.StreamResponse:
        return web.json_response({"gitVersion": "v1.36.0"}, headers={"Date": "Sun, 22 Nov 2020 13:00:00 GMT"})

    async with reading(dated) as reader:
        assert await reader.version() == "v1.36.0"
        assert abs(reader.now() - datetime(2020, 11, 22, 13, 0, tzinfo=UTC)) < timedelta(seconds=5)

    async def odd(_: web.Request) -> web.StreamResponse:
        return web.json_response({"gitVersion": "v1.36.0"}, headers={"Date": "yesterday"})

    async with reading(odd) as reader:
        await reader.version()
        assert abs(reader.now() - datetime.now(UTC)) < timedelta(seconds=5)


async def test_a_log_is_asked_for_in_small_and_its_failure_is_told() -> None:
    asked: list[dict[str, str]] = []

    async def log(request: web.Request) -> web.StreamResponse:
        asked.append(dict(request.query))
        return status(500, 'Get "https://192.168.0.31:10250/containerLogs": dial tcp: connect: connection refused')

    async with reading(log) as reader:
        with pytest.raises(ReadError, match="connection refused"):
            await reader.log("kube-system", "p", "terway", since=timedelta(minutes=20))
    assert asked[0]["sinceSeconds"] == "1200"
    assert asked[0]["timestamps"] == "true"
    assert int(asked[0]["tailLines"]) <= 500
    assert int(asked[0]["limitBytes"]) <= 1 << 20


async def test_selectors_and_metadata_reach_the_server() -> None:
    asked: list[web.Request] = []

    async def note(request: web.Request) -> web.StreamResponse:
        asked.append(request)
        return pods()

    async with reading(note) as reader:
        await reader.select(PODS, "prod", labels="app in (a,b)", fields="status.phase=Pending", metadata_only=True)
    assert asked[0].path == "/api/v1/namespaces/prod/pods"
    assert asked[0].query["labelSelector"] == "app in (a,b)"
    assert asked[0].query["fieldSelector"] == "status.phase=Pending"
    assert asked[0].query["limit"] == "500"
    assert "PartialObjectMetadataList" in asked[0].headers["Accept"]
    assert asked[0].headers["Authorization"] == "Bearer t"


async def test_a_recording_is_read_like_any_cluster(make: Any, session_on: Any) -> None:
    objects = [make.running(f"p{number:04}", "10.0.0.1") for number in range(1203)]
    async with session_on(objects) as session:
        listing = await session.reader.select(PODS)
        assert len(listing.items) == 1203
        assert session.reader.spent.requests == 4  # the version and three pages
        assert len((await session.reader.select(PODS, fields="status.phase=Pending")).items) == 0


async def test_nobody_is_followed_elsewhere() -> None:
    asked = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        raise web.HTTPFound("/login")

    async with reading(answer) as reader:
        with pytest.raises(ReadError, match="sent /api/v1/pods elsewhere, which is not followed"):
            await reader.select(PODS)
    assert asked == ["/api/v1/pods"]


@pytest.mark.parametrize("is_list", [True, False], ids=["list", "get"])
async def test_the_images_that_a_node_holds_are_left_out_and_nothing_else(is_list: bool) -> None:
    status = {"images": [{"names": ["registry.example/web@sha256:1"]}], "conditions": [{"type": "Ready"}]}
    node = {"kind": "Node", "metadata": {"name": "n-1"}, "status": status}
    body = {"kind": "NodeList", "metadata": {}, "items": [node]} if is_list else node
    async with reading(always(lambda: web.json_response(body))) as reader:
        found = (await reader.select(NODES)).items[0] if is_list else await reader.get(NODES, "n-1")
    assert found
    assert found["metadata"] == {"name": "n-1"}
    assert found["status"] == {"conditions": [{"type": "Ready"}]}
