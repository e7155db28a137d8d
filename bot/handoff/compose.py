"""From facts to the handoff: what it says of the span, in which order, and how much of it. No reading, no clock.

First a draft, before anybody has looked again: which open cases the handoff is about, and what their answers said.
Then what happened in the span: resolved cases, causes, questions that nothing answered, complaints, clusters out of
reach.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.diagnosis.report import Report, ReportDiagnosis
from bot.diagnosis.settling import GivenAnswer
from bot.handoff.case_state import FAULT_SEEN, VERDICT_RANK, CaseState, case_states
from bot.handoff.queries import AnswerRow, Facts, thread_link
from bot.handoff.recheck import Recheck, RecheckTarget
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
    first_evidence,
)
from bot.handoff.time_range import Span
from bot.store.cases import Case

MOST_LISTED = 60  # of each list and of the time line's bars; what is left out is counted
MOST_ACTIONS = 40
MOST_GUIDES = 10
NOT_RECHECKED = State(now=CurrentState.UNASKED)


@dataclass(frozen=True)
class Draft:
    """The cases of a span, before anybody has looked again. ``open`` are those that are shown in full, worst first.

    ``hidden`` are open ones whose threads are closed to the readers.
    """

    span: Span
    facts: Facts
    case_states: Mapping[str, CaseState]
    open: Sequence[CaseState]
    hidden: int = 0

    def answer_ids(self) -> list[str]:
        """The ids of the answers that the open cases rest on."""
        return [case_state.cause.id for case_state in self.open if case_state.cause]

    def recheck_targets(
        self, reports: Mapping[str, Report], given: Mapping[str, Mapping[str, GivenAnswer]]
    ) -> list[RecheckTarget]:
        """The open cases as they are to be looked at; ``given`` by the answer that names the cause, and by entry."""
        return [
            _recheck_target(item, report_for(item, reports), given.get(item.cause.id, {}) if item.cause else {})
            for item in self.open
        ]


def make_draft(facts: Facts, span: Span, closed: Collection[str] = ()) -> Draft:
    """The open cases that are shown in full: the worst first, of these the newest activity.

    Of the ``closed`` channels nothing is told but how many open cases there are.
    """
    everywhere = case_states(facts)
    hidden = sum(item.has_open_problem and item.case.channel in closed for item in everywhere.values())
    facts = _without(facts, closed)
    found = {id_: item for id_, item in everywhere.items() if id_ in facts.cases}
    in_full = [case_state for case_state in found.values() if case_state.has_open_problem]
    in_full.sort(key=lambda item: (VERDICT_RANK.get(item.outcome, 9), -item.case.updated_at.timestamp(), item.case.id))
    return Draft(span, facts, found, in_full[:MOST_LISTED], hidden)


def _without(facts: Facts, closed: Collection[str]) -> Facts:
    """The facts that may be told."""
    kept = {id_: case for id_, case in facts.cases.items() if case.channel not in closed}
    return replace(
        facts,
        cases=kept,
        answers=[answer for answer in facts.answers if answer.case_id in kept],
        stale=[case for case in facts.stale if case.channel not in closed],
        unhelpful=[word for word in facts.unhelpful if word.case_id in kept],
        unreachable=[row for row in facts.unreachable if row.channel not in closed],
    )


def case_ref(case: Case, text: str = "") -> CaseRef:
    link = case.link or thread_link(case.team, case.channel, case.thread_ts)
    return CaseRef(id=case.id, link=link, text=text)


def report_for(case_state: CaseState, reports: Mapping[str, Report]) -> Report | None:
    """The answer in which the cause was found."""
    return reports.get(case_state.cause.id) if case_state.cause else None


def cause_diagnosis(case_state: CaseState, report: Report | None) -> ReportDiagnosis | None:
    """The part of it that is about the cause."""
    return next((item for item in report.diagnoses if item.entry == case_state.entry), None) if report else None


def _recheck_target(case_state: CaseState, report: Report | None, given: Mapping[str, GivenAnswer]) -> RecheckTarget:
    diagnosis = cause_diagnosis(case_state, report)
    return RecheckTarget(
        case=case_state.case.id,
        entry=case_state.entry,
        cluster=case_state.cluster,
        namespace=case_state.case.namespace,
        before=case_state.found,
        rests_on_sign=diagnosis is None or diagnosis.rests_on_sign,
        given=given.get(case_state.entry),
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

    So are those of open cases that are listed as unexplained already.
    """
    found: dict[tuple[str, str], UnansweredQuestion] = {}
    for answer in _in_span(draft):
        case = draft.facts.cases.get(answer.case_id)
        if answer.outcome != "unmatched" or case is None or case.is_direct or not answer.question.strip():
            continue
        case_state = draft.case_states[case.id]
        if case_state.has_open_problem and case_state.is_unexplained:
            continue
        later = _later_outcome(case_state, answer)
        found[case.id, answer.question] = UnansweredQuestion(
            ref=case_ref(case),
            question=answer.question,
            asked_at=answer.asked_at,
            asked_by=answer.asked_by,
            later=later,
        )
    return list(found.values())


