"""The status under a thread, as Slack documents it: until the app says something there, or takes it back."""

from slack_sdk.web.async_client import AsyncWebClient

from tests.workspace import Workspace
from tests.workspace_tests.test_messages import refusal

OPS, LOBBY = "C0OPS00002", "C0LOBBY004"
WORDS = "is looking at prod…"


async def test_it_stands_until_the_app_says_something_in_that_thread(slack: Workspace, client: AsyncWebClient) -> None:
    ts, other = await slack.people.say("ada", "ops", "stuck"), await slack.people.say("ada", "ops", "stuck, too")
    loading = ["Looking at prod…"]
    await client.assistant_threads_setStatus(channel_id=OPS, thread_ts=ts, status=WORDS, loading_messages=loading)
    (shown,) = slack.team.statuses()
    assert (shown.thread_ts, shown.text, shown.loading) == (ts, WORDS, ("Looking at prod…",))
    await slack.people.say("lin", "ops", "me too", ts)
    await client.chat_postMessage(channel=OPS, thread_ts=other, text="elsewhere")
    await client.chat_postEphemeral(channel=OPS, thread_ts=ts, user="U0ADA00001", text="psst")
    assert slack.status("ops", ts) == WORDS
    own = (await client.chat_postMessage(channel=OPS, thread_ts=ts, text="CONFIRMED"))["ts"]
    assert slack.status("ops", ts) == ""
    await client.assistant_threads_setStatus(channel_id=OPS, thread_ts=ts, status=WORDS)
    await client.chat_update(channel=OPS, ts=own, text="CONFIRMED again")
    assert slack.status("ops", ts) == WORDS, "a change of a message is none"


async def test_it_is_no_message_and_an_empty_one_takes_it_away(slack: Workspace, client: AsyncWebClient) -> None:
    ts = await slack.people.say("ada", "ops", "stuck")
    await client.assistant_threads_setStatus(channel_id=OPS, thread_ts=ts, status=WORDS)
    assert len(slack.thread("ops", ts)) == 1
    await client.assistant_threads_setStatus(channel_id=OPS, thread_ts=ts, status="")
    assert slack.team.statuses() == []


async def test_what_slack_does_not_take(slack: Workspace, client: AsyncWebClient) -> None:
    ts, there = await slack.people.say("ada", "ops", "stuck"), await slack.people.say("ada", "lobby", "stuck")

    def set_(**given: object) -> object:
        return client.assistant_threads_setStatus(**{"channel_id": OPS, "thread_ts": ts, "status": WORDS, **given})  # type: ignore[arg-type]

    assert await refusal(set_(thread_ts="1.2")) == "invalid_thread_ts"
    assert await refusal(set_(channel_id="C0NOWHERE1")) == "channel_not_found"
    assert await refusal(set_(channel_id=LOBBY, thread_ts=there)) == "channel_not_found"
    assert await refusal(set_(loading_messages=["a"] * 11)) == "invalid_arguments"
    slack.fail("assistant.threads.setStatus", "refused", error="missing_scope")
    assert await refusal(set_()) == "missing_scope"
    assert slack.team.statuses() == []
    assert await refusal(client.reactions_add(channel=LOBBY, timestamp=there, name="eyes")) == "not_in_channel"
