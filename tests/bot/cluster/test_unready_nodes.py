"""NotReady nodes are seen wherever they stand; a server that prints nothing is read as before."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from bot.cluster.reader import Reader
from bot.cluster.requests import Budget
from bot.cluster.resources import NODES
from bot.cluster.session import ClusterSession, name_of
from bot.cluster.transport import ReadError
from bot.cluster.unready_nodes import MOST_READ, UnreadyNodes, is_printed, unready_nodes
from tests.bot.cluster.http_server import Handler, reading, status

FIRST_PAGE = Budget(bytes_before_lists_end=1)
STOPPED = "Kubelet stopped posting node status."
COLUMNS = [{"name": "Name"}, {"name": "Status"}]


def ready(status: str, message: str = "") -> Any:
    return {"conditions": [{"type": "Ready", "status": status, "message": message, "lastTransitionTime": "now-9m"}]}


def names(found: UnreadyNodes) -> tuple[list[str], list[str]]:
    return [name_of(node) for node in found.whole], [name_of(node) for node in found.printed]


@pytest.fixture
def many(make: Any) -> Callable[..., list[Any]]:
    """400 nodes, of which the first page holds 250; the named ones are not ready."""

    def made(*unready: int, **more: Any) -> list[Any]:
        well, sick = ready("True"), ready("Unknown", STOPPED)
        return [make.node(f"node-{at:03}", status=sick if at in unready else well, **more) for at in range(400)]

    return made


async def test_a_node_beyond_the_list_is_seen_whole(session_on: Any, many: Any) -> None:
    async with session_on(many(3, 390), budget=FIRST_PAGE) as session:
        assert (await session.nodes()).complete is False
        found = await unready_nodes(session)
        assert names(found) == (["node-003", "node-390"], [])
        assert (found.seen, found.all_read) == (400, True)
        assert STOPPED in str(found.whole[1])
        assert session.reader.unread() == ()


async def test_of_many_beyond_the_list_some_are_read_and_all_are_known(session_on: Any, many: Any) -> None:
    async with session_on(many(*range(380, 390)), budget=FIRST_PAGE) as session:
        before = session.reader.spent.requests
        found = await unready_nodes(session)
        assert len(found.whole) == MOST_READ
        assert [*names(found)[0], *names(found)[1]] == [f"node-{at}" for at in range(380, 390)]
        assert all(map(is_printed, found.printed))
        assert (found.complete, found.all_read) == (True, False)
        assert session.reader.spent.requests - before == 1 + 1 + MOST_READ


async def test_where_the_list_holds_all_nothing_is_printed(session_on: Any, make: Any) -> None:
    async with session_on([make.node("a", status=ready("False", "PLEG")), make.node("b")]) as session:
        before = session.reader.spent.requests
        assert names(await unready_nodes(session)) == (["a"], [])
        assert session.reader.spent.requests - before == 1


async def test_a_cordoned_node_that_is_not_ready_counts_and_a_silent_or_ready_one_does_not(
    session_on: Any, many: Any, make: Any
) -> None:
    sick = make.node("z-cordoned", status=ready("False"), spec={"unschedulable": True})
    others = [make.node("z-new"), make.node("z-off", status=ready("True"), spec={"unschedulable": True})]
    async with session_on([*many(), sick, *others], budget=FIRST_PAGE) as session:
        assert names(await unready_nodes(session)) == (["z-cordoned"], [])


async def test_nodes_that_may_not_be_read_singly_are_told_as_they_were_printed(session_on: Any, many: Any) -> None:
    async with session_on(many(390), budget=Budget(requests=3, bytes_before_lists_end=1)) as session:
        found = await unready_nodes(session)  # version, list and Table were the three
        assert names(found) == ([], ["node-390"])


def _server(table: Callable[[], web.StreamResponse], node: Any = None) -> tuple[Handler, list[str]]:
    """A list that goes on, a Table as given, and one node; with what was accepted of lists."""
    accepted: list[str] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        accepted.append(request.headers["Accept"])
        if "as=Table" in request.headers["Accept"]:
            return table()
        if request.path != "/api/v1/nodes":
            return web.json_response(node) if node else status(404, "not found")
        if "continue" in request.query:
            return status(410, "too old", "Expired")
        items = [{"metadata": {"name": "a"}, "status": {"conditions": [{"type": "Ready", "status": "False"}]}}]
        return web.json_response({"kind": "NodeList", "metadata": {"continue": "more"}, "items": items})

    return handler, accepted


def _table(*rows: list[Any], following: str = "", columns: Any = None) -> web.Response:
    body = {"kind": "Table", "metadata": {"continue": following}, "columnDefinitions": columns or COLUMNS}
    return web.json_response(body | {"rows": [{"cells": row, "object": None} for row in rows]})


async def _unready(reader: Reader) -> UnreadyNodes:
    async with ClusterSession(reader) as session:
        return await unready_nodes(session)


@pytest.mark.parametrize(
    "table",
    [
        lambda: status(406, "only the following media types are accepted: application/json", "NotAcceptable"),
        lambda: web.json_response({"kind": "NodeList", "metadata": {}, "items": [{"metadata": {"name": "b"}}]}),
    ],
    ids=["refuses", "answers with objects"],
)
async def test_a_server_without_tables_is_read_as_before(table: Callable[[], web.StreamResponse]) -> None:
    handler, accepted = _server(table)
    async with reading(handler, FIRST_PAGE) as reader:
        found = await _unready(reader)
        assert names(found) == (["a"], [])
        assert (found.complete, found.seen) == (False, 1)
        assert reader.unread() == ()
    asked = [accept for accept in accepted if "as=Table" in accept]
    assert len(asked) == 1
    assert all("as=Table" in form for form in asked[0].split(","))  # whole objects were never asked for so


@pytest.mark.parametrize(
    "table",
    [
        lambda: web.Response(body=b"<html>log in</html>"),
        lambda: web.json_response({"kind": "Status"}),
        lambda: _table(["b"]),
        lambda: _table(["b", "NotReady"], columns=[{"name": 1}, {"name": "Status"}]),
        lambda: web.json_response({"kind": "Table", "columnDefinitions": COLUMNS, "rows": {}}),
        lambda: web.json_response({"kind": "Table", "columnDefinitions": COLUMNS, "rows": [{"cells": "ab"}]}),
        lambda: web.json_response({"kind": "Table", "metadata": {"continue": 1}, "columnDefinitions": COLUMNS}),
    ],
)
async def test_a_damaged_table_is_told_and_tells_nothing(table: Callable[[], web.StreamResponse]) -> None:
    async with reading(_server(table)[0], FIRST_PAGE) as reader:
        found = await _unready(reader)
        assert (names(found), found.complete) == ((["a"], []), False)
        assert [line for line in reader.unread() if line.startswith("nodes: the reply to /api/v1/nodes")]
        with pytest.raises(ReadError):
            await reader.printed(NODES)


async def test_a_table_of_several_pages_is_read_to_its_end() -> None:
    pages = [_table(["b", "Ready"], following="more"), _table(["c", "NotReady,SchedulingDisabled"])]
    node = {"kind": "Node", "metadata": {"name": "c"}, "status": {"conditions": [{"type": "Ready", "status": "False"}]}}
    async with reading(_server(lambda: pages.pop(0), node)[0], FIRST_PAGE) as reader:
        found = await _unready(reader)
    assert names(found) == (["a", "c"], [])
    assert found.complete


async def test_a_node_that_has_recovered_or_gone_since_it_was_printed_is_none() -> None:
    node = {"kind": "Node", "metadata": {"name": "b"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    for there in (node, None):
        async with reading(_server(lambda: _table(["b", "NotReady"]), there)[0], FIRST_PAGE) as reader:
            assert names(await _unready(reader)) == (["a"], [])


async def test_secrets_and_forged_names_do_not_come_through_a_table() -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJub2RlIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"
    rows = [["b;reboot", "NotReady"], [token, "Ready"]]
    async with reading(_server(lambda: _table(*rows))[0], FIRST_PAGE) as reader:
        printed = await reader.printed(NODES)
        assert printed is not None
        assert token not in json.dumps(printed.rows)
        found = await _unready(reader)
    assert names(found) == (["a"], [])  # no such node can be asked for
