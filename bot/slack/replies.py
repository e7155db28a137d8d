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

_STATE = (
    r"there|so|broken|failing|happening|down|stuck|bad|slow|unreachable|red|open|occurring|going on|"
    r"(?:an?|the) (?:issue|problem)"
)
_OVER = (
    r"fixed|resolved|solved|gone|over|back|better|ok|okay|fine|good|well|healthy|up|recovered|"
    r"back to normal|working|closed|all right"
)
_IT = r"(?:it|this|that|(?:the|this|that|our) (?:issue|problem|incident|case|fault|outage|thing))"
_IT_IS = rf"(?:{_IT} (?:is|was|has been|got|seems|looks)|its|thats|(?:the )?(?:issue|problem|incident|case|outage))"
_DONE = r"(?:fixed|resolved|solved|gone|over|closed|recovered|back to normal|working again)"
_THE = r"(?:(?:the |all the |all |your |some )?)"
_SHOW = r"(?:(?:show|give|send|list|see|tell)(?: me| us)? )"
_DONE_ZH = (
    r"(?:(?:这个|该)?(?:问题|故障|事故))?(?:现在|都|已经|已|终于)*(?:解决|修复|修好|恢复|恢复正常|搞定|"
    r"处理好|处理完)"
)
_PHRASES: Mapping[str, str] = {
    RECHECK: (
        r"(?:check|look|look at|try|verify|test)(?: at)?(?: it| this| that)? (?:again|once more|one more time)|"
        r"re-?check(?: it| this| that)?|have another look|another look|(?:is|are) (?:it|this|that|they) (?:still )?"
        rf"(?:{_STATE})|(?:it is |its )?still (?:{_STATE})|(?:it |this )?still (?:fails|happens|hangs)|"
        r"same (?:problem|error|issue)|"
        r"(?:are there )?any (?:change|changes|news|update|updates|progress|improvement)|anything new|"
        rf"is {_IT} (?:{_OVER})(?: again| now| yet)?|(?:{_IT} is |its )?not (?:{_OVER})|"
        rf"(?:{_IT} )?(?:isnt|is not) (?:{_OVER})|"
        r"did (?:it|this|that) (?:work|recover|clear|go away)|(?:what is|whats) the (?:state|status|current state)|"
        r"how (?:is it|does it|are things)(?: look| looking| going| doing)?|does it work|"
        "(?:再|重新)(?:查|看|检查|确认)(?:一下|一遍|一次|看)?|再看看|再试一下|再试试|重查|复查|复查一下|"
        "还在|现在呢|"
        "还(?:存在|有问题|在报错|报错|在发生|卡着|失败)|好了(?:没有?|吗)|还没好|还没解决|还没恢复|"
        "还是不行|还是一样|没解决|没有解决|没有恢复|"
        "(?:解决|修好|修复|恢复)了没有?|(?:有|有没有)(?:进展|更新|变化|新消息)|现在怎么样了?|情况怎么样了?|怎么样了"
    ),
    EVIDENCE: (
        rf"{_SHOW}?{_THE}(?:evidence|proof)|(?:what is|whats|where is|what) the (?:evidence|proof)|prove it|"
        r"how do you know(?: that| this| it)?|"
        "(?:看|看看|显示|给我看|有什么)?(?:证据|依据)|证据呢|依据呢|依据是什么|证据是什么"
    ),
    STEPS: (
        rf"{_SHOW}?{_THE}(?:next |remaining |other )?steps|(?:what are|whats|what is) the "
        r"(?:next |remaining |other )?steps?|next steps?|"
        r"what (?:do|should|can|shall|must) (?:i|we) do(?: next| about it| about this|"
        r" to fix it| to fix this| here)?|"
        r"what (?:now|next)|whats next|what to do(?: next| about it)?|"
        r"how (?:do|can|should) (?:i|we) (?:fix|solve|resolve|mend) (?:it|this|that)|"
        r"how to (?:fix|solve|resolve) (?:it|this|that)|(?:what is|whats) the (?:fix|solution|remedy)|"
        "步骤|(?:显示|看)?(?:所有|全部)?步骤|(?:下一步|接下来)(?:呢|是什么|怎么办|怎么做|做什么|"
        "该怎么办|该做什么)?|"
        "(?:该|应该|我们该|我该|那)?(?:怎么办|怎么做|怎么处理|怎么解决|怎么修|怎么修复|如何处理|如何解决|如何修复)"
    ),
    SHOW_WHOLE: (
        rf"{_SHOW}the (whole |full )?answer|(the )?(whole|full) answer|show (it )?all|show me all|"
        "完整答案|显示完整答案|看完整答案|全部显示"
    ),
    RESOLVE: (
        rf"(?:resolve|close)(?: it| this| that| the case| the incident)?|case closed|{_DONE}|"
        rf"all {_DONE}|{_IT_IS} (?:all )?{_DONE}|"
        r"mark (?:it |this |the case |the incident )?(?:as )?(?:resolved|fixed|solved|closed|done)|"
        r"(?:it |everything |all )?works(?: again| fine| fine again)?|(?:it is|its) working(?: again| fine)?|"
        r"all good again|all clear|"
        r"(?:everything is |everythings )(?:fine|ok|good|back|back to normal|working)(?: again)?|"
        rf"{_DONE_ZH}了|(?:问题|故障)?已经?(?:解决|修复|修好|恢复)|(?:标记|标为|标记为)?(?:已解决|关闭)|"
        r"(?:现在|已经|都)(?:好|正常)了|恢复正常|可以关闭了|关掉|关了|结案"
    ),
    TAKE: (
        r"(?:i am|im|i will be|ill be) (?:on|on to|taking|handling|looking (?:into|at)|"
        r"working on|investigating)(?: it| this| that)?(?: one)?|"
        r"on it|mine|(?:i|ill|i will|let me) (?:take|handle|own|investigate|do|look into|deal with|"
        r"take over|take care of) (?:it|this|that)(?: one)?|"
        r"(?:taking|looking into|working on|handling) (?:it|this|that)(?: one)?|"
        r"(?:i have|ive|i got|ive got|i have got) (?:it|this)(?: one)?|"
        r"assign (?:it|this) to me|"
        "我来|我来(?:看|看看|处理|跟|跟进|负责|解决|搞|接|接手|弄)|我在(?:看|处理|跟进|查|排查)|"
        "我(?:处理|跟进|负责|接手|接了)|交给我"
    ),
    WATCH: (
        r"(?:keep )?watch(?:ing)?(?: it| this| the case)?|keep an eye on (?:it|this)|monitor (?:it|this)|"
        "盯着|盯一下|盯着它|帮我盯着|继续观察|继续盯着|观察一下"
    ),
    UNWATCH: (
        r"stop (?:watching|monitoring)(?: it| this)?|unwatch|(?:do not|dont) watch(?: it| this)?|"
        "不用盯了|别盯了|停止观察|不用观察了"
    ),
    CHECK_ALL: (
        r"check (everything|all|all faults|the cluster|the whole cluster)|全部检查|检查全部|全面检查|全面检查一下"
    ),
    HELPED: r"(?:it|that|this)?(?: has| really)? ?helped(?: me| us)?|有帮助|有用|帮到了",
    NOT_HELPED: ("(?:it |that |this )?(?:did not|didnt|has not|hasnt) help(?:ed)?|no help|没有帮助|没帮助|没用"),
    HAND_OVER: (
        r"hand (?:it |this |over |it over |this over )?to (?:the )?on-?call|hand (?:it |this )?over|"
        r"escalate(?: it| this)?(?: to (?:the )?on-?call)?|(?:call|page|ping) (?:the )?on-?call|"
        "(?:转给|交给|移交|通知|叫|呼叫)值班(?:人员|同学)?|升级"
    ),
}
_PATTERNS = [(action, re.compile(f"(?:{phrases})")) for action, phrases in _PHRASES.items()]
_WHO_WORKS = re.compile(
    r"(?:(?:who is|whos|who are|is (?:any|some)(?:one|body)|anyone|anybody)(?: currently)? "
    r"(?:on|handling|fixing|taking|investigating|assigned to|(?:working|looking) (?:on|into|at))"
    rf" (?:{_IT}|case)(?: one)?|who (?:has|took|owns|takes|handles|got) {_IT}(?: one)?"
    r"|who is (?:the )?(?:owner|assignee)|whos (?:the )?(?:owner|assignee))"
    "|(?:现在)?谁(?:(?:在|正在)(?:处理|看|跟|跟进|负责|排查|查|弄)|(?:负责|跟进|接手|接)了?)(?:这个|它|呢)*"
    "|有(?:没有)?人(?:在|正在)?(?:处理|看|跟|跟进|负责|排查|接手)(?:这个|它|吗|么|呢|没有?)*"
)
_ASKED: Mapping[str, str] = {RESOLVE: RECHECK, TAKE: "", HAND_OVER: "", HELPED: "", NOT_HELPED: ""}
_COURTESY = re.compile(
    r"\b(please|pls|plz|thanks|thank you|thx|ty|cheers|now|yet|already|just|ok|okay|great|cool|nice|hi|"
    r"hey|hello|so|everyone|everybody|all|folks|team|guys)\b|[请吧啊呀哈谢]+|麻烦|好的|多谢|感谢|大家|各位|辛苦了?"
)
# "can you check again?", "能再查一下吗": a request, though a question by its form
_REQUEST = re.compile(r"(?:can|could|would|will) (?:you|netclinic|somebody|someone) (?:please |kindly )?(?=\w)")
_REQUEST_ZH = re.compile(r"(?:你|能不能|能否|可不可以|可否|可以|能|帮我|帮忙|帮)+(?=[\u4e00-\u9fff])")
_ASKS_ZH = re.compile(r"(?:吗|么|嘛)$")


