"""What happened in the span: resolved cases, causes, questions that nothing answered, complaints, blind clusters."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from bot.handoff.case_state import RANK, Standing
from bot.handoff.drafting import Draft, ref_of
from bot.handoff.queries import CaseRow, LookRow
from bot.handoff.records import Bar, Blind, Cause, Gap, Now, ResolvedCase, State, Unhelpful
from bot.handoff.time_range import Span

WRONG = ("confirmed", "suspected")
NOT_LOOKED = State(now=Now.UNASKED)


def resolved(draft: Draft) -> list[ResolvedCase]:
    """The newest first."""
    span, found = draft.span, []
    for item in draft.standings.values():
        case = item.case
        if case.state == "resolved" and case.resolved_at and span.since <= case.resolved_at < span.until:
            found.append(
                ResolvedCase(
                    ref=ref_of(case),
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


def _in_span(draft: Draft) -> list[LookRow]:
    return [look for look in draft.facts.looks if draft.span.since <= look.asked_at < draft.span.until]


def causes(draft: Draft, outcomes: Sequence[str]) -> list[Cause]:
    """The causes found in the span with these verdicts, those of most cases first."""
    cases: dict[str, dict[str, CaseRow]] = defaultdict(dict)
    confirmed: dict[str, set[str]] = defaultdict(set)
    titles: dict[str, str] = {}
    clusters: dict[str, set[str]] = defaultdict(set)
    for look in _in_span(draft):
        case = draft.facts.cases.get(look.case_id)
        if case is not None and look.outcome in outcomes:
            titles[look.entry] = look.title
            cases[look.entry][case.id] = case
            clusters[look.entry] |= {look.cluster} - {""}
            confirmed[look.entry] |= {case.id} if look.outcome == "confirmed" else set()
    found = [
        Cause(
            entry=entry,
            title=titles[entry],
            clusters=tuple(sorted(clusters[entry])),
            cases=tuple(ref_of(case) for case in sorted(some.values(), key=lambda case: (case.opened_at, case.id))),
            confirmed=len(confirmed[entry]),
        )
        for entry, some in cases.items()
    ]
    return sorted(found, key=lambda cause: (-len(cause.cases), cause.entry))


def gaps(draft: Draft) -> list[Gap]:
    """Questions without an answer, a question once a thread. Those asked in a direct message are left out.

    So are those of open cases that are told as unexplained already.
    """
    found: dict[tuple[str, str], Gap] = {}
    for look in _in_span(draft):
        case = draft.facts.cases.get(look.case_id)
        if look.outcome != "unmatched" or case is None or case.is_direct or not look.question.strip():
            continue
        standing = draft.standings[case.id]
        if standing.is_told and standing.is_unexplained:
            continue
        later = _later(standing, look)
        found[case.id, look.question] = Gap(
            ref=ref_of(case), question=look.question, asked_at=look.asked_at, asked_by=look.asked_by, later=later
        )
    return list(found.values())


def _later(standing: Standing, look: LookRow) -> str:
    """What became of a question; empty while nothing explains it."""
    if standing.newest and standing.newest.asked_at > look.asked_at and not standing.is_unexplained:
        return f"later in the thread: {standing.title}"
    return "resolved since" if standing.case.state == "resolved" else ""


def unhelpful(draft: Draft) -> list[Unhelpful]:
    """The words of direct messages were never read."""
    cases = draft.facts.cases
    return [
        Unhelpful(
            ref=ref_of(cases[word.case_id]),
            entry=word.entry,
            user=word.user,
            note=word.note,
            at=word.at,
            is_direct=cases[word.case_id].is_direct,
        )
        for word in draft.facts.unhelpful
        if word.case_id in cases
    ]


def blind(draft: Draft, states: Mapping[str, State]) -> list[Blind]:
    """Clusters that could not be read, in the span or now; what reads again now is told too."""
    found = {
        row.cluster: Blind(
            cluster=row.cluster, at=row.asked_at, why=row.trouble, ref=ref_of(draft.facts.cases[row.case_id])
        )
        for row in draft.facts.out_of_reach
        if row.case_id in draft.facts.cases
    }
    for item in draft.open:
        state = states.get(item.case.id, NOT_LOOKED)
        if state.now is Now.UNREAD:
            found[item.cluster] = Blind(
                cluster=item.cluster, at=draft.span.until, why=state.reason, ref=ref_of(item.case), is_now=True
            )
        elif state.now is not Now.UNASKED:
            found.pop(item.cluster, None)  # it was just read
    return [found[name] for name in sorted(found)]


def bars(draft: Draft, states: Mapping[str, State]) -> list[Bar]:
    """The cases of the picture: what is open and wrong is the last to be left out."""
    wanted = [item for item in draft.standings.values() if _is_drawn(item, draft.span)]
    wanted.sort(key=lambda item: (not item.is_told, RANK.get(item.found, 9), item.case.opened_at, item.case.id))
    return [_bar(item, states.get(item.case.id, NOT_LOOKED).now) for item in wanted]


def _bar(item: Standing, now: Now) -> Bar:
    verdict = item.outcome if item.is_told else item.found
    return Bar(
        case=item.case.id,
        entry="" if item.is_unexplained and now is not Now.WORSE else item.entry,
        cluster=item.cluster,
        outcome="confirmed" if now is Now.WORSE else verdict,
        start=item.case.opened_at,
        end=item.case.resolved_at if item.case.state == "resolved" else None,
        cleared=now is Now.CLEARED,
    )


def _is_drawn(item: Standing, span: Span) -> bool:
    ended = item.case.resolved_at or span.until
    is_wrong_or_resolved = item.is_told or item.case.state == "resolved"
    return (
        item.case.opened_at < span.until
        and ended >= span.since
        and (is_wrong_or_resolved or item.case.opened_at >= span.since)
    )
