"""A Slack so slow that it does what was asked when nobody waits for it any more."""

import pytest

from bot.slack.api.client import TIMEOUT
from bot.slack.api.errors import SlackUnavailable
from bot.slack.api.poster import Poster
from bot.slack.blocks.elements import Message
from tests.workspace import Workspace

pytestmark = pytest.mark.waits

LATE = round(TIMEOUT) + 3  # seconds
KEY = "T0CLINIC00:C0INCSHOP1:1.1"
LOOKING, ANSWER = Message("Looking at <it> …"), Message("CONFIRMED: the vSwitch")


async def test_a_second_message_that_may_not_be_deleted_says_that_it_is_one(slack: Workspace, poster: Poster) -> None:
    ts = await slack.people.say("ada", "inc-shop", "pods stuck")
    channel = slack.team.channel("inc-shop").id
    slack.fail("chat.delete", "status", status=404, times=None)
    slack.fail("chat.postMessage", "late", retry_after=LATE)
    with pytest.raises(SlackUnavailable):
        await poster.post_once(channel=channel, thread_ts=ts, key=KEY, message=LOOKING)
    kept = await poster.post_once(channel=channel, thread_ts=ts, key=KEY, message=ANSWER)
    second = await slack.until(lambda: [one for one in slack.replies("inc-shop", ts) if one.ts != kept])
    await slack.until(lambda: second[0].plain.startswith("Slack showed this message twice"))
    assert next(one for one in slack.replies("inc-shop", ts) if one.ts == kept).text == ANSWER.text


async def test_a_message_that_slack_posted_after_all_is_taken_away(slack: Workspace, poster: Poster) -> None:
    ts = await slack.people.say("ada", "inc-shop", "pods stuck")
    channel = slack.team.channel("inc-shop").id
    slack.fail("chat.postMessage", "late", retry_after=LATE)
    with pytest.raises(SlackUnavailable):
        await poster.post_once(channel=channel, thread_ts=ts, key=KEY, message=LOOKING)
    kept = await poster.post_once(channel=channel, thread_ts=ts, key=KEY, message=LOOKING)
    other = await poster.post_once(channel=channel, thread_ts=ts, key="another", message=LOOKING)
    await poster.update(channel, kept, ANSWER)
    await slack.until(lambda: len(slack.replies("inc-shop", ts)) == 3)
    await slack.until(lambda: len(slack.replies("inc-shop", ts)) == 2)
    assert [message.ts for message in slack.replies("inc-shop", ts)] == [kept, other]


async def test_progress_that_came_after_the_answer_is_written_over(slack: Workspace, poster: Poster) -> None:
    ts = await slack.people.say("ada", "inc-shop", "pods stuck")
    channel = slack.team.channel("inc-shop").id
    posted = await poster.post_once(channel=channel, thread_ts=ts, key=KEY, message=LOOKING)
    message = slack.replies("inc-shop", ts)[0]
    slack.fail("chat.update", "late", retry_after=LATE)
    poster.progress(channel, posted, Message("Read <2> of 3 …"))
    await slack.until(lambda: any(call.method == "chat.update" for call in slack.calls))
    await poster.update(channel, posted, ANSWER)
    await poster.update(channel, posted, Message("Resolved"))
    assert message.text == "Resolved"
    await slack.until(lambda: any(text.startswith("Read") for text in message.versions))
    assert message.text == "Resolved"
