"""Messages as the bot writes and reads them."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.workspace import Workspace

OPS, LOBBY = "C0OPS00002", "C0LOBBY004"
ADA = "U0ADA00001"
DIVIDER = [{"type": "divider"}]
KEY = {"event_type": "netclinic", "event_payload": {"key": "k1"}}


async def refusal(call: object) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call  # type: ignore[misc]
    return str(caught.value.response["error"])


async def test_a_message_and_its_thread(slack: Workspace, client: AsyncWebClient) -> None:
    first = await client.chat_postMessage(channel=OPS, text="root")
    reply = await client.chat_postMessage(channel="#ops", text="reply", thread_ts=first["ts"])
    again = await client.chat_postMessage(channel=OPS, text="reply to the reply", thread_ts=reply["ts"])
    assert again["message"]["thread_ts"] == first["ts"]
    read = await client.conversations_replies(channel=OPS, ts=first["ts"])
    assert [m["text"] for m in read["messages"]] == ["root", "reply", "reply to the reply"]
    assert read["messages"][0]["reply_count"] == 2
    assert read["messages"][1]["parent_user_id"] == slack.team.bot.id
    assert [m["text"] for m in (await client.conversations_history(channel=OPS))["messages"]] == ["root"]
    alone = await client.conversations_replies(channel=OPS, ts=reply["ts"])
    assert [m["text"] for m in alone["messages"]] == ["reply"]


async def test_long_threads_come_in_pages_each_with_the_first_message(slack: Workspace, client: AsyncWebClient) -> None:
    first = (await client.chat_postMessage(channel=OPS, text="root"))["ts"]
    for number in range(5):
        await client.chat_postMessage(channel=OPS, text=str(number), thread_ts=first)
    pages = []
    async for page in await client.conversations_replies(channel=OPS, ts=first, limit=2):
        pages.append([m["text"] for m in page["messages"]])
    assert pages == [["root", "0", "1"], ["root", "2", "3"], ["root", "4"]]
    assert await refusal(client.conversations_replies(channel=OPS, ts=first, cursor="???")) == "invalid_cursor"


async def test_history_is_newest_first_and_can_be_narrowed(slack: Workspace, client: AsyncWebClient) -> None:
    stamps = [(await client.chat_postMessage(channel=OPS, text=str(n)))["ts"] for n in range(4)]
    read = await client.conversations_history(channel=OPS, oldest=stamps[1], latest=stamps[3])
    assert [m["text"] for m in read["messages"]] == ["2"]
    read = await client.conversations_history(channel=OPS, oldest=stamps[1], latest=stamps[3], inclusive=True, limit=2)
    assert ([m["text"] for m in read["messages"]], read["has_more"]) == (["3", "2"], True)


async def test_metadata_is_shown_only_when_asked_for(slack: Workspace, client: AsyncWebClient) -> None:
    first = (await client.chat_postMessage(channel=OPS, text="root"))["ts"]
    await client.chat_postMessage(channel=OPS, text="x", thread_ts=first, metadata=KEY)
    plain = await client.conversations_replies(channel=OPS, ts=first)
    full = await client.conversations_replies(channel=OPS, ts=first, include_all_metadata=True)
    assert "metadata" not in plain["messages"][1]
    assert full["messages"][1]["metadata"] == KEY


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"event_payload": {}}, "invalid_metadata_format"),
        ({"event_type": "a", "event_payload": []}, "invalid_metadata_schema"),
        ({"event_type": "a", "event_payload": {}, "more": 1}, "invalid_metadata_schema"),
        ({"event_type": "a", "event_payload": {"x": "y" * 8000}}, "metadata_too_large"),
    ],
)
async def test_metadata_of_another_shape(client: AsyncWebClient, metadata: dict[str, object], error: str) -> None:
    assert await refusal(client.chat_postMessage(channel=OPS, text="x", metadata=metadata)) == error


async def test_an_update_keeps_what_it_does_not_name(slack: Workspace, client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel=OPS, text="old", blocks=DIVIDER, metadata=KEY))["ts"]
    await client.chat_update(channel=OPS, ts=ts, text="new")
    (message,) = slack.messages("ops")
    assert (message.text, message.blocks[0]["type"], message.metadata) == ("new", "divider", KEY)
    assert message.edited is not None
    assert message.versions == ["old"]
    await client.chat_update(channel=OPS, ts=ts, text="bare", blocks=[], metadata={})
    assert (message.text, message.blocks, message.metadata) == ("bare", [], None)


async def test_only_the_bots_own_visible_messages_can_be_updated_or_deleted(
    slack: Workspace, client: AsyncWebClient
) -> None:
    theirs = await slack.people.say("ada", "ops", "mine")
    hidden = (await client.chat_postEphemeral(channel=OPS, user=ADA, text="psst"))["message_ts"]
    own = (await client.chat_postMessage(channel=OPS, text="own"))["ts"]
    assert await refusal(client.chat_update(channel=OPS, ts=theirs, text="x")) == "cant_update_message"
    assert await refusal(client.chat_delete(channel=OPS, ts=theirs)) == "cant_delete_message"
    assert await refusal(client.chat_update(channel=OPS, ts=hidden, text="x")) == "message_not_found"
    assert await refusal(client.chat_update(channel="C0RANDOM03", ts=own, text="x")) == "message_not_found"
    await client.chat_delete(channel=OPS, ts=own)
    assert [m.text for m in slack.messages("ops")] == ["mine"]


async def test_ephemeral_messages_are_for_one_and_in_no_history(slack: Workspace, client: AsyncWebClient) -> None:
    await client.chat_postEphemeral(channel=OPS, user=ADA, text="psst")
    assert [m.text for m in slack.ephemerals("ada")] == ["psst"]
    assert slack.ephemerals("lin") == []
    assert slack.messages("ops") == []
    assert (await client.conversations_history(channel=OPS))["messages"] == []
    assert await refusal(client.chat_postEphemeral(channel=OPS, user="U0NOBODY", text="x")) == "user_not_in_channel"


async def test_what_slack_does_not_take(slack: Workspace, client: AsyncWebClient) -> None:
    own = (await client.chat_postMessage(channel=OPS, text="own"))["ts"]
    assert await refusal(client.chat_postMessage(channel=OPS, text=" ")) == "no_text"
    assert await refusal(client.chat_postMessage(channel=OPS, text="x" * 40_001)) == "msg_too_long"
    assert await refusal(client.chat_update(channel=OPS, ts=own, text="x" * 4_001)) == "msg_too_long"
    assert await refusal(client.chat_postMessage(channel="C0NOWHERE1", text="x")) == "channel_not_found"
    assert await refusal(client.chat_postMessage(channel=LOBBY, text="x")) == "not_in_channel"
    assert await refusal(client.chat_postMessage(channel=OPS, text="x", thread_ts="1.2")) == "message_not_found"
    assert await refusal(client.chat_postMessage(channel=OPS, text="x", blocks="no json")) == "invalid_blocks_format"
    assert [m.text for m in slack.messages("ops")] == ["own"]


async def test_ampersands_are_kept_escaped_once(slack: Workspace, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel=OPS, text="a & b &amp; &lt;c&gt;")
    assert slack.messages("ops")[0].text == "a &amp; b &amp; &lt;c&gt;"


async def test_a_message_to_a_person_goes_to_their_direct_conversation(
    slack: Workspace, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel=ADA, text="hello")
    opened = await client.conversations_open(users=ADA)
    assert opened["channel"]["id"] == posted["channel"] == slack.team.direct("ada").id


async def test_joining_lets_it_speak(slack: Workspace, client: AsyncWebClient) -> None:
    await client.conversations_join(channel=LOBBY)
    await client.chat_postMessage(channel=LOBBY, text="here")
    assert [m.text for m in slack.messages("lobby")] == [f"<@{slack.team.bot.id}> has joined the channel", "here"]


async def test_channels_people_and_groups(slack: Workspace, client: AsyncWebClient) -> None:
    channels = (await client.conversations_list())["channels"]
    assert {c["name"]: c["is_member"] for c in channels} == {
        "inc-shop": True,
        "ops": True,
        "random": True,
        "lobby": False,
    }
    assert (await client.conversations_info(channel=OPS))["channel"]["topic"]["value"] == "Clusters and how they are"
    assert ADA in (await client.conversations_members(channel=OPS))["members"]
    assert (await client.users_info(user=ADA))["user"]["real_name"] == "Ada Okafor"
    assert "ada" in [u["name"] for u in (await client.users_list())["members"]]
    (group,) = (await client.usergroups_list(include_users=True))["usergroups"]
    assert (await client.usergroups_users_list(usergroup=group["id"]))["users"] == group["users"]
    assert group["handle"] == "oncall"
    assert (await client.bots_info(bot=slack.team.bot.bot_id))["bot"]["user_id"] == slack.team.bot.id
    assert (await client.team_info())["team"]["id"] == slack.team.id


async def test_links_to_messages_and_reactions(slack: Workspace, client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel=OPS, text="x"))["ts"]
    link = (await client.chat_getPermalink(channel=OPS, message_ts=ts))["permalink"]
    assert link.endswith(f"/archives/{OPS}/p{ts.replace('.', '')}")
    await client.reactions_add(channel=OPS, timestamp=ts, name="eyes")
    assert await refusal(client.reactions_add(channel=OPS, timestamp=ts, name="eyes")) == "already_reacted"
    assert slack.messages("ops")[0].reactions == {"eyes": [slack.team.bot.id]}
    await client.reactions_remove(channel=OPS, timestamp=ts, name="eyes")
    assert await refusal(client.reactions_remove(channel=OPS, timestamp=ts, name="eyes")) == "no_reaction"


async def test_files_in_three_steps(slack: Workspace, client: AsyncWebClient) -> None:
    root = (await client.chat_postMessage(channel=OPS, text="root"))["ts"]
    uploaded = await client.files_upload_v2(
        channel=OPS, thread_ts=root, filename="events.txt", content="line\n" * 3, title="Events", alt_txt="three lines"
    )
    (message,) = slack.replies("ops", root)
    (file,) = message.files
    assert (file.name, file.title, file.content, file.alt) == ("events.txt", "Events", b"line\n" * 3, "three lines")
    known = await client.files_info(file=uploaded["files"][0]["id"])
    assert known["file"]["shares"]["public"][OPS] == [{"ts": message.ts}]


async def test_a_file_whose_bytes_never_came(slack: Workspace, client: AsyncWebClient) -> None:
    url = await client.files_getUploadURLExternal(filename="a.png", length=3)
    done = client.files_completeUploadExternal(files=[{"id": url["file_id"], "title": "A"}], channel_id=OPS)
    assert await refusal(done) == "file_not_found"
    assert slack.messages("ops") == []
