"""A handoff as the on-call channel sees it: a line a case, and what else there is by number; the page has the rest.

Only those who take over are mentioned; everybody else stands there by name, so that nobody is called out of bed.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.handoff.records import Handoff
from bot.handoff.text import (
    EMPTY,
    LONGEST_NAME,
    PICTURES_OFF,
    format_time,
    headline,
    person_names,
    subtitle,
)
from bot.probes.findings import clip
from bot.slack.blocks.action_ids import HANDOFF_NOTE, HANDOFF_TAKEN
from bot.slack.blocks.elements import (
    Block,
    Element,
    Message,
    actions,
    button,
    container,
    context,
    escape_mrkdwn,
    header,
    inline_code_runs,
    line,
    link,
    mention,
    mention_text,
    rich_text,
    text_run,
)
from bot.slack.blocks.handoff_lines import (
    ROOMY,
    TIGHT,
    CaseLengths,
    case_line,
    count_groups,
    is_address,
    more_cases,
    note_groups,
    open_groups,
    other_groups,
    rest_groups,
)
from bot.slack.blocks.limits import MOST_BLOCKS, ElementGroup, count_fitting, pack_blocks, size
from bot.text import counted, one_line

ROOM = 7500  # characters of the message's lists
SCREEN = 39.5  # lines of text on a phone's screen, less what stands between the parts of a message
TEXT_LINE, HEADLINE_LINE, SMALL_LINE = 41, 25, 48  # characters
HEADLINE, SMALL, BUTTONS, PART = 1.1, 0.9, 2.2, 1.6  # the height of a line of them, in lines of text
FEWEST_CASES, MOST_CASES = 4, 15
ROOM_FOLDED, MOST_FOLDED = 2200, 2400  # characters of a part that opens in place
MOST_MENTIONED = 10
BLOCKS_BESIDE = 8  # at most: the headline, the mentions, the closing lines and the button
SPACE: Element = {"type": "text", "text": " "}
_PLACE = "the handoff's thread"
_FILES = f"The picture and the whole page are in {_PLACE}."
_PAGE = f"The whole page is in {_PLACE}."


@dataclass(frozen=True)
class Acknowledgement:
    """Who has a handoff, and since when."""

    by: str
    at: datetime


def handoff_message(
    handoff: Handoff, *, acknowledged: Acknowledgement | None = None, button_shown: bool = True, thread: str = ""
) -> Message:
    """The handoff. ``acknowledged`` stands in place of the button; ``thread`` is the address of its own thread."""
    to = [] if acknowledged else handoff.handed_to[:MOST_MENTIONED]
    screen = _fill_screen(handoff)
    above = [
        header(headline(handoff, is_short=screen.is_tight)),
        context(f"{subtitle(handoff)} · {handoff.id}"),
        *([rich_text([line(*_mentions(to))])] if to else []),
        *([rich_text([line(text_run(EMPTY))])] if handoff.is_empty else []),
    ]
    below = [
        _closing_block(handoff, thread if screen.is_folded else ""),
        *_acknowledgement_blocks(handoff, acknowledged, button_shown),
    ]
    left = [more_cases(screen.left)] if screen.left else []
    body, missing = _fit([*screen.shown, *left, *screen.rest])
    missing += len(screen.others)
    more = [context(f"{counted(missing, 'more line')} in the page, in {_PLACE}.")] if missing else []
    cases, others = _folded_cases(screen), _folded("To watch, and what changed lately", screen.others)
    richer, _ = _fit([*screen.shown, *([] if cases else left), *screen.rest])
    text = escape_mrkdwn(f"{headline(handoff)}. {subtitle(handoff)}.")
    return Message(
        text=" ".join([*map(mention_text, to), text]),
        blocks=[*above, *body, *more, *below],
        richer=[*above, *richer, *cases, *others, *below] if cases or others else [],
    )


def folds(handoff: Handoff) -> bool:
    """Whether its message has no room for some of it."""
    return _fill_screen(handoff).is_folded


@dataclass(frozen=True)
class _Screen:
    """What a phone shows at once (``shown``, and ``rest`` below it), and what it has no room for: ``folded`` lines with
    the number of their cases, of ``left`` open cases in all, and ``others``."""

    shown: list[ElementGroup]
    rest: list[ElementGroup]
    folded: list[tuple[ElementGroup, int]]
    left: int
    others: list[ElementGroup]
    is_tight: bool

    @property
    def is_folded(self) -> bool:
        return bool(self.left or self.others)


def _fill_screen(handoff: Handoff) -> _Screen:
    """Cases first, in short lines where not all have room otherwise; of what else there is as much as is left room for.
    The page has all of it."""
    screen = _screen(handoff, ROOMY)
    return _screen(handoff, TIGHT) if screen.left else screen


def _screen(handoff: Handoff, lengths: CaseLengths) -> _Screen:
    groups, others = open_groups(handoff), list(other_groups(handoff))
    is_tight = lengths is TIGHT
    notes = list(note_groups(handoff, is_tight=is_tight))
    counted_only, rest = list(count_groups(handoff)), list(rest_groups(handoff, is_tight=is_tight))
    lines: list[ElementGroup] = [[case_line(handoff, group, lengths)] for group in groups]
    room = SCREEN - _lines_around(handoff, is_tight) - _text_lines([*notes, *counted_only, *rest])
    listed = sum(map(len, groups))
    cases = max(listed, handoff.counts.open_in_full + handoff.counts.unexplained)
    fitting_cases = _count_fitting(lines, room - (PART if others else 0), is_all=listed == cases)
    most = max(FEWEST_CASES, min(MOST_CASES, fitting_cases))
    left = cases - sum(map(len, groups[:most]))
    fitting = _count_fitting(others, room - _text_lines(lines[:most]) - (PART if left > 0 else 0))
    return _Screen(
        shown=[*notes, *lines[:most]],
        rest=[*counted_only, *others[:fitting], *rest],
        folded=list(zip(lines[most:], map(len, groups[most:]), strict=True)),
        left=left,
        others=others[fitting:],
        is_tight=is_tight,
    )


def _lines_around(handoff: Handoff, is_tight: bool) -> float:
    """Lines of text that headline, closing lines and buttons take."""
    small = f"{subtitle(handoff)} · {handoff.id}", " ".join(_closing_sentences(handoff))
    return (
        HEADLINE * math.ceil(len(headline(handoff, is_short=is_tight)) / HEADLINE_LINE)
        + SMALL * sum(math.ceil(len(text) / SMALL_LINE) for text in small)
        + (PART if handoff.handed_to else 0)
        + BUTTONS
    )


def _text_lines(groups: Iterable[ElementGroup]) -> int:
    return sum(max(1, math.ceil(size(part) / TEXT_LINE)) for group in groups for part in group)


def _count_fitting(groups: Sequence[ElementGroup], room: float, *, is_all: bool = True) -> int:
    """How many of them fit; with room for the title of a part where not all do, or they are not ``is_all``."""
    used = list(itertools.accumulate(_text_lines([group]) for group in groups))
    if is_all and (not used or used[-1] <= room):
        return len(groups)
    return sum(lines <= room - PART for lines in used)


def _folded_cases(screen: _Screen) -> list[Block]:
    """Further cases, and how many of them are in the page alone."""
    lines = [group for group, _ in screen.folded]
    fitting = count_fitting(lines, ROOM_FOLDED)
    missing = screen.left - sum(number for _, number in screen.folded[:fitting])
    more = [more_cases(missing)] if missing > 0 else []
    return _folded(counted(screen.left, "more open case"), [*lines[:fitting], *more] if fitting else [])


def _folded(title: str, groups: Sequence[ElementGroup]) -> list[Block]:
    """A part that opens in place, where Slack takes it."""
    blocks = pack_blocks(groups[: count_fitting(groups, MOST_FOLDED)])
    return [container(title, blocks)] if blocks else []


def _closing_block(handoff: Handoff, thread: str) -> Block:
    """Where all of it is: with the address where something has no room here."""
    first, *others = _closing_sentences(handoff)
    if not is_address(thread):
        return context(" ".join([first, *others]))
    begin, _, end = first.partition(_PLACE)
    return rich_text([line(text_run(begin), link(thread, _PLACE), text_run(" ".join([end, *others])))])


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
