"""The reader against servers that misbehave: every failure is one told sentence, and never "not there"."""

import asyncio
import contextlib
import json
import ssl
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.cluster.connection import connect_to
from bot.cluster.reader import Reader
from bot.cluster.requests import Budget, Observer, Request
from bot.cluster.resources import CONFIG_MAPS, NODES, PODS, TERWAY_NODES
from bot.cluster.transport import ReadError, Transport

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def status(code: int, message: str, reason: str = "") -> web.Response:
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }
    return web.json_response(body, status=code)


def pods(*names: str, following: str = "") -> web.Response:
    items = [{"metadata": {"name": name, "namespace": "prod"}} for name in names]
    return web.json_response({"kind": "PodList", "metadata": {"continue": following}, "items": items})


def kubeconfig(url: str) -> dict[str, Any]:
    return {
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }


@contextlib.asynccontextmanager
async def reading(
    handler: Handler,
    budget: Budget | None = None,
    observers: tuple[Observer, ...] = (),
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Reader]:
    """A reader of a server that answers everything by ``handler``."""
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with (
            connect_to(kubeconfig(url), "c") as link,
            Reader(Transport(link.client), budget or Budget(), observers) as reader,
        ):
            yield reader
    finally:
        await runner.cleanup()


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def always(response: Callable[[], web.StreamResponse]) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        return response()

    return handler


class Diary:
    """An observer that writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, ...]] = []

    async def before(self, request: Request) -> None:
        self.heard.append(("before", request.verb, request.path))

    async def after(self, request: Request, outcome: str, size: int, seconds: float) -> None:
        assert size >= 0
        assert seconds >= 0
        self.heard.append(("after", outcome, request.path))


FAILURES: list[tuple[str, Callable[[], web.StreamResponse], str, str]] = [
    ("credentials", lambda: status(401, "Unauthorized"), "unauthorized", "log in again"),
    ("permission", lambda: status(403, 'pods is forbidden: User "x"'), "forbidden", "may not read pods here"),
    ("server error", lambda: status(500, "etcd is down"), "refused", "etcd is down"),
    (
        "no such path of Kubernetes",
        lambda: web.Response(status=404, text="404 page not found"),
        "not_found",
        "404 page",
    ),
    ("a web page", lambda: web.Response(text="<html>log in</html>", content_type="text/html"), "invalid", "not JSON"),
    (
        "cut off JSON",
        lambda: web.Response(text='{"items": [{"metadata"', content_type="application/json"),
        "invalid",
        "not JSON",
    ),
    ("a list", lambda: web.json_response([1, 2]), "invalid", "no Kubernetes object"),
    ("null", lambda: web.json_response(None), "invalid", "no Kubernetes object"),
    ("redirect in circles", lambda: web.Response(status=302, headers={"Location": "/"}), "", ""),
]


@pytest.mark.parametrize(("what", "response", "kind", "says"), FAILURES, ids=[case[0] for case in FAILURES])
async def test_each_failure_is_told_and_is_never_an_empty_list(
    what: str, response: Callable[[], web.StreamResponse], kind: str, says: str
) -> None:
    async with reading(always(response)) as reader:
        with pytest.raises(ReadError) as caught:
            await reader.select(PODS)
        assert kind in ("", caught.value.kind)
        assert says in str(caught.value)
        assert "\n" not in str(caught.value)
        assert reader.unread() or kind == "not_found"


async def test_an_object_that_does_not_exist_is_none_and_a_custom_kind_may_be_missing() -> None:
    async with reading(always(lambda: status(404, "not found", "NotFound"))) as reader:
        assert await reader.get(CONFIG_MAPS, "x", "kube-system") is None
        assert (await reader.select(TERWAY_NODES)).served is False
        assert reader.unread() == ()


async def test_a_server_that_hangs_costs_one_timeout() -> None:
    async def hang(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        raise AssertionError

    async with reading(hang, Budget(seconds=5, seconds_a_request=0.2)) as reader:
        with pytest.raises(ReadError) as caught:
            await reader.version()
        assert caught.value.kind == "timeout"


async def test_a_body_that_drips_costs_one_timeout() -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                await response.write(b" ")
                await asyncio.sleep(0.05)
        return response

    async with reading(drip, Budget(seconds=5, seconds_a_request=0.3)) as reader:
        with pytest.raises(ReadError) as caught:
            await reader.select(PODS)
        assert caught.value.kind == "timeout"


async def test_a_connection_that_breaks_in_the_middle_is_told() -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"items":')
        assert request.transport is not None
        request.transport.close()
        return response

    async with reading(broken) as reader:
        with pytest.raises(ReadError) as caught:
            await reader.select(PODS)
        assert caught.value.kind == "unreachable"


async def test_nobody_listening_is_told_with_the_address() -> None:
    async with connect_to(kubeconfig("http://127.0.0.1:9"), "c") as link, Reader(Transport(link.client)) as reader:
        with pytest.raises(ReadError) as caught:
            await reader.version()
    assert caught.value.cluster_is_out_of_reach
    assert "127.0.0.1:9" in str(caught.value)


@pytest.fixture(scope="module")
def own_certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=x",
            "-keyout",
            key,
            "-out",
            cert,
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


async def test_a_certificate_of_nobody_we_know_is_refused(own_certificate: ssl.SSLContext) -> None:
    async with reading(always(lambda: pods("a")), tls=own_certificate) as reader:
        with pytest.raises(ReadError) as caught:
            await reader.select(PODS)
    assert caught.value.kind == "tls"
    assert "certificate-authority-data" in str(caught.value)


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


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "Status", "status": "Failure", "message": "no"},
        {"error": "session expired"},
        {"kind": "Pod", "metadata": {"name": "web-0"}},
        {"kind": "PodList", "metadata": {}},
        {"kind": "PodList", "items": {"a": 1}},
        {"kind": "PodList", "items": [1]},
        {"kind": "PodList", "items": [{"metadata": {}}]},
        {"kind": "PodList", "items": [{"metadata": {"name": ["web-0"]}}]},
        {"kind": "PodList", "items": [], "metadata": "x"},
        {"kind": ["PodList"], "items": []},
        [],
        "pods",
        None,
    ],
)
async def test_an_answer_that_is_no_list_of_pods_is_a_failed_read(body: Any) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response(body)

    async with reading(answer) as reader:
        with pytest.raises(ReadError) as told:
            await reader.select(PODS)
        assert told.value.kind == "invalid"
        assert reader.unread()[0].startswith("pods: the reply to /api/v1/pods ")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "ConfigMap", "metadata": {"name": "another"}},
        {"kind": "ConfigMap", "metadata": None},
        {"kind": "Secret", "metadata": {"name": "eni-config"}},
        {"kind": "<b>", "metadata": {"name": "eni-config"}},
    ],
)
async def test_an_answer_that_is_another_object_is_a_failed_read(body: Any) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response(body)

    async with reading(answer) as reader:
        with pytest.raises(ReadError, match="the reply to /api/v1/namespaces/kube-system/configmaps/eni-config"):
            await reader.get(CONFIG_MAPS, "eni-config", "kube-system")


@pytest.mark.parametrize("body", [{}, {"status": {}}, {"status": {"allowed": "yes"}}, [], None])
async def test_an_answer_that_is_no_access_review_permits_nothing_and_forbids_nothing(body: Any) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response(body, status=201)

    async with reading(answer) as reader:
        with pytest.raises(ReadError, match="no access review"):
            await reader.may("list", PODS)


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
