"""The replayed API over HTTP: what it answers, what it refuses, and in which words."""

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
import yaml

from bot.recordings import LogKey, Recording, RecordingError, RecordingServer, load, serve
from bot.recordings.access import parse_denial, show_denial

METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
METADATA_ONE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
REVIEWS = "/apis/authorization.k8s.io/v1/"


class Api:
    """A bare HTTP client, so that nothing is forgiven on the way."""

    def __init__(self, server: RecordingServer, session: aiohttp.ClientSession) -> None:
        self.server, self._session = server, session

    async def raw(self, path: str, method: str = "GET", **options: Any) -> tuple[int, bytes, dict[str, str]]:
        async with self._session.request(method, self.server.url + path, **options) as reply:
            return reply.status, await reply.read(), dict(reply.headers)

    async def __call__(self, path: str, accept: str = "application/json", **query: str) -> Any:
        status, body, _ = await self.raw(path, params=query, headers={"Accept": accept, "Accept-Encoding": "identity"})
        answer = orjson.loads(body)
        assert status == 200, answer
        return answer

    async def failure(self, path: str, **query: str) -> tuple[int, str, str]:
        status, body, _ = await self.raw(path, params=query)
        answer = orjson.loads(body)
        assert (answer["kind"], answer["status"], answer["code"]) == ("Status", "Failure", status)
        return status, answer["reason"], answer["message"]

    async def review(self, kind: str, spec: dict[str, Any]) -> Any:
        status, body, _ = await self.raw(REVIEWS + kind, "POST", json={"spec": spec})
        assert status == 201
        return orjson.loads(body)["status"]


@asynccontextmanager
async def serving(store: Recording) -> AsyncIterator[Api]:
    async with serve(store) as server, aiohttp.ClientSession(auto_decompress=False) as session:
        yield Api(server, session)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with serving(load("terway-healthy")) as api:
        yield api


def names(listing: Any) -> list[str]:
    return [item["metadata"]["name"] for item in listing["items"]]


def pod(name: str, *containers: str, namespace: str = "shop", **status: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": each} for each in containers]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
        "status": status,
    }


def denying(*lines: str) -> Recording:
    healthy = load("terway-healthy")
    return Recording.of(healthy.objects(), name="denied", forbidden=[parse_denial(line) for line in lines])


async def test_lists_have_the_shape_of_a_real_one(api: Api) -> None:
    listing = await api("/api/v1/namespaces/shop/pods")
    assert (listing["kind"], listing["apiVersion"]) == ("PodList", "v1")
    assert listing["metadata"]["resourceVersion"].isdecimal()
    assert len(listing["items"]) == 5
    assert all("kind" not in item for item in listing["items"])
    custom = await api("/apis/network.alibabacloud.com/v1beta1/nodes")
    assert custom["kind"] == "NodeList"
    assert {item["kind"] for item in custom["items"]} == {"Node"}


async def test_core_nodes_and_the_nodes_of_terway_are_two_things(api: Api) -> None:
    core = await api("/api/v1/nodes/cn-hangzhou.10.0.0.11")
    terway = await api("/apis/network.alibabacloud.com/v1beta1/nodes/cn-hangzhou.10.0.0.11")
    assert core["apiVersion"] == "v1"
    assert terway["apiVersion"] == "network.alibabacloud.com/v1beta1"
    assert "podCIDR" not in terway["spec"]
    assert terway["spec"]["datapath"] == {"type": "datapathv2"}


async def test_all_namespaces_hold_what_the_single_ones_hold(api: Api) -> None:
    everywhere = await api("/api/v1/pods")
    parts = [await api(f"/api/v1/namespaces/{each}/pods") for each in ("default", "kube-system", "shop")]
    assert names(everywhere) == [name for part in parts for name in names(part)]


async def test_selectors_reach_the_server(api: Api) -> None:
    labelled = await api("/api/v1/pods", labelSelector="app in (terway-eniip)")
    assert len(labelled["items"]) == 3
    placed = await api(
        "/api/v1/pods", fieldSelector="spec.nodeName=cn-hangzhou.10.0.0.12", labelSelector="app=terway-eniip"
    )
    assert names(placed) == ["terway-eniip-m9xqd"]
    about = await api("/api/v1/events", fieldSelector="involvedObject.name=cart-5f6b7c9d88-x7vfl,reason=Scheduled")
    assert len(about["items"]) == 1


async def test_a_field_without_index_is_a_bad_request(api: Api) -> None:
    failure = await api.failure("/api/v1/pods", fieldSelector="spec.image=x")
    assert failure == (400, "BadRequest", "field label not supported: spec.image")


