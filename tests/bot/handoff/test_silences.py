"""Silences that end in the next shift, from something that answers like Alertmanager, and from what does not."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.handoff.silences import Alertmanager
from tests.ports import free_address

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=12)


def silence(hours: float, state: str = "active", name: str = "alertname", **more: Any) -> dict[str, Any]:
    """As the API's description has it."""
    return {
        "id": "7d8c",
        "status": {"state": state},
        "updatedAt": "2026-11-21T09:00:00.000Z",
        "startsAt": "2026-11-21T09:00:00.000Z",
        "endsAt": f"{NOW + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}.123Z",
        "createdBy": "mei",
        "comment": "known, INC-7",
        "matchers": [{"name": name, "value": "PodsStuck", "isRegex": False, "isEqual": True}],
        **more,
    }


@contextlib.asynccontextmanager
async def answering(reply: Callable[[web.Request], Any]) -> AsyncIterator[str]:
    """Something that answers at a base address with a path."""

    async def handle(request: web.Request) -> web.StreamResponse:
        assert request.path == "/am/api/v2/silences"
        found = reply(request)
        return await found if asyncio.iscoroutine(found) else found

    app = web.Application()
    app.router.add_get("/{tail:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    host, _, port = free_address().rpartition(":")
    await web.TCPSite(runner, host, int(port)).start()
    try:
        yield f"http://{host}:{port}/am/"
    finally:
        await runner.cleanup()


async def test_those_that_end_in_the_next_shift_soonest_first() -> None:
    told = [
        silence(5, name="later"),
        silence(2),
        silence(13, name="after_the_shift"),
        silence(-1, name="over"),
        silence(3, "expired", name="expired"),
        silence(3, "pending", name="pending"),
        silence(4, matchers=[{"name": "cluster", "value": "prod|staging", "isRegex": True, "isEqual": False}]),
    ]
    async with answering(lambda _: web.json_response(told)) as url:
        found = await Alertmanager(url).ending_between(NOW, LATER)
    assert found.trouble == ""
    assert [each.matchers for each in found.items] == [
        'alertname="PodsStuck"',
        'cluster!~"prod|staging"',
        'later="PodsStuck"',
    ]
    assert (found.items[0].made_by, found.items[0].comment) == ("mei", "known, INC-7")
    assert found.items[0].ends_at == NOW + timedelta(hours=2, milliseconds=123)


async def test_one_that_another_of_the_same_goes_on_from_is_no_news() -> None:
    """Somebody has silenced it for longer already; one of something else, or with a gap, changes nothing."""
    begins = "2026-11-22T10:00:00Z"
    told = [
        silence(2, name="goes_on"),
        silence(20, "pending", name="goes_on", startsAt=begins),
        silence(3, name="with_a_gap"),
        silence(20, "pending", name="with_a_gap", startsAt="2026-11-22T13:00:00Z"),
        silence(4, name="too_short"),
        silence(6, name="too_short"),
        silence(5, name="given_up"),
        silence(20, "expired", name="given_up"),
    ]
    async with answering(lambda _: web.json_response(told)) as url:
        found = await Alertmanager(url).ending_between(NOW, LATER)
    names = [each.matchers.partition("=")[0] for each in found.items]
    assert names == ["with_a_gap", "too_short", "given_up", "too_short"]


async def test_how_many_more_there_are_is_said() -> None:
    told = [silence(1 + number / 10, name=f"rule_{number:02}") for number in range(13)]
    async with answering(lambda _: web.json_response(told)) as url:
        found = await Alertmanager(url).ending_between(NOW, LATER)
    assert [each.matchers.partition("=")[0] for each in found.items] == [f"rule_{number:02}" for number in range(10)]
    assert found.more == 3


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (lambda _: web.Response(status=503), "it answered with status 503"),
        (lambda _: web.Response(status=302, headers={"Location": "/elsewhere"}), "it answered with status 302"),
        (lambda _: web.Response(text="<html>"), ""),
        (lambda _: web.json_response({"status": "success"}), "what answered is no Alertmanager"),
        (lambda _: web.json_response([{"id": "x"}]), "what answered is no Alertmanager"),
        (lambda _: web.json_response([7]), "what answered is no Alertmanager"),
        (lambda _: web.json_response([silence(1, endsAt="soon")]), ""),
        (lambda _: web.Response(text="[" + "0," * 3_000_000 + "0]"), "more than 4 MB"),
        (lambda _: asyncio.sleep(30), "no answer within 0.5 s"),
    ],
)
async def test_what_is_none_is_said_in_one_line(reply: Any, why: str) -> None:
    async with answering(reply) as url:
        found = await Alertmanager(url, seconds=0.5 if "within" in why else 30).ending_between(NOW, LATER)
    assert found.items == ()
    assert found.trouble.startswith("Alertmanager's silences could not be read from 127.0.0.1:")
    assert why in found.trouble
    assert "\n" not in found.trouble


async def test_nobody_there_and_no_password_is_shown() -> None:
    found = await Alertmanager(f"http://mei:sesame@{free_address()}", seconds=30).ending_between(NOW, LATER)
    assert "could not be read from 127.0.0.1:" in found.trouble
    assert "sesame" not in found.trouble
