"""What a bot hears of what people do, through Slack's own bolt."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from tests.workspace import App, Channel, Workspace
from tests.workspace_tests.bots import bolt, client_of, connected, settled

MANIFEST = """
display_information: {name: Small}
features:
  bot_user: {display_name: small}
  app_home: {home_tab_enabled: false}
  slash_commands: [{command: /small, description: Does little, usage_hint: "[word]"}]
  shortcuts: [{name: Shrink, type: message, callback_id: shrink, description: Shrinks}]
oauth_config: {scopes: {bot: [app_mentions:read, chat:write, commands]}}
settings:
  event_subscriptions: {bot_events: [app_mention]}
  interactivity: {is_enabled: true}
"""


def listening(slack: Workspace) -> tuple[AsyncApp, list[dict[str, Any]]]:
    """A bolt app that notes each event's whole body."""
    app, heard = bolt(slack, ignoring_self_events_enabled=False), []

    async def note(body: dict[str, Any]) -> None:
        heard.append(body)

    for kind in ("message", "app_mention", "app_home_opened", "member_joined_channel"):
        app.event(kind)(note)
    app.event({"type": "message", "subtype": "message_changed"})(note)
    app.event({"type": "message", "subtype": "message_deleted"})(note)
    return app, heard


def kinds(heard: list[dict[str, Any]]) -> list[str]:
    return [body["event"].get("subtype") or body["event"]["type"] for body in heard]


async def test_a_mention_comes_as_message_and_as_app_mention(slack: Workspace) -> None:
    app, heard = listening(slack)
    async with connected(slack, app):
        ts = await slack.people.say("ada", "inc-shop", "@netclinic why is <x> & #ops slow? https://a.example/?b&c")
        await slack.until(lambda: len(heard) == 2)
    assert sorted(kinds(heard)) == ["app_mention", "message"]
    assert {body["event"]["ts"] for body in heard} == {ts}
    assert len({body["event_id"] for body in heard}) == 2
    message = next(body["event"] for body in heard if body["event"]["type"] == "message")
    mentioned = f"<@{slack.team.bot.id}> why is &lt;x&gt; &amp; <#C0OPS00002|ops> slow? <https://a.example/?b&amp;c>"
    assert message["text"] == mentioned
    assert (message["channel_type"], message["user"], message["team"]) == ("channel", "U0ADA00001", slack.team.id)
    (part,) = message["blocks"][0]["elements"]
    assert part["elements"][0] == {"type": "user", "user_id": slack.team.bot.id}
    assert {"type": "text", "text": " why is <x> & "} in part["elements"]


async def test_a_reply_in_a_thread_names_its_thread(slack: Workspace) -> None:
    app, heard = listening(slack)
    async with connected(slack, app):
        ts = await slack.people.say("ada", "ops", "root")
        await slack.people.say("lin", "ops", "@netclinic look", thread=ts)
        await slack.until(lambda: len(heard) == 3)
    assert [b["event"].get("thread_ts") for b in heard] == [None, ts, ts]
    assert heard[1]["event"]["parent_user_id"] == "U0ADA00001"


async def test_a_direct_message_comes_once_even_with_a_mention(slack: Workspace) -> None:
    app, heard = listening(slack)
    async with connected(slack, app):
        await slack.people.say("lin", "@netclinic", "@netclinic hello")
        await slack.people.say("lin", "@netclinic", "again")
        await slack.until(lambda: len(heard) == 2)
        await settled(slack)
    assert [(b["event"]["type"], b["event"]["channel_type"]) for b in heard] == [("message", "im")] * 2
    assert heard[0]["event"]["channel"] == heard[1]["event"]["channel"] == slack.team.direct("lin").id


async def test_the_bot_is_sent_its_own_messages_and_edits(slack: Workspace) -> None:
    app, heard = listening(slack)
    client = client_of(slack)
    async with connected(slack, app):
        ts = (await client.chat_postMessage(channel="C0OPS00002", text=f"<@{slack.team.bot.id}> says"))["ts"]
        await client.chat_update(channel="C0OPS00002", ts=ts, text="says more")
        await client.chat_postEphemeral(channel="C0OPS00002", user="U0ADA00001", text="psst")
        await client.chat_delete(channel="C0OPS00002", ts=ts)
        await slack.until(lambda: len(heard) == 3)
        await settled(slack)
    assert kinds(heard) == ["message", "message_changed", "message_deleted"]
    own, changed, deleted = (body["event"] for body in heard)
    bot = slack.team.bot
    assert (own["bot_id"], own["app_id"], own["user"]) == (bot.bot_id, bot.app_id, bot.id)
    assert (changed["message"]["text"], changed["previous_message"]["text"]) == ("says more", f"<@{bot.id}> says")
    assert (changed["ts"] != ts, changed["message"]["ts"], deleted["deleted_ts"]) == (True, ts, ts)


