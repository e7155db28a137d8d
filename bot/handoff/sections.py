"""What the whole page of a handoff says: its sections as plain records, which Markdown only lays out.

Slack's message, which has room for a line a case, is made in ``bot/slack/blocks/handoff.py``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.handoff.case_state import group_open_cases, group_resolved_cases, latest_evidence, representative
from bot.handoff.records import (
    Action,
    CaseRef,
    Cause,
    EvidenceRef,
    Handoff,
    NearLimit,
    NextCheck,
    OpenCase,
    RecentChange,
    ResolvedCase,
    ShiftNote,
    UnansweredQuestion,
    Unhelpful,
    UnreachableCluster,
)
from bot.handoff.text import (
    VERDICTS,
    askers_text,
    assignees_text,
    case_count,
    change_text,
    format_time,
    hidden_text,
    missing_note,
    namespaces_of,
    opening_times,
    person_name,
    person_names,
    reason_sentence,
    resolution_times,
    silence_text,
    state_text,
    unsettled_causes,
    verdict_text,
)
from bot.text import age, counted, one_line, span

LISTED_BY = "/netclinic cases"


class Style(StrEnum):
    """What a text is: doors mark each kind in their own way, and cut it at their own length."""

    WORDS = "words"  # ours, and names of people: never cut
    TITLE = "title"
    QUESTION = "question"  # what somebody wrote, in quotation marks
    REASON = "reason"
    NOTE = "note"  # what somebody left for whoever takes over
    CODE = "code"  # an id that is looked up or typed
    COMMAND = "command"
    CLUSTER = "cluster"


@dataclass(frozen=True)
class Text:
    """A run of text."""

    text: str
    style: Style = Style.WORDS


@dataclass(frozen=True)
class Cases:
    """Links to cases; ``are_alike``: cases of one item, of which a few are enough."""

    refs: Sequence[CaseRef]
    are_alike: bool = False


Part = Text | Cases


@dataclass(frozen=True)
class Aside:
    """What identifies an item, behind its title: its cases after some ``words``, and ``details``."""

    cases: Cases | None = None
    words: str = ""
    details: Sequence[Text] = ()


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing to know: ``title``, what identifies it, and what is said of it; ``steps`` are below it.

    ``is_sentence``: where there is room it ends with a full stop.
    """

    title: Sequence[Text] = ()
    aside: Aside | None = None
    parts: Sequence[Part | Aside] = ()
    steps: Sequence[NextCheck] = ()
    is_bold: bool = False
    is_sentence: bool = False


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Open cases that are alike, as one item.

    ``opened`` is when they were opened, empty for a single case; ``since`` for how long the oldest is open; ``askers``
    how many people ask, if several; ``state`` and ``reason`` what is there now; ``also`` other entries that were
    confirmed then.
    """

    title: Text
    refs: Sequence[CaseRef]
    entry: str
    verdict: Sequence[Text | Aside]
    cluster: str
    namespaces: Sequence[str]
    since: str
    opened: str
    assignees: str
    askers: str
    state: str
    reason: str
    evidence: EvidenceRef | None = None
    evidence_age: str = ""
    also: Sequence[str] = ()
    next_step: NextCheck | None = None
    is_unexplained: bool = False


@dataclass(frozen=True)
class Section:
    """A heading, and at least one item."""

    heading: str
    items: Sequence[Item | Problem]


def make_sections(handoff: Handoff) -> Iterator[Section]:
    """All that have something to say, the most urgent first."""
    counts = handoff.counts
    sections = (
        Section("Left for the next shift", [_note_item(handoff, note) for note in handoff.shift_notes if note.note]),
        Section(f"Open: {counts.all_open}", [*_open_items(handoff)]),
        Section("Changed lately", [_change_item(handoff, change) for change in handoff.changes]),
        Section("Settings near a limit", [_limit_item(limit) for limit in handoff.near_limits]),
        Section("Silences that end in the next shift", [*_silence_items(handoff)]),
        Section(f"Questions that nothing answered: {counts.unanswered}", [*_unanswered_items(handoff)]),
        Section(f"Resolved: {counts.resolved}", [*_resolved_items(handoff)]),
        Section("New causes", [_new_cause(cause) for cause in handoff.new_causes]),
        Section("Seen more than once", [_repeated_cause(cause) for cause in handoff.repeated]),
        Section("Suspected, and what would settle it", [*_unsettled_items(handoff)]),
        Section(f"Questions that nothing answered at first: {counts.answered_late}", [*_answered_late_items(handoff)]),
        Section(f"Answers marked as no help: {counts.unhelpful}", [*_unhelpful_items(handoff)]),
        Section("Clusters that cannot be read", [_unreachable_item(handoff, item) for item in handoff.unreachable]),
        Section(f"Actions taken: {counts.actions}", [*_action_items(handoff)]),
    )
    return (section for section in sections if section.items)


def _open_items(handoff: Handoff) -> Iterator[Item | Problem]:
    counts = handoff.counts
    for group in group_open_cases(handoff.open):
        yield _open_problem(handoff, group)
    if (more := counts.open_in_full - len(handoff.open)) > 0:
        yield _more_cases(counted(more, "more open case"))
    for group in group_open_cases(handoff.unexplained):
        yield _unexplained_problem(handoff, group)
    if (more := counts.unexplained - len(handoff.unexplained)) > 0:
        yield _more_cases(f"{counted(more, 'more case')} of which only a cause was ruled out")
    if counts.hidden:
        yield Item(parts=[Text(hidden_text(counts.hidden))], is_sentence=True)
    if counts.stale:
        words = f"{counted(counts.stale, 'open case')} that nobody has touched for a week; the newest: "
        yield Item(parts=[Text(words), Cases(handoff.stale)])
    if handoff.guides:
        more = counts.guides - len(handoff.guides)
        beyond = [Text(f" and {more} more")] if more > 0 else []
        yield Item(parts=[Text("Not resolved, but answered by a guide: "), Cases(handoff.guides), *beyond])


def _open_problem(handoff: Handoff, group: Sequence[OpenCase]) -> Problem:
    case = representative(group)
    evidence = latest_evidence(case)
    return Problem(
        title=_title(case.title, case.question),
        entry=case.entry,
        verdict=[Text(verdict_text(case))],
        evidence=evidence,
        evidence_age=age(evidence.at, handoff.until) if evidence else "",
        also=sorted({entry for other in group for entry in other.also}),
        **_problem_fields(handoff, group),
    )


def _unexplained_problem(handoff: Handoff, group: Sequence[OpenCase]) -> Problem:
    case = representative(group)
    return Problem(
        title=_title("", case.question),
        entry="",
        verdict=[Text("cause unknown: "), *_ruled_out_text(case)],
        is_unexplained=True,
        **_problem_fields(handoff, group),
    )


def _problem_fields(handoff: Handoff, group: Sequence[OpenCase]) -> dict[str, Any]:
    """What both kinds of problems say."""
    case = representative(group)
    up_to = "up to " if len(group) > 1 else ""
    return {
        "refs": [case.ref for case in group],
        "cluster": group[0].cluster,
        "namespaces": namespaces_of(group),
        "since": f"{up_to}{span(group[-1].opened_at, handoff.until)}",
        "opened": opening_times(handoff, group) if len(group) > 1 else "",
        "assignees": assignees_text(handoff, group),
        "askers": askers_text(group),
        "state": state_text(handoff, case),
        "reason": reason_sentence(case),
        "next_step": case.next_step,
    }


def _unanswered_items(handoff: Handoff) -> Iterator[Item]:
    for question in handoff.unanswered:
        aside, parts = _question_aside(handoff, question), [Text(": no entry fits")]
        title = [Text(question.question, Style.QUESTION)]
        yield Item(title=title, aside=aside, parts=parts, is_bold=True, is_sentence=True)
    yield from _more_item(handoff.counts.unanswered - len(handoff.unanswered))


def _note_item(handoff: Handoff, note: ShiftNote) -> Item:
    who = f" {person_name(handoff, note.user)}, {format_time(handoff, note.at)}"
    return Item(title=[Text(note.note, Style.NOTE)], parts=[Text(who)], is_bold=False)


def _change_item(handoff: Handoff, change: RecentChange) -> Item:
    """What happened and when: whether it has to do with anything is for people to say."""
    return Item(title=[Text(change.cluster, Style.CODE)], parts=[Text(f": {change_text(handoff, change)}")])


def _limit_item(limit: NearLimit) -> Item:
    return Item(title=[Text(limit.cluster, Style.CODE)], parts=[Text(f": {limit.text}")])


def _silence_items(handoff: Handoff) -> Iterator[Item]:
    for silence in handoff.silences:
        yield Item(title=[Text(silence_text(handoff, silence), Style.REASON)])
    if handoff.more_silences:
        yield Item(title=[Text(f"and {handoff.more_silences} more", Style.REASON)])
    if handoff.silences_trouble:
        yield Item(title=[Text(handoff.silences_trouble, Style.REASON)])


def _resolved_items(handoff: Handoff) -> Iterator[Item]:
    for group in group_resolved_cases(handoff.resolved):
        yield _resolved_item(handoff, group)
    yield from _more_item(handoff.counts.resolved - len(handoff.resolved), " that were resolved earlier in this span")


def _resolved_item(handoff: Handoff, group: Sequence[ResolvedCase]) -> Item:
    case = group[0]
    cases = Cases([case.ref for case in group], are_alike=True)
    people = tuple(dict.fromkeys(case.resolved_by for case in group if case.resolved_by))
    by = f" by {person_names(handoff, people)}" if people else ""
    end = [*_on_clusters([case.cluster]), Text(f", {resolution_times(group)}{by}.")]
    if case.outcome == "ruled_out":
        parts = [Text(": cause unknown, "), *_ruled_out_text(case), *end]
        return Item(title=[_title("", case.question)], aside=Aside(cases), parts=parts)
    number = f"{counted(len(group), 'case')}: " if len(group) > 1 else ""
    return Item(
        title=[_title(case.title, case.question)],
        aside=Aside(cases, number, _entry_details(case.entry)),
        parts=[Text(f": {VERDICTS.get(case.outcome, case.outcome)}"), *end],
    )


def _new_cause(cause: Cause) -> Item:
    parts: list[Part] = [Text(": confirmed here for the first time in "), Cases(cause.cases[:1])]
    return Item(title=[_title(cause.title)], aside=Aside(details=_entry_details(cause.entry)), parts=parts)


def _repeated_cause(cause: Cause) -> Item:
    parts: list[Part] = [Text(f": {case_count(cause)}"), *_on_clusters(cause.clusters), Text(": "), Cases(cause.cases)]
    return Item(title=[_title(cause.title)], aside=Aside(details=_entry_details(cause.entry)), parts=parts)


def _unsettled_items(handoff: Handoff) -> Iterator[Item]:
    for case, alike in unsettled_causes(handoff):
        aside = Aside(Cases([other.ref for other in alike]))
        yield Item(title=[_title(case.title)], aside=aside, steps=case.settle)


def _answered_late_items(handoff: Handoff) -> Iterator[Item]:
    for question in handoff.answered_late:
        title = [Text(question.question, Style.QUESTION)]
        parts = [Text("; "), Text(question.later, Style.TITLE)]
        yield Item(title=title, aside=_question_aside(handoff, question), parts=parts)
    yield from _more_item(handoff.counts.answered_late - len(handoff.answered_late))


def _unhelpful_items(handoff: Handoff) -> Iterator[Item]:
    for word in handoff.unhelpful:
        yield _unhelpful_item(handoff, word)
    yield from _more_item(handoff.counts.unhelpful - len(handoff.unhelpful))


def _unhelpful_item(handoff: Handoff, word: Unhelpful) -> Item:
    is_quoted = bool(word.note.strip())
    note = [Text(": "), Text(word.note, Style.QUESTION)] if is_quoted else [Text(f", {missing_note(word)}")]
    by = [Text(": "), Text(person_name(handoff, word.user))]
    title = Text(word.entry, Style.CODE) if word.entry else Text("no entry had fitted")
    return Item(title=[title], aside=Aside(Cases([word.ref])), parts=[*by, *note])


def _unreachable_item(handoff: Handoff, item: UnreachableCluster) -> Item:
    when = "when this was made" if item.is_now else f"at the last try, {format_time(handoff, item.at)}"
    aside = Aside(Cases([item.ref])) if item.ref else None
    parts = [Text(f", {when}: "), Text(item.why, Style.REASON)]
    return Item(title=[Text(item.cluster, Style.CODE)], aside=aside, parts=parts)


def _action_items(handoff: Handoff) -> Iterator[Item]:
    earlier = handoff.counts.actions - len(handoff.actions)
    if earlier > 0:
        words = [
            Text(f"{earlier:,} earlier ones; "),
            Text("netclinic audit list", Style.COMMAND),
            Text(" has them all."),
        ]
        yield Item(parts=words)
    for action in handoff.actions:
        yield _action_item(handoff, action)


def _action_item(handoff: Handoff, action: Action) -> Item:
    what = f"{format_time(handoff, action.at)} {person_name(handoff, action.actor)} {action.what}"
    case: list[Part] = [Text(" "), Cases([action.ref])] if action.ref else []
    again = [Text(f" ({action.times} times)")] if action.times > 1 else []
    return Item(parts=[Text(what), *case, *_on_clusters([action.cluster]), *again])


def _more_cases(words: str) -> Item:
    return Item(parts=[Text(f"{words}; "), Text(LISTED_BY, Style.COMMAND), Text(" lists them.")])


def _more_item(number: int, where: str = "") -> Iterator[Item]:
    if number > 0:
        yield Item(parts=[Text(f"{number:,} more{where}")], is_sentence=True)


def _title(title: str, question: str = "") -> Text:
    """What it is; a case without an answer goes by its question."""
    if one_line(title):
        return Text(title, Style.TITLE)
    return Text(question, Style.QUESTION) if one_line(question) else Text("A question in a direct message")


def _ruled_out_text(case: OpenCase | ResolvedCase) -> list[Text | Aside]:
    return [Text("“"), _title(case.title), Text("”"), Aside(details=_entry_details(case.entry)), Text(" was ruled out")]


def _question_aside(handoff: Handoff, question: UnansweredQuestion) -> Aside:
    when, who = format_time(handoff, question.asked_at), person_name(handoff, question.asked_by)
    return Aside(Cases([question.ref]), details=[Text(when), Text(who)])


def _on_clusters(names: Iterable[str]) -> list[Text]:
    """`` on prod-hz, prod-sh``; nothing where none is known."""
    found = [Text(name, Style.CLUSTER) for name in names if name]
    return [part for at, name in enumerate(found) for part in (Text(", " if at else " on "), name)]


def _entry_details(entry: str) -> list[Text]:
    return [Text(entry, Style.CODE)] if entry else []
