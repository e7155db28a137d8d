"""The lines of a handoff's message: one a case, and what else there is by number."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.diagnosis.judge import Verdict
from bot.diagnosis.wording import WORDS
from bot.handoff.case_state import group_open_cases, representative
from bot.handoff.records import CaseRef, CurrentState, Handoff, OpenCase
from bot.handoff.text import (
    askers_text,
    change_text,
    hidden_text,
    owner_text,
    person_name,
    silence_text,
    state_text,
    verdict_text,
)
from bot.slack.blocks.elements import Element, bullet_list, heading, line, link, text_run
from bot.slack.blocks.limits import ElementGroup
from bot.text import counted, one_line

NAME, LINE, NOTE, TIGHT_NOTE = 30, 160, 300, 90  # characters
MOST_LINKS, MOST_CHANGES, MOST_WATCHED = 4, 5, 3
SHORT_STATES = {
    CurrentState.STILL: "still",
    CurrentState.UNREAD: "not read",
    CurrentState.UNCLEAR: "unclear",
    "cause unknown": "unknown",
}
Run = Element | str  # plain words are joined before they become an element


@dataclass(frozen=True)
class CaseLengths:
    """Characters of a case's line: of its cause, its cluster, its owner, all of it, and at least of its next step."""

    cause: int
    cluster: int
    owner: int
    whole: int
    step: int


ROOMY = CaseLengths(cause=44, cluster=NAME, owner=60, whole=92, step=32)  # three lines of a phone
TIGHT = CaseLengths(cause=20, cluster=14, owner=10, whole=70, step=15)  # two of them, one of a desktop


def open_groups(handoff: Handoff) -> list[Sequence[OpenCase]]:
    """Cases that are alike together, the explained ones first."""
    return [*group_open_cases(handoff.open), *group_open_cases(handoff.unexplained)]


def case_line(handoff: Handoff, group: Sequence[OpenCase], lengths: CaseLengths) -> Element:
    """Cause (the entry's id: titles are too long), cluster, state now, who is on it, and what comes next."""
    case = representative(group)
    is_known = bool(case.entry) and not case.is_unexplained
    words = _cut(case.entry if is_known else case.question, lengths.cause)
    named = words if is_known else f"“{words}”" if words else "a direct message"
    outcome = "confirmed" if case.state.now is CurrentState.WORSE else case.outcome
    mark = WORDS[Verdict(outcome)].mark if is_known and outcome in list(Verdict) else "?"
    more = f" +{len(group) - 1}" if len(group) > 1 else ""
    after = f"{more} · {' · '.join(_case_facts(handoff, group, lengths))}"
    runs: list[Run] = [f"{mark} ", text_run(named, bold=True), " ", _link(group[0].ref), after]
    if case.next_step:
        room = lengths.whole - len(named) - len(case.ref.id) - len(after)
        runs.append(f" → {_cut(_first_sentence(case.next_step.text), max(lengths.step, room))}")
    return line(*_elements(runs))  # the mark stands where a list would have its dot


def _case_facts(handoff: Handoff, group: Sequence[OpenCase], lengths: CaseLengths) -> Iterator[str]:
    case = representative(group)
    if case.cluster:
        yield _cut(case.cluster, lengths.cluster)
    state = "cause unknown" if case.is_unexplained else state_text(handoff, case) or verdict_text(case)
    yield state if lengths is ROOMY else SHORT_STATES.get(state, state)
    if case.entry in {cause.entry for cause in handoff.new_causes}:
        yield "new cause" if lengths is ROOMY else "new"
    if asking := askers_text(group):
        yield asking
    yield _cut(owner_text(handoff, group), lengths.owner)


def other_groups(handoff: Handoff) -> Iterator[ElementGroup]:
    """What is not a case, in few lines, the shortest first: the page has the rest of it."""
    watched = [f"{_cut(each.cluster, NAME)}: {each.text}" for each in handoff.near_limits]
    silences = [silence_text(handoff, each) for each in handoff.silences]
    ending = ("Silences that end in the next shift: ", silences, handoff.more_silences)
    for title, lines, unlisted in (("To watch: ", watched, 0), ending):
        if lines:
            left = max(0, len(lines) - MOST_WATCHED)
            more = [f"{left + unlisted} more{'' if unlisted else ' in the page'}"] if left or unlisted else []
            shown = "; ".join([*(_cut(text, LINE) for text in lines[:MOST_WATCHED]), *more])
            yield [line(text_run(title, bold=True), text_run(shown))]
    if handoff.silences_trouble:
        yield [line(text_run(_cut(handoff.silences_trouble, LINE)))]
    for at, text in enumerate(_change_lines(handoff)):
        yield [*([heading("Changed lately")] if at == 0 else []), _bullet([_cut(text, LINE)])]


