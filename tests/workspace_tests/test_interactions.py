"""Commands, buttons, menus and shortcuts, and the addresses that answers to them go to."""

from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.workspace import Message, NotAcknowledged, Workspace
from tests.workspace_tests.bots import bolt, connected

OPS = "C0OPS00002"
OPTIONS = [{"text": {"type": "plain_text", "text": name.upper()}, "value": name} for name in ("blue", "green")]
BLOCKS: list[dict[str, Any]] = [
    {
        "type": "actions",
        "block_id": "row",
        "elements": [
            {
                "type": "button",
                "text": {"type": "plain_text", "text": "Re-check"},
                "action_id": "recheck",
                "value": "v1",
            },
            {"type": "static_select", "action_id": "cluster", "options": OPTIONS},
            {"type": "overflow", "action_id": "more", "options": OPTIONS},
        ],
    }
]


class Bodies(list[dict[str, Any]]):
    """A bolt listener that acknowledges and notes the body."""

    async def __call__(self, ack: Any, body: dict[str, Any]) -> None:
        await ack()
        self.append(body)


@pytest.fixture
def app(slack: Workspace) -> AsyncApp:
    return bolt(slack)


@pytest.fixture
async def message(slack: Workspace, client: AsyncWebClient) -> Message:
    root = await slack.people.say("ada", "ops", "root")
    await client.chat_postMessage(channel=OPS, thread_ts=root, text="answer", blocks=BLOCKS)
    return slack.messages("ops")[-1]


async def test_a_command_is_answered_to_its_author_or_to_all(slack: Workspace, app: AsyncApp) -> None:
    bodies: list[dict[str, Any]] = []

    @app.command("/netclinic")
    async def command(ack: Any, body: dict[str, Any], respond: Any) -> None:
        bodies.append(body)
        share = "--share" in body["text"]
        await ack({"response_type": "in_channel", "text": "for all"} if share else "for you")
        await respond("later, for you")

    async with connected(slack, app):
        reply = await slack.people.command("ada", "ops", "/netclinic ask  a & b")
        await slack.people.command("ada", "@netclinic", "/netclinic facts --share")
        await slack.until(lambda: len(slack.ephemerals("ada")) == 3)
    assert reply == {"text": "for you"}
    assert {m.text for m in slack.ephemerals("ada", "ops")} == {"for you", "later, for you"}
    assert [m.text for m in slack.messages("ada-dm")] == ["for all"]
    first, second = bodies
    about = (first["command"], first["text"], first["channel_name"], first["user_name"], second["channel_name"])
    assert about == ("/netclinic", "ask  a & b", "ops", "ada", "directmessage")


async def test_an_empty_acknowledgement_shows_nothing(slack: Workspace, app: AsyncApp) -> None:
    app.command("/netclinic")(Bodies())
    async with connected(slack, app):
        assert await slack.people.command("ada", "ops", "/netclinic") == {}
    assert slack.ephemerals("ada") == []


async def test_a_command_without_an_answer_tells_its_author(slack: Workspace, app: AsyncApp) -> None:
    @app.command("/netclinic")
    async def command() -> None:
        pass

    async with connected(slack, app):
        with pytest.raises(NotAcknowledged, match="timeout"):
            await slack.people.command("ada", "ops", "/netclinic help")
    assert [m.text for m in slack.ephemerals("ada")] == ['/netclinic failed with the error "operation_timeout"']
    with pytest.raises(KeyError, match="/other is not a valid command"):
        await slack.people.command("ada", "ops", "/other")


async def test_an_acknowledgement_that_slack_cannot_show(slack: Workspace, app: AsyncApp) -> None:
    @app.command("/netclinic")
    async def command(ack: Any) -> None:
        await ack(blocks=[{"type": "marquee"}], text="x")

    async with connected(slack, app):
        await slack.people.command("ada", "ops", "/netclinic help")
    assert [m.text for m in slack.ephemerals("ada")] == ['/netclinic failed with the error "invalid_command_response"']


async def test_a_pressed_button(slack: Workspace, app: AsyncApp, message: Message) -> None:
    bodies = Bodies()
    app.action("recheck")(bodies)
    async with connected(slack, app):
        await slack.people.press("lin", message, "Re-check")
        await slack.people.press("lin", message, "recheck")
    body = bodies[0]
    assert len(bodies) == 2
    assert body["container"] == {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": OPS,
        "is_ephemeral": False,
        "thread_ts": message.thread_ts,
    }
    (action,) = body["actions"]
    assert (action["value"], action["block_id"], action["type"]) == ("v1", "row", "button")
    assert body["user"] == {"id": "U0LIN00002", "username": "lin", "name": "lin", "team_id": slack.team.id}
    assert (body["channel"], body["message"]["text"]) == ({"id": OPS, "name": "ops"}, "answer")
    assert body["response_url"].startswith(slack.url)
    with pytest.raises(KeyError, match="there is no Resolve to press here; there is Re-check"):
        await slack.people.press("lin", message, "Resolve")


