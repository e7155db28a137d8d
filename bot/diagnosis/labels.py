"""The words around what entries and clusters say: headings of an answer's parts, in the language of its title.

A closed table: the texts of entries, and what was read, stay as they are.
"""

from dataclasses import dataclass

from bot.diagnosis.report import Report, ReportDiagnosis


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
)


def labels_of(item: ReportDiagnosis) -> Labels:
    """Those of a diagnosis: Chinese where somebody asked in Chinese and its entry has a Chinese title."""
    return CHINESE if item.title_zh else ENGLISH


def labels_for(report: Report) -> Labels:
    """Those of an answer: of its first diagnosis."""
    return labels_of(report.diagnoses[0]) if report.diagnoses else ENGLISH