async def test_events_are_shown_by_both_groups(api: Api) -> None:
    core, mirrored = await api("/api/v1/events"), await api("/apis/events.k8s.io/v1/events")
    assert names(core) == names(mirrored)
    assert [each["message"] for each in core["items"]] == [each["note"] for each in mirrored["items"]]
    assert [each["involvedObject"] for each in core["items"]] == [each["regarding"] for each in mirrored["items"]]


async def test_pages_join_to_the_whole_list(api: Api) -> None:
    whole, joined, token = names(await api("/api/v1/pods")), [], ""
    remaining = []
    while True:
        page = await api("/api/v1/pods", limit="4", **({"continue": token} if token else {}))
        joined += names(page)
        remaining.append(page["metadata"].get("remainingItemCount"))
        if not (token := page["metadata"].get("continue", "")):
            break
    assert joined == whole
    assert remaining == [len(whole) - 4, len(whole) - 8, len(whole) - 12, None]


async def test_what_is_left_of_a_selected_list_is_not_counted(api: Api) -> None:
    page = await api("/api/v1/pods", limit="1", labelSelector="app=terway-eniip")
    assert page["metadata"]["continue"]
    assert "remainingItemCount" not in page["metadata"]


async def test_a_list_from_the_cache_comes_whole_whatever_its_limit(api: Api) -> None:
    assert len((await api("/api/v1/pods", limit="1", resourceVersion="0"))["items"]) == 13


async def test_a_foreign_continue_token_is_expired(api: Api) -> None:
    token = (await api("/api/v1/pods", limit="1"))["metadata"]["continue"]
    async with serving(load("flannel-healthy")) as other:
        assert (await other.failure("/api/v1/pods", **{"continue": token, "limit": "1"}))[:2] == (410, "Expired")
    assert (await api.failure("/api/v1/pods", **{"continue": "bm8"}))[:2] == (410, "Expired")


async def test_metadata_alone_is_given_when_asked_for(api: Api) -> None:
    listing = await api("/api/v1/namespaces/kube-system/configmaps", accept=METADATA_LIST)
    assert listing["kind"] == "PartialObjectMetadataList"
    assert all(set(item) == {"kind", "apiVersion", "metadata"} for item in listing["items"])
    one = await api("/api/v1/namespaces/kube-system/configmaps/eni-config", accept=METADATA_ONE)
    assert one["kind"] == "PartialObjectMetadata"
    assert "data" not in one


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("/api/v1/pods", ["coredns-6d5c8b7f49-2xkzp", "1/1", "Running", "0", "9d"]),
        ("/api/v1/nodes", ["cn-hangzhou.10.0.0.11", "Ready", "<none>", "40d", "v1.32.1-aliyun.1"]),
        ("/api/v1/services", ["kubernetes", "ClusterIP", "192.168.0.1", "<none>", "443/TCP"]),
        ("/apis/apps/v1/daemonsets", ["kube-proxy-worker", "3", "3", "3", "3"]),
        ("/apis/apps/v1/deployments", ["coredns", "2/2", "2", "2", "40d"]),
        ("/api/v1/configmaps", ["ack-cluster-profile", "5", "40d"]),
        ("/api/v1/events", ["42m", "Normal", "Scheduled", "pod/cart-5f6b7c9d88-x7vfl"]),
        ("/apis/network.alibabacloud.com/v1beta1/nodes", ["cn-hangzhou.10.0.0.11", "40d"]),
    ],
)
async def test_tables(api: Api, path: str, first: list[str]) -> None:
    table = await api(path, accept=TABLE)
    assert table["kind"] == "Table"
    assert table["rows"][0]["cells"][: len(first)] == first
    assert all(len(row["cells"]) == len(table["columnDefinitions"]) for row in table["rows"])
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"


PRINTED = "application/json;as=Table;g=meta.k8s.io;v=v1,application/json;as=Table;g=meta.k8s.io;v=v1beta1"


@pytest.mark.parametrize(
    ("include", "attached"),
    [("", "PartialObjectMetadata"), ("Metadata", "PartialObjectMetadata"), ("Object", "Node"), ("None", None)],
)
async def test_a_table_attaches_to_its_rows_what_was_asked_for(api: Api, include: str, attached: str | None) -> None:
    for path in ("/api/v1/nodes", "/api/v1/nodes/cn-hangzhou.10.0.0.11"):
        rows = (await api(path, accept=PRINTED, includeObject=include))["rows"]
        assert [row["object"] and row["object"]["kind"] for row in rows] == [attached] * len(rows)


