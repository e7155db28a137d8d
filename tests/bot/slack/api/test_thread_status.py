"""The status under a thread: shown where Slack takes it, never waited for, never left beside an answer."""

import asyncio
from collections.abc import Callable

import pytest

from bot.slack.api.client import SlackClient
from bot.slack.api.errors import SlackRefused
from bot.slack.api.poster import Poster
from bot.slack.api.thread_status import METHOD, ThreadStatus
from bot.slack.blocks.elements import Message
from bot.slack.timing import Timing
from bot.store import Store
from tests.bot.slack.api.conftest import Free
from tests.workspace import Channel, Workspace

WORDS = "is looking at prod…"
Open = Callable[..., ThreadStatus]


@pytest.fixture
def open_status(slack: Workspace, poster: Poster) -> Open:
    """A thread's status, for one answer."""
    return lambda ts, channel="inc-shop": poster.thread_status(str(slack.team.channel(channel).id), ts)


def calls(slack: Workspace) -> int:
    return sum(1 for call in slack.calls if call.method == METHOD)


async def asked(slack: Workspace, channel: str = "inc-shop") -> str:
    return await slack.people.say("ada", channel, "pods stuck")


async def post(slack: Workspace, poster: Poster, ts: str) -> None:
    channel = str(slack.team.channel("inc-shop").id)
    await poster.post_once(channel=channel, thread_ts=ts, key="T1:C1:1.1", message=Message("CONFIRMED"))


async def test_it_is_shown_and_goes_with_the_answer(
    slack: Workspace, slack_client: SlackClient, poster: Poster, open_status: Open
) -> None:
    ts = await asked(slack)
    status = open_status(ts)
    assert await status.show(WORDS)
    assert slack.status("inc-shop", ts) == WORDS
    status.progress("is looking at prod: events…")
    await slack.until(lambda: slack.status("inc-shop", ts).endswith("events…"))
    await slack_client.call("auth.test")  # by its answer, that of the status has come, too
    status.stop()
    await post(slack, poster, ts)
    status.end(is_replaced=True)
    status.progress("is looking at prod: pods…")
    await asyncio.sleep(0.3)
    assert (slack.status("inc-shop", ts), calls(slack)) == ("", 2)


async def test_where_nothing_is_posted_it_is_taken_back(slack: Workspace, open_status: Open) -> None:
    ts = await asked(slack)
    status = open_status(ts)
    await status.show(WORDS)
    status.end(is_replaced=False)
    await slack.until(lambda: not slack.status("inc-shop", ts))
    assert slack.calls[-1].args["status"] == ""


async def test_of_much_progress_the_newest_is_shown(slack: Workspace, open_status: Open) -> None:
    ts = await asked(slack)
    status = open_status(ts)
    await status.show(WORDS)
    for number in range(50):
        status.progress(f"is looking at prod: {number}…")
    await slack.until(lambda: slack.status("inc-shop", ts).endswith(" 49…"))
    assert calls(slack) == 2


@pytest.mark.parametrize(
    ("error", "elsewhere", "kind_is_out"),
    [
        ("unknown_method", False, True),
        ("missing_scope", False, True),
        ("method_not_supported_for_channel_type", True, True),
        ("not_in_channel", True, False),
        ("message_not_found", True, False),
    ],
)
async def test_what_was_refused_once_is_not_asked_again(
    slack: Workspace, open_status: Open, error: str, elsewhere: bool, kind_is_out: bool
) -> None:
    """``elsewhere``: direct messages; ``kind_is_out``: other channels too."""
    ts, direct, ops = await asked(slack), await asked(slack, "ada-dm"), await asked(slack, "ops")
    slack.fail(METHOD, "refused", error=error)
    assert not await open_status(ts).show(WORDS)
    before = calls(slack)
    assert await open_status(ts).show(WORDS) is (error == "message_not_found")
    assert await open_status(ops, "ops").show(WORDS) is not kind_is_out
    assert await open_status(direct, "ada-dm").show(WORDS) is elsewhere
    assert calls(slack) - before == (error == "message_not_found") + (not kind_is_out) + elsewhere


async def test_a_server_without_the_method_is_asked_once(slack: Workspace, open_status: Open) -> None:
    slack.fail(METHOD, "status", status=404, times=None)
    ts = await asked(slack)
    assert [await open_status(ts).show(WORDS) for _ in range(3)] == [False] * 3
    assert calls(slack) == 1


@pytest.mark.parametrize("how", ["drop", "status", "ratelimited"])
async def test_a_slack_that_is_not_well_is_asked_at_the_next_question(
    slack: Workspace, open_status: Open, how: str
) -> None:
    ts = await asked(slack)
    slack.fail(METHOD, how, retry_after=1)
    assert not await open_status(ts).show(WORDS)
    await asyncio.sleep(1.1 if how == "ratelimited" else 0)
    assert await open_status(ts).show(WORDS)


async def test_a_slow_slack_holds_nobody_up_and_what_it_does_later_is_undone(
    slack: Workspace, slack_client: SlackClient, plain_store: Store
) -> None:
    poster = Poster(slack_client, plain_store, Free(), Timing(status_patience=0.2))
    ts = await asked(slack)
    slack.fail(METHOD, "late", retry_after=1)
    status = poster.thread_status(str(slack.team.channel("inc-shop").id), ts)
    assert not await status.show(WORDS)
    await post(slack, poster, ts)
    slack.team.set_status(str(slack.team.channel("inc-shop").id), ts, WORDS)  # the given-up call, carried out now
    status.end(is_replaced=True)
    await slack.until(lambda: not slack.status("inc-shop", ts))


async def test_what_is_on_its_way_while_the_answer_is_posted_is_undone(
    slack: Workspace, poster: Poster, open_status: Open
) -> None:
    ts = await asked(slack)
    status = open_status(ts)
    await status.show(WORDS)
    slack.fail(METHOD, "late", retry_after=1)
    status.progress("is looking at prod: events…")
    await slack.until(lambda: calls(slack) == 2)
    status.stop()
    await post(slack, poster, ts)
    status.end(is_replaced=True)
    await slack.until(lambda: calls(slack) == 3)
    assert slack.status("inc-shop", ts) == ""


async def test_where_slack_takes_no_more_it_is_done_without_at_once(
    slack: Workspace, open_status: Open, slack_client: SlackClient
) -> None:
    slack_client.rate_limiter(METHOD).pause(METHOD, 60.0)
    ts = await asked(slack)
    async with asyncio.timeout(5):
        assert not await open_status(ts).show(WORDS)
    assert calls(slack) == 0


async def test_nothing_is_shown_where_nothing_may_be(
    slack: Workspace, slack_client: SlackClient, plain_store: Store
) -> None:
    async def closed(channel: str) -> None:
        raise SlackRefused("externally_shared", "This channel is shared.")

    poster = Poster(slack_client, plain_store, Free(), check_channel=closed)
    ts = await asked(slack)
    assert not await poster.thread_status("C0INCSHOP1", ts).show(WORDS)
    assert calls(slack) == 0


async def test_kinds_of_conversations(slack: Workspace, open_status: Open) -> None:
    """A private channel of old is another kind than a public one."""
    bot = slack.team.bot.id
    slack.team.add_channel(Channel("G0WAR00001", "war-room", is_private=True, members={bot, "U0ADA00001"}))
    ts, there = await asked(slack), await asked(slack, "war-room")
    slack.fail(METHOD, "refused", error="method_not_supported_for_channel_type")
    assert not await open_status(ts).show(WORDS)
    assert await open_status(there, "war-room").show(WORDS)
