"""What a handoff says, once for every door: its sections as plain records, which Markdown and Slack only lay out.

A door decides how long a text may be, what stands beside it and how it is marked; which words, in which order, is
decided here.
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
    NextCheck,
    OpenCase,
    ResolvedCase,
    UnansweredQuestion,
    Unhelpful,
    UnreachableCluster,
)
from bot.handoff.text import (
    VERDICTS,
    assignees_text,
    case_count,
    format_time,
    missing_note,
    namespaces_of,
    opening_times,
    person_name,
    person_names,
    reason_sentence,
    resolution_times,
    state_text,
    unsettled_causes,
    verdict_text,
)
from bot.text import age, counted, one_line, span

LISTED_BY = "/netclinic cases"


class Door(StrEnum):
    """Where something is said alone: in the whole page, or in Slack's message, which has less room."""

    PAGE = "page"
    MESSAGE = "message"


class Style(StrEnum):
    """What a text is: doors mark each kind in their own way, and cut it at their own length."""

    WORDS = "words"  # ours, and names of people: never cut
    TITLE = "title"
    QUESTION = "question"  # what somebody wrote, in quotation marks
    REASON = "reason"
    CODE = "code"  # an id that is looked up or typed
    COMMAND = "command"
    CLUSTER = "cluster"


@dataclass(frozen=True)
class Text:
    """A run of text; ``only`` names the one door that says it."""

    text: str
    style: Style = Style.WORDS
    only: Door | None = None


@dataclass(frozen=True)
class Cases:
    """Links to cases; ``are_alike``: cases of one item, of which a few are enough."""

    refs: Sequence[CaseRef]
    are_alike: bool = False


Part = Text | Cases


@dataclass(frozen=True)
class Aside:
    """What identifies an item, behind its title: its cases after some ``words``; ``details`` for the page alone."""

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
    only: Door | None = None


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Open cases that are alike, as one item.

    ``opened`` is when they were opened, empty for a single case; ``since`` for how long the oldest is open; ``state``
    and ``reason`` what is there now; ``also`` other entries that were confirmed then.
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
    state: str
    reason: str
    evidence: EvidenceRef | None = None
    evidence_age: str = ""
    also: Sequence[str] = ()
    is_unexplained: bool = False


@dataclass(frozen=True)
class Section:
    """A heading, and at least one item of which a door says something."""

    heading: str
    items: Sequence[Item | Problem]

    def items_for(self, door: Door) -> list[Item | Problem]:
        """What this door says."""
        return [item for item in self.items if isinstance(item, Problem) or item.only in (None, door)]


def make_sections(handoff: Handoff) -> Iterator[Section]:
    """All that have something to say, the most urgent first."""
    counts = handoff.counts
    sections = (
        Section(f"Open: {counts.open}", [*_open_items(handoff)]),
        Section(f"Unexplained: {counts.unexplained + counts.unanswered}", [*_unexplained_items(handoff)]),
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
    if counts.stale:
        words = f"{counted(counts.stale, 'open case')} that nobody has touched for a week; the newest: "
        yield Item(parts=[Text(words), Cases(handoff.stale)])
    if handoff.guides:
        more = counts.guides - len(handoff.guides)
        beyond = [Text(f" and {more} more", only=Door.PAGE)] if more > 0 else []
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
        "state": state_text(handoff, case),
        "reason": reason_sentence(case),
    }


def _unexplained_items(handoff: Handoff) -> Iterator[Item | Problem]:
    """What is open, and of which nobody knows the cause."""
    counts = handoff.counts
    for group in group_open_cases(handoff.unexplained):
        yield _unexplained_problem(handoff, group)
    more, unanswered = counts.unexplained - len(handoff.unexplained), counts.unanswered - len(handoff.unanswered)
    if more > 0:
        yield _more_cases(f"{counted(more, 'more case')} of which only a cause was ruled out", only=Door.PAGE)
    for question in handoff.unanswered:
        aside, parts = _question_aside(handoff, question), [Text(": no entry fits")]
        title = [Text(question.question, Style.QUESTION)]
        yield Item(title=title, aside=aside, parts=parts, is_bold=True, is_sentence=True)
    yield from _more_item(unanswered, only=Door.PAGE)
    yield from _more_item(more + unanswered, only=Door.MESSAGE)


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
    by = [Text(": ", only=Door.PAGE), Text(" by ", only=Door.MESSAGE), Text(person_name(handoff, word.user))]
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
        yield Item(parts=words, only=Door.PAGE)
    for action in handoff.actions:
        yield _action_item(handoff, action)
    yield from _more_item(earlier, only=Door.MESSAGE)


def _action_item(handoff: Handoff, action: Action) -> Item:
    what = f"{format_time(handoff, action.at)} {person_name(handoff, action.actor)} {action.what}"
    case: list[Part] = [Text(" "), Cases([action.ref])] if action.ref else []
    again = [Text(f" ({action.times} times)")] if action.times > 1 else []
    return Item(parts=[Text(what), *case, *_on_clusters([action.cluster]), *again])


def _more_cases(words: str, *, only: Door | None = None) -> Item:
    return Item(parts=[Text(f"{words}; "), Text(LISTED_BY, Style.COMMAND), Text(" lists them.")], only=only)


def _more_item(number: int, where: str = "", *, only: Door | None = None) -> Iterator[Item]:
    if number > 0:
        yield Item(parts=[Text(f"{number:,} more"), Text(where, only=Door.PAGE)], is_sentence=True, only=only)


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