async def test_what_a_table_cannot_attach_is_refused(api: Api) -> None:
    status, body, _ = await api.raw(
        "/api/v1/nodes", params={"includeObject": "All"}, headers={"Accept": PRINTED, "Accept-Encoding": "identity"}
    )
    assert status == 400
    assert orjson.loads(body)["message"].startswith("Unable to convert to Table as requested: includeObject: Unsup")


async def test_a_table_is_of_the_version_that_was_asked_for_first(api: Api) -> None:
    beta = PRINTED.split(",")[1]
    assert (await api("/api/v1/nodes", accept=PRINTED))["apiVersion"] == "meta.k8s.io/v1"
    old = await api("/api/v1/nodes", accept=beta)
    assert (old["apiVersion"], old["rows"][0]["object"]["apiVersion"]) == ("meta.k8s.io/v1beta1",) * 2
    unknown = "application/json;as=Table;g=meta.k8s.io;v=v2"
    assert (await api("/api/v1/nodes", accept=f"{unknown},application/json"))["kind"] == "NodeList"
    assert (await api.raw("/api/v1/nodes", headers={"Accept": unknown}))[0] == 406


async def test_a_table_from_memory_comes_whole(api: Api) -> None:
    table = await api("/api/v1/nodes", accept=PRINTED, includeObject="None", resourceVersion="0", limit="1")
    assert len(table["rows"]) == 3
    assert "continue" not in table["metadata"]


async def test_the_status_of_a_node_is_printed_as_kubectl_shows_it() -> None:
    """printNode of Kubernetes: a node without the condition Ready is Unknown, a cordoned one says so, too."""
    told = {"a": "True", "b": "False", "c": "Unknown", "d": None}
    nodes = [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name},
            "spec": {"unschedulable": name in "bd"},
            "status": {"conditions": [{"type": "Ready", "status": ready}] if ready else []},
        }
        for name, ready in told.items()
    ]
    async with serving(Recording.of(nodes, name="nodes")) as api:
        rows = (await api("/api/v1/nodes", accept=PRINTED))["rows"]
    states = ["Ready", "NotReady,SchedulingDisabled", "NotReady", "Unknown,SchedulingDisabled"]
    assert [row["cells"][1] for row in rows] == states
    assert rows[0]["cells"][-3:] == ["<unknown>"] * 3


async def test_discovery_names_every_kind_of_the_recording(api: Api) -> None:
    groups = {each["name"]: each["preferredVersion"]["groupVersion"] for each in (await api("/apis"))["groups"]}
    assert groups["network.alibabacloud.com"] == "network.alibabacloud.com/v1beta1"
    kinds: dict[str, bool] = {}
    for path in ["/api/v1", *(f"/apis/{version}" for version in groups.values())]:
        listing = await api(path)
        prefix = "" if path == "/api/v1" else listing["groupVersion"] + "/"
        kinds |= {(prefix or "v1/") + each["kind"]: each["namespaced"] for each in listing["resources"]}
    for item in api.server.store.objects():
        assert kinds[f"{item['apiVersion']}/{item['kind']}"] is bool(item["metadata"].get("namespace"))
    assert (await api("/version"))["gitVersion"] == "v1.32.1-aliyun.1"


async def test_a_custom_kind_that_the_cluster_lacks_has_no_handler() -> None:
    async with serving(load("terway-ipvlan")) as api:
        status, body, headers = await api.raw("/apis/network.alibabacloud.com/v1beta1/nodes")
    assert (status, body) == (404, b"404 page not found\n")
    assert headers["Content-Type"].startswith("text/plain")


async def test_what_is_not_there_is_not_found(api: Api) -> None:
    assert await api.failure("/api/v1/namespaces/shop/pods/nope") == (404, "NotFound", 'pods "nope" not found')
    assert (await api.failure("/apis/apps/v1/namespaces/shop/deployments/x"))[2] == 'deployments.apps "x" not found'
    assert (await api.failure("/api/v1/nothings"))[:2] == (404, "NotFound")
    assert (await api("/api/v1/namespaces/nowhere/pods"))["items"] == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_nothing_can_be_written(api: Api, method: str) -> None:
    status, body, _ = await api.raw("/api/v1/namespaces/shop/pods/web-7d9c6b8f54-4hpxk", method, json={})
    assert (status, orjson.loads(body)["reason"]) == (405, "MethodNotAllowed")
    assert await api("/api/v1/namespaces/shop/pods/web-7d9c6b8f54-4hpxk")


