"""The handoff's sentences: said alike in Markdown, in Slack and under the picture."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.handoff.records import (
    Cause,
    CurrentState,
    ExpiringSilence,
    Handoff,
    OpenCase,
    RecentChange,
    ResolvedCase,
    Unhelpful,
)
from bot.probes.findings import clip
from bot.text import counted, one_line, span

NOTHING = "Nothing to hand over"
PICTURES_OFF = "Pictures are off: what draws them, netclinic's extra “pictures”, is not installed."
EMPTY = (
    "No case was opened or resolved, none is open, and nobody asked about a fault in Slack. "
    "That nobody asked does not prove that nothing broke."
)
LONGEST_NAME, MOST_NAMES = 60, 6  # characters of a person's name, people of one list
_DAWN = datetime(2026, 1, 1, tzinfo=UTC)
SETTLE_TITLE = "Suspected, and what would settle it"
VERDICTS = {
    "confirmed": "confirmed",
    "suspected": "suspected",
    "ruled_out": "ruled out",
    "answered": "answered by a guide",
    "unmatched": "not answered",
    "": "no answer yet",
}


def headline(handoff: Handoff, *, is_short: bool = False) -> str:
    """What happened, in a few words; ``is_short``: without what became of the open cases."""
    if handoff.is_empty:
        also = list(_beside_cases(handoff))
        return f"{NOTHING}, but {', '.join(also)}" if also else NOTHING
    counts = handoff.counts
    of_these = "" if is_short else _of_these(handoff)
    parts = [f"{counts.all_open} open{of_these}" if counts.all_open else "nothing open"]
    parts += [f"{counts.unanswered} unanswered"] if counts.unanswered else []
    parts += [f"{counts.resolved} resolved"] if counts.resolved else []
    parts += [counted(counts.new_causes, "new cause")] if counts.new_causes else []
    return f"Handoff: {', '.join(parts)}"


def _beside_cases(handoff: Handoff) -> Iterator[str]:
    """What is handed over where no case is."""
    if handoff.shift_notes:
        yield counted(len(handoff.shift_notes), "note")
    if handoff.near_limits:
        yield f"{counted(len(handoff.near_limits), 'setting')} near a limit"
    if ending := len(handoff.silences) + handoff.more_silences:
        yield f"{counted(ending, 'silence')} {'ends' if ending == 1 else 'end'} in the next shift"


def _of_these(handoff: Handoff) -> str:
    """How many of the open cases are unexplained, and gone by now."""
    gone = [
        (sum(case.state.now is now for case in handoff.open), f"{now} by now")
        for now in (CurrentState.CLEARED, CurrentState.RULED_OUT)
    ]
    parts = ", ".join(
        f"{number} {what}" for number, what in ((handoff.counts.unexplained, "unexplained"), *gone) if number
    )
    return f" ({parts})" if parts else ""


def subtitle(handoff: Handoff) -> str:
    """Which span, and from whom to whom."""
    parts = [f"{format_period(handoff)} ({format_length(handoff.until - handoff.since)}, {handoff.zone})"]
    if handoff.handed_from or handoff.handed_to:
        parts.append(handover_text(handoff))
    return " · ".join(parts)


def format_period(handoff: Handoff) -> str:
    """``Fri 20 Nov 21:00 to Sat 21 Nov 09:00``; the day once where it is the same.

    Where clocks were moved in between, whose time it was: ``Sat 24 Oct 21:00 CEST to Sun 25 Oct 09:00 CET``.
    """
    zone = ZoneInfo(handoff.zone)
    start, end = handoff.since.astimezone(zone), handoff.until.astimezone(zone)
    clock = "%H:%M" if start.utcoffset() == end.utcoffset() else "%H:%M %Z"
    last_day = f"{format_day(end)} " if start.date() != end.date() else ""
    return f"{format_day(start)} {start:{clock}} to {last_day}{end:{clock}}"


def format_day(moment: datetime) -> str:
    """``Fri 20 Nov``, whatever the machine's language."""
    weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[moment.month - 1]
    return f"{weekday} {moment.day} {month}"


def format_time(handoff: Handoff, moment: datetime) -> str:
    """A clock time of the span, with its day where it is not the last one."""
    zone = ZoneInfo(handoff.zone)
    local, end = moment.astimezone(zone), handoff.until.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == end.date() else f"{format_day(local)} {local:%H:%M}"


def format_length(whole: timedelta) -> str:
    """``12 h``, ``8 h 30 min``, ``2 d``."""
    minutes = round(whole.total_seconds() / 60)
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 min"


def person_name(handoff: Handoff, person: str) -> str:
    """A person by name where it is known, by id otherwise."""
    return clip(one_line(handoff.people.get(person, "") or person), LONGEST_NAME)


def person_names(handoff: Handoff, people: tuple[str, ...]) -> str:
    """Several."""
    more = len(people) - MOST_NAMES
    parts = ", ".join(person_name(handoff, person) for person in people[:MOST_NAMES])
    return f"{parts} and {more} more" if more > 0 else parts


def handover_text(handoff: Handoff) -> str:
    """``from Mei to Jonas``, as far as it is known."""
    giver = f"from {person_names(handoff, handoff.handed_from)}" if handoff.handed_from else ""
    taker = f"to {person_names(handoff, handoff.handed_to)}" if handoff.handed_to else ""
    return " ".join(part for part in (giver, taker) if part)


