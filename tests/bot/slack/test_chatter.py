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


@pytest.mark.parametrize(
    "words",
    [
        *(
            "restarted the pods",
            "ok, restarted coredns",
            "just restarted the pods 5 min ago",
            "I've restarted the node",
        ),
        *("rolled back the deploy", "rolled it back", "we've rolled back to the previous version", "rollback is done"),
        *(
            "drained node cn-hangzhou.10.0.0.11",
            "cordoned and drained the node",
            "scaled the node pool up",
            "restarted",
        ),
        *("deleted the stuck pods", "I killed web-0", "evicted the pods", "moved the pods to another node"),
        *("the network team added a new vSwitch", "they restarted the nodes", "@sam restarted the nodes"),
        *("edited the configmap and restarted kube-proxy", "fix is deployed", "did the steps above", "did it"),
        *("called the network team", "opened a ticket", "tried restarting the pods", "had a look at the nodes"),
        *("restarted the pods, works now", "restarted the pods, waiting for them to come up", "looking", "done"),
        *(
            "重启了",
            "已重启",
            "重启了 Pod",
            "我们重启了 coredns",
            "我把节点重启了",
            "节点已经排空了",
            "已经扩容到 5 个副本",
        ),
        *("回滚完成", "网络组重启了网关", "加了一个交换机", "试过重启了", "看过日志了", "提了工单"),
    ],
)
def test_a_report_of_what_somebody_did(words: str) -> None:
    assert said_beside(words) == ""


@pytest.mark.parametrize(
    "words",
    [
        *("restarted the pods, still ContainerCreating", "restarted the pods, no luck", "rolled back, no change"),
        *("restarted, why does it still fail?", "restarted the pods, any idea?", "restarted the pods, what now?"),
        *("restarted the pods - same", "rolled back but same thing", "the rollback did not help", "rollback failed"),
        *("restarted the node and dns fails", "drained the node and the pods stay Pending", "restarted the pods?"),
        *(
            "did you restart the pods?",
            "who restarted the pods?",
            "should I restart the nodes?",
            "did the restart help",
        ),
        *(
            "the node restarted",
            "coredns restarted by itself",
            "pods restarted 5 times",
            "they restarted",
            "evicted pods",
        ),
        *("restarted by kubelet", "restarted with exit code 137", "evicted due to memory", "killed by OOM"),
        *("restarted pods cannot reach dns", "drained node is still SchedulingDisabled", "increased error rate"),
        *("argo rolled back the deploy", "autoscaler scaled the pool down", "the node was drained"),
        *("failed to restart the pods", "tried to drain the node, it hangs", "tried to reach the pod"),
        *("moved the pod to another node and it works there", "checked the logs: connection refused"),
        *("checked the logs and saw timeouts", "looked at the nodes: all cordoned", "we ran out of IPs"),
        *("we upgraded terway", "we added a firewall rule", "I enabled ipvs", "since we restarted the nodes pods hang"),
        *("重启了还是不行", "重启了，还是 ContainerCreating", "重启了为什么还是失败？", "重启了吗？", "重启了没用"),
        *("Pod 重启了", "Pod 自己重启了", "节点被重启了", "coredns 重启了 5 次", "重启失败", "重启后解析不了域名"),
        *("谁重启了节点？", "加了交换机还是没有地址", "看了一下有 502", "升级了 terway", "查到 Terway 报错"),
    ],
)
def test_a_report_with_a_symptom_or_a_question_is_looked_at(words: str) -> None:
    rest = said_beside(words)
    assert adds_facts(rest) or has_trace_of_cluster(rest)
