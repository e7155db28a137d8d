"""What a Prometheus replies, and all that is no reply: a failed read has a reason, and is never "none"."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.cluster.requests import Budget, Request
from bot.cluster.transport import ReadError
from bot.prometheus.config import Endpoint
from bot.prometheus.reader import beside
from tests.bot.cluster.http_server import reading, status
from tests.bot.prometheus.exporters import ENTRIES, asking, vector

PAGE = "<!DOCTYPE html><html><form action=/login><input name=password></form></html>"


def replying(content: Any, status: int = 200, **headers: str) -> Any:
    async def handler(request: web.Request) -> web.Response:
        if isinstance(content, str):
            return web.Response(text=content, status=status, headers=headers)
        return web.json_response(content, status=status, headers=headers)

    return handler


def matrix(*values: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": list(values)}]}}


class Heard:
    """An observer that writes down what it hears."""

    def __init__(self) -> None:
        self.before_: list[Request] = []
        self.after_: list[str] = []
        self.cuts: list[str] = []

    async def before(self, request: Request) -> None:
        self.before_.append(request)

    async def after(self, request: Request, outcome: str, size: int, seconds: float) -> None:
        self.after_.append(outcome)

    def cut(self, request: Request, reason: str) -> None:
        self.cuts.append(reason)


@pytest.mark.parametrize(
    ("handler", "kind", "said"),
    [
        (replying(PAGE), "invalid", "a web page answered, a login perhaps"),
        (replying("up"), "invalid", "its reply was no JSON"),
        (replying(PAGE, 401), "unauthorized", "it did not accept the credentials (401)"),
        (replying(PAGE, 403), "forbidden", "it refused the query (403)"),
        (replying(PAGE, 503), "refused", "it is not ready (503)"),
        (replying("", 302, Location="/login"), "invalid", "it sent the query elsewhere (302)"),
        (replying({"status": "error", "errorType": "bad_data", "error": "no\nway"}, 400), "refused", "400: no way"),
        (replying({"status": "error", "errorType": "x", "error": "y"}), "invalid", "was not that of a Prometheus"),
        (replying({"kind": "Status"}), "invalid", "was not that of a Prometheus"),
        (replying([]), "invalid", "was not that of a Prometheus"),
        (replying({"status": "success", "data": None}), "invalid", "held no series"),
        (replying({"status": "success", "data": {"resultType": "scalar", "result": [0, "1"]}}), "invalid", "no series"),
        (replying(vector(({"instance": "a"}, "many"))), "invalid", "unexpected shape"),
        (replying(matrix([True, "1"])), "invalid", "unexpected shape"),
        (replying(matrix(["soon", "1"])), "invalid", "unexpected shape"),
        (replying("[" * 100_000), "invalid", "its reply was"),
    ],
)
async def test_what_is_no_reply_could_not_be_read(handler: Any, kind: str, said: str) -> None:
    heard = Heard()
    async with asking(handler, observers=(heard,)) as reader:
        with pytest.raises(ReadError) as raised:
            await reader.latest(ENTRIES)
        assert (raised.value.kind, reader.spent.requests) == (kind, 1)
        assert str(raised.value).startswith("Prometheus could not be read: ")
        assert said in str(raised.value)
        assert reader.unread() == (str(raised.value),)


async def test_one_that_hangs_or_is_not_there() -> None:
    async def hanging(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async with asking(hanging, Budget(seconds=0.2)) as reader:
        with pytest.raises(ReadError, match=r"did not answer within 0\.2 s"):
            await reader.latest(ENTRIES)
        with pytest.raises(ReadError, match="deadline"):  # the time is spent for all
            await reader.highest(ENTRIES, "1h")
    async with asking(hanging) as reader:
        reader.transport.endpoint = type(reader.endpoint)("http://127.0.0.1:9")  # type: ignore[attr-defined]
        with pytest.raises(ReadError, match=r"127\.0\.0\.1:9 could not be reached"):
            await reader.latest(ENTRIES)


async def test_each_query_is_made_once_and_told_before_and_after() -> None:
    heard = Heard()
    async with asking(replying(vector(({"instance": "a"}, 3))), observers=(heard,)) as reader:
        first, second = await asyncio.gather(reader.latest(ENTRIES), reader.latest(ENTRIES))
        assert first == second
        assert [series.value for series in first] == [3.0]
        await reader.sampled_at(ENTRIES)
    assert [dict(request.query)["query"] for request in heard.before_] == [ENTRIES, f"timestamp({ENTRIES})"]
    assert {(request.system, request.verb, request.path) for request in heard.before_} == {
        ("metrics", "get", "/api/v1/query")
    }
    assert heard.after_ == ["ok", "ok"]


async def test_the_budget_ends_it() -> None:
    heard = Heard()
    async with asking(replying(vector()), Budget(requests=1), (heard,)) as reader:
        assert await reader.latest(ENTRIES) == ()
        with pytest.raises(ReadError, match="budget of 1 queries"):
            await reader.sampled_at(ENTRIES)
    assert heard.cuts == ["budget"]
    async with asking(replying(vector(*[({"instance": "x" * 99}, 1)] * 50)), Budget(bytes=1000)) as reader:
        with pytest.raises(ReadError, match="larger than 1,000 bytes"):
            await reader.latest(ENTRIES)


async def test_credentials_and_the_label_go_along() -> None:
    seen: list[tuple[str, str, str]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.method, request.headers.get("Authorization", ""), request.query["query"]))
        return web.json_response(vector(({"instance": "a", "cluster": "hz"}, 1)))

    async with asking(handler, kind="bearer", secret=SecretStr("T1"), label='cluster="hz"') as reader:
        [series] = await reader.latest(ENTRIES)
        assert series.labels == {"instance": "a"}  # what chose it need not tell it once more
        await reader.samples(ENTRIES, ["10.0.0.1:9100", 'b"'], "10m")
    async with asking(handler, kind="basic", secret=SecretStr("mei:p:w")) as reader:
        await reader.latest(ENTRIES)
    assert seen == [
        ("GET", "Bearer T1", f'{ENTRIES}{{cluster="hz"}}'),
        ("GET", "Bearer T1", f'{ENTRIES}{{cluster="hz",instance=~"10\\\\.0\\\\.0\\\\.1:9100|b\\\\\\""}}[10m]'),
        ("GET", "Basic bWVpOnA6dw==", ENTRIES),
    ]


async def test_no_other_query_can_be_made() -> None:
    async with asking(replying(vector())) as reader:
        with pytest.raises(ReadError, match="is no name of a metric"):
            await reader.latest('up} or {__name__=~".+"')
        assert reader.spent.requests == 0


async def test_values_that_are_no_number_are_left_out() -> None:
    found = vector(({"instance": "a"}, "NaN"), ({"instance": "b"}, "+Inf"), ({"instance": "c"}, "7"))
    found["data"]["result"].append({"metric": {}, "histogram": [1, {}]})
    async with asking(replying(found)) as reader:
        assert [series.labels["instance"] for series in await reader.latest(ENTRIES)] == ["c"]


async def test_an_observer_that_fails_stops_the_query() -> None:
    class Unavailable(Exception):
        pass

    class Failing(Heard):
        async def before(self, request: Request) -> None:
            raise Unavailable

    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response(vector())

    async with asking(handler, observers=(Failing(),)) as reader:
        with pytest.raises(Unavailable):
            await reader.latest(ENTRIES)
    assert asked == []


async def through_the_api_server(answer: Any) -> tuple[list[str], Any]:
    """The paths that an API server was asked, and what came of the query."""
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append(f"{request.method} {request.path}?{request.query_string}")
        return answer(request)  # type: ignore[no-any-return]

    endpoint = Endpoint("service://monitoring/https:prometheus:web/base")
    async with reading(handler) as cluster:
        [make] = beside(endpoint, "prod-hz")
        prometheus = make(cluster)
        try:
            return asked, await prometheus.latest(ENTRIES)
        except ReadError as error:
            return asked, error


async def test_a_service_is_asked_through_the_api_server() -> None:
    asked, found = await through_the_api_server(lambda _: web.json_response(vector(({"instance": "a"}, 1))))
    path = "/api/v1/namespaces/monitoring/services/https:prometheus:web/proxy/base/api/v1/query"
    assert asked == [f"GET {path}?query={ENTRIES}"]
    assert [series.value for series in found] == [1.0]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (403, "netclinic may not read Prometheus through the API server here"),
        (404, "there is no Prometheus behind /api/v1/namespaces/monitoring/services/"),
        (503, "the API server answered 503"),
    ],
)
async def test_a_service_that_may_not_be_asked_or_has_no_pod_could_not_be_read(code: int, said: str) -> None:
    _, error = await through_the_api_server(lambda _: status(code, "no endpoints available"))
    assert isinstance(error, ReadError)
    assert said in str(error)
