"""A handoff as the on-call channel sees it: the headline, what is open, and as much of the rest as a message holds.

Only those who take over are mentioned; everybody else stands there by name, so that nobody is called out of bed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.handoff.records import CaseRef, Handoff
from bot.handoff.sections import Aside, Cases, Door, Item, Part, Problem, Section, Style, Text, make_sections
from bot.handoff.text import EMPTY, LONGEST_NAME, footnotes, format_time, headline, person_names, subtitle
from bot.probes.findings import clip
from bot.slack.blocks.action_ids import HANDOFF_TAKEN
from bot.slack.blocks.elements import (
    Element,
    Message,
    actions,
    bullet_list,
    button,
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
from bot.slack.blocks.limits import MOST_BLOCKS, ElementGroup, pack_blocks, size
from bot.text import counted, one_line

ROOM = 7500  # characters of the message's lists
TITLE, REASON, EXCERPT, QUESTION, NAME, NAMESPACE = 150, 220, 200, 150, 100, 70  # characters
MOST_LINKS, MOST_ALIKE, MOST_NAMESPACES = 8, 5, 3  # behind one cause, and behind cases that are alike
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
    groups = [group for section in make_sections(handoff) for group in _section_groups(section)]
    body, left = _fit(groups)
    more = [context(f"{counted(left, 'more line')} in the page, in the handoff's thread.")] if left else []
    blocks = [
        header(headline(handoff)),
        context(f"{subtitle(handoff)} · {handoff.id}"),
        *([rich_text([line(*_mentions(to))])] if to else []),
        *([rich_text([line(text_run(EMPTY))])] if handoff.is_empty else []),
        *body,
        *more,
        context(" ".join([_FILES if handoff.timeline else _PAGE, *footnotes(handoff)])),
        *_acknowledgement_blocks(handoff, acknowledged, button_shown),
    ]
    text = escape_mrkdwn(f"{headline(handoff)}. {subtitle(handoff)}.")
    return Message(text=" ".join([*map(mention_text, to), text]), blocks=blocks)


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
    return [actions(f"{HANDOFF_TAKEN}:{handoff.id}", [button(HANDOFF_TAKEN, "I have it", handoff.id, style="primary")])]


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


def _section_groups(section: Section) -> Iterator[ElementGroup]:
    """A bullet for each item; the heading stays with the first of them."""
    items = section.items_for(Door.MESSAGE)
    bullets = [_problem_bullet(item) if isinstance(item, Problem) else _item_bullet(item) for item in items]
    if bullets:
        yield [heading(section.heading), bullets[0]]
        yield from ([bullet] for bullet in bullets[1:])


def _item_bullet(item: Item) -> Element:
    runs = [*_runs(item.title, is_bold=item.is_bold), *(_aside_runs(item.aside) if item.aside else ())]
    return _bullet([*runs, *_runs(item.parts), *_first_step_runs(item)])


def _first_step_runs(item: Item) -> Iterator[Run]:
    """The page has all steps, with the commands."""
    if not item.steps:
        return
    first, more = item.steps[0].text, len(item.steps) - 1
    yield ": "
    yield from inline_code_runs(clip(first, REASON) if more else first)
    if more:
        yield f" ({counted(more, 'more step')} in the page)"


def _problem_bullet(problem: Problem) -> Element:
    verdict = "".join(map(str, _runs(problem.verdict)))
    facts = f"{verdict}{_where(problem)} · open for {problem.since} · on it: {problem.assignees}. "
    runs: list[Run] = [*_runs([problem.title], is_bold=True), " ", *_case_runs(problem), f"\u00a0· {facts}"]
    if problem.state:
        runs += [text_run(f"Now: {problem.state}. ", bold=True), clip(problem.reason, REASON) + " "]
    if evidence := problem.evidence:
        runs.append(f"Last evidence, {problem.evidence_age}: {evidence.object}: ")
        runs.append(text_run(clip(evidence.excerpt, EXCERPT), code=True))
    return _bullet(runs)


def _case_runs(problem: Problem) -> list[Run]:
    """The case; where there are several how many, since when, and the newest of them."""
    if len(problem.refs) == 1:
        return [_link(problem.refs[0])]
    return [f"{counted(len(problem.refs), 'case')}, {problem.opened}: ", *_links(Cases(problem.refs, are_alike=True))]


def _where(problem: Problem) -> str:
    cluster, namespaces = problem.cluster, problem.namespaces
    more = f" and {len(namespaces) - MOST_NAMESPACES} more" if len(namespaces) > MOST_NAMESPACES else ""
    shown = ", ".join(clip(name, NAMESPACE) for name in namespaces[:MOST_NAMESPACES])
    in_namespaces = f" / {shown}{more}" if namespaces else ""
    return f" · {clip(cluster, NAME)}{in_namespaces}" if cluster else in_namespaces


def _bullet(runs: Iterable[Run]) -> Element:
    elements: list[Element] = []
    words = ""
    for run in runs:
        if isinstance(run, str):
            words += run
            continue
        elements += [text_run(words)] if words else []
        elements, words = [*elements, run], ""
    return bullet_list([line(*elements, *([text_run(words)] if words else []))])


def _runs(parts: Iterable[Part | Aside], *, is_bold: bool = False) -> Iterator[Run]:
    for part in parts:
        if isinstance(part, Cases):
            yield from _links(part)
        elif isinstance(part, Aside):
            yield from _aside_runs(part)
        elif part.only is not Door.PAGE:
            yield _run(part, is_bold=is_bold)


def _run(part: Text, *, is_bold: bool) -> Run:
    words = _words(part)
    if part.style is Style.CODE:
        return text_run(words, code=True)
    return text_run(words, bold=True) if is_bold else words


def _aside_runs(aside: Aside) -> Iterator[Run]:
    """The cases alone: a message has no room for the rest."""
    if aside.cases:
        yield from (f" {aside.words}", *_links(aside.cases))


def _words(part: Text) -> str:
    match part.style:
        case Style.CODE | Style.CLUSTER:
            return clip(part.text, NAME)
        case Style.TITLE:
            return clip(part.text, TITLE)
        case Style.QUESTION:
            return f"“{clip(part.text, QUESTION)}”"
        case Style.REASON:
            return clip(part.text, REASON)
        case Style.WORDS | Style.COMMAND:
            return part.text


def _links(cases: Cases) -> Iterator[Run]:
    most = MOST_ALIKE if cases.are_alike else MOST_LINKS
    for at, ref in enumerate(cases.refs[:most]):
        if at:
            yield ", "
        yield _link(ref)
    if len(cases.refs) > most:
        yield f" and {len(cases.refs) - most} more"


def _link(ref: CaseRef) -> Element:
    return link(ref.link, ref.id) if ref.link.startswith(("https://", "http://")) else text_run(ref.id, code=True)
