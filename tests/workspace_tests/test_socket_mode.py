"""Socket Mode as Slack's own clients see it: acknowledging, being repeated to, closing, deaf and refused sockets."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt import App as SyncApp
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse

from tests.workspace import Workspace
from tests.workspace_tests.bots import bolt, connected, raw_socket

pytestmark = pytest.mark.waits


class Ear:
    """Notes requests; acknowledges from the ``patience``-th on."""

    def __init__(self, patience: int = 0) -> None:
        self.heard: list[Any] = []
        self._patience = patience

    async def __call__(self, client: SocketModeClient, request: Any) -> None:
        self.heard.append(request)
        if len(self.heard) > self._patience:
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id))


async def test_an_event_is_acknowledged_once_and_timed(slack: Workspace) -> None:
    ear = Ear()
    async with raw_socket(slack, ear):
        await slack.people.say("ada", "ops", "hello")
        (sent,) = slack.delivery.sent
        await slack.until(lambda: sent.acknowledged)
    assert len(ear.heard) == len(sent.attempts) == 1
    assert sent.seconds is not None
    assert sent.seconds >= 0
    assert (ear.heard[0].type, ear.heard[0].retry_attempt) == ("events_api", 0)


async def test_what_is_not_acknowledged_comes_again_with_the_same_event_id(slack: Workspace) -> None:
    ear = Ear(patience=2)
    async with raw_socket(slack, ear):
        await slack.people.say("ada", "ops", "hello")
        (sent,) = slack.delivery.sent
        await slack.until(lambda: sent.acknowledged)
    assert [r.retry_attempt for r in ear.heard] == [0, 1, 2]
    assert [r.retry_reason for r in ear.heard[1:]] == ["timeout", "timeout"]
    assert len({r.payload["event_id"] for r in ear.heard}) == 1
    assert len({r.envelope_id for r in ear.heard}) == 3


async def test_after_three_repetitions_slack_gives_up(slack: Workspace) -> None:
    ear = Ear(patience=100)
    async with raw_socket(slack, ear):
        await slack.people.say("ada", "ops", "hello")
        (sent,) = slack.delivery.sent
        await slack.until(lambda: len(sent.failures) == 4)
        await slack.people.say("ada", "ops", "still there?")
        await slack.until(lambda: len(ear.heard) >= 5)
    assert len(sent.attempts) == 4
    assert sent.acknowledged is None


async def test_an_event_while_nobody_is_connected_reaches_who_comes_in_time(slack: Workspace) -> None:
    await slack.people.say("ada", "ops", "anybody?")
    (sent,) = slack.delivery.sent
    await slack.until(lambda: sent.failures)
    ear = Ear()
    async with raw_socket(slack, ear):
        await slack.until(lambda: sent.acknowledged)
    assert ear.heard[0].retry_reason == "connection_failed"


async def test_an_hour_later_the_same_event_may_come_again(slack: Workspace) -> None:
    ear = Ear()
    async with raw_socket(slack, ear):
        await slack.people.say("ada", "ops", "hello")
        (sent,) = slack.delivery.sent
        await slack.until(lambda: sent.acknowledged)
        await slack.delivery.again(sent.event_id)
    assert [r.payload["event_id"] for r in ear.heard] == [sent.event_id] * 2
    assert ear.heard[1].retry_attempt == 1


async def test_two_sockets_share_the_events(slack: Workspace) -> None:
    first, second = Ear(), Ear()
    async with raw_socket(slack, first), raw_socket(slack, second):
        assert slack.sockets.connected == 2
        for number in range(6):
            await slack.people.say("ada", "ops", str(number))
        await slack.until(lambda: all(s.acknowledged for s in slack.delivery.sent))
    assert (len(first.heard), len(second.heard)) == (3, 3)


@pytest.mark.parametrize("how", ["close", "cut", "refresh"])
async def test_a_client_whose_socket_ends_comes_back(slack: Workspace, how: str) -> None:
    ear = Ear()
    async with raw_socket(slack, ear):
        await slack.socket(how)
        await slack.until(lambda: slack.sockets.opened > 1 and slack.sockets.connected == 1)
        await slack.people.say("ada", "ops", "back?")
        await slack.until(lambda: ear.heard)


async def test_a_warning_is_only_a_warning(slack: Workspace) -> None:
    ear = Ear()
    async with raw_socket(slack, ear):
        await slack.socket("warning")
        await slack.people.say("ada", "ops", "still here")
        await slack.until(lambda: ear.heard)


async def test_a_deaf_socket_answers_pings_but_delivers_nothing(slack: Workspace) -> None:
    deaf, hearing = Ear(), Ear()
    async with raw_socket(slack, deaf) as client:
        await slack.socket("deaf")
        before = client.last_ping_pong_time
        await slack.people.say("ada", "ops", "hello?")
        (sent,) = slack.delivery.sent
        await slack.until(lambda: sent.failures)
        await slack.until(lambda: client.last_ping_pong_time != before)
        assert await client.is_connected()
        async with raw_socket(slack, hearing):
            await slack.until(lambda: sent.acknowledged)
    assert (deaf.heard, len(hearing.heard)) == ([], 1)


async def test_lasting_deafness_takes_new_sockets_too_until_it_is_healed(slack: Workspace) -> None:
    await slack.socket("deaf", lasting=True)
    deaf, hearing = Ear(), Ear()
    async with raw_socket(slack, deaf):
        await slack.people.say("ada", "ops", "one")
        await slack.until(lambda: slack.delivery.sent[0].failures)
    await slack.socket("ok")
    async with raw_socket(slack, hearing):
        await slack.people.say("ada", "ops", "two")
        await slack.until(lambda: slack.delivery.sent[1].acknowledged)
    assert deaf.heard == []


async def test_refused_sockets_do_not_open(slack: Workspace) -> None:
    await slack.socket("refuse")
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(slack.sockets.ticket())
        assert refused.value.status == 503
        await slack.socket("ok")
        ticket = slack.sockets.ticket()
        async with session.ws_connect(ticket) as socket:
            hello = await socket.receive_json()
        assert (hello["type"], hello["num_connections"], hello["connection_info"]["app_id"]) == (
            "hello",
            1,
            "A0CLINIC00",
        )
        with pytest.raises(aiohttp.WSServerHandshakeError):  # a ticket is good for one socket
            await session.ws_connect(ticket)


async def test_rubbish_on_the_socket_does_no_harm(slack: Workspace) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(slack.sockets.ticket()) as socket:
        await socket.receive_json()
        for rubbish in ("no json", "[]", '{"envelope_id": "unknown"}', "7"):
            await socket.send_str(rubbish)
        await slack.people.say("ada", "ops", "hello")
        envelope = await socket.receive_json()
        await socket.send_json({"envelope_id": envelope["envelope_id"]})
        await slack.until(lambda: slack.delivery.sent[0].acknowledged)


async def test_a_sync_bolt_app_is_served_too(slack: Workspace) -> None:
    client = WebClient(token=slack.bot_token, base_url=slack.environment["SLACK_API_URL"])
    app = await asyncio.to_thread(SyncApp, client=client)

    @app.event("app_mention")
    def answer(event: dict[str, Any], say: Any) -> None:
        say(text="here", thread_ts=event["ts"])

    handler = SocketModeHandler(app, slack.app_token, web_client=client)
    await asyncio.to_thread(handler.connect)
    try:
        await slack.until_connected()
        ts = await slack.people.say("ada", "ops", "@netclinic where are you?")
        assert (await slack.until(lambda: slack.reply("ops", ts))).text == "here"
    finally:
        await asyncio.to_thread(handler.close)


@pytest.fixture
async def patient_slack() -> AsyncIterator[Workspace]:
    """One that sends nothing again."""
    async with Workspace(ack_seconds=60.0, limits="off") as open_workspace:
        yield open_workspace


async def test_two_bolt_apps_answer_each_mention_once_between_them(patient_slack: Workspace) -> None:
    slack = patient_slack
    apps = [bolt(slack), bolt(slack)]
    for app in apps:

        @app.event("app_mention")
        async def answer(event: dict[str, Any], say: Any) -> None:
            await say(text="seen", thread_ts=event["ts"])

        @app.event("message")
        async def ignore() -> None:
            pass

    async with connected(slack, apps[0]), connected(slack, apps[1]):
        asked = [await slack.people.say("ada", "ops", f"@netclinic {n}") for n in range(10)]
        await slack.until(lambda: all(slack.reply("ops", ts) for ts in asked))
    assert [len(slack.replies("ops", ts)) for ts in asked] == [1] * 10
