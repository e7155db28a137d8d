"""What else an answer holds: what was also seen, what was also considered, and what could not be looked at."""

from collections.abc import Iterator, Sequence

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Told, ToldDiagnosis
from bot.probes.findings import clip
from bot.slack.blocks.elements import Element, bullets, heading, line, marked, said
from bot.slack.blocks.limits import Item, packed
from bot.slack.blocks.messages import Block
from bot.text import WORDS

MOST_CONFIRMED = 4
MOST_CONSIDERED = 6
MOST_UNREAD = 5
SHORT = 250  # characters of what is not the first thing to read
LONGEST_TITLE = 150
NO_OTHER = "No other fault was seen on the way; `/netclinic check` looks at all of them."
RBAC = "`netclinic rbac` prints the ClusterRole that permits all of it."
SHOW = "`/netclinic show ENTRY` shows one in full."


def other_blocks(told: Told) -> list[Block]:
    """In the order in which they are worth reading."""
    items = [*_confirmed(told), *_considered(told), *unread_items(told)]
    return [block for item in items for block in packed([item])]  # blocks of their own, so that a gap parts them


def _confirmed(told: Told) -> Iterator[Item]:
    first, others = told.diagnoses[:1], told.diagnoses[1:]
    if first and first[0].verdict is Verdict.RULED_OUT:
        yield [line(*marked(NO_OTHER))]
    confirmed = [item for item in others if item.verdict is Verdict.CONFIRMED]
    asked = [item for item in confirmed if item.score is not None]
    seen = [item for item in confirmed if item.score is None]
    for title, items in (("Also confirmed", asked), ("Also seen on this cluster", seen)):
        if items:
            yield [heading(title), bullets(map(_in_short, items[:MOST_CONFIRMED])), *_more(items[MOST_CONFIRMED:])]


def _considered(told: Told) -> Iterator[Item]:
    rest = [item for item in told.diagnoses[1:] if item.verdict is not Verdict.CONFIRMED]
    near = [item for item in rest if not item.elsewhere]
    parts: list[Element] = (
        [bullets(_in_short(item, reason=told.was_read) for item in near[:MOST_CONSIDERED])] if near else []
    )
    parts += _more(near[MOST_CONSIDERED:])
    elsewhere = ", ".join(item.entry for item in rest if item.elsewhere)
    if elsewhere:
        parts.append(line(said(f"Not for this cluster: {clip(elsewhere, SHORT)}")))
    if near:
        parts.append(line(*marked(SHOW)))
    if parts:
        yield [heading("Also considered"), *parts]


def unread_items(told: Told) -> Iterator[Item]:
    """What could not be looked at, why, and the way out."""
    if not told.unread:
        return
    shown = [line(said(clip(text, SHORT))) for text in told.unread[:MOST_UNREAD]]
    more = len(told.unread) - len(shown)
    parts = [heading("Not looked at"), bullets(shown)]
    if more:
        parts.append(line(said(f"and {more} more")))
    if any("not permitted" in text for text in told.unread):
        parts.append(line(*marked(RBAC)))
    yield parts


def _in_short(item: ToldDiagnosis, *, reason: bool = True) -> Element:
    """Verdict, title and why in one line."""
    word = WORDS[item.verdict]
    title = said(f"{word.mark} {word.word}: {clip(item.title, LONGEST_TITLE)}", bold=True)
    why = clip(item.reason, SHORT) if reason and item.verdict is not Verdict.ANSWERED else ""
    return line(title, said(f" ({item.entry[:100]})"), *([said(f" {why}")] if why else []))


def _more(items: Sequence[ToldDiagnosis]) -> list[Element]:
    if not items:
        return []
    return [line(said(f"and {len(items)} more: {clip(', '.join(item.entry for item in items), SHORT)}"))]
