"""The door of the Web API: tokens, scopes, encodings, rates."""

import aiohttp
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.workspace import App, Workspace
from tests.workspace.limits import Limits
from tests.workspace_tests.bots import client_of

OPS = "C0OPS00002"


async def refusal(call: object) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call  # type: ignore[misc]
    return str(caught.value.response["error"])


async def test_who_the_bot_is(slack: Workspace, client: AsyncWebClient) -> None:
    reply = await client.auth_test()
    assert (reply["user_id"], reply["bot_id"]) == (slack.team.bot.id, slack.team.bot.bot_id)
    assert "chat:write" in reply.headers["x-oauth-scopes"].split(",")


async def test_the_sync_client_works_as_well(slack: Workspace) -> None:
    import asyncio

    client = WebClient(token=slack.bot_token, base_url=slack.environment["SLACK_API_URL"])
    posted = await asyncio.to_thread(client.chat_postMessage, channel=OPS, text="hello")
    assert slack.messages("ops")[-1].ts == posted["ts"]


@pytest.mark.parametrize(
    ("token", "error"),
    [
        (None, "not_authed"),
        ("xoxb-somebody-else", "invalid_auth"),
        ("xapp-1-local-workspace", "not_allowed_token_type"),
    ],
)
async def test_other_tokens_are_not_let_in(slack: Workspace, token: str | None, error: str) -> None:
    client = AsyncWebClient(token=token, base_url=slack.environment["SLACK_API_URL"])
    assert await refusal(client.chat_postMessage(channel=OPS, text="x")) == error
    assert slack.messages("ops") == []


async def test_a_bot_token_opens_no_socket(slack: Workspace, client: AsyncWebClient) -> None:
    assert await refusal(client.apps_connections_open(app_token=slack.bot_token)) == "not_allowed_token_type"
    opened = await client.apps_connections_open(app_token=slack.app_token)
    assert opened["url"].startswith("ws://127.0.0.1:")


async def test_a_missing_scope_is_named() -> None:
    app = App(scopes=frozenset({"commands", "im:write"}), events=frozenset())
    async with Workspace(app) as slack:
        with pytest.raises(SlackApiError) as caught:
            await client_of(slack).chat_postMessage(channel=OPS, text="x")
        said = caught.value.response
        assert (said["error"], said["needed"], said["provided"]) == ("missing_scope", "chat:write", "commands,im:write")
        assert await refusal(client_of(slack).conversations_history(channel=OPS)) == "missing_scope"


async def test_unknown_methods(client: AsyncWebClient) -> None:
    assert await refusal(client.api_call("chat.shout")) == "unknown_method"


async def test_forms_and_json_are_read_alike_but_reading_methods_take_no_json(slack: Workspace) -> None:
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    blocks = '[{"type": "divider"}]'
    async with aiohttp.ClientSession(slack.url, headers=headers) as session:
        form = {"channel": OPS, "text": "a", "blocks": blocks}
        assert (await (await session.post("/api/chat.postMessage", data=form)).json())["ok"]
        assert (await (await session.post("/api/chat.postMessage", json=form)).json())["ok"]
        assert [m.blocks[0]["type"] for m in slack.messages("ops")] == ["divider", "divider"]
        by_json = await (await session.post("/api/conversations.info", json={"channel": OPS})).json()
        assert by_json == {"ok": False, "error": "channel_not_found"}
        by_query = await (await session.get("/api/conversations.info", params={"channel": OPS})).json()
        assert by_query["channel"]["name"] == "ops"


async def test_the_token_may_stand_in_the_form_but_is_written_down_nowhere(slack: Workspace) -> None:
    async with aiohttp.ClientSession(slack.url) as session:
        reply = await session.post(
            "/api/chat.postMessage", data={"channel": OPS, "text": "x", "token": slack.bot_token}
        )
        assert (await reply.json())["ok"]
        assert slack.bot_token not in await (await session.get("/control/calls")).text()


async def test_one_message_a_second_in_a_channel_after_a_short_burst() -> None:
    async with Workspace() as slack:
        client = client_of(slack)
        for number in range(3):
            await client.chat_postMessage(channel=OPS, text=str(number))
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel=OPS, text="too soon")
        assert caught.value.response.status_code == 429
        assert (caught.value.response["error"], caught.value.response.headers["Retry-After"]) == ("ratelimited", "1")
        await client.chat_postMessage(channel="C0RANDOM03", text="another channel")
        assert [m.text for m in slack.messages("ops")] == ["0", "1", "2"]


@pytest.mark.parametrize(("how", "burst"), [("usual", 50), ("strict", 5)])
def test_a_tier_is_so_many_a_minute(how: str, burst: int) -> None:
    now = 0.0
    limits = Limits(how, clock=lambda: now)
    assert [limits.wait("chat.update", 3, OPS) for _ in range(burst)] == [0] * burst
    assert limits.wait("chat.update", 3, OPS) == 2
    assert limits.wait("views.open", 4, "") == 0
    now = 2.0
    assert limits.wait("chat.update", 3, OPS) == 0
    assert limits.wait("chat.update", 3, OPS) == 1


def test_limits_can_be_off_and_are_nothing_else() -> None:
    limits = Limits("off")
    assert {limits.wait("chat.postMessage", 0, OPS) for _ in range(100)} == {0}
    with pytest.raises(ValueError, match="usual, strict or off"):
        Limits("sometimes")
