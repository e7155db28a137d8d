"""A line to Slack that broke or went deaf is changed for one that hears; nothing is lost and nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.slack.api.client import make_client, make_session
from bot.slack.api.errors import SlackRefused
from bot.slack.socket_mode import SocketModeLink
from tests.workspace import Workspace

pytestmark = pytest.mark.waits

SECONDS = 60.0


class Listener:
    """A bot that notes what it hears."""

    def __init__(self, slack: Workspace, app_token: str = "") -> None:
        self.slack = slack
        self.heard: list[str] = []
        self.token = app_token or slack.app_token
        self.link: SocketModeLink | None = None

    async def open(self, stack: AsyncExitStack, silence: float = 600.0) -> SocketModeLink:
        session = await stack.enter_async_context(make_session())
        client = make_client(self.slack.bot_token, session, self.slack.environment["SLACK_API_URL"])

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id="T", bot_token="xoxb-1", bot_user_id="U0CLINIC00")

        bolt = AsyncApp(client=client, authorize=authorize, signing_secret="x", process_before_response=True)

        @bolt.event("message")
        async def hear(event: dict[str, Any]) -> None:
            self.heard.append(str(event.get("text")))

        self.link = SocketModeLink(bolt, self.token, silence=silence)
        await self.link.open()
        stack.push_async_callback(self.link.close)
        return self.link

    async def hears(self, words: str) -> None:
        await self.slack.people.say("ada", "inc-shop", words)
        await self.slack.until(lambda: words in self.heard, SECONDS)


@pytest.fixture
async def slack() -> AsyncIterator[Workspace]:
    async with Workspace(retry_after=(1.0, 2.0, 4.0), ack_seconds=1.0) as workspace:
        yield workspace


async def until(condition: Any) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - a line has no bell
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("how", ["close", "cut", "refresh", "warning"])
async def test_after_a_line_ended_there_is_a_new_one(slack: Workspace, stack: AsyncExitStack, how: str) -> None:
    listener = Listener(slack)
    await listener.open(stack)
    await listener.hears("before")
    await slack.socket(how)
    await listener.hears("after")


async def test_a_deaf_line_is_changed_after_some_silence_and_what_it_swallowed_is_heard(
    slack: Workspace, stack: AsyncExitStack
) -> None:
    listener = Listener(slack)
    link = await listener.open(stack, silence=2.0)
    await slack.socket("deaf")
    await listener.hears("swallowed")
    assert listener.heard.count("swallowed") == 1
    assert link.status()["connected"]
    assert link.status()["lines_changed"] >= 1


async def test_a_line_that_is_only_quiet_is_changed_without_anything_being_missed(
    slack: Workspace, stack: AsyncExitStack
) -> None:
    listener = Listener(slack)
    link = await listener.open(stack, silence=1.0)
    for number in range(6):
        await listener.hears(f"{number}")
        await asyncio.sleep(0.6)
    await until(lambda: link.status()["lines_changed"] >= 1)
    assert listener.heard == [f"{number}" for number in range(6)]
    await until(lambda: slack.sockets.connected == 1)


async def test_while_slack_takes_no_lines_it_says_so_and_goes_on_trying(
    slack: Workspace, stack: AsyncExitStack
) -> None:
    listener = Listener(slack)
    link = await listener.open(stack)
    await slack.socket("refuse")
    await slack.socket("close")
    await until(lambda: not link.status()["connected"])
    await until(lambda: link.status()["trouble"])
    await slack.socket("ok")
    await listener.hears("again")
    assert link.status()["connected"]
    assert link.status()["trouble"] == ""


async def test_slack_out_of_reach_at_the_start_is_waited_for(slack: Workspace, stack: AsyncExitStack) -> None:
    slack.fail("apps.connections.open", "status", times=2)
    listener = Listener(slack)
    link = await listener.open(stack)
    assert not link.status()["connected"]
    await listener.hears("at last")


async def test_an_app_token_that_is_not_accepted_is_refused_at_the_start(
    slack: Workspace, stack: AsyncExitStack
) -> None:
    with pytest.raises(SlackRefused, match=r"invalid_auth|not_allowed_token_type"):
        await Listener(slack, "xapp-1-somebody-elses").open(stack)


async def test_closing_it_hears_nothing_more(slack: Workspace, stack: AsyncExitStack) -> None:
    listener = Listener(slack)
    link = await listener.open(stack)
    await listener.hears("before")
    await link.close()
    await until(lambda: slack.sockets.connected == 0)
    assert not link.status()["connected"]
