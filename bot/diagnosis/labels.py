"""The words around what entries and clusters say: headings of an answer's parts, in the language of its title.

A closed table: the texts of entries, and what was read, stay as they are.
"""

from dataclasses import dataclass

from bot.diagnosis.report import Report, ReportDiagnosis
from knowledge.model import is_chinese


@dataclass(frozen=True, kw_only=True)
class Labels:
    """``{}`` stands for a cluster (``where``), for a label, and for a number of steps."""

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
    no_entry: str
    unmatched_unread: str
    unmatched_failing: str
    unmatched: str
    unmatched_partly: str
    looked_at: str
    looked_at_number: str
    comma: str
    say_what_fails: str
    nearest: str
    nearest_in_slack: str
    no_other_fault: str
    check_all: str
    asked: str
    nothing_fails: str
    nothing_now: str
    nothing_seen: str


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
    no_entry="No entry fits",
    unmatched_unread="No entry of the container-networking FAQ fits these words, so nothing was read.",
    unmatched_failing="No entry of the FAQ fits these words clearly. Start with what fails here.",
    unmatched="These words fit no entry clearly, and no fault of the network is seen in the cluster.",
    unmatched_partly=(
        "These words fit no entry clearly, and no fault of the network is seen in what could be read of the cluster."
    ),
    looked_at="Looked at: {}.",
    looked_at_number="Looked at: {} things, listed under Evidence.",
    comma=", ",
    say_what_fails="Say what fails (pods, nodes, Services), since when, and paste the error.",
    nearest="`netclinic match TEXT` shows the nearest entries, `netclinic check` looks at everything.",
    nearest_in_slack="`/netclinic entries WORDS` shows the nearest entries.",
    no_other_fault="No other fault was seen on the way.",
    check_all="`netclinic check` looks at every fault of the FAQ.",
    asked="Asked{}.",
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
    no_entry="没有匹配的条目",
    unmatched_unread="容器网络 FAQ 中没有与这段描述相符的条目，因此未读取任何内容。",
    unmatched_failing="FAQ 中没有与这段描述明确相符的条目。请先看此处的故障。",
    unmatched="没有与这段描述明确相符的条目，集群中也未见网络故障。",
    unmatched_partly="没有与这段描述明确相符的条目，在集群可读取的部分中也未见网络故障。",
    looked_at="已查看：{}。",
    looked_at_number="已查看 {} 项，列在“证据”中。",
    comma="、",
    say_what_fails="请说明什么出了问题（Pod、节点、Service）、从何时开始，并贴上报错。",
    nearest="`netclinic match TEXT` 列出最接近的条目，`netclinic check` 全面检查。",
    nearest_in_slack="`/netclinic entries WORDS` 列出最接近的条目。",
    no_other_fault="过程中未见其他故障。",
    check_all="`netclinic check` 检查 FAQ 中的每一种故障。",
    asked="所查集群{}。",
    nothing_fails="未见故障",
    nothing_now="现在未见故障。",
    nothing_seen="在现在可读取的部分中未见故障。",
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


def check_name(what: str, labels: Labels) -> str:
    """What a failure check looks at, in the language of the labels."""
    return CHECKS_CHINESE.get(what, what) if labels is CHINESE else what
