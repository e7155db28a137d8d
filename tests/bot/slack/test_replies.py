"""What people type instead of pressing, and what only looks like it."""

import pytest

from bot.slack.replies import asks_who_works, typed_action


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
        ("is it still broken?", "recheck"),
        ("any update?", "recheck"),
        ("can you check again?", "recheck"),
        ("could you please re-check this", "recheck"),
        ("能再查一下吗？", "recheck"),
        ("现在怎么样了？", "recheck"),
        ("恢复了吗", "recheck"),
        ("what's the proof?", "evidence"),
        ("依据呢", "evidence"),
        ("what are the steps?", "steps"),
        ("what should we do?", "steps"),
        ("how do we fix it?", "steps"),
        ("接下来怎么办", "steps"),
        ("it works now, thank you!", "resolve"),
        ("issue resolved", "resolve"),
        ("please mark as resolved", "resolve"),
        ("can you close this?", "resolve"),
        ("问题已经修复", "resolve"),
        ("解决了，谢谢大家", "resolve"),
        ("I'll handle it", "take"),
        ("I've got this", "take"),
        ("我来接手", "take"),
        ("帮我盯着", "watch"),
        ("page the on-call", "hand_over"),
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
        "what should we do with the old vSwitch?",
        "can you check CoreDNS?",
        "should I restart the nodes?",
        "can you take this?",
        "it works only from node 1",
        "working on the vSwitch",
        "是不是 DNS 的问题",
        "怎么处理 DNS 超时",
        "stuck",
    ],
)
def test_what_says_more_is_a_question(words: str) -> None:
    assert typed_action(words) == ""


@pytest.mark.parametrize(
    ("words", "asks"),
    [
        ("who is on it?", True),
        ("Who's looking into this one?", True),
        ("hi all, is anybody working on the case?", True),
        ("who took it", True),
        ("谁在处理？", True),
        ("有人在看吗", True),
        ("现在谁负责", True),
        ("who is on call?", False),
        ("who changed the vSwitch?", False),
        ("is anyone on it able to reach prod-b?", False),
        ("谁改了交换机？", False),
        ("I'm on it", False),
    ],
)
def test_somebody_asks_who_works_on_it(words: str, asks: bool) -> None:
    assert asks_who_works(words) is asks
