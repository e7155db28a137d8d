"""A handoff as the on-call channel sees it: a line a case, and what else there is by number; the page has the rest.

Only those who take over are mentioned; everybody else stands there by name, so that nobody is called out of bed.
"""

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.diagnosis.judge import Verdict
from bot.diagnosis.wording import WORDS
from bot.handoff.case_state import group_open_cases, representative
from bot.handoff.records import CaseRef, CurrentState, Handoff, OpenCase
from bot.handoff.text import (
    EMPTY,
    LONGEST_NAME,
    PICTURES_OFF,
    askers_text,
    change_text,
    format_time,
    headline,
    hidden_text,
    owner_text,
    person_name,
    person_names,
    silence_text,
    state_text,
    subtitle,
    verdict_text,
)
from bot.probes.findings import clip
from bot.slack.blocks.action_ids import HANDOFF_NOTE, HANDOFF_TAKEN
from bot.slack.blocks.elements import (
    Block,
    Element,
    Message,
    actions,
    bullet_list,
    button,
    container,
    context,
    escape_mrkdwn,
    header,
    heading,
    inline_code_runs,
    line,
    link,
    mention,
    mention_text,
    rich_text,
    text_run,
)
from bot.slack.blocks.limits import MOST_BLOCKS, ElementGroup, count_fitting, pack_blocks, size
from bot.text import counted, one_line

ROOM = 7500  # characters of the message's lists
CAUSE, NAME, LINE, NOTE = 44, 30, 160, 300  # characters
CASE, STEP = 92, 32  # what fits into a line of a desktop, and the least of a next step
PHONE_LINE, PHONE_LINES = 38, 24  # characters, and lines that are left on a phone's screen between headline and buttons
FEWEST_CASES, MOST_CASES, MOST_LINKS, MOST_CHANGES, MOST_WATCHED = 4, 12, 4, 5, 3
ROOM_FOLDED = 2200  # characters of a part that opens in place
MOST_MENTIONED = 10
BLOCKS_BESIDE = 8  # at most: the headline, the mentions, the closing lines and the button
SPACE: Element = {"type": "text", "text": " "}
Run = Element | str  # plain words are joined before they become an element
_FILES = "The picture and the whole page are in the handoff's thread."
_PAGE = "The whole page is in the handoff's thread."


@dataclass(frozen=True)
class Acknowledgement:
    """Who has a handoff, and since when."""

    by: str
    at: datetime


def handoff_message(
    handoff: Handoff, *, acknowledged: Acknowledgement | None = None, button_shown: bool = True
) -> Message:
    """The handoff. ``acknowledged`` stands in place of the button."""
    to = [] if acknowledged else handoff.handed_to[:MOST_MENTIONED]
    screen = _fill_screen(handoff)
    above = [
        header(headline(handoff)),
        context(f"{subtitle(handoff)} · {handoff.id}"),
        *([rich_text([line(*_mentions(to))])] if to else []),
        *([rich_text([line(text_run(EMPTY))])] if handoff.is_empty else []),
    ]
    below = [
        context(" ".join(_closing_sentences(handoff))),
        *_acknowledgement_blocks(handoff, acknowledged, button_shown),
    ]
    body, left = _fit(screen.shown)
    left += len(screen.others)
    more = [context(f"{counted(left, 'more line')} in the page, in the handoff's thread.")] if left else []
    folded = [
        *_folded("The next open cases", screen.cases),
        *_folded("To watch, and what changed lately", screen.others),
    ]
    text = escape_mrkdwn(f"{headline(handoff)}. {subtitle(handoff)}.")
    return Message(
        text=" ".join([*map(mention_text, to), text]),
        blocks=[*above, *body, *more, *below],
        richer=[*above, *body, *folded, *below] if folded else [],
    )


@dataclass(frozen=True)
class _Screen:
    """What a phone shows at once, and what it has no room for: further ``cases``, and ``others``."""

    shown: list[ElementGroup]
    cases: list[ElementGroup]
    others: list[ElementGroup]


def _fill_screen(handoff: Handoff) -> _Screen:
    """Cases first; of what else there is as much as is left room for. The page has all of it."""
    notes, rest = list(_note_groups(handoff)), list(_rest_groups(handoff))
    groups, others = _open_groups(handoff), list(_other_groups(handoff))
    cases: list[ElementGroup] = [[_case_line(handoff, group)] for group in groups]
    room = PHONE_LINES - sum(map(_phone_lines, [*notes, *rest]))
    most = max(FEWEST_CASES, min(MOST_CASES, _count_fitting_lines(cases, room)))
    counts = list(_count_groups(handoff, sum(map(len, groups[:most]))))
    room -= sum(map(_phone_lines, [*cases[:most], *counts]))
    fitting = _count_fitting_lines(others, room)
    return _Screen([*notes, *cases[:most], *counts, *others[:fitting], *rest], cases[most:], others[fitting:])


