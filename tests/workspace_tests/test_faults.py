"""A bad day at Slack: what the bot sees, and what Slack did all the same."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.workspace import Workspace

OPS = "C0OPS00002"


@pytest.mark.parametrize(("accepted", "said"), [(True, ["hello"]), (False, [])])
async def test_a_connection_that_breaks_off(
    slack: Workspace, client: AsyncWebClient, accepted: bool, said: list[str]
) -> None:
    slack.fail("chat.postMessage", "drop", accepted=accepted)
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=OPS, text="hello")
    assert [m.text for m in slack.messages("ops")] == said
    await client.chat_postMessage(channel=OPS, text="well again")
    assert slack.messages("ops")[-1].text == "well again"
    assert slack.calls[0].outcome.startswith("drop")


async def test_a_server_error(slack: Workspace, client: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", "status", status=502)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=OPS, text="hello")
    assert caught.value.response.status_code == 502
    assert slack.messages("ops") == []


async def test_too_many_requests(slack: Workspace, client: AsyncWebClient) -> None:
    slack.fail("chat.update", "ratelimited", retry_after=7, accepted=True)
    ts = (await client.chat_postMessage(channel=OPS, text="hello"))["ts"]
    with pytest.raises(SlackApiError) as caught:
        await client.chat_update(channel=OPS, ts=ts, text="new")
    assert (caught.value.response["error"], caught.value.response.headers["Retry-After"]) == ("ratelimited", "7")
    assert slack.messages("ops")[0].text == "new"


async def test_a_call_that_hangs_until_its_caller_gives_up(slack: Workspace) -> None:
    slack.fail("auth.test", "hang")
    client = AsyncWebClient(
        token=slack.bot_token, base_url=slack.environment["SLACK_API_URL"], timeout=1, retry_handlers=[]
    )
    with pytest.raises(TimeoutError):
        await client.auth_test()
    assert (await client.auth_test())["ok"]


async def test_until_healed_and_only_this_method(slack: Workspace, client: AsyncWebClient) -> None:
    slack.fail("chat.postMessage", "status", times=None)
    for _ in range(3):
        with pytest.raises(SlackApiError):
            await client.chat_postMessage(channel=OPS, text="hello")
    assert (await client.auth_test())["ok"]
    slack.heal()
    assert (await client.chat_postMessage(channel=OPS, text="hello"))["ok"]


async def test_so_many_times_and_everything(slack: Workspace, client: AsyncWebClient) -> None:
    slack.fail("*", "status", times=2)
    for call in (client.auth_test(), client.team_info()):
        with pytest.raises(SlackApiError):
            await call
    assert (await client.auth_test())["ok"]
    with pytest.raises(ValueError, match="drop, status, ratelimited, refused, hang, late, not as 'explode'"):
        slack.fail("*", "explode")


async def test_response_urls_fail_as_well(slack: Workspace) -> None:
    webhook = AsyncWebhookClient(slack.response_urls.issue(OPS, "U0ADA00001"), retry_handlers=[])
    slack.fail("response_url", "status")
    assert (await webhook.send(text="one")).status_code == 503
    slack.fail("response_url", "drop", accepted=True)
    with pytest.raises(aiohttp.ClientError):
        await webhook.send(text="two")
    assert [m.text for m in slack.ephemerals("ada")] == ["two"]


async def test_a_hanging_call_does_not_keep_the_workspace_open() -> None:
    async with Workspace() as slack:
        slack.fail("auth.test", "hang")
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.environment["SLACK_API_URL"], retry_handlers=[])
        hanging = asyncio.create_task(client.auth_test())
        await slack.until(lambda: slack.calls)
    with pytest.raises((aiohttp.ClientError, SlackApiError)):
        await hanging
