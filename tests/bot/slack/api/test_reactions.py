"""One emoji of ours on a message: the newest state in place of the one before, whoever showed that."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.slack.api.client import SlackClient
from bot.slack.api.errors import SlackRefused
from bot.slack.api.reactions import ADD, MOST_LOOKING, REMOVE, MessageId, Reactions
from bot.slack.blocks.question_state import QuestionState
from bot.slack.timing import Timing
from tests.workspace import Workspace

LOOKING, CONFIRMED, RESOLVED = QuestionState.LOOKING, QuestionState.CONFIRMED, QuestionState.RESOLVED
INC_SHOP = "C0INCSHOP1"


@pytest.fixture
def reactions(slack_client: SlackClient) -> Reactions:
    return Reactions(slack_client, lambda: True, anywhere, Timing(first_retry=0.01))


@pytest.fixture
def another_process(slack_client: SlackClient) -> Reactions:
    return Reactions(slack_client, lambda: True, anywhere)


async def anywhere(channel: str) -> None:
    return


def always(state: QuestionState | None) -> Callable[[], Awaitable[QuestionState | None]]:
    async def choose() -> QuestionState | None:
        return state

    return choose


async def asked(slack: Workspace) -> MessageId:
    return INC_SHOP, await slack.people.say("ada", "inc-shop", "pods stuck")


def shown(slack: Workspace, message: MessageId) -> list[str]:
    """The emoji that the bot has given this message."""
    found = slack.team.find(*message)
    assert found is not None
    return [name for name, users in found.reactions.items() if slack.team.bot.id in users]


def calls(slack: Workspace, method: str) -> int:
    return sum(1 for call in slack.calls if call.method == method)


async def test_looking_then_what_was_found_then_resolved(slack: Workspace, reactions: Reactions) -> None:
    message = await asked(slack)
    reactions.look(message, is_first=True)
    await slack.until(lambda: shown(slack, message) == [LOOKING])
    await reactions.show(message, always(CONFIRMED))
    assert shown(slack, message) == [CONFIRMED]
    assert calls(slack, "conversations.replies") == 0, "it knows what it has shown"
    await reactions.show(message, always(RESOLVED))
    await reactions.show(message, always(RESOLVED))
    assert shown(slack, message) == [RESOLVED]
    await reactions.show(message, always(None))
    assert shown(slack, message) == []


async def test_what_another_process_has_shown_is_replaced(
    slack: Workspace, reactions: Reactions, another_process: Reactions
) -> None:
    message = await asked(slack)
    reactions.look(message, is_first=True)
    await slack.until(lambda: shown(slack, message))
    await another_process.show(message, always(RESOLVED))
    await reactions.show(message, always(CONFIRMED))
    assert shown(slack, message) == [CONFIRMED]


async def test_in_a_thread_too_and_without_the_right_to_look_it_up(
    slack: Workspace, another_process: Reactions, reactions: Reactions
) -> None:
    root = await slack.people.say("ada", "inc-shop", "hm")
    message = INC_SHOP, await slack.people.say("ada", "inc-shop", "pods stuck", root)
    await another_process.show(message, always(CONFIRMED))
    assert shown(slack, message) == [CONFIRMED]
    slack.fail("conversations.replies", "refused", error="missing_scope")
    await reactions.show(message, always(RESOLVED))
    assert shown(slack, message) == [RESOLVED]


async def test_people_keep_theirs(slack: Workspace, reactions: Reactions) -> None:
    message = await asked(slack)
    found = slack.team.find(*message)
    assert found is not None
    found.reactions |= {"eyes": ["U0ADA00001"], "tada": ["U0LIN00002"]}
    await reactions.show(message, always(CONFIRMED))
    assert found.reactions == {
        "eyes": ["U0ADA00001"],
        "tada": ["U0LIN00002"],
        "red_circle": [slack.team.bot.id],
    }


async def test_a_missing_scope_is_met_once(slack: Workspace, reactions: Reactions) -> None:
    slack.fail(ADD, "refused", error="missing_scope")
    message = await asked(slack)
    reactions.look(message, is_first=True)
    await slack.until(lambda: calls(slack, ADD))
    await reactions.show(message, always(CONFIRMED))
    await reactions.show(await asked(slack), always(CONFIRMED))
    assert (calls(slack, ADD), calls(slack, REMOVE)) == (1, 0)
    assert shown(slack, message) == []


async def test_a_message_that_is_gone_or_full_is_left(slack: Workspace, reactions: Reactions) -> None:
    message = await asked(slack)
    found = slack.team.find(*message)
    assert found is not None
    slack.team.remove(found)
    await reactions.show(message, always(CONFIRMED))
    slack.fail(ADD, "refused", error="too_many_reactions")
    await reactions.show(await asked(slack), always(CONFIRMED))
    other = await asked(slack)
    await reactions.show(other, always(CONFIRMED))
    assert shown(slack, other) == [CONFIRMED]


async def test_a_lost_reply_leaves_one(slack: Workspace, reactions: Reactions) -> None:
    message = await asked(slack)
    slack.fail(ADD, "drop", accepted=True)
    reactions.look(message, is_first=True)
    await slack.until(lambda: calls(slack, ADD))
    slack.fail(REMOVE, "drop", accepted=True)
    slack.fail(ADD, "status")
    await reactions.show(message, always(CONFIRMED))
    assert shown(slack, message) == [CONFIRMED]


async def test_while_slack_is_away_it_is_given_up(slack: Workspace, reactions: Reactions) -> None:
    slack.fail(ADD, "status", times=None)
    await reactions.show(await asked(slack), always(CONFIRMED))
    assert calls(slack, ADD) == 3


async def test_in_a_storm_few_are_seen_to_be_looked_at_and_none_stays_so(
    slack: Workspace, reactions: Reactions
) -> None:
    slack.limits.how = "off"
    messages = [await asked(slack) for _ in range(3 * MOST_LOOKING)]
    for message in messages:
        reactions.look(message, is_first=True)
    await slack.until(lambda: calls(slack, ADD) == MOST_LOOKING)
    await asyncio.sleep(0.2)
    assert calls(slack, ADD) == MOST_LOOKING
    await asyncio.gather(*(reactions.show(message, always(CONFIRMED)) for message in messages))
    assert all(LOOKING not in shown(slack, message) for message in messages)
    assert shown(slack, messages[0]) == [CONFIRMED]


async def test_what_has_nothing_to_replace_is_dropped_where_slack_takes_no_more(
    slack: Workspace, reactions: Reactions, slack_client: SlackClient
) -> None:
    slack_client.rate_limiter(ADD).pause(ADD, 60.0)
    message = await asked(slack)
    reactions.look(message, is_first=True)
    async with asyncio.timeout(5):
        await reactions.show(message, always(CONFIRMED))
    assert calls(slack, ADD) == 0


async def test_nothing_is_shown_where_nothing_may_be(slack: Workspace, slack_client: SlackClient) -> None:
    async def closed(channel: str) -> None:
        raise SlackRefused("externally_shared", "This channel is shared.")

    reactions = Reactions(slack_client, lambda: True, closed)
    message = await asked(slack)
    reactions.look(message, is_first=True)
    await reactions.show(message, always(CONFIRMED))
    assert calls(slack, ADD) == 0
