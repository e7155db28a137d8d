"""From facts to the handoff: what is told of the span, in which order, and how much of it. No reading, no clock.

Which cases a handoff is about, before anybody has looked again: the open ones with what was told of them.

What happened in the span: resolved cases, causes, questions that nothing answered, complaints, blind clusters.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.diagnosis.report import Report, ReportDiagnosis
from bot.handoff.case_state import FAULT_SEEN, VERDICT_RANK, CaseState, case_states
from bot.handoff.queries import AnswerRow, Facts, thread_link
from bot.handoff.recheck import RecheckTarget
from bot.handoff.records import (
    Action,
    CaseRef,
    Cause,
    Counts,
    CurrentState,
    Handoff,
    NextCheck,
    OpenCase,
    ResolvedCase,
    State,
    TimelineBar,
    UnansweredQuestion,
    Unhelpful,
    UnreachableCluster,
    first_seen,
)
from bot.handoff.time_range import Span
from bot.store.cases import Case

NOT_RECHECKED = State(now=CurrentState.UNASKED)


MOST = 60  # of each list and of the picture's bars; what is left out is counted


@dataclass(frozen=True)
class Draft:
    """The cases of a span, before anybody has looked again. ``open`` are those that are told in full, worst first."""

    span: Span
    facts: Facts
    case_states: Mapping[str, CaseState]
    open: Sequence[CaseState]

    def answers(self) -> list[str]:
        """The ids of the answers that the open cases rest on."""
        return [standing.cause.id for standing in self.open if standing.cause]

    def wanted(self, told: Mapping[str, Report]) -> list[RecheckTarget]:
        """The open cases as they are to be looked at."""
        return [_wanted(standing, report_for(standing, told)) for standing in self.open]


def make_draft(facts: Facts, span: Span) -> Draft:
    """The open cases that are told in full: the worst first, of these the newest activity."""
    found = case_states(facts)
    told = [standing for standing in found.values() if standing.has_open_problem]
    told.sort(key=lambda item: (VERDICT_RANK.get(item.outcome, 9), -item.case.updated_at.timestamp(), item.case.id))
    return Draft(span, facts, found, told[:MOST])


def case_ref(case: Case, text: str = "") -> CaseRef:
    link = case.link or thread_link(case.team, case.channel, case.thread_ts)
    return CaseRef(id=case.id, link=link, text=text)


def report_for(standing: CaseState, told: Mapping[str, Report]) -> Report | None:
    """What was told when the cause was found."""
    return told.get(standing.cause.id) if standing.cause else None


def cause_diagnosis(standing: CaseState, told: Report | None) -> ReportDiagnosis | None:
    """The part of it that is about the cause."""
    return next((item for item in told.diagnoses if item.entry == standing.entry), None) if told else None


def _wanted(standing: CaseState, told: Report | None) -> RecheckTarget:
    diagnosis = cause_diagnosis(standing, told)
    return RecheckTarget(
        case=standing.case.id,
        entry=standing.entry,
        cluster=standing.cluster,
        namespace=standing.case.namespace,
        before=standing.found,
        rests_on_sign=diagnosis is None or diagnosis.rests_on_sign,
    )


def people_in(draft: Draft) -> set[str]:
    """The ids of everybody whom the handoff may name."""
    cases = draft.facts.cases.values()
    found = {person for case in cases for person in (case.assignee, case.resolved_by)}
    unanswered = {answer.asked_by for answer in draft.facts.answers if answer.outcome == "unmatched"}
    return (found | unanswered | {word.user for word in draft.facts.unhelpful}) - {""}


def resolved_cases(draft: Draft) -> list[ResolvedCase]:
    """The newest first."""
    span, found = draft.span, []
    for item in draft.case_states.values():
        case = item.case
        if case.state == "resolved" and case.resolved_at and span.since <= case.resolved_at < span.until:
            found.append(
                ResolvedCase(
                    ref=case_ref(case),
                    entry=item.entry,
                    title=item.title,
                    outcome=item.found,
                    question=case.question,
                    cluster=item.cluster,
                    opened_at=case.opened_at,
                    diagnosed_at=case.diagnosed_at,
                    resolved_at=case.resolved_at,
                    resolved_by=case.resolved_by,
                )
            )
    return sorted(found, key=lambda item: (item.resolved_at, item.ref.id), reverse=True)


def _in_span(draft: Draft) -> list[AnswerRow]:
    return [answer for answer in draft.facts.answers if draft.span.since <= answer.asked_at < draft.span.until]


def find_causes(draft: Draft, outcomes: Sequence[str]) -> list[Cause]:
    """The causes found in the span with these verdicts, those of most cases first."""
    cases: dict[str, dict[str, Case]] = defaultdict(dict)
    confirmed: dict[str, set[str]] = defaultdict(set)
    titles: dict[str, str] = {}
    clusters: dict[str, set[str]] = defaultdict(set)
    for answer in _in_span(draft):
        case = draft.facts.cases.get(answer.case_id)
        if case is not None and answer.outcome in outcomes:
            titles[answer.entry] = answer.title
            cases[answer.entry][case.id] = case
            clusters[answer.entry] |= {answer.cluster} - {""}
            confirmed[answer.entry] |= {case.id} if answer.outcome == "confirmed" else set()
    found = [
        Cause(
            entry=entry,
            title=titles[entry],
            clusters=tuple(sorted(clusters[entry])),
            cases=tuple(case_ref(case) for case in sorted(some.values(), key=lambda case: (case.opened_at, case.id))),
            confirmed=len(confirmed[entry]),
        )
        for entry, some in cases.items()
    ]
    return sorted(found, key=lambda cause: (-len(cause.cases), cause.entry))


def unanswered_questions(draft: Draft) -> list[UnansweredQuestion]:
    """Questions without an answer, a question once a thread. Those asked in a direct message are left out.

    So are those of open cases that are told as unexplained already.
    """
    found: dict[tuple[str, str], UnansweredQuestion] = {}
    for answer in _in_span(draft):
        case = draft.facts.cases.get(answer.case_id)
        if answer.outcome != "unmatched" or case is None or case.is_direct or not answer.question.strip():
            continue
        standing = draft.case_states[case.id]
        if standing.has_open_problem and standing.is_unexplained:
            continue
        later = _later(standing, answer)
        found[case.id, answer.question] = UnansweredQuestion(
            ref=case_ref(case),
            question=answer.question,
            asked_at=answer.asked_at,
            asked_by=answer.asked_by,
            later=later,
        )
    return list(found.values())


def _later(standing: CaseState, answer: AnswerRow) -> str:
    """What became of a question; empty while nothing explains it."""
    if standing.newest and standing.newest.asked_at > answer.asked_at and not standing.is_unexplained:
        return f"later in the thread: {standing.title}"
    return "resolved since" if standing.case.state == "resolved" else ""


def unhelpful_answers(draft: Draft) -> list[Unhelpful]:
    """The words of direct messages were never read."""
    cases = draft.facts.cases
    return [
        Unhelpful(
            ref=case_ref(cases[word.case_id]),
            entry=word.entry,
            user=word.user,
            note=word.note,
            at=word.at,
            is_direct=cases[word.case_id].is_direct,
        )
        for word in draft.facts.unhelpful
        if word.case_id in cases
    ]


def unreachable_clusters(draft: Draft, states: Mapping[str, State]) -> list[UnreachableCluster]:
    """Clusters that could not be read, in the span or now; what reads again now is told too."""
    found = {
        row.cluster: UnreachableCluster(
            cluster=row.cluster, at=row.asked_at, why=row.trouble, ref=case_ref(draft.facts.cases[row.case_id])
        )
        for row in draft.facts.unreachable
        if row.case_id in draft.facts.cases
    }
    for item in draft.open:
        state = states.get(item.case.id, NOT_RECHECKED)
        if state.now is CurrentState.UNREAD:
            found[item.cluster] = UnreachableCluster(
                cluster=item.cluster, at=draft.span.until, why=state.reason, ref=case_ref(item.case), is_now=True
            )
        elif state.now is not CurrentState.UNASKED:
            found.pop(item.cluster, None)  # it was just read
    return [found[name] for name in sorted(found)]


def timeline_bars(draft: Draft, states: Mapping[str, State]) -> list[TimelineBar]:
    """The cases of the picture: what is open and wrong is the last to be left out."""
    wanted = [item for item in draft.case_states.values() if _is_drawn(item, draft.span)]
    wanted.sort(
        key=lambda item: (not item.has_open_problem, VERDICT_RANK.get(item.found, 9), item.case.opened_at, item.case.id)
    )
    return [_bar(item, states.get(item.case.id, NOT_RECHECKED).now) for item in wanted]


def _bar(item: CaseState, now: CurrentState) -> TimelineBar:
    verdict = item.outcome if item.has_open_problem else item.found
    return TimelineBar(
        case=item.case.id,
        entry="" if item.is_unexplained and now is not CurrentState.WORSE else item.entry,
        cluster=item.cluster,
        outcome="confirmed" if now is CurrentState.WORSE else verdict,
        start=item.case.opened_at,
        end=item.case.resolved_at if item.case.state == "resolved" else None,
        cleared=now is CurrentState.CLEARED,
    )


def _is_drawn(item: CaseState, span: Span) -> bool:
    ended = item.case.resolved_at or span.until
    is_wrong_or_resolved = item.has_open_problem or item.case.state == "resolved"
    return (
        item.case.opened_at < span.until
        and ended >= span.since
        and (is_wrong_or_resolved or item.case.opened_at >= span.since)
    )


MOST_ACTIONS = 40
MOST_GUIDES = 10


def compose(
    blank: Handoff,
    draft: Draft,
    told: Mapping[str, Report],
    states: Mapping[str, State],
    actions: Sequence[Action],
) -> Handoff:
    """``blank``, which knows its id, span, and from whom to whom it is, filled in; ``states`` by case, as found now."""
    facts, span = draft.facts, draft.span
    opened = [item for item in draft.case_states.values() if span.since <= item.case.opened_at < span.until]
    open_ = [item for item in draft.case_states.values() if item.has_open_problem]
    unexplained = [item for item in open_ if item.is_unexplained and _now(item, states) is not CurrentState.WORSE]
    resolved = resolved_cases(draft)
    gaps, causes = unanswered_questions(draft), find_causes(draft, FAULT_SEEN)
    late = [gap for gap in gaps if gap.later]
    gaps = [gap for gap in gaps if not gap.later]
    new = [cause for cause in find_causes(draft, ("confirmed",)) if cause.entry not in facts.known]
    told_open = [_open(item, report_for(item, told), states.get(item.case.id, NOT_RECHECKED)) for item in draft.open]
    bars, unhelpful = timeline_bars(draft, states), unhelpful_answers(draft)
    guides = [item for item in opened if item.case.state == "open" and item.outcome == "answered"]
    counts = Counts(
        opened=len(opened),
        open=len(open_) - len(unexplained) + facts.quiet_count,
        open_in_full=len(open_) - len(unexplained),
        resolved=len(resolved),
        new_causes=len(new),
        unexplained=len(unexplained),
        unanswered=len(gaps),
        answered_late=len(late),
        unhelpful=len(unhelpful),
        actions=len(actions),
        quiet=facts.quiet_count,
        guides=len(guides),
        bars=len(bars),
    )
    return replace(
        blank,
        counts=counts,
        open=tuple(sorted((case for case in told_open if not case.is_unexplained), key=_urgency)),
        unexplained=tuple(case for case in told_open if case.is_unexplained),
        quiet=tuple(case_ref(case, case.title) for case in facts.quiet),
        guides=tuple(case_ref(item.case, item.case.title) for item in guides[:MOST_GUIDES]),
        resolved=tuple(resolved[:MOST]),
        new_causes=tuple(new),
        repeated=tuple(cause for cause in causes if len(cause.cases) > 1),
        unanswered=tuple(gaps[:MOST]),
        answered_late=tuple(late[:MOST]),
        unhelpful=tuple(unhelpful[:MOST]),
        actions=tuple(actions[-MOST_ACTIONS:]),
        blind=tuple(unreachable_clusters(draft, states)),
        bars=tuple(bars[:MOST]),
    )


def _now(standing: CaseState, states: Mapping[str, State]) -> CurrentState:
    return states.get(standing.case.id, NOT_RECHECKED).now


def _urgency(case: OpenCase) -> tuple[int, int]:
    """What is there now comes first, what is gone last; otherwise the order stays."""
    now = {CurrentState.STILL: 0, CurrentState.WORSE: 0, CurrentState.CLEARED: 2}.get(case.state.now, 1)
    return now, VERDICT_RANK.get(case.outcome, 9)


def _open(standing: CaseState, told: Report | None, state: State) -> OpenCase:
    case, diagnosis = standing.case, cause_diagnosis(standing, told)
    return OpenCase(
        ref=case_ref(case),
        entry=standing.entry,
        title=standing.title,
        outcome=standing.outcome,
        found=standing.found,
        question=case.question,
        cluster=standing.cluster,
        namespace=case.namespace,
        opened_at=case.opened_at,
        assignee=case.assignee,
        state=state,
        seen=first_seen(told, diagnosis) if told else None,
        settle=_settling(diagnosis, state) if standing.outcome == "suspected" else (),
        also=tuple(_also(standing, told)),
    )


def _settling(diagnosis: ReportDiagnosis | None, state: State) -> tuple[NextCheck, ...]:
    """What has been settled meanwhile needs no settling."""
    if diagnosis is None or state.now in (CurrentState.CLEARED, CurrentState.WORSE, CurrentState.RULED_OUT):
        return ()
    return tuple(NextCheck(text=step.text, command=step.command) for step in diagnosis.settle)


def _also(standing: CaseState, told: Report | None) -> list[str]:
    items = told.diagnoses if told else ()
    return [item.entry for item in items if item.entry != standing.entry and str(item.verdict) == "confirmed"]
