"""From facts to the handoff: what is told of the span, in which order, and how much of it. No reading, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.diagnosis.report import Told, ToldDiagnosis
from bot.handoff import happened
from bot.handoff.case_state import RANK, Standing
from bot.handoff.drafting import MOST, Draft, diagnosis_of, ref_of, told_of
from bot.handoff.evidence import first_seen
from bot.handoff.records import Action, Counts, Handoff, Now, OpenCase, Settling, State

MOST_ACTIONS = 40
MOST_GUIDES = 10


def compose(
    blank: Handoff, draft: Draft, told: Mapping[str, Told], states: Mapping[str, State], actions: Sequence[Action]
) -> Handoff:
    """``blank``, which knows its id, span, and from whom to whom it is, filled in; ``states`` by case, as found now."""
    facts, span = draft.facts, draft.span
    opened = [item for item in draft.standings.values() if span.since <= item.case.opened_at < span.until]
    open_ = [item for item in draft.standings.values() if item.is_told]
    unexplained = [item for item in open_ if item.is_unexplained and _now(item, states) is not Now.WORSE]
    resolved = happened.resolved(draft)
    gaps, causes = happened.gaps(draft), happened.causes(draft, happened.WRONG)
    late = [gap for gap in gaps if gap.later]
    gaps = [gap for gap in gaps if not gap.later]
    new = [cause for cause in happened.causes(draft, ("confirmed",)) if cause.entry not in facts.known]
    told_open = [_open(item, told_of(item, told), states.get(item.case.id, happened.NOT_LOOKED)) for item in draft.open]
    bars, unhelpful = happened.bars(draft, states), happened.unhelpful(draft)
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
        quiet=tuple(ref_of(case, case.title) for case in facts.quiet),
        guides=tuple(ref_of(item.case, item.case.title) for item in guides[:MOST_GUIDES]),
        resolved=tuple(resolved[:MOST]),
        new_causes=tuple(new),
        repeated=tuple(cause for cause in causes if len(cause.cases) > 1),
        unanswered=tuple(gaps[:MOST]),
        answered_late=tuple(late[:MOST]),
        unhelpful=tuple(unhelpful[:MOST]),
        actions=tuple(actions[-MOST_ACTIONS:]),
        blind=tuple(happened.blind(draft, states)),
        bars=tuple(bars[:MOST]),
    )


def _now(standing: Standing, states: Mapping[str, State]) -> Now:
    return states.get(standing.case.id, happened.NOT_LOOKED).now


def _urgency(case: OpenCase) -> tuple[int, int]:
    """What is there now comes first, what is gone last; otherwise the order stays."""
    now = {Now.STILL: 0, Now.WORSE: 0, Now.CLEARED: 2}.get(case.state.now, 1)
    return now, RANK.get(case.outcome, 9)


def _open(standing: Standing, told: Told | None, state: State) -> OpenCase:
    case, diagnosis = standing.case, diagnosis_of(standing, told)
    return OpenCase(
        ref=ref_of(case),
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


def _settling(diagnosis: ToldDiagnosis | None, state: State) -> tuple[Settling, ...]:
    """What has been settled meanwhile needs no settling."""
    if diagnosis is None or state.now in (Now.CLEARED, Now.WORSE, Now.RULED_OUT):
        return ()
    return tuple(Settling(text=step.text, command=step.command) for step in diagnosis.settle)


def _also(standing: Standing, told: Told | None) -> list[str]:
    items = told.diagnoses if told else ()
    return [item.entry for item in items if item.entry != standing.entry and str(item.verdict) == "confirmed"]