def _phone_lines(group: ElementGroup) -> int:
    return sum(max(1, math.ceil(size(part) / PHONE_LINE)) for part in group)


def _count_fitting_lines(groups: Sequence[ElementGroup], room: int) -> int:
    used = list(itertools.accumulate(map(_phone_lines, groups)))
    return sum(lines <= room for lines in used)


def _folded(title: str, groups: Sequence[ElementGroup]) -> list[Block]:
    """A part that opens in place, where Slack takes it."""
    blocks = pack_blocks(groups[: count_fitting(groups, ROOM_FOLDED)])
    return [container(title, blocks)] if blocks and groups else []


def _closing_sentences(handoff: Handoff) -> Iterator[str]:
    yield _FILES if handoff.timeline and not handoff.pictures_off else _PAGE
    if handoff.pictures_off:
        yield PICTURES_OFF
    if handoff.note:
        yield handoff.note


def reminder_message(handoff: Handoff, minutes: float) -> Message:
    """Said once, in the handoff's thread, where nobody has taken it."""
    return _message_to_successors(
        handoff,
        f"Nobody has taken handoff {handoff.id} in {minutes:g} minutes: press “I have it” above if it is yours.",
    )


def _message_to_successors(handoff: Handoff, sentence: str) -> Message:
    """Mentions those who are to take it over."""
    to = handoff.handed_to[:MOST_MENTIONED]
    return Message(
        text=" ".join([*map(mention_text, to), escape_mrkdwn(sentence)]),
        blocks=[rich_text([line(*_mentions(to), text_run(sentence))])],
    )


def taken_by_other_message(handoff: Handoff, by: str) -> Message:
    """Said once, in the handoff's thread, where somebody named ``by`` has taken it who was not expected to."""
    return _message_to_successors(
        handoff,
        f"{clip(one_line(by), LONGEST_NAME)} has taken handoff {handoff.id}, which was meant for you. "
        "If that is not as agreed, settle it here: the button is gone, and there will be no reminder.",
    )


def unattached_message(id_: str, channel: str, failed: Mapping[str, str]) -> Message:
    """The handoff is there, and not all of its files; ``failed`` has the reason of each."""
    what = " and ".join(f"its {name}" for name in failed)
    begin, middle = f"Handoff {id_} is posted in ", f", but {what} could not be attached. "
    rest = (
        f"{' '.join(dict.fromkeys(failed.values()))} `netclinic handoff --show {id_} --out DIR` writes them to files."
    )
    return Message(
        text=f"{escape_mrkdwn(begin)}<#{channel}>{escape_mrkdwn(middle + rest)}",
        blocks=[
            rich_text(
                [
                    line(
                        text_run(begin),
                        {"type": "channel", "channel_id": channel},
                        text_run(middle),
                        *inline_code_runs(rest),
                    )
                ]
            )
        ],
    )


def making_message(words: str, place: str) -> Message:
    """What the one who asked for it hears first."""
    what = f"of {words}" if words else "since the last one"
    sentence = f"Making the handoff {what}; the open cases are looked at again, then it is posted {place}."
    return Message(text=escape_mrkdwn(sentence), blocks=[rich_text([line(text_run(sentence))])])


def _mentions(people: Iterable[str]) -> list[Element]:
    return [part for person in people for part in (mention(person), SPACE)]


def _acknowledgement_blocks(
    handoff: Handoff, acknowledged: Acknowledgement | None, button_shown: bool
) -> list[Element]:
    """Who has it, or the button to take it."""
    if acknowledged:
        expected = acknowledged.by in handoff.handed_to or not handoff.handed_to
        instead = "" if expected else f", though it was meant for {person_names(handoff, handoff.handed_to)}"
        since = format_time(handoff, acknowledged.at)
        return [rich_text([line(mention(acknowledged.by), text_run(f" has it since {since}{instead}."))])]
    if not button_shown:
        return []
    row = [
        button(HANDOFF_TAKEN, "I have it", handoff.id, style="primary"),
        button(HANDOFF_NOTE, "Leave a note", handoff.id),
    ]
    return [actions(f"{HANDOFF_TAKEN}:{handoff.id}", row)]


def _count_groups(handoff: Handoff, shown: int) -> Iterator[ElementGroup]:
    """How many open cases there are beside those that are ``shown``."""
    counts = handoff.counts
    rest = [
        (counts.open_in_full + counts.unexplained - shown, "more open case", "in the page"),
        (counts.stale, "open case", "that nobody has touched for a week"),
    ]
    yield from ([_bullet([f"{counted(number, what)} {where}"])] for number, what, where in rest if number > 0)
    if counts.hidden:
        yield [_bullet([hidden_text(counts.hidden)])]


def _open_groups(handoff: Handoff) -> list[Sequence[OpenCase]]:
    """Cases that are alike together, the explained ones first."""
    return [*group_open_cases(handoff.open), *group_open_cases(handoff.unexplained)]


