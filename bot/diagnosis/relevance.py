"""Which of the judged entries are worth telling: of what the words can hardly have meant, nothing is shown.

Scores come from words alone. Here they meet what the cluster is, what fails on it, and what the words themselves rule
out; nothing that is confirmed is ever left out.
"""

import re
from collections.abc import Sequence

from bot.diagnosis.answer import Diagnosis
from bot.diagnosis.failing import FailingHere
from bot.diagnosis.judge import Verdict
from bot.diagnosis.matching import CLEAR
from bot.diagnosis.settling import spoken
from bot.probes.findings import Finding
from bot.probes.registry import calls
from knowledge.logic import Outcome
from knowledge.model import Entry, Kind

PLUGINS = ("terway", "flannel")  # sections of entries that are about one network plugin
NO_IDEA = 0.15  # where no entry has such a score, words that tell of trouble mean none of them
NEAR, BY_FAR = 0.3, 1.5  # score of an entry that the words fit best, and by how much
SURE = 0.5  # confidence of the index below which words may be about something else altogether
# Somebody says that something is wrong, and does not ask how or what.
_TROUBLE = re.compile(
    r"\b(?:wrong|broken|breaks?|problems?|issues?|troubles?|fail\w*|errors?|down|dead|tim(?:e[sd]?|ing) ?out\w*"
    r"|timeouts?|hangs?|stuck|refus\w+|unreachable|flak\w+|slow|drops?|dropped|lost|not work\w*"
    r"|can['’]?t|cannot|(?:could|do|does|did|wo)n['’]?t|(?:can|could|do|does|did|will) not|vanished|gone"
    r"|no (?:traffic|response|answer|reply|route)|out of|r[au]n(?:s|ning)? out|exhaust\w*|used up|full"
    r"|(?:ok|okay|healthy|all right)(?= ?\?)|not[ -]?ready)\b"
    r"|有问题|出问题|什么问题|异常|故障|挂了|不通|超时|失败|报错|不了|不到|连不上|打不开|拒绝|卡住|丢包|抖动|很慢"
    r"|变慢|好慢|特别慢|起不来|断连|正常吗|还好吗|健康吗"
    r"|(?:未|没|没有|不)就绪|用完|耗尽|用光|不够|占满|满了|卡住|卡在|一直|ContainerCreating|CrashLoopBackOff",
    re.IGNORECASE,
)
_HOW = re.compile(
    r"\b(?:how (?:do|to|can|many|much|should|does|is|are)|which|should (?:i|we)|can (?:i|we|you)|is it possible"
    r"|support(?:s|ed)?|difference|recommend\w*|configure|set up|change the)\b"
    r"|what (?:is|are|does) (?:the|a|an|our)\b"
    r"|怎么(?!回事|了|办|会|又|都|老|总)|如何|哪个|哪些|多少|能不能|能否|是否支持|支持|区别|配置",
    re.IGNORECASE,
)
# Nodes that are not ready; of pods only the node's own word for it, as kubectl prints it, is meant of nodes.
_UNREADY_NODES = re.compile(
    r"\bnodes?\b[^.!?;,\n]{0,40}\bnot[ -]?ready\b|\bnot[ -]?ready\b[^.!?;,\n]{0,20}\b(?:nodes?|workers?)\b"
    r"|(?-i:(?<!Pod)NotReady)"
    r"|节点[^。！？；，,\n]{0,20}(?:not[ -]?ready|(?:未|没|没有|不)就绪|不可用|失联|掉线|不在线)",
    re.IGNORECASE,
)
_AS_KUBECTL_SAYS = re.compile(r"(?<!Pod)NotReady")  # the alert KubePodNotReady is about pods
_COMPONENT = r"(?:terway|flannel|kube-?proxy|core-?dns|cloud[- ]controller[- ]manager|\bccm|网络插件|网络组件|\bcni)"
_BROKEN = (
    r"(?:crash\w*|restart(?:s|ing|ed)?\b|not[- ]?ready\b|\bdown\b|\bdead\b|oom\w*|unhealthy"
    r"|崩溃|重启|挂了|起不来|异常|未就绪|没就绪|不正常)"
)
_BROKEN_COMPONENT = re.compile(
    rf"{_COMPONENT}[^.!?;,\n。！？；，]{{0,30}}?{_BROKEN}"
    rf"|{_BROKEN}[^.!?;,\n。！？；，]{{0,12}}?{_COMPONENT}",
    re.IGNORECASE,
)
_SINCE = re.compile(r"\b(?:since|after|when|before|by)\b|之后|以后|后[，,]|自从", re.IGNORECASE)
_PODS = re.compile(r"\bpods?\b|\bcontainers?\b|容器|副本", re.IGNORECASE)
_OF_NODES = ("node_condition", "node_taint")  # probes
_IPV6 = re.compile(r"ip ?v6|\bv6\b|dual[ -]?stack|双栈", re.IGNORECASE)


def speaks_of_trouble(text: str) -> bool:
    """Whether the words say that something is wrong, and ask for no instructions."""
    return bool(_TROUBLE.search(text)) and not _HOW.search(text)


def speaks_of_unready_nodes(text: str) -> bool:
    """Whether the words are about nodes that are not ready."""
    return bool(_UNREADY_NODES.search(text)) and bool(_AS_KUBECTL_SAYS.search(text) or not _PODS.search(text))