def typed_action(words: str) -> str:
    """The action id of the button that the words stand for; empty where they stand for none, or for more than that.

    Who asks whether it is fixed wants it looked at, not resolved.
    """
    is_question = words.rstrip().endswith(("?", "\N{FULLWIDTH QUESTION MARK}"))
    plain, bare = _spellings(words)
    for said in (plain, bare):
        if action := _button_of(said):
            return _ASKED.get(action, action) if is_question else action
    asked = _ASKS_ZH.sub("", bare)
    if asked != bare and (action := _button_of(asked)):
        return _ASKED.get(action, action)
    return next((action for said in (bare, asked) if (action := _requested(said))), "")


def asks_who_works(words: str) -> bool:
    """Whether the words only ask who works on a case."""
    return any(_WHO_WORKS.fullmatch(said) for said in _spellings(words))


def _spellings(words: str) -> tuple[str, str]:
    """The words in plain letters, and those without courtesies."""
    plain = re.sub(r"[’']", "", words.lower())
    plain = " ".join(re.sub(r"[^\w\s-]+", " ", plain).split())
    return plain, " ".join(_COURTESY.sub(" ", plain).split())


def _requested(said: str) -> str:
    """Which button is asked to be pressed; whose is on it, or that it helped, nobody can be asked to say."""
    wish = _REQUEST.sub("", said, count=1) if _REQUEST.match(said) else said
    wish = _REQUEST_ZH.sub("", wish, count=1) if _REQUEST_ZH.match(wish) else wish
    action = _button_of(wish) if wish != said else ""
    return "" if action in (TAKE, HELPED, NOT_HELPED) else action


def _button_of(said: str) -> str:
    return next((action for action, pattern in _PATTERNS if pattern.fullmatch(said)), "")
