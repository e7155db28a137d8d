"""A handoff as the on-call channel sees it: the headline, what is open, and as much of the rest as a message holds.

Only those who take over are mentioned; everybody else stands there by name, so that nobody is called out of bed.

The lists of a handoff's message: a bullet for each thing to know, with its threads. Others decide what fits.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.handoff import wording
from bot.handoff.case_state import group_open_cases, group_resolved_cases, latest_evidence, representative
from bot.handoff.records import (
    Action,
    CaseRef,
    Cause,
    Handoff,
    OpenCase,
    ResolvedCase,
    UnansweredQuestion,
    Unhelpful,
    UnreachableCluster,
)
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
from bot.text import age, counted, one_line, span

TITLE, REASON, EXCERPT, WORDS = 150, 220, 200, 150  # characters
MOST_LINKS, MOST_THREADS, MOST_SPACES = 8, 5, 3  # behind one cause, and behind cases that are alike
SPACE: Element = {"type": "text", "text": " "}


def sections(handoff: Handoff) -> Iterator[ElementGroup]:
    """All of them, the most urgent first."""
    counts = handoff.counts
    opened = [_open(handoff, group) for group in group_open_cases(handoff.open)]
    yield from _headed(f"Open: {counts.open}", opened, _beyond_open(handoff))
    unexplained = [*(_unexplained(handoff, group) for group in group_open_cases(handoff.unexplained))]
    gaps = [_bullet(_gap(gap)) for gap in handoff.unanswered]
    number = counts.unexplained + counts.unanswered
    more = number - len(handoff.unexplained) - len(gaps)
    yield from _headed(f"Unexplained: {number}", [*unexplained, *gaps], more)
    resolved = [_bullet(_resolved(handoff, group)) for group in group_resolved_cases(handoff.resolved)]
    yield from _headed(f"Resolved: {counts.resolved}", resolved, counts.resolved - len(handoff.resolved))
    yield from _headed("New causes", [_bullet(_new(cause)) for cause in handoff.new_causes])
    yield from _headed("Seen more than once", [_bullet(_repeated(cause)) for cause in handoff.repeated])
    yield from _headed(wording.SETTLE_TITLE, [_settling(*found) for found in wording.unsettled(handoff)])
    late = [_bullet(_gap(gap)) for gap in handoff.answered_late]
    title = f"Questions that nothing answered at first: {counts.answered_late}"
    yield from _headed(title, late, counts.answered_late - len(late))
    words = [_bullet(_unhelpful(handoff, word)) for word in handoff.unhelpful]
    yield from _headed(f"Answers marked as no help: {counts.unhelpful}", words, counts.unhelpful - len(words))
    yield from _headed("Clusters that cannot be read", [_bullet(_blind(handoff, item)) for item in handoff.blind])
    done = [_bullet(_action(handoff, action)) for action in handoff.actions]
    yield from _headed(f"Actions taken: {counts.actions}", done, counts.actions - len(done))


def _headed(title: str, items: list[ElementGroup], more: int | list[ElementGroup] = 0) -> Iterator[ElementGroup]:
    """A heading stays with its first item."""
    beyond = more if isinstance(more, list) else [_bullet([text_run(f"{more:,} more")])] if more > 0 else []
    every = [*items, *beyond]
    if every:
        yield [heading(title), *every[0]]
        yield from every[1:]


def _bullet(parts: list[Element]) -> ElementGroup:
    return [bullet_list([line(*parts)])]


def _open(handoff: Handoff, group: Sequence[OpenCase]) -> ElementGroup:
    case = representative(group)
    parts = [text_run(_title(case.title, case.question), bold=True), SPACE, *_threads(handoff, group)]
    parts += [text_run(f"\u00a0· {wording.standing(case)}{_where(group)} · {_who(handoff, group)}. ")]
    parts += _now(handoff, case)
    if seen := latest_evidence(case):
        parts += [text_run(f"Last evidence, {age(seen.at, handoff.until)}: {seen.object}: ")]
        parts += [text_run(clip(seen.excerpt, EXCERPT), code=True)]
    return _bullet(parts)


def _unexplained(handoff: Handoff, group: Sequence[OpenCase]) -> ElementGroup:
    case = representative(group)
    parts = [text_run(_title("", case.question), bold=True), SPACE, *_threads(handoff, group)]
    parts += [text_run(f"\u00a0· cause unknown: “{_title(case.title, '')}” was ruled out{_where(group)}")]
    return _bullet([*parts, text_run(f" · {_who(handoff, group)}. "), *_now(handoff, case)])


def _now(handoff: Handoff, case: OpenCase) -> list[Element]:
    if now := wording.state(handoff, case):
        return [text_run(f"Now: {now}. ", bold=True), text_run(clip(wording.why(case), REASON) + " ")]
    return []


def _threads(handoff: Handoff, group: Sequence[OpenCase]) -> list[Element]:
    """The case; where there are several how many, since when, and the newest of them."""
    if len(group) == 1:
        return [_link(group[0].ref)]
    when = f"{counted(len(group), 'case')}, {wording.since_when(handoff, group)}: "
    return [text_run(when), *_links([case.ref for case in group], MOST_THREADS)]


def _where(group: Sequence[OpenCase]) -> str:
    spaces = wording.places(group)
    more = f" and {len(spaces) - MOST_SPACES} more" if len(spaces) > MOST_SPACES else ""
    told = f" / {', '.join(clip(name, 70) for name in spaces[:MOST_SPACES])}{more}" if spaces else ""
    return f" · {clip(group[0].cluster, 100)}{told}" if group[0].cluster else told


def _who(handoff: Handoff, group: Sequence[OpenCase]) -> str:
    up_to = "up to " if len(group) > 1 else ""
    return f"open for {up_to}{span(group[-1].opened_at, handoff.until)} · on it: {wording.on_it(handoff, group)}"


def _beyond_open(handoff: Handoff) -> list[ElementGroup]:
    """What is open and not told in full."""
    counts, found = handoff.counts, []
    if (more := counts.open_in_full - len(handoff.open)) > 0:
        found.append(_bullet([text_run(f"{counted(more, 'more open case')}; /netclinic cases lists them.")]))
    if counts.quiet:
        untouched = f"{counted(counts.quiet, 'open case')} that nobody has touched for a week; the newest: "
        found.append(_bullet([text_run(untouched), *_links(handoff.quiet)]))
    if handoff.guides:
        found.append(_bullet([text_run("Not resolved, but answered by a guide: "), *_links(handoff.guides)]))
    return found


def _resolved(handoff: Handoff, group: Sequence[ResolvedCase]) -> list[Element]:
    case, refs = group[0], [case.ref for case in group]
    people = tuple(dict.fromkeys(case.resolved_by for case in group if case.resolved_by))
    by = f" by {wording.names(handoff, people)}" if people else ""
    where = f" on {clip(case.cluster, 100)}" if case.cluster else ""
    title, verdict = _title(case.title, case.question), wording.VERDICTS.get(case.outcome, case.outcome)
    if case.outcome == "ruled_out":
        title, verdict = _title("", case.question), f"cause unknown, “{_title(case.title, '')}” was ruled out"
    cases = [text_run(f"{counted(len(group), 'case')}: ")] if len(group) > 1 else []
    told = f": {verdict}{where}, {wording.times(group)}{by}."
    return [text_run(title), SPACE, *cases, *_links(refs, MOST_THREADS), text_run(told)]


def _new(cause: Cause) -> list[Element]:
    return [
        text_run(clip(cause.title, TITLE)),
        text_run(": confirmed here for the first time in "),
        *_links(cause.cases[:1]),
    ]


def _repeated(cause: Cause) -> list[Element]:
    where = f" on {', '.join(clip(name, 60) for name in cause.clusters)}" if cause.clusters else ""
    return [text_run(f"{clip(cause.title, TITLE)}: {wording.how_often(cause)}{where}: "), *_links(cause.cases)]


def _settling(case: OpenCase, every: list[OpenCase]) -> ElementGroup:
    """Its first step; the page has them all, with the commands."""
    first, more = case.settle[0], len(case.settle) - 1
    told = f" ({counted(more, 'more step')} in the page)" if more else ""
    parts = [text_run(f"{clip(case.title, TITLE)} "), *_links([other.ref for other in every]), text_run(": ")]
    return _bullet(
        [*parts, *inline_code_runs(clip(first.text, REASON)), text_run(told)]
        if told
        else [*parts, *inline_code_runs(first.text)]
    )


def _gap(gap: UnansweredQuestion) -> list[Element]:
    became = f"; {clip(gap.later, TITLE)}" if gap.later else ": no entry fits"
    return [text_run(f"“{clip(gap.question, WORDS)}”", bold=not gap.later), SPACE, _link(gap.ref), text_run(became)]


def _unhelpful(handoff: Handoff, word: Unhelpful) -> list[Element]:
    note = f": “{clip(word.note, WORDS)}”" if word.note.strip() else f", {wording.unquoted(word)}"
    by = f" by {wording.name(handoff, word.user)}{note}"
    return [text_run(word.entry or "no entry had fitted", code=bool(word.entry)), SPACE, _link(word.ref), text_run(by)]


def _blind(handoff: Handoff, item: UnreachableCluster) -> list[Element]:
    when = "when this was made" if item.is_now else f"at the last try, {wording.at(handoff, item.at)}"
    case = [SPACE, _link(item.ref)] if item.ref else []
    return [text_run(clip(item.cluster, 100), code=True), *case, text_run(f", {when}: {clip(item.why, REASON)}")]


def _action(handoff: Handoff, action: Action) -> list[Element]:
    what = f"{wording.at(handoff, action.at)} {wording.name(handoff, action.actor)} {action.what}"
    where = f" on {clip(action.cluster, 100)}" if action.cluster else ""
    again = f" ({action.times} times)" if action.times > 1 else ""
    case = [SPACE, _link(action.ref)] if action.ref else []
    return [text_run(what), *case, *([text_run(f"{where}{again}")] if where or again else [])]


def _links(refs: Iterable[CaseRef], most: int = MOST_LINKS) -> list[Element]:
    every = list(refs)
    parts = [part for ref in every[:most] for part in (_link(ref), text_run(", "))][:-1]
    more = len(every) - most
    return [*parts, *([text_run(f" and {more} more")] if more > 0 else [])]


def _link(ref: CaseRef) -> Element:
    return link(ref.link, ref.id) if ref.link.startswith(("https://", "http://")) else text_run(ref.id, code=True)


def _title(title: str, question: str) -> str:
    if one_line(title):
        return clip(title, TITLE)
    return f"“{clip(question, WORDS)}”" if one_line(question) else "A question in a direct message"


ROOM = 7500  # characters of the message's lists
MOST_MENTIONED = 10
_FILES = "The picture and the whole page are in the handoff's thread."
_PAGE = "The whole page is in the handoff's thread."


@dataclass(frozen=True)
class Acknowledgement:
    """Who has a handoff, and since when."""

    by: str
    at: datetime


def handoff_message(handoff: Handoff, *, taken: Acknowledgement | None = None, button_shown: bool = True) -> Message:
    """The handoff. ``taken`` stands in place of the button."""
    told = escape_mrkdwn(f"{wording.headline(handoff)}. {wording.about(handoff)}.")
    to = [person for person in handoff.handed_to[:MOST_MENTIONED] if not taken]
    body, left = _fitting(sections(handoff))
    more = [context(f"{counted(left, 'more line')} in the page, in the handoff's thread.")] if left else []
    blocks = [
        header(wording.headline(handoff)),
        context(f"{wording.about(handoff)} · {handoff.id}"),
        *([rich_text([line(*_called(to))])] if to else []),
        *([rich_text([line(text_run(wording.EMPTY))])] if handoff.is_empty else []),
        *body,
        *more,
        context(" ".join([_FILES if handoff.bars else _PAGE, *wording.footers(handoff)])),
        *_taking(handoff, taken, button_shown),
    ]
    return Message(text=" ".join([*map(mention_text, to), told]), blocks=blocks)


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
        text=" ".join([*map(mention_text, to), escape_mrkdwn(sentence)]),
        blocks=[rich_text([line(*_called(to), text_run(sentence))])],
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


def _called(people: Iterable[str]) -> list[Element]:
    return [part for person in people for part in (mention(person), SPACE)]


def _taking(handoff: Handoff, taken: Acknowledgement | None, button_shown: bool) -> list[Element]:
    if taken:
        expected = taken.by in handoff.handed_to or not handoff.handed_to
        instead = "" if expected else f", though it was meant for {wording.names(handoff, handoff.handed_to)}"
        since = wording.at(handoff, taken.at)
        return [rich_text([line(mention(taken.by), text_run(f" has it since {since}{instead}."))])]
    if not button_shown:
        return []
    return [actions(f"{HANDOFF_TAKEN}:{handoff.id}", [button(HANDOFF_TAKEN, "I have it", handoff.id, style="primary")])]


def _fitting(items: Iterable[ElementGroup]) -> tuple[list[Element], int]:
    """The blocks of the items that fit, and how many do not."""
    kept: list[ElementGroup] = []
    used = left = 0
    for item in items:
        used += size(item)
        if left or used > ROOM:
            left += 1
        else:
            kept.append(item)
    while len(pack_blocks(kept)) > MOST_BLOCKS - 8:
        kept, left = kept[:-1], left + 1
    return pack_blocks(kept), left