def _later_outcome(case_state: CaseState, answer: AnswerRow) -> str:
    """What became of a question; empty while nothing explains it."""
    if case_state.newest and case_state.newest.asked_at > answer.asked_at and not case_state.is_unexplained:
        return f"later in the thread: {case_state.title}"
    return "resolved since" if case_state.case.state == "resolved" else ""


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
    """Clusters that could not be read, in the span or now; what can be read again now is left out."""
    cases = draft.facts.cases
    found = {
        row.cluster: UnreachableCluster(
            cluster=row.cluster,
            at=row.asked_at,
            why=row.trouble,
            ref=case_ref(cases[row.case_id]) if row.case_id in cases else None,
        )
        for row in draft.facts.unreachable
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


def timeline_of(draft: Draft, states: Mapping[str, State]) -> list[TimelineBar]:
    """The cases of the picture: what is open and wrong is the last to be left out."""
    wanted = [item for item in draft.case_states.values() if _is_on_timeline(item, draft.span)]
    wanted.sort(
        key=lambda item: (not item.has_open_problem, VERDICT_RANK.get(item.found, 9), item.case.opened_at, item.case.id)
    )
    return [_timeline_bar(item, states.get(item.case.id, NOT_RECHECKED).now) for item in wanted]


def _timeline_bar(item: CaseState, now: CurrentState) -> TimelineBar:
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


def _is_on_timeline(item: CaseState, span: Span) -> bool:
    ended = item.case.resolved_at or span.until
    is_wrong_or_resolved = item.has_open_problem or item.case.state == "resolved"
    return (
        item.case.opened_at < span.until
        and ended >= span.since
        and (is_wrong_or_resolved or item.case.opened_at >= span.since)
    )


def compose(
    empty: Handoff,
    draft: Draft,
    reports: Mapping[str, Report],
    now: Recheck,
    actions: Sequence[Action],
) -> Handoff:
    """``empty``, which knows its id, span, and from whom to whom it is, filled in; ``now`` is what was found now."""
    states = now.states
    handoff = replace(empty, counts=Counts(opened=len(_opened(draft)), actions=len(actions)))
    handoff = _with_open_cases(handoff, draft, reports, states)
    handoff = _with_questions(_with_causes(_with_resolved_cases(handoff, draft), draft), draft)
    return replace(
        _with_timeline(handoff, draft, states),
        actions=tuple(actions[-MOST_ACTIONS:]),
        changes=now.changes,
        near_limits=now.near_limits,
        unreachable=tuple(unreachable_clusters(draft, states)),
    )


def _opened(draft: Draft) -> list[CaseState]:
    """The cases that were opened in the span."""
    span = draft.span
    return [item for item in draft.case_states.values() if span.since <= item.case.opened_at < span.until]


def _with_open_cases(
    handoff: Handoff, draft: Draft, reports: Mapping[str, Report], states: Mapping[str, State]
) -> Handoff:
    """What is open: in full, unexplained, untouched for a week, and guides that nobody closed."""
    facts = draft.facts
    open_ = [item for item in draft.case_states.values() if item.has_open_problem]
    unexplained = [item for item in open_ if item.is_unexplained and _now(item, states) is not CurrentState.WORSE]
    in_full = [
        replace(
            _open_case(item, report_for(item, reports), states.get(item.case.id, NOT_RECHECKED)),
            askers=tuple(sorted(facts.askers.get(item.case.id, ()))),
        )
        for item in draft.open
    ]
    guides = [item for item in _opened(draft) if item.case.state == "open" and item.outcome == "answered"]
    counts = replace(
        handoff.counts,
        open=len(open_) - len(unexplained) + facts.stale_count,
        open_in_full=len(open_) - len(unexplained),
        unexplained=len(unexplained),
        stale=facts.stale_count,
        guides=len(guides),
        hidden=draft.hidden,
    )
    return replace(
        handoff,
        counts=counts,
        open=tuple(sorted((case for case in in_full if not case.is_unexplained), key=_urgency)),
        unexplained=tuple(case for case in in_full if case.is_unexplained),
        stale=tuple(case_ref(case, case.title) for case in facts.stale),
        guides=tuple(case_ref(item.case, item.case.title) for item in guides[:MOST_GUIDES]),
    )


def _with_resolved_cases(handoff: Handoff, draft: Draft) -> Handoff:
    resolved = resolved_cases(draft)
    counts = replace(handoff.counts, resolved=len(resolved))
    return replace(handoff, counts=counts, resolved=tuple(resolved[:MOST_LISTED]))


def _with_causes(handoff: Handoff, draft: Draft) -> Handoff:
    """Causes that were never confirmed before, and those of several cases."""
    new = [cause for cause in find_causes(draft, ("confirmed",)) if cause.entry not in draft.facts.known]
    repeated = [cause for cause in find_causes(draft, FAULT_SEEN) if len(cause.cases) > 1]
    counts = replace(handoff.counts, new_causes=len(new))
    return replace(handoff, counts=counts, new_causes=tuple(new), repeated=tuple(repeated))


def _with_questions(handoff: Handoff, draft: Draft) -> Handoff:
    """Questions that nothing answered, or not at first, and answers that were no help."""
    questions, unhelpful = unanswered_questions(draft), unhelpful_answers(draft)
    late = [each for each in questions if each.later]
    unanswered = [each for each in questions if not each.later]
    counts = replace(handoff.counts, unanswered=len(unanswered), answered_late=len(late), unhelpful=len(unhelpful))
    return replace(
        handoff,
        counts=counts,
        unanswered=tuple(unanswered[:MOST_LISTED]),
        answered_late=tuple(late[:MOST_LISTED]),
        unhelpful=tuple(unhelpful[:MOST_LISTED]),
    )


def _with_timeline(handoff: Handoff, draft: Draft, states: Mapping[str, State]) -> Handoff:
    bars = timeline_of(draft, states)
    counts = replace(handoff.counts, timeline=len(bars))
    return replace(handoff, counts=counts, timeline=tuple(bars[:MOST_LISTED]))


def _now(case_state: CaseState, states: Mapping[str, State]) -> CurrentState:
    return states.get(case_state.case.id, NOT_RECHECKED).now


def _urgency(case: OpenCase) -> tuple[int, int]:
    """What is there now comes first, what is gone last; otherwise the order stays."""
    now = {CurrentState.STILL: 0, CurrentState.WORSE: 0, CurrentState.CLEARED: 2}.get(case.state.now, 1)
    return now, VERDICT_RANK.get(case.outcome, 9)


def _open_case(case_state: CaseState, report: Report | None, state: State) -> OpenCase:
    case, diagnosis = case_state.case, cause_diagnosis(case_state, report)
    return OpenCase(
        ref=case_ref(case),
        entry=case_state.entry,
        title=case_state.title,
        outcome=case_state.outcome,
        found=case_state.found,
        question=case.question,
        cluster=case_state.cluster,
        namespace=case.namespace,
        opened_at=case.opened_at,
        assignee=case.assignee,
        state=state,
        seen=first_evidence(report, diagnosis) if report else None,
        settle=_next_checks(diagnosis, state) if case_state.outcome == "suspected" else (),
        next_step=_next_step(case_state, diagnosis, state),
        also=tuple(_also_confirmed(case_state, report)),
    )


def _next_step(case_state: CaseState, diagnosis: ReportDiagnosis | None, state: State) -> NextCheck:
    """What its owner does first: settle it, mend it, or close it."""
    if state.now is CurrentState.CLEARED:
        return NextCheck(text="Resolve it: what had been confirmed is gone.")
    is_sure = case_state.found == "confirmed" or state.now is CurrentState.WORSE
    if diagnosis is None or (not is_sure and (state.now is CurrentState.RULED_OUT or case_state.found == "ruled_out")):
        return NextCheck(text="Ask again in its thread, with the error that is seen.")
    if diagnosis.asks and not is_sure:
        return NextCheck(text=diagnosis.asks)
    steps = diagnosis.steps if is_sure else (*diagnosis.settle, *diagnosis.steps)
    first = next(iter(steps), None)
    if first is None:
        return NextCheck(text="Ask again in its thread, with the error that is seen.")
    return NextCheck(text=first.text, command=first.command)


def _next_checks(diagnosis: ReportDiagnosis | None, state: State) -> tuple[NextCheck, ...]:
    """What has been settled meanwhile needs no settling."""
    if diagnosis is None or state.now in (CurrentState.CLEARED, CurrentState.WORSE, CurrentState.RULED_OUT):
        return ()
    question = [NextCheck(text=diagnosis.asks, command=None)] if diagnosis.asks else []
    return (*question, *(NextCheck(text=step.text, command=step.command) for step in diagnosis.settle))


def _also_confirmed(case_state: CaseState, report: Report | None) -> list[str]:
    items = report.diagnoses if report else ()
    return [item.entry for item in items if item.entry != case_state.entry and str(item.verdict) == "confirmed"]
