"""A message is posted once, whatever became of the first attempt; never blindly a second time."""

import asyncio
import itertools
from typing import Any

import pytest

from bot.slack.api.client import SlackClient
from bot.slack.api.errors import SlackRefused, SlackUnavailable
from bot.slack.api.poster import Poster
from bot.slack.blocks.case import Stage, progress_message
from bot.slack.blocks.elements import Message
from bot.slack.timing import Timing
from bot.store import Store, doubtful_posts
from tests.bot.slack.api.conftest import Free
from tests.workspace import Workspace
from tests.workspace.calls import Call
from tests.workspace.methods import METHODS

pytestmark = pytest.mark.waits

KEY = "T0CLINIC00:C0INCSHOP1:1.1"
HELLO = Message("Looking at it.")


def channel(slack: Workspace, name: str = "inc-shop") -> str:
    return str(slack.team.channel(name).id)


def block(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "plain_text", "text": text}}


async def asked(slack: Workspace, name: str = "inc-shop") -> str:
    return await slack.people.say("ada", name, "pods cannot resolve names")


async def post(poster: Poster, slack: Workspace, ts: str | None, key: str = KEY, name: str = "inc-shop") -> str:
    return await poster.post_once(channel=channel(slack, name), thread_ts=ts, key=key, message=HELLO)


async def test_it_carries_its_key_and_is_found_by_it(slack: Workspace, poster: Poster) -> None:
    ts = await asked(slack)
    posted = await post(poster, slack, ts)
    assert [m.ts for m in slack.replies("inc-shop", ts)] == [posted]
    assert await post(poster, slack, ts) == posted
    assert len(slack.replies("inc-shop", ts)) == 1


async def test_a_lost_reply_to_an_accepted_message_does_not_double_it(slack: Workspace, poster: Poster) -> None:
    ts = await asked(slack)
    slack.fail("chat.postMessage", "drop", accepted=True)
    with pytest.raises(SlackUnavailable) as away:
        await post(poster, slack, ts)
    assert not away.value.certainly_not_executed
    posted = await post(poster, slack, ts)
    assert [m.ts for m in slack.replies("inc-shop", ts)] == [posted]


@pytest.mark.parametrize("how", ["drop", "status", "ratelimited"])
async def test_one_that_slack_did_not_take_is_posted_by_the_next_attempt(
    slack: Workspace, poster: Poster, how: str
) -> None:
    ts = await asked(slack)
    slack.fail("chat.postMessage", how, retry_after=1)
    with pytest.raises(SlackUnavailable):
        await post(poster, slack, ts)
    await post(poster, slack, ts)
    assert len(slack.replies("inc-shop", ts)) == 1


async def test_an_error_status_after_acceptance_does_not_double_it(slack: Workspace, poster: Poster) -> None:
    ts = await asked(slack)
    slack.fail("chat.postMessage", "status", accepted=True, status=502)
    with pytest.raises(SlackUnavailable):
        await post(poster, slack, ts)
    await post(poster, slack, ts)
    assert len(slack.replies("inc-shop", ts)) == 1


async def test_another_process_finds_what_the_first_one_posted(
    slack: Workspace, poster: Poster, slack_client: SlackClient, plain_store: Store
) -> None:
    ts = await asked(slack)
    slack.fail("chat.postMessage", "drop", accepted=True)
    with pytest.raises(SlackUnavailable):
        await post(poster, slack, ts)
    heir = Poster(slack_client, plain_store, Free())
    assert await post(heir, slack, ts) == slack.replies("inc-shop", ts)[0].ts
    assert len(slack.replies("inc-shop", ts)) == 1


async def test_while_the_thread_cannot_be_read_nothing_is_posted_a_second_time(
    slack: Workspace, poster: Poster
) -> None:
    ts = await asked(slack)
    slack.fail("chat.postMessage", "drop", accepted=True)
    slack.fail("conversations.replies", "status", times=2)
    for _ in range(3):
        with pytest.raises(SlackUnavailable):
            await post(poster, slack, ts)
    assert len(slack.replies("inc-shop", ts)) == 1
    assert await post(poster, slack, ts) == slack.replies("inc-shop", ts)[0].ts


async def test_it_is_found_beyond_the_first_page_of_a_long_thread(slack: Workspace, poster: Poster) -> None:
    ts = await asked(slack)
    for number in range(230):
        await slack.people.say("ada", "inc-shop", f"me too {number}", thread=ts)
    slack.fail("chat.postMessage", "drop", accepted=True)
    with pytest.raises(SlackUnavailable):
        await post(poster, slack, ts)
    await post(poster, slack, ts)
    assert len(slack.replies("inc-shop", ts)) == 1