async def test_a_choice_in_a_menu_is_part_of_the_state(slack: Workspace, app: AsyncApp, message: Message) -> None:
    bodies = Bodies()
    for action in ("cluster", "recheck", "more"):
        app.action(action)(bodies)
    async with connected(slack, app):
        await slack.people.choose("lin", message, "cluster", "GREEN")
        await slack.people.choose("lin", message, "more", "blue")
        await slack.people.press("lin", message, "recheck")
    chosen, more, pressed = bodies
    assert chosen["actions"][0]["selected_option"] == OPTIONS[1]
    assert more["actions"][0]["selected_option"] == OPTIONS[0]
    state = {"row": {"cluster": {"type": "static_select", "selected_option": OPTIONS[1]}}}
    assert pressed["state"]["values"] == state


async def test_a_button_in_an_ephemeral_message_brings_no_message(
    slack: Workspace, app: AsyncApp, client: AsyncWebClient
) -> None:
    bodies: list[dict[str, Any]] = []

    @app.action("recheck")
    async def pressed(ack: Any, body: dict[str, Any], respond: Any) -> None:
        await ack()
        bodies.append(body)
        await respond(text="replaced", replace_original=True)

    await client.chat_postEphemeral(channel=OPS, user="U0ADA00001", text="psst", blocks=BLOCKS)
    (hidden,) = slack.ephemerals("ada")
    async with connected(slack, app):
        await slack.people.press("ada", hidden, "recheck")
        await slack.until(lambda: hidden.text == "replaced")
    assert bodies[0]["container"]["is_ephemeral"] is True
    assert "message" not in bodies[0]
    assert slack.ephemerals("ada") == [hidden]


async def test_a_press_that_is_not_acknowledged(slack: Workspace, app: AsyncApp, message: Message) -> None:
    @app.action("recheck")
    async def pressed() -> None:
        pass

    with pytest.raises(NotAcknowledged, match="connection_failed"):
        await slack.people.press("ada", message, "recheck")
    async with connected(slack, app):
        with pytest.raises(NotAcknowledged, match="timeout"):
            await slack.people.press("ada", message, "recheck")


async def test_shortcuts(slack: Workspace, app: AsyncApp) -> None:
    bodies = Bodies()
    app.shortcut("diagnose_message")(bodies)
    app.shortcut("ask")(bodies)
    ts = await slack.people.say("ada", "ops", "pods are <stuck>")
    async with connected(slack, app):
        await slack.people.message_shortcut("lin", "ops", ts, "diagnose_message")
        await slack.people.global_shortcut("sam", "ask")
    on_message, anywhere = bodies
    assert (on_message["type"], on_message["message"]["text"]) == ("message_action", "pods are &lt;stuck&gt;")
    assert (on_message["message_ts"], on_message["channel"]["id"], on_message["user"]["id"]) == (ts, OPS, "U0LIN00002")
    assert (anywhere["type"], anywhere["callback_id"], "response_url" in anywhere) == ("shortcut", "ask", False)
    with pytest.raises(KeyError, match="the app has no global shortcut diagnose_message"):
        await slack.people.global_shortcut("sam", "diagnose_message")


@pytest.fixture
def address(slack: Workspace, message: Message) -> str:
    return slack.response_urls.issue(OPS, "U0ADA00001", message)


async def test_five_answers_and_no_more(slack: Workspace, address: str) -> None:
    webhook = AsyncWebhookClient(address)
    for number in range(5):
        assert (await webhook.send(text=str(number))).status_code == 200
    over = await webhook.send(text="5")
    assert (over.status_code, over.body) == (404, '{"ok": false, "error": "used_url"}')
    assert [m.text for m in slack.ephemerals("ada")] == ["0", "1", "2", "3", "4"]


async def test_after_half_an_hour_the_address_is_dead(slack: Workspace, address: str) -> None:
    slack.response_urls.expire()
    assert (await AsyncWebhookClient(address).send(text="late")).body == '{"ok": false, "error": "expired_url"}'
    assert slack.ephemerals("ada") == []


async def test_answers_replace_delete_and_go_to_all(slack: Workspace, message: Message, address: str) -> None:
    webhook = AsyncWebhookClient(address)
    await webhook.send(text="for all", response_type="in_channel")
    await webhook.send_dict({"text": "in the thread", "response_type": "in_channel", "thread_ts": message.thread_ts})
    await webhook.send(text="instead", replace_original=True)
    assert (message.text, message.blocks) == ("instead", [])
    assert [m.text for m in slack.messages("ops")] == ["root", "instead", "for all", "in the thread"]
    await webhook.send(delete_original=True)
    assert [m.text for m in slack.messages("ops")] == ["root", "for all", "in the thread"]


async def test_answers_that_slack_does_not_take(slack: Workspace, address: str) -> None:
    webhook = AsyncWebhookClient(address)
    assert (
        await webhook.send(text="x", blocks=[{"type": "marquee"}])
    ).body == '{"ok": false, "error": "invalid_blocks"}'
    assert (await webhook.send(text="")).body == '{"ok": false, "error": "no_text"}'
    async with aiohttp.ClientSession() as session, session.post(address, data="text=x") as form:
        assert (form.status, (await form.json())["error"]) == (400, "invalid_payload")
    assert slack.ephemerals("ada") == []
