"""The words around what entries and clusters say: headings of an answer's parts, in the language of its title, and
the lines, buttons and modals of its case in Slack.

A closed table: the texts of entries, and what was read, stay as they are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.diagnosis.report import Report, ReportDiagnosis
from knowledge.model import is_chinese


@dataclass(frozen=True, kw_only=True)
class Labels:
    """``{}`` stands for a cluster (``where``), for a label, for a number, and for what ``quantity`` says."""

    where: str
    proof: str
    seen: str
    do_now: str
    to_do: str
    alone: str
    first_of: str
    settle: str
    to_settle: str
    before: str
    caution_before: str
    caution: str
    steps: str
    steps_later: str
    prevent: str
    verify: str
    cause: str
    cause_if_so: str
    evidence: str
    more_evidence: str
    readings: str
    not_asked: str
    failing: str
    also_confirmed: str
    also_seen: str
    not_looked_at: str
    considered: str
    considered_number: str
    evidence_number: str
    second_step: str
    steps_to: str
    how_to_verify: str
    both: str
    more: str
    all_steps: str
    on_it: str
    recheck: str
    watch: str
    stop_watching: str
    check_everything: str
    other_cluster: str
    share: str
    hand_over: str
    resolve: str
    helped: str
    not_helped: str
    yes: str
    no: str
    read: str
    unchanged: str
    case: str
    no_case: str
    still: str
    cleared: str
    worse: str
    new: str
    unclear: str
    after: str
    since: str
    unchanged_since: str
    none_since: str
    unchanged_after: str
    not_all_read: str
    and_more: str
    see_above: str
    watched: str
    answered: str
    no_entry: str
    stop: str
    semicolon: str
    comma: str
    resolved: str
    resolved_by: str
    took: str
    is_on_it: str
    has_it: str
    watching: str
    noted_helped: str
    noted_not_helped: str
    welcome: str
    still_open: str
    nothing_new: str
    asked: str
    namespace: str
    taken_by: str
    asked_by: str
    helped_by: str
    not_helped_by: str
    handed_over: str
    handed_by: str
    watched_until: str
    people_ask: str
    alert_says: str
    alerts_say: str
    same_as: str
    its_thread: str
    show_whole: str
    close: str
    none: str
    page: str
    cluster: str
    of_cluster: str
    previous: str
    next: str
    rest_behind: str
    leave_note: str
    save: str
    cancel: str
    what_helped: str
    what_was_wrong: str
    note_example: str
    note_hint: str
    ask_netclinic: str
    ask: str
    what_is_seen: str
    which_cluster: str
    which_namespace: str
    all_namespaces: str
    choose_cluster: str
    unmatched_unread: str
    unmatched_failing: str
    unmatched: str
    unmatched_partly: str
    looked_at: str
    looked_at_number: str
    listed: str
    say_what_fails: str
    nearest: str
    nearest_in_slack: str
    no_other_fault: str
    check_all: str
    asked_on: str
    nothing_fails: str
    nothing_now: str
    nothing_seen: str
    units: Mapping[str, str] = field(default_factory=dict)

    def quantity(self, told: str) -> str:
        """An age, a length of time or a count of things ("8 min", "2 hours", "3 min ago") with its unit's word."""
        number, space, unit = told.partition(" ")
        return self.units.get(told) or number + self.units.get(unit, f"{space}{unit}")