async def test_a_last_word_takes_the_place_of_what_an_earlier_attempt_posted(slack: Workspace, poster: Poster) -> None:
    """The reply to "Looking at …" was lost, so nobody knows its ts: what ends the work must not leave it there."""
    ts = await asked(slack)
    slack.fail("chat.postMessage", "drop", accepted=True)
    with pytest.raises(SlackUnavailable):
        await post(poster, slack, ts)
    place = {"channel": channel(slack), "thread_ts": ts, "key": KEY}
    await poster.post_once(**place, message=Message("It failed."), is_last_word=True)
    assert [message.text for message in slack.replies("inc-shop", ts)] == ["It failed."]


async def test_what_slack_posts_late_is_taken_away_by_who_comes_after(
    slack: Workspace, slack_client: SlackClient, plain_store: Store
) -> None:
    """Each of the first two posts and ends; the third one posts nothing, and looks after both."""
    ts = await asked(slack)
    slack.fail("chat.postMessage", "drop")
    never = Timing(cleanup_pauses=(3600.0,))
    with pytest.raises(SlackUnavailable):
        await post(Poster(slack_client, plain_store, Free(), never), slack, ts)
    kept = await post(Poster(slack_client, plain_store, Free(), never), slack, ts)
    given = next(call for call in slack.calls if call.method == "chat.postMessage")
    METHODS["chat.postMessage"].answer(Call(slack, given.method, given.args))
    assert len(slack.replies("inc-shop", ts)) == 2
    third = Poster(slack_client, plain_store, Free(), Timing(cleanup_pauses=(0.1, 0.1)))
    watching = asyncio.create_task(third.watch_doubtful())
    await slack.until(lambda: len(slack.replies("inc-shop", ts)) == 1)
    assert slack.replies("inc-shop", ts)[0].ts == kept
    while await plain_store.run(doubtful_posts.list_doubtful, plain_store):  # noqa: ASYNC110 - it has no bell
        await asyncio.sleep(0.02)
    watching.cancel()


async def test_other_keys_and_other_bots_in_the_thread_are_not_taken_for_it(slack: Workspace, poster: Poster) -> None:
    ts = await asked(slack)
    await slack.people.webhook("inc-shop", "Looking at it.")
    first = await post(poster, slack, ts, key="another")
    slack.fail("chat.postMessage", "drop")
    with pytest.raises(SlackUnavailable):
        await post(poster, slack, ts)
    assert await post(poster, slack, ts) != first
    assert len(slack.replies("inc-shop", ts)) == 2


async def test_a_message_that_opens_a_thread_is_looked_for_in_the_channel(slack: Workspace, poster: Poster) -> None:
    slack.fail("chat.postMessage", "drop", accepted=True)
    with pytest.raises(SlackUnavailable):
        await post(poster, slack, None)
    posted = await post(poster, slack, None)
    assert [m.ts for m in slack.messages("inc-shop") if m.bot_id == slack.team.bot.bot_id] == [posted]


async def test_the_same_key_asked_for_twice_at_once_is_one_message(slack: Workspace, poster: Poster) -> None:
    ts = await asked(slack)
    both = await asyncio.gather(post(poster, slack, ts), post(poster, slack, ts))
    assert both[0] == both[1]
    assert len(slack.replies("inc-shop", ts)) == 1


async def test_a_refusal_is_told_with_a_way_out(slack: Workspace, poster: Poster) -> None:
    with pytest.raises(SlackRefused, match=r"channel_not_found.*invite it") as no:
        await poster.post_once(channel="C0NOTTHERE", thread_ts=None, key=KEY, message=HELLO)
    assert no.value.code == "channel_not_found"


async def test_messages_in_one_channel_keep_a_second_apart_and_channels_do_not_wait_for_each_other(
    slack: Workspace, poster: Poster
) -> None:
    first, other = await asked(slack), await asked(slack, "ops")
    await asyncio.gather(
        *(post(poster, slack, first, key=f"a{number}") for number in range(3)),
        post(poster, slack, other, key="b", name="ops"),
    )
    sent = [
        call.at for call in slack.calls if call.method == "chat.postMessage" and call.args["channel"] == channel(slack)
    ]
    assert len(sent) == 3
    assert all(later - earlier >= 1.0 for earlier, later in itertools.pairwise(sent))
    assert {call.outcome for call in slack.calls if call.method == "chat.postMessage"} == {"ok"}


async def test_after_a_too_many_nothing_is_posted_before_the_time_that_slack_asked_for(
    slack: Workspace, poster: Poster
) -> None:
    ts = await asked(slack)
    slack.fail("chat.postMessage", "ratelimited", retry_after=2)
    with pytest.raises(SlackUnavailable) as away:
        await post(poster, slack, ts)
    assert away.value.retry_after == 2
    await post(poster, slack, ts)
    refused, posted = [call.at for call in slack.calls if call.method == "chat.postMessage"]
    assert posted - refused >= 2