async def test_a_web_page_under_another_name_is_refused(api: Api) -> None:
    status, body, _ = await api.raw("/api/v1/pods", headers={"Host": "evil.example:80"})
    assert (status, orjson.loads(body)["reason"]) == (403, "Forbidden")


async def test_the_clock_is_the_recordings(api: Api) -> None:
    _, _, headers = await api.raw("/version")
    elapsed = parsedate_to_datetime(headers["Date"]) - datetime(2026, 11, 20, 19, 2, tzinfo=UTC)
    assert 0 <= elapsed.total_seconds() < 60


async def test_long_replies_are_packed_when_the_client_can_unpack() -> None:
    store = Recording.of([pod(f"p-{number:04}", "web", message="x" * 200) for number in range(1000)], name="long")
    async with serving(store) as api:
        _, packed, headers = await api.raw("/api/v1/pods", headers={"Accept-Encoding": "gzip"})
        _, plain, bare = await api.raw("/api/v1/pods", headers={"Accept-Encoding": "identity"})
        _, _, short = await api.raw("/api/v1/pods?limit=10", headers={"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == plain
    assert "Content-Encoding" not in bare
    assert "Content-Encoding" not in short


@pytest.mark.parametrize(
    ("line", "path", "code"),
    [
        ("pods", "/api/v1/pods", 403),
        ("pods", "/api/v1/namespaces/shop/pods", 403),
        ("pods", "/api/v1/namespaces/kube-system/pods/terway-eniip-7k2vb/log?container=terway", 200),
        ("pods/log", "/api/v1/namespaces/kube-system/pods/terway-eniip-7k2vb/log?container=terway", 403),
        ("pods/log", "/api/v1/namespaces/kube-system/pods/terway-eniip-7k2vb", 200),
        ("nodes", "/api/v1/nodes", 403),
        ("nodes", "/apis/network.alibabacloud.com/v1beta1/nodes", 200),
        ("network.alibabacloud.com/nodes", "/apis/network.alibabacloud.com/v1beta1/nodes", 403),
        ("network.alibabacloud.com/nodes", "/api/v1/nodes", 200),
        ("podenis", "/apis/network.alibabacloud.com/v1beta1/podenis", 403),
        ("events", "/api/v1/events", 403),
        ("events", "/apis/events.k8s.io/v1/events", 403),
        ("configmaps:kube-system", "/api/v1/namespaces/kube-system/configmaps/coredns", 403),
        ("configmaps:kube-system", "/api/v1/namespaces/shop/configmaps", 200),
        ("configmaps:kube-system", "/api/v1/configmaps", 403),
        ("configmaps:kube-system/eni-config", "/api/v1/namespaces/kube-system/configmaps/eni-config", 403),
        ("configmaps:kube-system/eni-config", "/api/v1/namespaces/kube-system/configmaps/coredns", 200),
        ("configmaps:kube-system/eni-config", "/api/v1/namespaces/kube-system/configmaps", 403),
        ("apps/daemonsets", "/apis/apps/v1/daemonsets", 403),
        ("*", "/api/v1/nodes", 403),
        ("*", "/version", 200),
    ],
)
async def test_what_is_forbidden_is_answered_403(line: str, path: str, code: int) -> None:
    assert show_denial(parse_denial(line)) == line
    async with serving(denying(line)) as api:
        assert (await api.raw(path))[0] == code


async def test_forbidden_is_told_in_the_words_of_rbac() -> None:
    async with serving(denying("network.alibabacloud.com/nodes", "pods/log")) as api:
        _, reason, said = await api.failure("/apis/network.alibabacloud.com/v1beta1/nodes")
        log = await api.failure("/api/v1/namespaces/shop/pods/web-7d9c6b8f54-4hpxk/log")
    assert reason == "Forbidden"
    assert 'cannot list resource "nodes" in API group "network.alibabacloud.com" at the cluster scope' in said
    assert 'cannot get resource "pods/log" in API group "" in the namespace "shop"' in log[2]


async def test_access_reviews_agree_with_what_is_answered() -> None:
    async with serving(denying("pods/log:kube-system", "events")) as api:

        async def may(**attributes: str) -> bool:
            status = await api.review("selfsubjectaccessreviews", {"resourceAttributes": attributes})
            return bool(status["allowed"])

        assert await may(verb="list", resource="pods")
        assert not await may(verb="list", resource="events")
        assert not await may(verb="get", resource="pods", subresource="log")
        assert not await may(verb="get", resource="pods", subresource="log", namespace="kube-system")
        assert await may(verb="get", resource="pods", subresource="log", namespace="shop")
        assert not await may(verb="delete", resource="pods")


async def test_rules_reviews_list_what_may_be_read() -> None:
    async with serving(denying("pods/log:kube-system", "configmaps")) as api:
        system = await api.review("selfsubjectrulesreviews", {"namespace": "kube-system"})
        shop = await api.review("selfsubjectrulesreviews", {"namespace": "shop"})
    readable = {name for rule in system["resourceRules"] for name in rule["resources"]}
    assert "pods" in readable
    assert readable.isdisjoint({"pods/log", "configmaps"})
    assert "pods/log" in {name for rule in shop["resourceRules"] for name in rule["resources"]}


LOG = b"2026-11-20T18:00:00.123456789Z old\n2026-11-20T19:00:00Z newer\n2026-11-20T19:01:30Z newest \xff\n"


@pytest.fixture
async def logs() -> AsyncIterator[Api]:
    waiting = {"name": "web", "state": {"waiting": {"reason": "ContainerCreating"}}}
    objects = [pod("one", "web"), pod("two", "web", "side"), pod("new", "web", containerStatuses=[waiting])]
    held = {LogKey("shop", "one", "web"): LOG, LogKey("shop", "one", "web", previous=True): LOG[:35]}
    async with serving(Recording.of(objects, name="logs", logs=held)) as api:
        yield api


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", b"old\nnewer\nnewest \xff\n"),
        ("container=web", b"old\nnewer\nnewest \xff\n"),
        ("tailLines=1", b"newest \xff\n"),
        ("tailLines=0", b""),
        ("limitBytes=5", b"old\nn"),
        ("sinceSeconds=600", b"newer\nnewest \xff\n"),
        ("sinceTime=2026-11-20T19:01:00Z", b"newest \xff\n"),
        ("sinceTime=2026-11-20T19:00:00Z&tailLines=3&limitBytes=7", b"newer\nn"),
        ("timestamps=true&tailLines=2", LOG.split(b"\n", 1)[1]),
        ("previous=true", b"old\n"),
    ],
)
async def test_logs_are_cut_as_asked(logs: Api, query: str, text: bytes) -> None:
    assert (await logs.raw(f"/api/v1/namespaces/shop/pods/one/log?{query}"))[:2] == (200, text)


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("two/log", 400, "a container name must be specified for pod two, choose one of: [web side]"),
        ("two/log?container=nope", 400, "container nope is not valid for pod two"),
        ("two/log?container=web&previous=true", 400, 'previous terminated container "web" in pod "two" not found'),
        ("new/log", 400, 'container "web" in pod "new" is waiting to start: ContainerCreating'),
        ("gone/log", 404, 'pods "gone" not found'),
        ("one/log?tailLines=x", 400, "tailLines: 'x' is no whole number"),
        ("one/log?limitBytes=0", 422, "limitBytes: must be greater than or equal to 1"),
        ("one/log?sinceSeconds=5&sinceTime=2026-11-20T19:00:00Z", 422, "at most one of"),
        ("one/log?sinceTime=soon", 400, "sinceTime: "),
    ],
)
async def test_logs_that_cannot_be_given(logs: Api, path: str, code: int, said: str) -> None:
    status, _, message = await logs.failure(f"/api/v1/namespaces/shop/pods/{path}")
    assert status == code
    assert said in message