ENGLISH = Labels(
    where=" on {}",
    proof="Proof: ",
    seen="Seen: ",
    do_now="Do now",
    to_do="To do it",
    alone="{}: ",
    first_of="{} (1 of {}): ",
    settle="Settle it first",
    to_settle="To settle it: ",
    before="Before you start",
    caution_before="⚠ Caution, before you start",
    caution="Caution: ",
    steps="Steps",
    steps_later="Steps, once it is settled",
    prevent="To prevent it",
    verify="Verify",
    cause="Cause",
    cause_if_so="Cause, if it is this",
    evidence="Evidence",
    more_evidence="More evidence",
    readings="Read from this cluster",
    not_asked="Your words did not point to this; the cluster shows it now.",
    failing="Failing here",
    also_confirmed="Also confirmed",
    also_seen="Also seen on this cluster",
    not_looked_at="Not looked at",
    considered="Also considered",
    considered_number="{}, also considered ({})",
    evidence_number="Evidence ({})",
    second_step="Step 2",
    steps_to="Steps 2–{}",
    how_to_verify="How to verify",
    both="{} and how to verify",
    more="More",
    all_steps="All steps",
    on_it="I'm on it",
    recheck="Re-check",
    watch="Watch",
    stop_watching="Stop watching",
    check_everything="Check everything",
    other_cluster="Other cluster",
    share="Share to channel",
    hand_over="Hand to on-call",
    resolve="Resolve",
    helped="It helped",
    not_helped="It did not help",
    yes="Yes",
    no="No",
    read="read ",
    unchanged="Nothing was changed",
    case="Case {}",
    no_case="No case was opened",
    still="Still there",
    cleared="Cleared",
    worse="Now confirmed",
    new="New",
    unclear="Cannot be told now",
    after=" after {}",
    since="Since {}: ",
    unchanged_since="Nothing changed since {}",
    none_since=": no fault was seen then, and none now.",
    unchanged_after="Nothing changed{} after {}: no fault was seen before, and none is now",
    not_all_read="Not all could be read{}",
    and_more="and {} more",
    see_above=" Failing here: {}, see the answer above.",
    watched="watched",
    answered=" answered {}.",
    no_entry="No entry fits",
    stop=".",
    semicolon="; ",
    comma=", ",
    resolved="Resolved",
    resolved_by=" by ",
    took=", after {}",
    is_on_it=" is on it{}.",
    has_it=" has it.",
    watching="I look again{} every {}, for {} at most, and say once what changed.",
    noted_helped="Noted: it helped{}.",
    noted_not_helped="Noted: it did not help{}. Say what you see now, and I look again.",
    welcome="You are welcome.",
    still_open=" Case {} is still open: press Resolve on its answer once it is over.",
    nothing_new=(
        "That names nothing new to look at. Say what you see (an error, an object, another cluster), or one of: "
        "check again, show evidence, all steps, I'm on it, resolve."
    ),
    asked="Asked: ",
    namespace="namespace {}",
    taken_by="on it: ",
    asked_by="asked by ",
    helped_by="helped, says ",
    not_helped_by="did not help, says ",
    handed_over="handed to on-call",
    handed_by="by ",
    watched_until="watched until ",
    people_ask="{} people ask",
    alert_says="{} alert says so",
    alerts_say="{} alerts say so",
    same_as="Same as {}, {}",
    its_thread="its thread",
    show_whole="Show the whole answer",
    close="Close",
    none="There is none.",
    page="Page {} of {}",
    cluster="Cluster {}",
    of_cluster=" · cluster {}",
    previous="Previous",
    next="Next",
    rest_behind="The rest stands behind the button {}.",
    leave_note="Leave a note",
    save="Save",
    cancel="Cancel",
    what_helped="What helped?",
    what_was_wrong="What was wrong or missing?",
    note_example="one or two sentences",
    note_hint="It stands in the on-call handoff, with your name.",
    ask_netclinic="Ask netclinic",
    ask="Ask",
    what_is_seen="What do you see?",
    which_cluster="Cluster",
    which_namespace="Namespace",
    all_namespaces="all of them",
    choose_cluster="Choose a cluster",
    unmatched_unread="No entry of the container-networking FAQ fits these words, so nothing was read.",
    unmatched_failing="No entry of the FAQ fits these words clearly. Start with what fails here.",
    unmatched="These words fit no entry clearly, and no fault of the network is seen in the cluster.",
    unmatched_partly=(
        "These words fit no entry clearly, and no fault of the network is seen in what could be read of the cluster."
    ),
    looked_at="Looked at: {}.",
    looked_at_number="Looked at: {} things, listed under Evidence.",
    listed=", ",
    say_what_fails="Say what fails (pods, nodes, Services), since when, and paste the error.",
    nearest="`netclinic match TEXT` shows the nearest entries, `netclinic check` looks at everything.",
    nearest_in_slack="`/netclinic entries WORDS` shows the nearest entries.",
    no_other_fault="No other fault was seen on the way.",
    check_all="`netclinic check` looks at every fault of the FAQ.",
    asked_on="Asked{}.",
    nothing_fails="Nothing fails",
    nothing_now="Nothing is seen failing now.",
    nothing_seen="Nothing is seen failing in what could be read now.",
)
CHINESE = Labels(
    where="（{}）",
    proof="证据：",
    seen="所见：",
    do_now="立即处理",
    to_do="操作方法",
    alone="{}：",
    first_of="{}（第 1 步，共 {} 步）：",
    settle="先确认",
    to_settle="如何确认：",
    before="开始之前",
    caution_before="⚠ 开始之前请注意",
    caution="注意：",
    steps="步骤",
    steps_later="确认之后的步骤",
    prevent="如何预防",
    verify="如何验证",
    cause="原因",
    cause_if_so="若确系此问题，原因",
    evidence="证据",
    more_evidence="更多证据",
    readings="从本集群读取",
    not_asked="您的描述并未指向此问题，但集群此刻显示如此。",
    failing="此处的故障",
    also_confirmed="同时确认",
    also_seen="本集群还存在",
    not_looked_at="未能查看",
    considered="还考虑过",
    considered_number="{}，还考虑过（{}）",
    evidence_number="证据（{}）",
    second_step="第 2 步",
    steps_to="第 2–{} 步",
    how_to_verify="如何验证",
    both="{}，以及如何验证",
    more="更多",
    all_steps="全部步骤",
    on_it="我来处理",
    recheck="再查一次",
    watch="持续观察",
    stop_watching="停止观察",
    check_everything="全面检查",
    other_cluster="换个集群",
    share="分享到频道",
    hand_over="转给值班",
    resolve="标记已解决",
    helped="有帮助",
    not_helped="没有帮助",
    yes="是",
    no="否",
    read="读取于 ",
    unchanged="未做任何更改",
    case="案例 {}",
    no_case="未建立案例",
    still="仍存在",
    cleared="已消失",
    worse="现已确认",
    new="新出现",
    unclear="目前无法判断",
    after="，{}后",
    since="自 {} 以来：",
    unchanged_since="自 {} 以来没有变化",
    none_since="：当时未见故障，现在也没有。",
    unchanged_after="没有变化{}，{}后：之前未见故障，现在也没有",
    not_all_read="未能全部读取{}",
    and_more="另有 {} 项",
    see_above="此处的故障：{}，见上方答案。",
    watched="自动观察",
    answered=" 的回答：{}。",
    no_entry="没有符合的条目",
    stop="。",
    semicolon="；",
    comma="，",
    resolved="已解决",
    resolved_by="：",
    took="，历时 {}",
    is_on_it=" 正在处理{}。",
    has_it=" 已接手。",
    watching="我会持续观察{}：每 {}再查一次，最多 {}，有变化时告知一次。",
    noted_helped="已记录{}：有帮助。",
    noted_not_helped="已记录{}：没有帮助。请说明现在看到的情况，我会再查。",
    welcome="不客气。",
    still_open="案例 {} 仍未关闭：结束后请点击答案下方的“标记已解决”。",
    nothing_new=(
        "其中没有可供查看的新内容。请说明您看到的情况（报错、对象、另一个集群），或输入：再查一下、看证据、全部步骤、我来处理、"
        "已解决。"
    ),
    asked="问题：",
    namespace="命名空间 {}",
    taken_by="处理人：",
    asked_by="发起人：",
    helped_by="认为有帮助：",
    not_helped_by="认为没有帮助：",
    handed_over="已转给值班",
    handed_by="操作人：",
    watched_until="观察至 ",
    people_ask="{} 人在问",
    alert_says="{} 条告警也这样说",
    alerts_say="{} 条告警也这样说",
    same_as="与 {} 相同，{}",
    its_thread="其消息串",
    show_whole="显示完整答案",
    close="关闭",
    none="没有。",
    page="第 {} 页，共 {} 页",
    cluster="集群 {}",
    of_cluster=" · 集群 {}",
    previous="上一页",
    next="下一页",
    rest_behind="其余内容见按钮“{}”。",
    leave_note="留言",
    save="保存",
    cancel="取消",
    what_helped="什么起了作用？",
    what_was_wrong="哪里不对或有遗漏？",
    note_example="一两句话",
    note_hint="会连同您的名字写入值班交接。",
    ask_netclinic="询问 netclinic",
    ask="提问",
    what_is_seen="您看到了什么？",
    which_cluster="集群",
    which_namespace="命名空间",
    all_namespaces="全部",
    choose_cluster="选择集群",
    unmatched_unread="容器网络 FAQ 中没有与这段描述相符的条目，因此未读取任何内容。",
    unmatched_failing="FAQ 中没有与这段描述明确相符的条目。请先看此处的故障。",
    unmatched="没有与这段描述明确相符的条目，集群中也未见网络故障。",
    unmatched_partly="没有与这段描述明确相符的条目，在集群可读取的部分中也未见网络故障。",
    looked_at="已查看：{}。",
    looked_at_number="已查看 {} 项，列在“证据”中。",
    listed="、",
    say_what_fails="请说明什么出了问题（Pod、节点、Service）、从何时开始，并贴上报错。",
    nearest="`netclinic match TEXT` 列出最接近的条目，`netclinic check` 全面检查。",
    nearest_in_slack="`/netclinic entries WORDS` 列出最接近的条目。",
    no_other_fault="过程中未见其他故障。",
    check_all="`netclinic check` 检查 FAQ 中的每一种故障。",
    asked_on="所查集群{}。",
    nothing_fails="未见故障",
    nothing_now="现在未见故障。",
    nothing_seen="在现在可读取的部分中未见故障。",
    units={
        **dict.fromkeys(("s", "second", "seconds"), " 秒"),
        **dict.fromkeys(("min", "minute", "minutes"), " 分钟"),
        **dict.fromkeys(("h", "hour", "hours"), " 小时"),
        "d": " 天",
        **{f"{unit} ago": f" {word}前" for unit, word in (("s", "秒"), ("min", "分钟"), ("h", "小时"), ("d", "天"))},
        "just now": "刚刚",
        **dict.fromkeys(("thing", "things"), " 项"),
    },
)

