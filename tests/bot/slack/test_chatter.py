"""What brings nothing to look at, and what only looks like it."""

import pytest

from bot.diagnosis.traces import has_trace_of_cluster
from bot.slack.chatter import adds_facts, said_beside


@pytest.mark.parametrize(
    "words",
    [
        *("hm, strange", "Hmm…", "any idea?", "any ideas?", "brb", "brb 5 min", "interesting!", "thoughts?", "+1", "?"),
        *(
            "what do you think?",
            "same here",
            "wait",
            "give me 5 minutes",
            "lunch",
            "looks good",
            "why?",
            "are you sure?",
        ),
        *("let me look at the dashboards", "let me look at the failing pods", "weird, let me try", "we'll see", "lol"),
        *("I'll check the nodes", "I'm restarting the pods now", "restarting coredns now", "nope", "not sure", "I see"),
        *("ok, I'll drain node cn-hangzhou.10.0.0.11", "the network team is looking", "sam is looking at the nodes"),
        *("ping @sam", "cc @lin", "asking the network team", "does anybody know?", "who knows about this?"),
        *("back in 10", "in a meeting until 15:30", "we will deploy it at 17:00"),
        *("嗯", "奇怪", "怎么会这样？", "有什么想法吗？", "我看看监控", "我先看一下", "稍等", "我去看看节点", "收到"),
        *("大家看一下", "我们在排查", "好的，我先重启一下节点", "网络团队正在看", "为什么呢？", "吃饭去了"),
    ],
)
def test_talk_of_people_among_each_other(words: str) -> None:
    assert said_beside(words) == ""


@pytest.mark.parametrize(
    "words",
    [
        *("hm, also on node cn-hangzhou.10.0.0.12", "just on node cn-hangzhou.10.0.0.12", "exit code 137", "sometimes"),
        *(
            "InvalidVSwitchId.IpNotEnough",
            "back to CrashLoopBackOff",
            "E0607 cni failed",
            "the log says connection refused",
        ),
        *(
            "I see timeouts on the nodes too",
            "it started after the upgrade",
            "only on new nodes",
            "dns is slow as well",
        ),
        *("why does it only happen on new nodes?", "does it also fail with hostNetwork?", "could it be the firewall?"),
        *("let me look, pods in shop fail too", "pod web-0 is affected too", "we get 502 from the ingress"),
        *(
            "is the vSwitch full?",
            "what about vsw-bp1aaa?",
            "can we just add another vSwitch?",
            "how do I add a vSwitch?",
        ),
        *("I restarted the node, and now dns fails", "they cannot reach the database", "traffic is dropped"),
        *(
            "checking connectivity fails",
            "calling the service fails",
            "draining the node hangs",
            "fyi the nodes are NotReady",
        ),
        *("pods in shop are restarting", "the pods are on the new vSwitch", "i am seeing drops between nodes"),
        *("we call the service and get 502", "will it fail with IPVS?", "reading from redis times out"),
        *("can you check the nodes?", "we can reach it from the node", "what does IpNotEnough mean?"),
        *(
            "我看到节点上有报错",
            "新节点也不行",
            "是不是交换机没有地址了？",
            "web-0 也起不来",
            "升级之后开始的",
            "还有 502",
        ),
        "他们扩容后不通",
    ],
)
def test_what_adds_something_is_looked_at(words: str) -> None:
    rest = said_beside(words)
    assert adds_facts(rest) or has_trace_of_cluster(rest)


def test_times_and_counts_of_people_are_no_facts() -> None:
    assert not adds_facts("see it in 5 min, at 15:30, +1, 10 分钟")