def speaks_of_broken_components(text: str) -> bool:
    """Whether the words are about a component of the network that crashes, and not about what came of its restart."""
    return bool(_BROKEN_COMPONENT.search(text)) and not _SINCE.search(text)


def asks_about_nodes(entry: Entry) -> bool:
    """Whether an entry is decided by what nodes say of themselves."""
    return any(call.probe in _OF_NODES for call in calls(entry.confirmed_by))


def is_named(entry: Entry, text: str) -> bool:
    """Whether the words name what only other clusters have, and what the entry is about: its plugin, or IPv6."""
    if entry.section == "ipv6":
        return bool(_IPV6.search(text))
    return entry.section in PLUGINS and entry.section in text.lower()


def worth_telling(
    diagnoses: Sequence[Diagnosis], text: str, confidence: float, plugin: str | None, failing: FailingHere
) -> list[Diagnosis]:
    """The diagnoses without those that the words can hardly have meant; ``plugin`` as the cluster's facts tell.

    Of what they faintly recall, a setting comes last where they say nothing of what it needs. Where nodes were asked
    about and all are ready, that is the answer, and no faintly recalled fault of something else.
    """
    something_fails = bool(failing.items)
    if failing.shows_ready_nodes and speaks_of_unready_nodes(text):
        diagnoses = [item for item in diagnoses if not (_is_faint(item) and _is_beside_nodes(item))]
    in_trouble = speaks_of_trouble(text)
    if in_trouble and max((item.score or 0.0 for item in diagnoses), default=0.0) < NO_IDEA:
        diagnoses = [item for item in diagnoses if item.verdict is Verdict.CONFIRMED or _is_spoken_of(item)]
    kept = [
        item
        for item in diagnoses
        if not _is_of_another_plugin(item, text, plugin)
        and not (in_trouble and _is_faint(item) and item.entry.kind is Kind.GUIDE)
        and not (something_fails and _is_faint(item) and _is_a_setting(item) and not _is_spoken_of(item))
    ]
    is_doubtful = confidence < SURE
    meant = [item for item in kept if not (_is_spoken_against(item) and (is_doubtful or _is_faint(item)))]
    told = meant if meant or something_fails or is_doubtful else kept
    nearest = _by_far_the_nearest(told)
    placed = sorted(
        told,
        key=lambda item: _is_faint(item) and _is_a_setting(item) and not _is_spoken_of(item) and item is not nearest,
    )
    return _with_signs_first(placed) if in_trouble else placed


def is_bare(item: Diagnosis) -> bool:
    """A suspicion that faint words alone raise: nothing seen here speaks for it, and no question would settle it."""
    is_faint_suspicion = item.verdict is Verdict.SUSPECTED and _is_faint(item)
    return is_faint_suspicion and not item.judgement.asks and not _is_spoken_of(item) and not _shows_sign(item)


def _with_signs_first(diagnoses: Sequence[Diagnosis]) -> list[Diagnosis]:
    """What is seen failing, though it proves nothing alone, stands before what faint words alone raise."""
    first = next((place for place, item in enumerate(diagnoses) if is_bare(item)), len(diagnoses))
    before, after = diagnoses[:first], diagnoses[first:]
    return [*before, *sorted(after, key=lambda item: not (item.score is not None and _shows_sign(item)))]


def _shows_sign(item: Diagnosis) -> bool:
    return item.verdict is Verdict.SUSPECTED and any(
        found.is_sign and (found.outcome is Outcome.PRESENT or found.is_hint) and not _is_of_waiting(found)
        for found in item.judgement.findings
    )


def _is_of_waiting(found: Finding) -> bool:
    """That a pod waits is why people ask, and proves nothing."""
    return found.probe.startswith("pod_waiting(")


def _by_far_the_nearest(diagnoses: Sequence[Diagnosis]) -> Diagnosis | None:
    """The one that the words fit better than all others, though they say nothing of what it needs."""
    ranked = sorted(diagnoses, key=lambda item: -(item.score or 0.0))
    scores = [item.score or 0.0 for item in ranked] + [0.0]
    return ranked[0] if ranked and scores[0] >= max(NEAR, BY_FAR * scores[1]) else None


def _is_faint(item: Diagnosis) -> bool:
    return item.score is not None and item.score < CLEAR


def _is_of_another_plugin(item: Diagnosis, text: str, plugin: str | None) -> bool:
    """A guide to Terway on a Flannel cluster, that nobody asked for."""
    is_foreign = plugin is not None and item.entry.section in PLUGINS and item.entry.section != plugin
    return is_foreign and item.entry.kind is Kind.GUIDE and _is_faint(item) and not is_named(item.entry, text)


def _is_beside_nodes(item: Diagnosis) -> bool:
    return item.verdict is Verdict.RULED_OUT and not asks_about_nodes(item.entry)


def _is_a_setting(item: Diagnosis) -> bool:
    return item.verdict is Verdict.SUSPECTED and bool(spoken(item.judgement.found))


def _is_spoken_of(item: Diagnosis) -> bool:
    """By what its entry asks of the words first: what it is about. That something fails is said of every fault."""
    first = next(iter(spoken(item.judgement.found)), None)
    return first is not None and first.outcome is Outcome.PRESENT


def _is_spoken_against(item: Diagnosis) -> bool:
    """A setting of which the words say the contrary, and nothing of what it needs."""
    against = any(found.is_contrary for found in spoken(item.judgement.found))
    return _is_a_setting(item) and against and not _is_spoken_of(item)
