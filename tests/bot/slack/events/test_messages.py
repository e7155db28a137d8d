"""Which messages are questions to us, and which are people talking to each other."""

from typing import Any

import pytest

from bot.slack.events.messages import IncomingMessage, parse_message_event

BOT = "U0CLINIC00"
SAID = {"type": "message", "channel": "C1", "ts": "1.1", "user": "U1", "text": "pods stuck"}


@pytest.mark.parametrize(
    "more",
    [
        {"subtype": "message_changed", "message": {}},
        {"subtype": "message_deleted"},
        {"subtype": "channel_join"},
        {"subtype": "channel_topic"},
        {"subtype": "bot_message"},
        {"bot_id": "B1"},
        {"user": BOT},
        {"user": "USLACKBOT"},
        {"user": None},
        {"hidden": True},
        {"ts": None},
    ],
)
def test_nobody_asked(more: dict[str, Any]) -> None:
    assert parse_message_event({**SAID, **more}, BOT) is None


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {}),
        ({"subtype": "file_share"}, {}),
        ({"subtype": "thread_broadcast", "thread_ts": "0.9"}, {"thread_ts": "0.9"}),
        ({"thread_ts": "1.1"}, {"thread_ts": ""}),
        ({"text": None}, {"text": ""}),
        ({"text": f"<@{BOT}> hi"}, {"text": f"<@{BOT}> hi", "is_mention": True}),
        ({"text": f"`<@{BOT}>` is how you call it"}, {"text": f"`<@{BOT}>` is how you call it"}),
        ({"type": "app_mention"}, {"is_mention": True}),
    ],
)
def test_somebody_said_something(more: dict[str, Any], expected: dict[str, Any]) -> None:
    plain = {"channel": "C1", "ts": "1.1", "user": "U1", "text": "pods stuck"}
    assert parse_message_event({**SAID, **more}, BOT) == IncomingMessage(**{**plain, **expected})


def test_a_mention_and_its_message_are_the_same_thing() -> None:
    text = {"text": f"<@{BOT}> pods stuck"}
    assert parse_message_event({**SAID, **text}, BOT) == parse_message_event(
        {**SAID, **text, "type": "app_mention"}, BOT
    )
    direct = parse_message_event({**SAID, "channel": "D1"}, BOT)
    assert direct is not None
    assert direct.is_direct
