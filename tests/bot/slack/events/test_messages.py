"""Which messages are questions to us, and which are people talking to each other."""

from typing import Any

import pytest

from bot.slack.events.messages import (
    EDITED_WITHIN,
    IncomingMessage,
    alert_name,
    parse_alert_event,
    parse_edit_event,
    parse_message_event,
    sent_files,
)
from bot.slack.services import BotIdentity

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


OWN = BotIdentity("T0CLINIC00", BOT, "B0CLINIC00", "netclinic")
ALERTED = {
    "type": "message",
    "channel": "C1",
    "ts": "1.1",
    "bot_id": "B1",
    "user": "U9",
    "text": "[FIRING:2] KubePodNotReady (shop/web-1)",
    "bot_profile": {"name": "Alertmanager", "app_id": "A1"},
}


@pytest.mark.parametrize("listed", ["alertmanager", "Alertmanager", "@Alertmanager", "B1", "b1", "A1", "U9"])
def test_a_bot_on_the_list_is_known_by_name_or_id(listed: str) -> None:
    alert = parse_alert_event(ALERTED, OWN, ["PagerDuty", listed])
    assert alert is not None
    assert (alert.name, alert.bot, alert.ts) == ("Alertmanager", "U9", "1.1")


@pytest.mark.parametrize(
    "more",
    [
        {"thread_ts": "0.9"},
        {"thread_ts": "0.9", "subtype": "thread_broadcast"},
        {"subtype": "message_changed"},
        {"subtype": "bot_remove"},
        {"bot_id": OWN.bot},
        {"user": BOT},
        {"bot_id": None},
        {"hidden": True},
        {"channel": "D1"},
        {"bot_id": "B2", "user": "U8", "bot_profile": {"name": "Alertmanager 2", "app_id": "A2"}},
        {"bot_id": "B2", "user": "U8", "bot_profile": None},
    ],
)
def test_what_is_no_alert(more: dict[str, Any]) -> None:
    everybody = ["Alertmanager", "B1", "U9", OWN.bot, BOT, "netclinic", ""]
    assert parse_alert_event({**ALERTED, **more}, OWN, everybody) is None
    assert parse_alert_event(ALERTED, OWN, []) is None


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("[FIRING:2] KubePodNotReady (shop/web-1)\nmore", "KubePodNotReady"),
        ("[FIRING:12] KubePodNotReady shop/web-12", "KubePodNotReady"),
        ("CRITICAL: DNS fails on 10.0.0.1", "DNS fails on"),
        ("12345", "PagerDuty"),
    ],
)
def test_alerts_of_a_kind_are_called_alike(words: str, name: str) -> None:
    assert alert_name(words, "PagerDuty") == name


def changed(
    now: str, before: str = "@netclinic help", *, after: float = 60, by: str = "U1", **more: Any
) -> dict[str, Any]:
    message = {"user": "U1", "ts": "1700000000.000100", "text": now, **more}
    edited = {"user": by, "ts": f"{1_700_000_000 + after:.6f}"}
    return {
        **{"type": "message", "subtype": "message_changed", "channel": "C1", "hidden": True, "ts": "1700000099.1"},
        **{"message": {**message, "edited": edited}, "previous_message": {**message, "text": before, "files": []}},
    }


def test_a_message_that_is_changed_soon_and_says_more() -> None:
    found = parse_edit_event(changed("<@U0BOT> help, IpNotEnough"), "U0BOT")
    assert found is not None
    assert (found.channel, found.ts, found.user, found.is_mention) == ("C1", "1700000000.000100", "U1", True)
    assert parse_edit_event(changed("help", "help", files=[{"id": "F1"}]), "U0BOT") is not None


@pytest.mark.parametrize(
    "event",
    [
        changed("help", "help me"),
        changed("Help!", "help"),
        changed("help IpNotEnough", after=EDITED_WITHIN + 1),
        changed("help IpNotEnough", by="U2"),
        changed("help IpNotEnough", bot_id="B1"),
        {**changed("help IpNotEnough"), "subtype": "message_deleted"},
        {**changed("help IpNotEnough"), "message": {"user": "U1", "ts": "1.1", "text": "an unfurled link"}},
        {**changed("help IpNotEnough"), "message": None},
        {**changed("help IpNotEnough"), "message": {"user": "U1", "ts": "x", "text": "a", "edited": {"user": "U1"}}},
    ],
)
def test_what_is_no_question_that_was_changed(event: dict[str, Any]) -> None:
    assert parse_edit_event(event, "U0BOT") is None


def test_the_files_of_a_message() -> None:
    files = [
        {"id": "F1", "name": "a.log", "mimetype": "text/plain", "url_private": "https://files.slack.com/a"},
        {"id": "F2", "mode": "tombstone"},
        {"id": "F3", "name": "b.png", "mimetype": "image/png"},
        {"id": "F4", "file_access": "check_file_info"},
        {"id": "F5", "name": "c"},
        "x",
    ]
    found = sent_files({"files": files})
    assert [(each.id, each.name, each.is_text) for each in found] == [
        *(("F1", "a.log", True), ("F3", "b.png", False), ("F4", "the file", True)),
    ]
    assert found[0].url == "https://files.slack.com/a"