def verdict_text(case: OpenCase) -> str:
    """The verdict as the answers left it."""
    word = VERDICTS.get(case.outcome, case.outcome)
    if case.found == "ruled_out":
        return f"{word} at first"  # it is confirmed now, or it would be shown as unexplained
    if case.outcome == "ruled_out" and case.found in ("confirmed", "suspected"):
        return f"{case.found} at first, {word} since"
    return word


def state_text(handoff: Handoff, case: OpenCase) -> str:
    """The state now; empty where nobody was to look."""
    if not handoff.rechecked:
        return ""
    still = case.state.now is CurrentState.RULED_OUT and case.outcome == "ruled_out"
    return f"{'still ' if still else ''}{case.state.now}"


def reason_sentence(case: OpenCase) -> str:
    """The reason for the state now as a sentence."""
    reason = one_line(case.state.reason)
    reason = reason[:1].upper() + reason[1:]
    if not reason:
        return ""
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."


def assignees_text(handoff: Handoff, group: Sequence[OpenCase]) -> str:
    """Who is on the case, or on the cases."""
    people = tuple(dict.fromkeys(case.assignee for case in group if case.assignee))
    free = sum(not case.assignee for case in group)
    if not people:
        return "nobody"
    others = f"; nobody on the other{f' {free}' if free > 1 else ''}" if free else ""
    return f"{person_names(handoff, people)}{others}"


def owner_text(handoff: Handoff, group: Sequence[OpenCase]) -> str:
    """Who is on the cases, in a word or two; ``nobody`` where none is."""
    people = tuple(dict.fromkeys(case.assignee for case in group if case.assignee))
    return f"{person_name(handoff, people[0])}{f' +{len(people) - 1}' if people[1:] else ''}" if people else "nobody"


def askers_text(group: Sequence[OpenCase]) -> str:
    """``3 people ask``; empty where only one does."""
    people = {person for case in group for person in case.askers}
    return f"{len(people)} people ask" if len(people) > 1 else ""


def change_text(handoff: Handoff, change: RecentChange) -> str:
    """``ConfigMap kube-system/eni-config edited 18:22 (field manager kubectl-edit)``."""
    by = f" (field manager {change.manager})" if change.manager else ""
    return f"{change.object} {change.what} {format_time(handoff, change.at)}{by}"


def silence_text(handoff: Handoff, silence: ExpiringSilence) -> str:
    """When it ends, what it silences, by whom and why."""
    by = f", by {silence.made_by}" if silence.made_by else ""
    why = f": {silence.comment}" if silence.comment else ""
    return f"{format_time(handoff, silence.ends_at)} {silence.matchers}{by}{why}"


def hidden_text(number: int) -> str:
    """Open cases that the readers may not see."""
    return f"{counted(number, 'more open case')} in other channels, for their members alone"


def opening_times(handoff: Handoff, group: Sequence[OpenCase]) -> str:
    """When the cases, newest first, were opened."""
    return f"first {format_time(handoff, group[-1].opened_at)}, last {format_time(handoff, group[0].opened_at)}"


def namespaces_of(group: Sequence[OpenCase]) -> list[str]:
    """The namespaces; none where one of the cases is about the whole cluster."""
    found = {case.namespace for case in group}
    return [] if "" in found else sorted(found)


def resolution_times(group: Sequence[ResolvedCase]) -> str:
    """How long it took from the question to the first answer, and to the end."""
    resolved = f"resolved after {_shortest_to_longest([case.resolved_at - case.opened_at for case in group])}"
    if group[0].outcome == "ruled_out":
        return resolved
    diagnosed = [case.diagnosed_at - case.opened_at for case in group if case.diagnosed_at]
    return (
        f"diagnosed after {_shortest_to_longest(diagnosed)}, {resolved}"
        if diagnosed
        else f"never diagnosed, {resolved}"
    )


def _shortest_to_longest(lengths: Sequence[timedelta]) -> str:
    """The shortest and the longest, as ``5 min to 2 h``."""
    ends = (span(_DAWN, _DAWN + some(lengths)) for some in (min, max))
    return " to ".join(dict.fromkeys(ends))


def case_count(cause: Cause) -> str:
    """In how many cases a cause was seen."""
    cases = counted(len(cause.cases), "case")
    confirmed = "all" if cause.confirmed == len(cause.cases) else f"{cause.confirmed or 'none'}"
    return f"{cases} ({confirmed} confirmed)"


def missing_note(word: Unhelpful) -> str:
    """Why no note is quoted."""
    return "in a direct message" if word.is_direct else "without a note"


def unsettled_causes(handoff: Handoff) -> list[tuple[OpenCase, list[OpenCase]]]:
    """The suspected causes, each once: the case whose steps name most of this cluster, and all of its cases."""
    found: dict[str, list[OpenCase]] = {}
    for case in handoff.open:
        if case.settle:
            found.setdefault(case.entry, []).append(case)
    return [(next((case for case in some if case.seen), some[0]), some) for some in found.values()]


def footnotes(handoff: Handoff) -> Iterator[str]:
    """Where this comes from, and what it is not."""
    if handoff.note:
        yield handoff.note
    if handoff.open and not handoff.rechecked:
        yield "The clusters were not looked at again, as asked."
    if handoff.pictures_off:
        yield PICTURES_OFF
    yield "From what netclinic has stored; answers that only one person saw are left out."
