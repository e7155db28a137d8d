"""Words with any trace of a cluster have it read; a chat over lunch has not."""

import pytest

from bot.diagnosis.traces import has_trace_of_cluster


@pytest.mark.parametrize(
    "text",
    [
        "the network is broken",
        "checkout returns 502",
        "new machine joined but nothing gets scheduled on it",
        "payments is down again",
        "requests time out since ten",
        "mysql-0 is odd",
        "what is with web-5d8f7c9b6d-x2x9q",
        "cn-hangzhou.10.0.0.12 ?",
        "curl: (7) EHOSTUNREACH",
        "网站打不开了",
        "下单一直报错",
        "刚发布完就不通了",
        "新机器加进来以后什么都调度不上去",
        "everything is slow since noon, help",
        "shop/checkout can't be reached",
        "shop/checkout is so slow",
        "our shop is slow today",
        "customers can't log in",
        "login is acting up",
        "nothing works any more",
        "is anything wrong?",
        "hello? is prod ok?",
        "prod is on fire",
        "系统正常吗",
        "the agent doesn't work",
        "系统好卡",
        "线上有问题",
        "用户反馈下单慢",
        "支付进不去",
    ],
)
def test_a_trace_is_seen(text: str) -> None:
    assert has_trace_of_cluster(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "thanks a lot!",
        "lunch at 12?",
        "it is raining again",
        "what is a good recipe for pancakes?",
        "best pizza in Hangzhou",
        "follow-up meeting tomorrow",
        "see you at 10-11",
        "who has the 2-day pass?",
        "important: the support portal has a transport section",
        "pizza and pasta are both slow",
        "our meeting is slow today",
        "my train is late",
        "I can't open the window",
        "yes/no/maybe, not sure",
        "prod freeze starts friday 18:00",
        "谢谢",
        "食堂的队好慢",
        "会议室用不了",
        "今天天气不错",
        "新来的同事中午一起吃饭吗",
    ],
)
def test_chatter_is_left_alone(text: str) -> None:
    assert not has_trace_of_cluster(text)
