"""What can be pressed below an answer: four buttons, and the rest behind three dots."""

from bot.diagnosis.judge import Verdict
from bot.diagnosis.labels import Labels
from bot.diagnosis.language import labels_for
from bot.diagnosis.report import Report
from bot.slack.blocks.action_ids import (
    CASE_MENU,
    CHECK_ALL,
    EVIDENCE,
    HAND_OVER,
    HELPED,
    NOT_HELPED,
    OTHER_CLUSTER,
    RECHECK,
    RESOLVE,
    SHARE_ANSWER,
    STEPS,
    TAKE,
    UNWATCH,
    WATCH,
    menu_value,
)
from bot.slack.blocks.case import CaseLine
from bot.slack.blocks.collapsed import evidence_count, evidence_title
from bot.slack.blocks.elements import Element, button, overflow


def case_buttons(case: CaseLine, report: Report) -> list[Element]:
    """What can be pressed now: of a case that is resolved, or stands in another thread, nothing but what shows more of
    it; of what was not read, nothing; where there is no case, because the cluster was out of reach, another look.
    """
    if not report.diagnoses and not report.cluster:
        return []
    value, labels = case.value.dumps(), labels_for(report)
    steps = [button(STEPS, labels.all_steps, value)] if _has_steps(report) else []
    evidence = [button(EVIDENCE, evidence_title(evidence_count(report), labels), value)]
    if case.resolved_at or case.same_as:
        return [*steps, *evidence]
    if case.is_talk:
        return [button(RECHECK, labels.recheck, value), *_wider(value, labels), *(evidence if report.was_read else [])]
    if not _has_nothing_to_do(report):
        return [*steps, *evidence, *_acting(case, report, value)]
    shown = _wider(value, labels) if report.cluster and not case.is_private else []
    return [*shown, *evidence, *_acting(case, report, value, is_other_shown=bool(shown))]


def _wider(value: str, labels: Labels) -> list[Element]:
    return [button(CHECK_ALL, labels.check_everything, value), button(OTHER_CLUSTER, labels.other_cluster, value)]


def check_buttons(case: CaseLine, report: Report) -> list[Element]:
    """The same below the verdicts on all faults."""
    value, labels = case.value.dumps(), labels_for(report)
    is_wrong = any(item.verdict in (Verdict.CONFIRMED, Verdict.SUSPECTED) for item in report.diagnoses)
    steps = [button(STEPS, labels.all_steps, value)] if is_wrong and _has_steps(report) else []
    shown = [*steps, button(EVIDENCE, evidence_title(evidence_count(report), labels), value)]
    return shown if case.resolved_at else [*shown, *_acting(case, report, value)]


def _has_steps(report: Report) -> bool:
    """Whether the modal would hold anything."""
    told = [item for item in report.diagnoses if item.verdict is not Verdict.RULED_OUT]
    return any(item.settle or item.steps or item.prevent or item.verify or item.cause for item in told)


def _has_nothing_to_do(report: Report) -> bool:
    first = report.diagnoses[0] if report.diagnoses else None
    return first is None or first.verdict is Verdict.RULED_OUT


def _is_something_wrong(report: Report) -> bool:
    first = report.diagnoses[0] if report.diagnoses else None
    return bool(report.failing) or (first is not None and first.verdict in (Verdict.CONFIRMED, Verdict.SUSPECTED))


def _acting(case: CaseLine, report: Report, value: str, *, is_other_shown: bool = False) -> list[Element]:
    """What changes the case, the most wanted first."""
    labels = labels_for(report)
    taking = [] if case.is_private else _taking(case, report, value)
    recheck = [button(RECHECK, labels.recheck, value)] if report.cluster else []
    options = [] if case.is_private else _menu_options(case, report, is_other_shown)
    made = [(label, menu_value(action, case.value)) for action, label in options]
    menu = [overflow(CASE_MENU, made)] if made else []
    share = [button(SHARE_ANSWER, labels.share, value)] if case.is_shareable else []
    return [*taking, *recheck, *share, *menu]


def _taking(case: CaseLine, report: Report, value: str) -> list[Element]:
    labels = labels_for(report)
    if not case.is_taken:
        return [button(TAKE, labels.on_it, value, style="primary")] if _is_something_wrong(report) else []
    if not report.cluster:
        return []
    stop, start = button(UNWATCH, labels.stop_watching, value), button(WATCH, labels.watch, value)
    return [stop if case.is_watched else start]


def _menu_options(case: CaseLine, report: Report, is_other_shown: bool) -> list[tuple[str, str]]:
    """At most five: Slack takes no more."""
    labels = labels_for(report)
    has_feedback = bool(case.helped_by or case.not_helped_by) or not report.diagnoses
    return [
        *([] if case.handed_to or not case.has_oncall else [(HAND_OVER, labels.hand_over)]),
        (RESOLVE, labels.resolve),
        *([] if is_other_shown or not report.cluster else [(OTHER_CLUSTER, labels.other_cluster)]),
        *([] if has_feedback else [(HELPED, labels.helped), (NOT_HELPED, labels.not_helped)]),
    ]
