"""Reads that fail, over a real connection: each failure is told, and is never taken for an empty cluster."""

import asyncio
import contextlib
import errno
import socket
import ssl
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from bot.cluster.connection import connect_to
from bot.cluster.reader import Reader
from bot.cluster.requests import Budget
from bot.cluster.resources import CONFIG_MAPS, PODS, TERWAY_NODES
from bot.cluster.transport import ReadError, Transport, why_unreachable
from tests.bot.cluster.http_server import always, kubeconfig, pods, reading, status

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


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 9)"), "Connection refused"),
        (OSError(errno.EHOSTUNREACH, "Connect call failed"), "No route to host"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "Name or service not known"),
        (OSError("Multiple exceptions: a, b"), "Multiple exceptions: a, b"),
        (ssl.SSLError(1, "[SSL] record layer failure"), "[SSL] record layer failure"),
        (ValueError("no  such\nthing"), "no such thing"),
        (OSError(), "OSError"),
    ],
)
def test_a_connection_that_failed_is_told_in_the_system_s_words(error: Exception, said: str) -> None:
    assert why_unreachable(error) == said
