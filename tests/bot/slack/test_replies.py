"""What people type instead of pressing, and what only looks like it."""

import pytest

from bot.slack.replies import typed_action


@pytest.mark.parametrize(
    ("words", "action"),
    [
        ("check again", "recheck"),
        ("Check again, please!", "recheck"),
        ("still there?", "recheck"),
        ("再查一下", "recheck"),
        ("请再看一下", "recheck"),
        ("好了吗?", "recheck"),
        ("show me the evidence", "evidence"),
        ("看证据", "evidence"),
        ("all steps please", "steps"),
        ("怎么办？", "steps"),
        ("resolve", "resolve"),
        ("fixed, thanks", "resolve"),
        ("It's fixed!", "resolve"),
        ("搞定了", "resolve"),
        ("I'm on it", "take"),
        ("I’m on it", "take"),
        ("我来处理", "take"),
        ("keep watching", "watch"),
        ("stop watching", "unwatch"),
        ("hand to on-call", "hand_over"),
        ("is it fixed?", "recheck"),
        ("it is not fixed", "recheck"),
        ("any news?", "recheck"),
        ("解决了吗", "recheck"),
        ("还是不行", "recheck"),
        ("thanks, that helped", "helped"),
        ("it didn't help", "not_helped"),
        ("check everything", "check_all"),
    ],
)
def test_a_reply_stands_for_a_button(words: str, action: str) -> None:
    assert typed_action(words) == action


@pytest.mark.parametrize(
    ("words", "action"), [("fixed?", "recheck"), ("解决了？", "recheck"), ("on it?", ""), ("that helped?", "")]
)
def test_who_asks_does_not_decide(words: str, action: str) -> None:
    assert typed_action(words) == action


@pytest.mark.parametrize(
    "words",
    [
        "",
        "?",
        "thanks",
        "it is not fixed, now dns fails",
        "is it fixed in Terway 1.9?",
        "any news about the vSwitch on prod-b?",
        "that helped, but now dns fails",
        "it did not help on staging",
        "check everything on staging",
        "fixed it by restarting terway, but now dns fails",
        "check again on staging",
        "resolve the DNS name of the service",
        "names do not resolve",
        "pods cannot resolve",
        "evidence of packet loss on node 3",
        "lin is on it",
        "解决了吗，还是超时",
        "watch out for the second zone",
        "steps to add a vSwitch",
        "pods stuck in ContainerCreating",
    ],
)
def test_what_says_more_is_a_question(words: str) -> None:
    assert typed_action(words) == ""
