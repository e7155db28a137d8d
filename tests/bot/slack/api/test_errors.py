"""What may be tried again and what may not."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.slack.api.client import SlackClient, make_client, make_session
from bot.slack.api.errors import SlackRefused, SlackUnavailable, to_slack_error
from tests.workspace import Workspace


def answered(error: str = "", status: int = 200, headers: dict[str, str] | None = None, **more: object) -> Exception:
    reply = AsyncSlackResponse(
        client=None,
        http_verb="POST",
        api_url="",
        req_args={},
        data={"ok": False, **({"error": error} if error else {}), **more},
        headers=headers or {},
        status_code=status,
    )
    return SlackApiError("no", reply)


@pytest.mark.parametrize(
    "error",
    [
        answered("ratelimited", 429, {"Retry-After": "7"}),
        answered("internal_error"),
        answered("fatal_error"),
        answered("service_unavailable", 503),
        answered(status=502),
        answered(status=408),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError("cut"),
        TimeoutError(),
        ConnectionResetError(),
    ],
)
def test_slack_on_a_bad_day_is_away(error: Exception) -> None:
    assert isinstance(to_slack_error("chat.postMessage", error), SlackUnavailable)


def test_the_time_that_slack_asks_for_is_kept_and_nothing_was_done() -> None:
    away = to_slack_error("chat.postMessage", answered("ratelimited", 429, {"Retry-After": "7"}))
    assert isinstance(away, SlackUnavailable)
    assert (away.retry_after, away.certainly_not_executed) == (7.0, True)


def test_a_lost_reply_says_nothing_about_what_was_done() -> None:
    away = to_slack_error("chat.postMessage", aiohttp.ServerDisconnectedError())
    assert isinstance(away, SlackUnavailable)
    assert not away.certainly_not_executed


@pytest.mark.parametrize(
    ("error", "way_out"),
    [
        (answered("not_in_channel"), "/invite"),
        (answered("is_archived"), "another one"),
        (answered("token_revoked"), "SLACK_BOT_TOKEN"),
        (answered("missing_scope", needed="chat:write"), "chat:write"),
        (answered("invalid_blocks", response_metadata={"messages": ["[ERROR] no more than 50"]}), "no more than 50"),
        (answered("something_new"), "something_new"),
        (answered(status=404), "HTTP status 404"),
        (answered(status=403), "HTTP status 403"),
    ],
)
def test_a_no_is_a_no_and_names_the_way_out(error: Exception, way_out: str) -> None:
    no = to_slack_error("chat.postMessage", error)
    assert isinstance(no, SlackRefused)
    assert way_out in no.sentence
    assert no.sentence.endswith(".")
    assert "\n" not in no.sentence


def test_the_app_level_token_is_named_where_it_is_refused() -> None:
    no = to_slack_error("apps.connections.open", answered("invalid_auth"))
    assert "SLACK_APP_TOKEN" in str(no)
    assert "SLACK_BOT_TOKEN" not in str(no)


def test_a_mistake_of_our_own_is_none_of_slacks() -> None:
    with pytest.raises(KeyError):
        to_slack_error("chat.postMessage", KeyError("ts"))


async def test_a_proxys_page_in_place_of_slack_is_slack_away() -> None:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<html>Bad gateway</html>", content_type="application/json", status=200)

    server = web.Application()
    server.router.add_route("*", "/{any:.*}", page)
    runner = web.AppRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with make_session() as session:
        slack_client = SlackClient(make_client("xoxb-1", session, f"http://127.0.0.1:{runner.addresses[0][1]}/api"))
        with pytest.raises(SlackUnavailable):
            await slack_client.call("auth.test")
    await runner.cleanup()


async def test_nobody_listening_is_slack_away_and_nothing_was_done() -> None:
    async with make_session() as session:
        slack_client = SlackClient(make_client("xoxb-1", session, "http://127.0.0.1:9/api"))
        with pytest.raises(SlackUnavailable, match=r"127\.0\.0\.1:9") as away:
            await slack_client.call("auth.test")
    assert away.value.certainly_not_executed


async def test_the_sdk_does_not_try_again_behind_our_back(slack: Workspace, slack_client: SlackClient) -> None:
    slack.fail("chat.postMessage", "drop", times=None)
    with pytest.raises(SlackUnavailable):
        await slack_client.call("chat.postMessage", channel="inc-shop", text="Hello.")
    await asyncio.sleep(0.5)
    assert sum(1 for call in slack.calls if call.method == "chat.postMessage") == 1


async def test_slack_is_reached_while_all_threads_wait_for_something_else(slack: Workspace) -> None:
    loop, free = asyncio.get_running_loop(), threading.Event()
    loop.set_default_executor(ThreadPoolExecutor(1))
    waits = loop.run_in_executor(None, free.wait)
    try:
        async with make_session() as session, asyncio.timeout(5):
            url = slack.environment["SLACK_API_URL"].replace("127.0.0.1", "localhost")
            reply = await SlackClient(make_client(slack.bot_token, session, url)).call("auth.test")
    finally:
        free.set()
    assert reply["ok"]
    assert await waits