async def test_other_bots_edits_deletes_and_joins(slack: Workspace) -> None:
    app, heard = listening(slack)
    async with connected(slack, app):
        await slack.people.say("alerts", "ops", "disk full")
        await slack.people.webhook("ops", "deployed")
        ts = await slack.people.say("ada", "ops", "hm")
        await slack.people.edit("ada", "ops", ts, "hm, @netclinic?")
        await slack.people.delete("ada", "ops", ts)
        await slack.people.join("netclinic", "lobby")
        await slack.until(lambda: len(heard) == 7)
    assert kinds(heard) == [
        "message",
        "bot_message",
        "message",
        "message_changed",
        "message_deleted",
        "channel_join",
        "member_joined_channel",
    ]
    assert heard[0]["event"]["bot_profile"]["app_id"] == "A0ALERTS04"
    assert "user" not in heard[1]["event"]
    assert slack.messages("ops")[-1].text == "deployed"


async def test_where_the_bot_is_not_it_hears_nothing(slack: Workspace) -> None:
    app, heard = listening(slack)
    async with connected(slack, app):
        await slack.people.say("ada", "lobby", "@netclinic are you here?")
        await slack.people.say("ada", "ops", "there")
        await slack.until(lambda: heard)
        await settled(slack)
    assert [b["event"]["text"] for b in heard] == ["there"]


async def test_private_channels_are_groups(slack: Workspace) -> None:
    slack.team.add_channel(Channel("G0SECRET01", "secret", is_private=True, members={slack.team.bot.id, "U0ADA00001"}))
    app, heard = listening(slack)
    async with connected(slack, app):
        await slack.people.say("ada", "secret", "psst")
        await slack.until(lambda: heard)
    assert heard[0]["event"]["channel_type"] == "group"
    channels = (await client_of(slack).conversations_list(types="private_channel"))["channels"]
    assert [c["name"] for c in channels] == ["secret"]


async def test_home_opened(slack: Workspace) -> None:
    app, heard = listening(slack)
    async with connected(slack, app):
        assert await slack.people.open_home("ada") is None
        await slack.until(lambda: heard)
    event = heard[0]["event"]
    assert (event["type"], event["user"], event["tab"], "view" in event) == (
        "app_home_opened",
        "U0ADA00001",
        "home",
        False,
    )


async def test_only_what_the_manifest_subscribes_to(tmp_path: Path) -> None:
    (tmp_path / "manifest.yaml").write_text(MANIFEST)
    app = App.from_manifest(tmp_path / "manifest.yaml")
    assert (app.commands[0].command, app.shortcuts[0].callback_id, app.home_tab) == ("/small", "shrink", False)
    async with Workspace(app) as slack:
        bot, heard = listening(slack)
        async with connected(slack, bot):
            await slack.people.say("ada", "ops", "@small hello")
            await slack.people.open_home("ada")
            await slack.people.say("ada", "ops", "@small again")
            await slack.until(lambda: len(heard) == 2)
            await settled(slack)
        assert kinds(heard) == ["app_mention"] * 2


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("app_mentions:read, ", "", "the event app_mention needs the scope app_mentions:read"),
        (", commands]", "]", "commands and shortcuts need the scope commands"),
        ("display_information", "display", "is no Slack app manifest"),
    ],
)
def test_a_manifest_that_slack_would_not_take(tmp_path: Path, before: str, after: str, sentence: str) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text(MANIFEST.replace(before, after, 1))
    with pytest.raises(ValueError, match=sentence):
        App.from_manifest(path)


async def test_waiting_in_vain_tells_what_was_said(slack: Workspace) -> None:
    await slack.people.say("ada", "ops", "anybody?")
    with pytest.raises(TimeoutError, match=r"(?s)still not so after 0\.2 s.*anybody\?"):
        await slack.until(lambda: slack.reply("ops", slack.messages("ops")[0].ts), seconds=0.2)
    assert not asyncio.current_task().cancelling()  # type: ignore[union-attr]