async def test_a_container_that_wrote_nothing_has_an_empty_log(logs: Api) -> None:
    assert (await logs.raw("/api/v1/namespaces/shop/pods/two/log?container=side"))[:2] == (200, b"")


async def test_requests_are_kept_for_whoever_counts_them(api: Api) -> None:
    await api("/api/v1/pods", labelSelector="app=web")
    await api.failure("/api/v1/namespaces/shop/pods/nope")
    kept = [(each.path, each.query, each.status) for each in api.server.requests]
    assert kept == [
        ("/api/v1/pods", {"labelSelector": "app=web"}, 200),
        ("/api/v1/namespaces/shop/pods/nope", {}, 404),
    ]


async def test_the_kubeconfig_points_to_the_server_by_the_recordings_name(api: Api, tmp_path: Path) -> None:
    written = yaml.safe_load(api.server.write_kubeconfig(tmp_path / "kubeconfig").read_text())
    assert written == api.server.kubeconfig
    assert written["current-context"] == "terway-healthy"
    assert written["clusters"][0]["cluster"]["server"] == api.server.url


async def test_a_taken_port_is_told_in_one_sentence(api: Api) -> None:
    with pytest.raises(RecordingError, match=f"Port {api.server.port} cannot be served on: address already in use"):
        async with serve(load("flannel-healthy"), port=api.server.port):
            pass