def _case_line(handoff: Handoff, group: Sequence[OpenCase]) -> Element:
    """Cause (the entry's id: titles are too long), cluster, state now, who is on it, and what comes next."""
    case = representative(group)
    is_new = case.entry in {cause.entry for cause in handoff.new_causes}
    is_known = bool(case.entry) and not case.is_unexplained
    words = _cut(case.entry if is_known else case.question, CAUSE)
    named = words if is_known else f"“{words}”" if words else "a direct message"
    outcome = "confirmed" if case.state.now is CurrentState.WORSE else case.outcome
    mark = WORDS[Verdict(outcome)].mark if is_known and outcome in list(Verdict) else "?"
    more = f" +{len(group) - 1}" if len(group) > 1 else ""
    facts = [
        *([_cut(case.cluster, NAME)] if case.cluster else []),
        "cause unknown" if case.is_unexplained else state_text(handoff, case) or verdict_text(case),
        *(["new cause"] if is_new else []),
        *([asking] if (asking := askers_text(group)) else []),
        owner_text(handoff, group),
    ]
    after = f"{more} · {' · '.join(facts)}"
    runs: list[Run] = [f"{mark} ", text_run(named, bold=True), " ", _link(group[0].ref), after]
    if case.next_step:
        room = CASE - len(named) - len(case.ref.id) - len(after)
        runs.append(f" → {_cut(_first_sentence(case.next_step.text), max(STEP, room))}")
    return _bullet(runs)


def _other_groups(handoff: Handoff) -> Iterator[ElementGroup]:
    """What is not a case, in few lines, the shortest first: the page has the rest of it."""
    watched = [f"{_cut(each.cluster, NAME)}: {each.text}" for each in handoff.near_limits]
    silences = [silence_text(handoff, each) for each in handoff.silences]
    for title, lines in (("To watch: ", watched), ("Silences that end in the next shift: ", silences)):
        if lines:
            more = [f"{len(lines) - MOST_WATCHED} more in the page"] if len(lines) > MOST_WATCHED else []
            shown = "; ".join([*(_cut(text, LINE) for text in lines[:MOST_WATCHED]), *more])
            yield [line(text_run(title, bold=True), text_run(shown))]
    if handoff.silences_trouble:
        yield [line(text_run(_cut(handoff.silences_trouble, LINE)))]
    for at, text in enumerate(_change_lines(handoff)):
        yield [*([heading("Changed lately")] if at == 0 else []), _bullet([_cut(text, LINE)])]


def _rest_groups(handoff: Handoff) -> Iterator[ElementGroup]:
    rest = [run for runs in _rest_lines(handoff) for run in (" · ", *runs)]
    if rest:
        yield [line(*_elements([*rest[1:], "."]))]


def _change_lines(handoff: Handoff) -> list[str]:
    lines = [f"{_cut(each.cluster, NAME)}: {change_text(handoff, each)}" for each in handoff.changes[:MOST_CHANGES]]
    return lines + _and_more(len(handoff.changes) - len(lines))


def _and_more(number: int) -> list[str]:
    return [f"{counted(number, 'more line')} in the page"] if number > 0 else []


def _rest_lines(handoff: Handoff) -> Iterator[list[Run]]:
    counts = handoff.counts
    if handoff.resolved:
        yield [f"{counts.resolved} resolved: ", *_links([case.ref for case in handoff.resolved])]
    if counts.unanswered:
        words = f"{counted(counts.unanswered, 'question')} that nothing answered"
        newest = handoff.unanswered[-1].ref if handoff.unanswered else None
        yield [link(newest.link, words) if newest and _is_address(newest.link) else words]
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
    if in_page:
        yield [f"In the page: {', '.join(in_page)}"]


def _note_groups(handoff: Handoff) -> Iterator[ElementGroup]:
    """What people left for whoever takes over, in their own words."""
    for note in handoff.shift_notes:
        if note.note:
            who = f"Note from {person_name(handoff, note.user)}: "
            yield [line(text_run(who, bold=True), text_run(_cut(note.note, NOTE)))]


def _fit(groups: Iterable[ElementGroup]) -> tuple[list[Element], int]:
    """The blocks of what fits, and how many lines do not."""
    fitting: list[ElementGroup] = []
    used = left = 0
    for group in groups:
        used += size(group)
        if left or used > ROOM:
            left += 1
        else:
            fitting.append(group)
    while len(pack_blocks(fitting)) > MOST_BLOCKS - BLOCKS_BESIDE:
        fitting, left = fitting[:-1], left + 1
    return pack_blocks(fitting), left


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
    return link(ref.link, ref.id) if _is_address(ref.link) else text_run(ref.id, code=True)


def _is_address(url: str) -> bool:
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
    return f"{(whole if len(whole) > most // 2 else kept).rstrip(' ,;:')}…"
