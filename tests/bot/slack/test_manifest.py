"""The Slack manifest that people install from says what the code uses: no more, no less.

That its events suffice is seen in the conversations: their workspace is made from this manifest, and delivers nothing
that it does not subscribe to.
"""

from typing import Any

import pytest
import yaml
from slack_bolt import BoltResponse
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import events
from bot.slack.blocks.action_ids import ASK, DIAGNOSE_MESSAGE
from bot.slack.blocks.overviews import COMMAND
from bot.slack.handlers import subcommands
from bot.slack.handlers.context import HandlerContext
from bot.slack.preflight import OPTIONAL_SCOPES, SCOPES
from tests.scenes import MANIFEST, OpenScene

KINDS = (
    "app_home_opened",
    "app_mention",
    "message",
    "reaction_added",
    "member_joined_channel",
    "team_join",
    "pin_added",
)


@pytest.fixture(scope="module")
def manifest() -> Any:
    return yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))


def test_the_scopes_are_those_that_the_code_uses(manifest: Any) -> None:
    assert sorted(manifest["oauth_config"]["scopes"]["bot"]) == sorted([*SCOPES, *OPTIONAL_SCOPES])


def test_the_command_and_the_shortcuts_are_those_that_are_listened_to(manifest: Any) -> None:
    features = manifest["features"]
    assert [command["command"] for command in features["slash_commands"]] == [COMMAND]
    assert {(item["callback_id"], item["type"]) for item in features["shortcuts"]} == {
        (DIAGNOSE_MESSAGE, "message"),
        (ASK, "global"),
    }


async def test_each_event_that_it_subscribes_to_is_listened_to_and_no_other(
    manifest: Any, open_scene: OpenScene
) -> None:
    async with open_scene({}) as scene:
        app = AsyncApp(client=AsyncWebClient(token="xoxb-nobody"), signing_secret="nobody's")
        events.register(app, HandlerContext.from_services(scene.services, subcommands.render_help()))
        subscribed = {event.split(".")[0] for event in manifest["settings"]["event_subscriptions"]["bot_events"]}
        assert {kind for kind in {*subscribed, *KINDS} if await listens(app, kind)} == subscribed


async def listens(app: AsyncApp, kind: str) -> bool:
    """Whether some listener wants events of this type, beyond acknowledging them."""
    event = {"type": kind, "channel": "C1", "user": "U1", "ts": "1.1", "text": "no network"}
    request = AsyncBoltRequest(mode="socket_mode", body={"type": "event_callback", "event": event})
    taken = [
        each for each in app._async_listeners if await each.async_matches(req=request, resp=BoltResponse(status=200))
    ]
    return any(each.ack_function.__name__ != "_ignore_event" for each in taken)
