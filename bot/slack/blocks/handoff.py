"""A handoff as the on-call channel sees it: the headline, what is open, and as much of the rest as a message holds.

Only those who take over are mentioned; everybody else stands there by name, so that nobody is called out of bed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.handoff import wording
from bot.handoff.records import Handoff
from bot.probes.findings import clip
from bot.slack.blocks.action_ids import HANDOFF_TAKEN
from bot.slack.blocks.elements import (
    Element,
    actions,
    button,
    context,
    escaped,
    header,
    line,
    marked,
    mention,
    rich,
    said,
    who,
)
from bot.slack.blocks.handoff_sections import SPACE, sections
from bot.slack.blocks.limits import MOST_BLOCKS, Item, packed, size
from bot.slack.blocks.messages import Message
from bot.text import counted, one_line

ROOM = 7500  # characters of the message's lists
MOST_MENTIONED = 10
_FILES = "The picture and the whole page are in the handoff's thread."
_PAGE = "The whole page is in the handoff's thread."


@dataclass(frozen=True)
class Taken:
    """Who has a handoff, and since when."""

    by: str
    at: datetime


def handoff_message(handoff: Handoff, *, taken: Taken | None = None, button_shown: bool = True) -> Message:
    """The handoff. ``taken`` stands in place of the button."""
    told = escaped(f"{wording.headline(handoff)}. {wording.about(handoff)}.")
    to = [person for person in handoff.handed_to[:MOST_MENTIONED] if not taken]
    body, left = _fitting(sections(handoff))
    more = [context(f"{counted(left, 'more line')} in the page, in the handoff's thread.")] if left else []
    blocks = [
        header(wording.headline(handoff)),
        context(f"{wording.about(handoff)} · {handoff.id}"),
        *([rich([line(*_called(to))])] if to else []),
        *([rich([line(said(wording.EMPTY))])] if handoff.is_empty else []),
        *body,
        *more,
        context(" ".join([_FILES if handoff.bars else _PAGE, *wording.footers(handoff)])),
        *_taking(handoff, taken, button_shown),
    ]
    return Message(text=" ".join([*map(mention, to), told]), blocks=blocks)


def reminder_message(handoff: Handoff, minutes: float) -> Message:
    """Said once, in the handoff's thread, where nobody has taken it."""
    return _calling(
        handoff,
        f"Nobody has taken handoff {handoff.id} in {minutes:g} minutes: press “I have it” above if it is yours.",
    )


def _calling(handoff: Handoff, sentence: str) -> Message:
    """Said to those who are to take it over."""
    to = handoff.handed_to[:MOST_MENTIONED]
    return Message(
        text=" ".join([*map(mention, to), escaped(sentence)]),
        blocks=[rich([line(*_called(to), said(sentence))])],
    )


def taken_message(handoff: Handoff, by: str) -> Message:
    """Said once, in the handoff's thread, where somebody named ``by`` has taken it who was not expected to."""
    return _calling(
        handoff,
        f"{clip(one_line(by), wording.LONGEST_NAME)} has taken handoff {handoff.id}, which was meant for you. "
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
        text=f"{escaped(begin)}<#{channel}>{escaped(middle + rest)}",
        blocks=[rich([line(said(begin), {"type": "channel", "channel_id": channel}, said(middle), *marked(rest))])],
    )


def making_message(words: str, place: str) -> Message:
    """What the one who asked for it hears first."""
    what = f"of {words}" if words else "since the last one"
    sentence = f"Making the handoff {what}; the open cases are looked at again, then it is posted {place}."
    return Message(text=escaped(sentence), blocks=[rich([line(said(sentence))])])


def _called(people: Iterable[str]) -> list[Element]:
    return [part for person in people for part in (who(person), SPACE)]


def _taking(handoff: Handoff, taken: Taken | None, button_shown: bool) -> list[Element]:
    if taken:
        expected = taken.by in handoff.handed_to or not handoff.handed_to
        instead = "" if expected else f", though it was meant for {wording.names(handoff, handoff.handed_to)}"
        since = wording.at(handoff, taken.at)
        return [rich([line(who(taken.by), said(f" has it since {since}{instead}."))])]
    if not button_shown:
        return []
    return [actions(f"{HANDOFF_TAKEN}:{handoff.id}", [button(HANDOFF_TAKEN, "I have it", handoff.id, style="primary")])]


def _fitting(items: Iterable[Item]) -> tuple[list[Element], int]:
    """The blocks of the items that fit, and how many do not."""
    kept: list[Item] = []
    used = left = 0
    for item in items:
        used += size(item)
        if left or used > ROOM:
            left += 1
        else:
            kept.append(item)
    while len(packed(kept)) > MOST_BLOCKS - 8:
        kept, left = kept[:-1], left + 1
    return packed(kept), left