# What the failure checks look at (bot/probes/failure_checks.py).
CHECKS_CHINESE = {
    "what your words name": "您提到的对象",
    "load balancers of Services": "Service 的负载均衡",
    "network components": "网络组件",
    "the cluster's DNS": "集群 DNS",
    "errors that network components log": "网络组件日志中的报错",
    "warnings about what is named": "所提对象的告警事件",
    "nodes": "节点",
    "network taints of nodes": "节点的网络污点",
    "nodes that take no pods": "不接收 Pod 的节点",
    "pods that wait for their network": "等待网络的 Pod",
    "pods without a node": "未调度的 Pod",
    "pods that do not come up": "起不来的 Pod",
    "pods that do not end": "无法结束的 Pod",
    "workloads whose pods are refused": "Pod 被拒绝创建的工作负载",
    "Services without endpoints": "没有后端的 Service",
    "warnings of the network's controllers": "网络控制器的告警事件",
}


def labels_of(item: ReportDiagnosis) -> Labels:
    """Those of a diagnosis: Chinese where somebody asked in Chinese and its entry has a Chinese title."""
    return CHINESE if item.title_zh else ENGLISH


def labels_for(report: Report) -> Labels:
    """Those of an answer: of its first diagnosis; where no entry fits, of the question."""
    if report.diagnoses:
        return labels_of(report.diagnoses[0])
    return CHINESE if is_chinese(report.question) else ENGLISH


def labels_among(reports: Iterable[Report]) -> Labels:
    """Those of a case, by the looks at its question: of the first that found an entry; a later one may find none."""
    looks = list(reports)
    telling = next((each for each in looks if each.diagnoses), looks[0] if looks else None)
    return labels_for(telling) if telling else ENGLISH


def check_name(what: str, labels: Labels) -> str:
    """What a failure check looks at, in the language of the labels."""
    return CHECKS_CHINESE.get(what, what) if labels is CHINESE else what