def rest_groups(handoff: Handoff, *, is_tight: bool) -> Iterator[ElementGroup]:
    """What else happened, by number: in one line where it ``is_tight``."""
    rest = [run for runs in _rest_lines(handoff, is_tight) for run in (" · ", *runs)]
    if rest:
        yield [line(*_elements([*rest[1:], "."]))]


def _change_lines(handoff: Handoff) -> list[str]:
    lines = [f"{_cut(each.cluster, NAME)}: {change_text(handoff, each)}" for each in handoff.changes[:MOST_CHANGES]]
    return lines + _and_more(len(handoff.changes) - len(lines))


def _and_more(number: int) -> list[str]:
    return [f"{counted(number, 'more line')} in the page"] if number > 0 else []


def _rest_lines(handoff: Handoff, is_tight: bool) -> Iterator[list[Run]]:
    counts = handoff.counts
    if handoff.resolved:
        links = [] if is_tight else [": ", *_links([case.ref for case in handoff.resolved])]
        yield [f"{counts.resolved} resolved", *links]
    if counts.unanswered:
        words = f"{counted(counts.unanswered, 'question')} that nothing answered"
        newest = handoff.unanswered[-1].ref if handoff.unanswered else None
        yield [link(newest.link, words) if newest and is_address(newest.link) else words]
    if handoff.unreachable:
        names = ", ".join(_cut(each.cluster, NAME) for each in handoff.unreachable[:MOST_WATCHED])
        more = len(handoff.unreachable) - MOST_WATCHED
        yield [f"Cannot be read: {names}{f' and {more} more' if more > 0 else ''}"]
    in_page = [
        counted(number, what)
        for number, what in (
            (counts.answered_late, "question answered late"),
            (counts.unhelpful, "answer marked as no help"),
            (counts.actions, "action"),
        )
        if number
    ]
    if in_page and not is_tight:
        yield [f"In the page: {', '.join(in_page)}"]


def note_groups(handoff: Handoff, *, is_tight: bool) -> Iterator[ElementGroup]:
    """What people left for whoever takes over, in their own words."""
    for note in handoff.shift_notes:
        if note.note:
            who = f"Note from {person_name(handoff, note.user)}: "
            yield [line(text_run(who, bold=True), text_run(_cut(note.note, TIGHT_NOTE if is_tight else NOTE)))]


def _bullet(runs: Iterable[Run]) -> Element:
    return bullet_list([line(*_elements(runs))])


def _elements(runs: Iterable[Run]) -> list[Element]:
    """Words that stand beside each other are one element."""
    elements: list[Element] = []
    words = ""
    for run in runs:
        if isinstance(run, str):
            words += run
            continue
        elements += [text_run(words)] if words else []
        elements, words = [*elements, run], ""
    return [*elements, *([text_run(words)] if words else [])]


def _links(refs: Sequence[CaseRef]) -> Iterator[Run]:
    for at, ref in enumerate(refs[:MOST_LINKS]):
        if at:
            yield ", "
        yield _link(ref)
    if len(refs) > MOST_LINKS:
        yield f" and {len(refs) - MOST_LINKS} more"


def _link(ref: CaseRef) -> Element:
    return link(ref.link, ref.id) if is_address(ref.link) else text_run(ref.id, code=True)


def is_address(url: str) -> bool:
    return url.startswith(("https://", "http://"))


def _first_sentence(text: str) -> str:
    """Of a step, without the marks of code: the page has all of it, with the command."""
    return re.split(r"(?<=[a-z)])[.:](?=\s)", one_line(text).replace("`", ""), maxsplit=1)[0].rstrip(".")


def _cut(text: str, most: int) -> str:
    """One line; what is too long ends in an ellipsis, at a word where there is one."""
    words = one_line(text)
    if len(words) <= most:
        return words
    kept = words[: most - 1]
    whole = kept.rpartition(" ")[0]
    return f"{(whole if len(whole) > most // 2 else kept).rstrip(' ,;:-')}…"


def count_groups(handoff: Handoff) -> Iterator[ElementGroup]:
    """Open cases of which no line is told."""
    counts = handoff.counts
    if counts.stale:
        yield [line(text_run(f"{counted(counts.stale, 'open case')} that nobody has touched for a week"))]
    if counts.hidden:
        yield [line(text_run(hidden_text(counts.hidden)))]


def more_cases(number: int) -> ElementGroup:
    """How many open cases stand in the page alone."""
    return [line(text_run(f"{counted(number, 'more open case')} in the page"))]
