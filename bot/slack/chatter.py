"""What people say in a case's thread that brings nothing to look at: "hm, strange", "any idea?", "brb", "我看看监控".

Clause by clause: what is only an interjection, or tells what somebody is about to do, is left out. So is a report of
what a person did ("restarted the pods", "重启了") where nothing else is said: beside a question, or a word of how it
went, it stays. Whether the rest is about a cluster is asked of the index (``bot.diagnosis.clinic``), or told by
``adds_facts``.
"""

import re

_CLAUSE = re.compile(
    r"[\n;,!?…—–。，；！？、~]+|(?<!\.)\.++(?=\s|$)|\s-+\s|:(?=\s|$)|\b(?:but|and then|then)\b|但是?|然后"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\S+", text))


_WORDS = _words(
    """
    hm hmm hmmm mm mmm uh uhm um ah aha oh ok okay k so well right sure yes yep yeah no nope wow oops damn argh ugh lol
    haha and or strange weird odd interesting funny curious crazy nice cool great good perfect fine bad sad too now
    again
    this that it is look looks sound sounds seem seems very really quite kind of what the hell heck wtf omg hi hello hey
    all everyone team folks guys
    please pls plz thanks thank you thx ty cheers got see i makes sense understood noted
    agree agreed done merged same here any idea ideas thought thoughts clue clues hint hints opinion opinions guess why
    how who when come about anybody anyone somebody someone do does did we think know say s for to in at a an my me
    there
    are not don t back later soon moment minute minutes min mins sec secs second seconds hour hours brb afk bbl lunch
    coffee meeting wait hold on just one two few give hang up let lets can could would will shall should be help us into
    checked maybe perhaps probably possibly until till call works ill im its youre were dont isnt
    """
)
_DOING = (
    r"(?:look(?!ing\s+up)|check|try|ask|call|ping|pag|read|think|start|tak|join|find|restart|redeploy|deploy|roll|drain|scal"
    r"|revert|test|investigat|wait|work|open|go|com|dig|tell|fix|reboot|escalat|discuss|verif)"
)
_I = r"(?:i|we|you|he|she|they|someone|somebody)"
_ALREADY = r"(?:(?:just|now|still|also|already|first|currently)\s+)*"
_WILL = r"(?:will|shall|would|could|can|should|may|might|must|(?:am|are|is)\s+going\s+to|have\s+to|need\s+to)"
_INTENT = re.compile(
    r"(?:(?:so|ok|okay|yes|and|well|now|first|then|meanwhile)\s+)*(?:"
    r"let\s+(?:me|us)\b|lets\b"
    rf"|{_I}\s+{_WILL}\s+{_ALREADY}{_DOING}|(?:ill|well|theyll|youll|shell|hell)\s+{_ALREADY}{_DOING}"
    rf"|(?:im|were|theyre|i\s+am|we\s+are|they\s+are)\s+{_ALREADY}(?:going\s+to|gonna|about\s+to|{_DOING}\w*ing)\b"
    rf"|(?:gonna|going\s+to|about\s+to|will)\s+{_ALREADY}{_DOING}"
    rf"|(?:\S++\s++){{1,4}}(?:is|are)\s+{_ALREADY}(?:on\s+(?:it|this)$|(?:looking(?!\s+up)|checking|investigating|working\s+on)\b)"
    r"|(?:cc|thx|thanks)\b|(?:ping|page|ask|call|tell|adding|looping\s+in)\s+(?:@|(?:the|our)\s+(?:\S+\s+){0,2}(?:team|people|on-?call)\b)"
    r"|(?:does|did|do|has|have|can|could|will|would)\s+(?:anyone|anybody|someone|somebody)\b"
    r"|(?:back|off)(?:\s+(?:in|at|for|soon|later|after)\b|$)|(?:brb|afk|bbl)\b|in\s+an?\s+(?:meeting|call)\b"
    r"|(?:give\s+me|hold\s+on|hang\s+on|wait\s+a|just\s+a|one)\s+(?:sec|moment|minute|few|\d)|(?:see|talk\s+to)\s+you\b"
    r"|who\s+(?:knows?|is\s+on|can|could|has|changed|did|was)\b"
    r")"
)
_UNDER_WAY = re.compile(rf"{_ALREADY}(?:{_DOING}\w*ing|adding|looping)\b")
_SAYS_SO = re.compile(  # "calling the service fails" tells what is seen, "calling the network team" does not
    r"\b(?:fail(?:s|ed)?|hangs?|hung|tim(?:es?|ed)\s+out|breaks?|broke|stuck|takes?|gives?|returns?|gets?|got|says?|said|is|are|was"
    r"|were|does|doesnt|cant|cannot|wont|never|no|not|refused|works?)\b"
)
_ZH = (
    r"(?:嗯|哦|噢|喔|啊|呃|额|唉|哎|哈|呵|呀|吧|呢|了|的|吗|么|嘛|哇|诶|咦|好|对|是|行|可以|没事|奇怪|怪|有点|有意思|有趣|真|很|太|挺|离谱"
    r"|这|样|那|就|也|都|还|又|不会|怎么|会|这样|为什么|为啥|什么|想法|思路|头绪|有|没|谁|知道|大家|各位|看法|觉得|意见|帮忙|一下"
    r"|收到|了解|明白|稍等|等等|等|马上|回来|吃饭|开会|在|先|去|我|你|们|说|谢谢|感谢|辛苦|麻烦|请|看|一会|分钟)"
)
_INTENT_ZH = re.compile(
    r"(?:那|好的?|嗯|行)?(?:让我|(?:我们|我|咱们|他们?|她|有人)(?:马上|现在|先|去|再|来|要|会|准备|打算|正在|已经在|在)+"
    r"(?:看|查|试|问|找|重启|处理|排查|跟进|回滚|扩容|发布|部署|联系|叫|等|想|研究|吃|开会|回来)|(?:我|我们)(?:看|查|试|问|想|研究)"
    r"(?:看|一下|下|一查)|稍等|等一下|等等|等会|马上(?:来|看|查|回)|正在(?:看|查|处理|排查|重启|等)"
    r"|(?:网络|运维|基础架构|平台|值班)?(?:组|团队|同学|同事)(?:已经)?(?:在|正在)(?:看|查|处理|排查)|抄送|麻烦.{1,8}看)"
)
_SAYS_SO_ZH = re.compile(r"不通|不了|不到|不上|超时|失败|起不来|没有|还是|报错了|看到|发现")
LONGEST_OBJECT = 8  # words of what something was done to, and where
LONGEST_OBJECT_ZH = 20  # characters
_SO = r"(?:(?:so|ok|okay|yes|and|also|well|now|first|then|meanwhile|fyi|btw|update|done)\s+)*"
_PERSON = (
    r"(?:i|we|you|he|she|someone|somebody|<?@[\w.|-]+>?"
    r"|(?:our|the)\s+(?:[\w-]+\s+){0,2}(?:team|people|folks|guys|on-?call|sres?|admins?|colleagues?))"
)
_HAVE = r"(?:(?:have|has|had|just|already|now|also|finally|manually|meanwhile)\s+)*"
_PERSON_HAS = rf"(?:(?:{_PERSON}|(?:i|we|you)ve)\s+{_HAVE})"
_REMEDY = (  # a cluster does few of these by itself
    r"(?:restarted|rebooted|bounced|redeployed|reverted|drained|cordoned|uncordoned|recreated|rolled(?:\s+\S+){0,3}?\s+back"
    r"|scaled(?:\s+\S+){0,3}?\s+(?:up|down|out|in|to))"
)
_WORK = (  # these are things done by a person where one is named, or what was done it to: "evicted" alone is a symptom
    r"(?:deleted|removed|killed|evicted|replaced|moved|rescheduled|added|created|freed|released|cleaned\s+up|raised|increased"
    r"|decreased|lowered|reduced|doubled|bumped|changed|edited|updated|patched|applied|pushed|merged|deployed|reloaded|restored"
    r"|resized|detached|attached|opened|filed|asked|called|pinged|paged|told|contacted|notified|informed|messaged"
    r"|checked|looked\s+(?:at|into|through)|had\s+a\s+look\s+at|tested|ran(?!\s+(?:out|into))|followed|finished|completed"
    r"|switched\s+to|escalated(?:\s+it)?\s+to|did)"
)
_IT = (
    r"(?:the|a|an|some|all|both|my|our|your|this|that|those|these|it|them|everything|another|one|two|three|steps?"
    r"|<?@[\w.|-]+>?)"
)
_BY_ITSELF = (
    r"(?:by|due|with|without|because|from|on\s+its|itself|themselves|again|twice|\d+\s*(?:x|times)|times|unexpectedly"
    r"|constantly|randomly|suddenly|every)"
)
_TRIED = r"(?:restart|reboot|redeploy|roll|drain|cordon|scal|revert|delet|mov|recreat)"
_DID = re.compile(
    rf"{_SO}(?:{_PERSON_HAS}(?:{_REMEDY}|{_WORK}|tried)(?!\S)"
    rf"|(?:they\s+{_HAVE}{_REMEDY}|they\s+{_HAVE}{_WORK})\s+{_IT}(?![\w-])"
    rf"|{_HAVE}(?:{_REMEDY}(?!\s+{_BY_ITSELF}\b)(?!\S)|{_WORK}\s+{_IT}(?![\w-])"
    rf"|tried\s+(?:to\s+{_TRIED}|{_TRIED}\w*ing|an?\b))"
    r"|did\s+(?:it|that|this|so)$"
    r"|(?:the\s+)?(?:restart|roll-?back|roll-?out|redeploy|reboot|drain|revert|fix|change)\s+(?:is\s+)?"
    r"(?:done|finished|completed?|through|applied|merged|deployed|live)$"
    r")"
)
_ASKS = re.compile(
    r"[?？]|(?i:^\W*(?:why|how|what|who|when|where|which|do|does|can|could|should|is"
    r"|did\s+(?!an?\b|all\b|it$|that$|step|the\s+steps))\b)"
)
_BAD = r"stuck|pending|failing|failed|broken|bad|crashing|crashed|unhealthy|affected|hanging|slow"
_WHICH = re.compile(  # "deleted the stuck pods" says of which, not how it went
    rf"\b(the|all|those|these|my|our)\s+(?:{_BAD}|evicted)\s+(?=\w)"
)
_WENT = re.compile(
    rf"(?<![\w-])(?:{_BAD}|still|again|same|worse|no|nope|nothing|never|not|cannot|without|yet"
    r"|(?:ca|wo|do|does|did|is|are|was|were|has|have|had|could|would|should)nt|\w*errors?|fail\w*|crash\w*"
    r"|timeouts?|tim\w+\s+out"
    r"|lost|drop\w*|hangs?|hung|unreachable|refused|denied|rejected|down$|stays?|stayed|comes|came|goes|went|gets?|got|becomes?"
    r"|became|remains?|keeps?|kept|seems?|sees|saw|seen|found|noticed|helps?|helped|notready|oom\w*|back-?off|5\d\d|yesterday"
    r"|last|before|since|after|when|while|during|because|until|polic(?:y|ies)|rules?|firewalls?|security\s+groups?|acls?"
    r"|prox(?:y|ies)|webhooks?|mesh)(?![\w-])"
)
_REASON = re.compile(r"\b(?!(?:Daemon|Stateful|Replica)Set|ConfigMap|LoadBalancer|Cloud)[A-Z][a-z]+[A-Z][a-z]")
_PERSON_ZH = (
    r"(?:我们?|咱们|他们?|她们?|你们?|有人|[小老][\u4e00-\u9fff]"
    r"|(?:网络|运维|基础架构|平台|值班|云)?(?:组|团队|同学|同事|那边))"
)
_WHEN_ZH = r"(?:刚才?|已经?|都|也|先|手动|现在|\s)*"
_OWN_ZH = r"(?:回滚|扩容|缩容|排空|删除|删掉|隔离)"
_WORK_ZH = (
    rf"(?:{_OWN_ZH}|重启|重建|驱逐|删|杀掉?|加|新增|添加|改|修改|调整|调大|调小|更新|发布|部署|重新部署|重新发布"
    r"|切换|切|迁移|释放|清理|替换|换|看|查|试|排查|联系|通知|提|叫|问|测)"
)
_DID_ZH = re.compile(
    rf"(?:那|好的?|嗯|对)?(?:{_PERSON_ZH})?{_WHEN_ZH}"
    rf"(?:(?<=已){_WORK_ZH}|(?<=已经){_WORK_ZH}|(?:试过?|尝试)?{_WORK_ZH}(?:完成?|好|过|掉|一遍|一下)*(?:了|过|完毕?|完成)"
    rf"|把.{{1,20}}?{_WORK_ZH}(?:完|好|掉)?了"
    rf"|.{{1,12}}?已经?{_OWN_ZH}(?:完|好|掉)?(?:了|完成|完毕)?$)"
)
_WENT_ZH = re.compile(
    r"[不没还又仍卡挂断慢丢错后]|有(?!人)|5\d\d|依然|失败|报错|超时|异常|自己|自动|一直|反复|次|结果|但|吗|呢"
    r"|为什么|为啥|怎么|谁|哪|能|可以|要|如何|一样|老样子|昨|上周|之前|防火墙|安全组|策略|规则|版本"
)
_TIME = re.compile(
    r"(?<![\w.])\+1\b|\b\d{1,2}[:.]\d{2}\b|\b\d{1,3}\s*(?:s|secs?|seconds?|m|min|mins|minutes?|h|hours?|am|pm)\b"
    r"|\d{1,3}\s*(?:分钟|小时|点|秒)"
)
_FACT = re.compile(
    r"`|[a-z][A-Z]|[A-Za-z][./:_-]{0,3}\d|\d[./:_-]{0,3}[A-Za-z]|\d\.\d|\b\d{3,8}\b|/\w{1,40}/\w|\b[A-Z]{3}"
    r"|(?i:\b(?:only\s+(?:when|on|in|from|since|for|with|after|if)|since|upgrad\w*|zones?|regions?|versions?|intermittent"
    r"|sometimes|always|random|firewalls?|prox(?:y|ies)|security\s+groups?|acls?|databases?|db|redis|mysql|kafka|registry"
    r"|internet|vpn|traffic|bandwidth|cpu|memory|disks?"
    r"|(?:no|without)\s+(?:change|luck|effect|success|improvement)|(?:not|n['’]?t)\s+help|same\s+(?:thing|problem|issue|error))\b)"
    r"|防火墙|安全组|数据库|内存|带宽|升级|版本|可用区|地域|偶尔|有时|每次|一直|随机|只有|没用|没效果|没有用|没变化|一样|老样子"
)


def said_beside(words: str) -> str:
    """What is left of the words once interjections, and what somebody is about to do, are taken out; nothing where
    that is a report of what somebody did.
    """
    clauses = (clause.strip(" \t\"'“”()") for clause in _CLAUSE.split(words))
    rest = [clause for clause in clauses if clause and not _is_aside(clause)]
    return "" if rest and all(map(_is_report, rest)) and not _tells_how_it_went(words) else ", ".join(rest)


def adds_facts(words: str) -> bool:
    """Whether they hold a name, a number, an error's word, or when and where something is so."""
    return _FACT.search(_TIME.sub(" ", words)) is not None


def _is_report(clause: str) -> bool:
    """Whether it tells what a person did, and nothing but that."""
    plain = _plain(_WHICH.sub(r"\1 ", _plain(clause)))
    if in_chinese := _DID_ZH.match(plain):
        return len(plain) - in_chinese.end() <= LONGEST_OBJECT_ZH
    first, *more = re.split(r" (?:and|&) ", plain)
    did, and_more = _DID.match(first), all(_DID.match(part) or _is_short(part, 3) for part in more)
    return did is not None and and_more and _is_short(first[did.end() :], LONGEST_OBJECT)


def _is_short(words: str, most: int) -> bool:
    """Whether they can be what something was done to, and no sentence."""
    return len(words.split()) <= most and not _SAYS_SO.search(words)


def _tells_how_it_went(words: str) -> bool:
    """Whether what stands around a report asks something, names a symptom, or may be why it came to this."""
    if _ASKS.search(words) or _REASON.search(words):
        return True
    plain = _WHICH.sub(r"\1 ", _plain(words))
    return _WENT.search(plain) is not None or _WENT_ZH.search(plain) is not None


def _plain(words: str) -> str:
    return " ".join(re.sub(r"[’']", "", words.lower()).split())


def _is_aside(clause: str) -> bool:
    plain = _plain(clause)
    if _INTENT.match(plain) or (_INTENT_ZH.match(plain) and not _SAYS_SO_ZH.search(plain)):
        return True
    if _UNDER_WAY.match(plain) and not _SAYS_SO.search(plain):
        return True
    bare = _TIME.sub(" ", plain)
    is_interjection = _WORDS.issuperset(re.findall(r"[a-z0-9]+", bare))
    return is_interjection and re.fullmatch(rf"(?:{_ZH}|[^\u4e00-\u9fff])*+", bare) is not None
