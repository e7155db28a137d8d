"""What people type in a case's thread instead of pressing a button: a small closed vocabulary, English and Chinese.

Only a reply that says nothing else counts: "check again on staging" and "it is not fixed" are questions.
"""

import re
from collections.abc import Mapping

from bot.slack.blocks.action_ids import (
    CHECK_ALL,
    EVIDENCE,
    HAND_OVER,
    HELPED,
    NOT_HELPED,
    RECHECK,
    RESOLVE,
    SHOW_WHOLE,
    STEPS,
    TAKE,
    UNWATCH,
    WATCH,
)

_PHRASES: Mapping[str, str] = {
    RECHECK: (
        "check again|check it again|re-?check|recheck it|look again|look at it again|have another look|try again|"
        "check once more|is it still there|it is still there|still there|any change|any changes|anything new|any news|"
        "is it fixed|is this fixed|is it resolved|is it solved|is it gone|is it over|is it better|"
        "it is not fixed|not fixed|not fixed yet|not resolved|not solved|still broken|it is still broken|"
        "still failing|it still fails|still happening|it still happens|same problem|"
        "再查一下|再查一遍|再查一次|再查|再看一下|再看看|再检查一下|再检查一次|重新检查|"
        "重新检查一下|重查|复查|复查一下|还在吗|现在呢|好了吗|解决了吗|修好了吗|恢复了吗|还没好|还没解决|还是不行|没解决|没有解决"
    ),
    EVIDENCE: (
        "(show|show me|give me|list) (the |all |all the )?evidence|evidence|"
        "证据|看证据|看看证据|显示证据|有什么证据|证据呢"
    ),
    STEPS: (
        "(show|show me|give me|list) (the |all |all the )?steps|all steps|steps|what do i do|what now|"
        "步骤|所有步骤|全部步骤|显示步骤|看步骤|怎么办|怎么处理"
    ),
    SHOW_WHOLE: (
        "(show|show me|give me) the (whole |full )?answer|(the )?(whole|full) answer|show (it )?all|show me all|"
        "完整答案|显示完整答案|看完整答案|全部显示"
    ),
    RESOLVE: (
        "resolve|resolve it|resolve this|resolve the case|resolved|it is resolved|its resolved|"
        "fixed|it is fixed|its fixed|"
        "all fixed|this is fixed|solved|it is solved|close it|close this|close the case|case closed|works again|"
        "it works again|all good again|"
        "已解决|解决了|问题解决了|已经解决|已经解决了|搞定|搞定了|修好了|已修复|修复了|已恢复|恢复了|关闭|关掉吧"
    ),
    TAKE: (
        "i am on it|im on it|on it|i take it|ill take it|i will take it|taking it|taking this|i have it|ive got it|"
        "i got it|mine|looking into it|i am looking into it|im looking into it|"
        "我来|我来看|我来看看|我来处理|我来跟|我来跟进|我在看|我在处理|我处理|我跟进|交给我"
    ),
    WATCH: "watch|watch it|watch this|watch the case|keep watching|keep an eye on it|盯着|盯一下|帮我盯着|继续观察",
    UNWATCH: "stop watching|stop watching it|unwatch|不用盯了|别盯了|停止观察",
    CHECK_ALL: "check (everything|all|all faults|the cluster|the whole cluster)|全部检查|检查全部|全面检查",
    HELPED: "it helped|that helped|this helped|helped|有帮助|有用|帮到了",
    NOT_HELPED: (
        "it did not help|that did not help|did not help|it didnt help|that didnt help|no help|没有帮助|没帮助|没用"
    ),
    HAND_OVER: (
        "hand to on-?call|hand it to on-?call|hand over|hand it over|hand over to on-?call|"
        "escalate|escalate it|escalate this|call on-?call|转给值班|交给值班|升级|叫值班"
    ),
}
_PATTERNS = [(action, re.compile(f"(?:{phrases})")) for action, phrases in _PHRASES.items()]
_ASKED: Mapping[str, str] = {RESOLVE: RECHECK, TAKE: "", HAND_OVER: "", HELPED: "", NOT_HELPED: ""}
_COURTESY = re.compile(
    r"\b(please|pls|plz|thanks|thank you|thx|ty|cheers|now|ok|okay|great|cool|nice|everyone|all|folks|team)\b"
    r"|[请吧啊呀哈谢]+|麻烦|好的|多谢"
)


def typed_action(words: str) -> str:
    """The action id of the button that the words stand for; empty where they stand for none, or for more than that.

    Who asks whether it is fixed wants it looked at, not resolved.
    """
    is_question = words.rstrip().endswith(("?", "\N{FULLWIDTH QUESTION MARK}"))
    plain = re.sub(r"[’']", "", words.lower())
    plain = " ".join(re.sub(r"[^\w\s-]+", " ", plain).split())
    for said in (plain, " ".join(_COURTESY.sub(" ", plain).split())):
        for action, pattern in _PATTERNS:
            if pattern.fullmatch(said):
                return _ASKED.get(action, action) if is_question else action
    return ""