async def test_of_progress_only_the_newest_is_shown_and_never_after_the_answer(
    slack: Workspace, poster: Poster
) -> None:
    ts = await asked(slack)
    posted = await post(poster, slack, ts)
    for number in range(50):
        poster.progress(channel(slack), posted, Message(f"{number} read"))
    await slack.until(lambda: any(call.method == "chat.update" for call in slack.calls))
    for number in range(50, 60):
        poster.progress(channel(slack), posted, Message(f"{number} read"))
    await asyncio.sleep(0.3)  # it waits for its turn now
    await poster.update(channel(slack), posted, Message("The answer.", [block("The answer.")]))
    await asyncio.sleep(1.5)

    updates = [call for call in slack.calls if call.method == "chat.update"]
    assert len(updates) == 2
    assert slack.replies("inc-shop", ts)[0].plain == "The answer."
    assert all(later.at - earlier.at >= 1.1 for earlier, later in itertools.pairwise(updates))


async def test_progress_is_a_plan_of_tasks_where_slack_takes_one(slack: Workspace, poster: Poster) -> None:
    posted = await post(poster, slack, ts := await asked(slack))
    poster.progress(channel(slack), posted, progress_message("no ip", Stage.READING, done=["pods"], doing="events"))
    shown = await slack.until(lambda: slack.replies("inc-shop", ts)[0].blocks)
    assert [task["status"] for task in shown[0]["tasks"]] == ["complete", "in_progress", "pending"]


async def test_progress_is_plain_from_then_on_where_slack_refuses_a_plan(slack: Workspace, poster: Poster) -> None:
    posted = await post(poster, slack, ts := await asked(slack))
    strange = [{"type": "of the future"}]
    poster.progress(channel(slack), posted, Message("1 read", [block("1 read")], richer=strange))
    await slack.until(lambda: slack.replies("inc-shop", ts)[0].plain == "1 read")
    poster.progress(channel(slack), posted, Message("2 read", [block("2 read")], richer=strange))
    await slack.until(lambda: slack.replies("inc-shop", ts)[0].plain == "2 read")
    refused = [call for call in slack.calls if call.method == "chat.update" and call.outcome != "ok"]
    assert len(refused) == 1


async def test_blocks_that_the_new_text_does_not_have_go_away(slack: Workspace, poster: Poster) -> None:
    ts = await asked(slack)
    posted = await poster.post_once(
        channel=channel(slack), thread_ts=ts, key=KEY, message=Message("Looking.", [block("Looking.")])
    )
    await poster.update(channel(slack), posted, Message("Gone."))
    message = slack.replies("inc-shop", ts)[0]
    assert (message.text, message.blocks) == ("Gone.", [])


async def test_progress_that_fails_holds_nothing_up_and_an_answer_that_fails_is_told(
    slack: Workspace, poster: Poster
) -> None:
    ts = await asked(slack)
    posted = await post(poster, slack, ts)
    slack.fail("chat.update", "status", times=2)
    poster.progress(channel(slack), posted, Message("1 read"))
    await slack.until(lambda: any(call.method == "chat.update" for call in slack.calls))
    with pytest.raises(SlackUnavailable):
        await poster.update(channel(slack), posted, Message("The answer."))
    await poster.update(channel(slack), posted, Message("The answer."))
    assert slack.replies("inc-shop", ts)[0].text == "The answer."


async def test_a_file_is_put_into_the_thread_once(slack: Workspace, poster: Poster) -> None:
    ts = await asked(slack)

    async def upload() -> str:
        return await poster.upload(channel(slack), ts, "NC-1.txt", "all of it\n", "Everything", key=KEY)

    slack.fail("files.completeUploadExternal", "drop", accepted=True)
    with pytest.raises(SlackUnavailable):
        await upload()
    found = await upload()
    files = [file for message in slack.replies("inc-shop", ts) for file in message.files]
    assert [file.id for file in files] == [found]
    assert files[0].content == b"all of it\n"


async def test_only_one_person_sees_an_ephemeral_message(slack: Workspace, poster: Poster) -> None:
    await poster.post_ephemeral(channel(slack), slack.team.person("ada").id, Message("Only you."))
    assert [m.text for m in slack.ephemerals("ada", "inc-shop")] == ["Only you."]
    assert not slack.messages("inc-shop") or all(m.text != "Only you." for m in slack.messages("inc-shop"))


async def test_a_replica_that_was_taken_over_posts_nothing(
    slack: Workspace, slack_client: SlackClient, plain_store: Store
) -> None:
    ts = await asked(slack)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(post(Poster(slack_client, plain_store, Lost()), slack, ts), 1.0)
    assert not slack.replies("inc-shop", ts)


async def test_progress_of_a_replica_that_was_taken_over_does_not_overwrite_the_answer(
    slack: Workspace, slack_client: SlackClient, plain_store: Store, poster: Poster
) -> None:
    ts = await asked(slack)
    posted = await post(poster, slack, ts)
    Poster(slack_client, plain_store, Lost()).progress(channel(slack), posted, Message("Reading the cluster"))
    await asyncio.sleep(2.0)
    assert "Reading the cluster" not in slack.replies("inc-shop", ts)[0].versions


class Lost:
    """The lease of a process whose work is another's by now."""

    async def wait_for_lease(self) -> None:
        await asyncio.Event().wait()

    def holds_lease(self) -> bool:
        return False
