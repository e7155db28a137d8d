"""Payloads of jobs: what is stored with unfinished work is read by this version and by the ones before and after it."""

from typing import Any

import pytest

from bot.slack import app
from bot.slack.jobs import HANDOFF, HOME, KINDS, PRESS, QUESTION, RECHECK, HandoffOrder, HomeView, JobKind, Question

STORED: dict[str, dict[str, Any]] = {  # as version 0.1 wrote them, or the first that had the kind
    "ask": {
        "channel": "C1",
        "user": "U1",
        "how": "mention",
        "words": "pods stuck",
        "cluster": "",
        "namespace": "",
        "is_check": True,
        "entries": ["terway-mac-not-found"],
        "thread_ts": "1.1",
        "message_ts": "",
        "response_url": "",
        "trouble": "",
    },
    "edit": {
        **{"channel": "C1", "user": "U1", "how": "mention", "words": "pods stuck", "thread_ts": "1.1"},
        "files": [{"id": "F1", "name": "a.log", "url": "", "is_text": True}],
        "original": "T1:C1:1.1",
    },
    "command": {"text": "ask pods", "user": "U1", "channel": "C1", "response_url": "https://slack.example/r"},
    "press": {"action": "helped", "value": "{}", "user": "U1", "channel": "C1", "message_ts": "1.2"},
    "recheck": {"action": "recheck", "value": "{}", "user": "U1", "channel": "C1", "case": "NC-A", "answer": "k1"},
    "settle": {
        **{"action": "settle_yes", "value": "{}", "user": "U1", "channel": "C1", "case": "NC-A", "answer": "k1"},
        **{"entry": "flannel-hairpin-off", "yes": True},
    },
    "hand_over": {"action": "hand_over", "value": "{}", "user": "U1", "channel": "C1", "case": "NC-A", "answer": "k1"},
    "share": {"action": "share_answer", "value": "{}", "user": "U1", "channel": "C1", "case": "NC-A", "answer": "k1"},
    "watch": {"case": "NC-A", "is_last": True},
    "home": {"user": "U1"},
    "audit.anchor": {},
    "handoff": {"words": "last", "channel": "C1", "user": ""},
    "fleet.digest": {"channel": "C1"},
    "handoff.take": {"handoff": "HO-A", "user": "U1", "channel": "C1", "response_url": ""},
    "handoff.note": {"handoff": "HO-A", "user": "U1", "channel": "C1", "note": "watch prod"},
    "handoff.remind": {"handoff": "HO-A"},
    "alert": {
        **{
            "user": "Alertmanager",
            "channel": "inc-shop",
            "identity": "f1",
            "name": "KubePodNotReady",
            "words": "stuck",
        },
        **{"cluster": "prod", "namespace": "shop", "pod": "web-1", "node": "", "is_resolved": False, "since": "2026"},
    },
    "alert.count": {"owner": "T1:alert:f1"},
    "askers": {"case": "NC-A"},
    "set_aside": {"name": "home", "key": "k1", "payload": {"user": "U1"}},
}


def test_every_kind_has_one_handler() -> None:
    assert sorted(name for name, _ in app.HANDLERS) == sorted(KINDS) == sorted(STORED)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_what_was_stored_is_loaded_and_stored_again_with_the_same_keys(kind: JobKind[Any]) -> None:
    stored = STORED[kind.name]
    again = kind.dump(kind.load(stored))
    assert {key: again[key] for key in stored} == stored
    assert kind.load(again) == kind.load(stored)


def test_fields_that_another_version_added_are_left_out() -> None:
    assert HOME.load({"user": "U1", "newer": [1]}) == HomeView(user="U1")


def test_what_is_none_of_the_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="answer"):
        RECHECK.load(STORED["press"])


def test_somebody_waits_for_a_question_unless_nobody_asked() -> None:
    asked = QUESTION.load(STORED["ask"])
    assert asked == Question(
        channel="C1",
        user="U1",
        how="mention",
        words="pods stuck",
        is_check=True,
        entries=("terway-mac-not-found",),
        thread_ts="1.1",
    )
    assert asked.is_awaited
    assert not QUESTION.load({**STORED["ask"], "how": "unasked"}).is_awaited
    assert PRESS.load(STORED["press"]).is_awaited
    assert not HandoffOrder(words="last", channel="C1", user="").is_awaited
    assert HANDOFF.load({**STORED["handoff"], "user": "U1"}).is_awaited
