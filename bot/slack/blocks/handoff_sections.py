"""The lists of a handoff's message: a bullet for each thing to know, with its threads. Others decide what fits."""

from collections.abc import Iterable, Iterator, Sequence

from bot.handoff import wording
from bot.handoff.case_state import alike_open, alike_resolved, lead, newest
from bot.handoff.records import Action, Blind, CaseRef, Cause, Gap, Handoff, OpenCase, ResolvedCase, Unhelpful
from bot.probes.findings import clip
from bot.slack.blocks.elements import Element, bullets, heading, line, link, marked, said
from bot.slack.blocks.limits import Item
from bot.text import age, counted, one_line, span

TITLE, REASON, EXCERPT, WORDS = 150, 220, 200, 150  # characters
MOST_LINKS, MOST_THREADS, MOST_SPACES = 8, 5, 3  # behind one cause, and behind cases that are alike
SPACE: Element = {"type": "text", "text": " "}


def sections(handoff: Handoff) -> Iterator[Item]:
    """All of them, the most urgent first."""
    counts = handoff.counts
    opened = [_open(handoff, group) for group in alike_open(handoff.open)]
    yield from _headed(f"Open: {counts.open}", opened, _beyond_open(handoff))
    unexplained = [*(_unexplained(handoff, group) for group in alike_open(handoff.unexplained))]
    gaps = [_bullet(_gap(gap)) for gap in handoff.unanswered]
    number = counts.unexplained + counts.unanswered
    more = number - len(handoff.unexplained) - len(gaps)
    yield from _headed(f"Unexplained: {number}", [*unexplained, *gaps], more)
    resolved = [_bullet(_resolved(handoff, group)) for group in alike_resolved(handoff.resolved)]
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


def _headed(title: str, items: list[Item], more: int | list[Item] = 0) -> Iterator[Item]:
    """A heading stays with its first item."""
    beyond = more if isinstance(more, list) else [_bullet([said(f"{more:,} more")])] if more > 0 else []
    every = [*items, *beyond]
    if every:
        yield [heading(title), *every[0]]
        yield from every[1:]


def _bullet(parts: list[Element]) -> Item:
    return [bullets([line(*parts)])]


def _open(handoff: Handoff, group: Sequence[OpenCase]) -> Item:
    case = lead(group)
    parts = [said(_title(case.title, case.question), bold=True), SPACE, *_threads(handoff, group)]
    parts += [said(f"\u00a0· {wording.standing(case)}{_where(group)} · {_who(handoff, group)}. ")]
    parts += _now(handoff, case)
    if seen := newest(case):
        parts += [said(f"Last evidence, {age(seen.at, handoff.until)}: {seen.object}: ")]
        parts += [said(clip(seen.excerpt, EXCERPT), code=True)]
    return _bullet(parts)


def _unexplained(handoff: Handoff, group: Sequence[OpenCase]) -> Item:
    case = lead(group)
    parts = [said(_title("", case.question), bold=True), SPACE, *_threads(handoff, group)]
    parts += [said(f"\u00a0· cause unknown: “{_title(case.title, '')}” was ruled out{_where(group)}")]
    return _bullet([*parts, said(f" · {_who(handoff, group)}. "), *_now(handoff, case)])


def _now(handoff: Handoff, case: OpenCase) -> list[Element]:
    if now := wording.state(handoff, case):
        return [said(f"Now: {now}. ", bold=True), said(clip(wording.why(case), REASON) + " ")]
    return []


def _threads(handoff: Handoff, group: Sequence[OpenCase]) -> list[Element]:
    """The case; where there are several how many, since when, and the newest of them."""
    if len(group) == 1:
        return [_link(group[0].ref)]
    when = f"{counted(len(group), 'case')}, {wording.since_when(handoff, group)}: "
    return [said(when), *_links([case.ref for case in group], MOST_THREADS)]


def _where(group: Sequence[OpenCase]) -> str:
    spaces = wording.places(group)
    more = f" and {len(spaces) - MOST_SPACES} more" if len(spaces) > MOST_SPACES else ""
    told = f" / {', '.join(clip(name, 70) for name in spaces[:MOST_SPACES])}{more}" if spaces else ""
    return f" · {clip(group[0].cluster, 100)}{told}" if group[0].cluster else told


def _who(handoff: Handoff, group: Sequence[OpenCase]) -> str:
    up_to = "up to " if len(group) > 1 else ""
    return f"open for {up_to}{span(group[-1].opened_at, handoff.until)} · on it: {wording.on_it(handoff, group)}"


def _beyond_open(handoff: Handoff) -> list[Item]:
    """What is open and not told in full."""
    counts, found = handoff.counts, []
    if (more := counts.open_in_full - len(handoff.open)) > 0:
        found.append(_bullet([said(f"{counted(more, 'more open case')}; /netclinic cases lists them.")]))
    if counts.quiet:
        untouched = f"{counted(counts.quiet, 'open case')} that nobody has touched for a week; the newest: "
        found.append(_bullet([said(untouched), *_links(handoff.quiet)]))
    if handoff.guides:
        found.append(_bullet([said("Not resolved, but answered by a guide: "), *_links(handoff.guides)]))
    return found


def _resolved(handoff: Handoff, group: Sequence[ResolvedCase]) -> list[Element]:
    case, refs = group[0], [case.ref for case in group]
    people = tuple(dict.fromkeys(case.resolved_by for case in group if case.resolved_by))
    by = f" by {wording.names(handoff, people)}" if people else ""
    where = f" on {clip(case.cluster, 100)}" if case.cluster else ""
    title, verdict = _title(case.title, case.question), wording.VERDICTS.get(case.outcome, case.outcome)
    if case.outcome == "ruled_out":
        title, verdict = _title("", case.question), f"cause unknown, “{_title(case.title, '')}” was ruled out"
    cases = [said(f"{counted(len(group), 'case')}: ")] if len(group) > 1 else []
    told = f": {verdict}{where}, {wording.times(group)}{by}."
    return [said(title), SPACE, *cases, *_links(refs, MOST_THREADS), said(told)]


def _new(cause: Cause) -> list[Element]:
    return [said(clip(cause.title, TITLE)), said(": confirmed here for the first time in "), *_links(cause.cases[:1])]


def _repeated(cause: Cause) -> list[Element]:
    where = f" on {', '.join(clip(name, 60) for name in cause.clusters)}" if cause.clusters else ""
    return [said(f"{clip(cause.title, TITLE)}: {wording.how_often(cause)}{where}: "), *_links(cause.cases)]


def _settling(case: OpenCase, every: list[OpenCase]) -> Item:
    """Its first step; the page has them all, with the commands."""
    first, more = case.settle[0], len(case.settle) - 1
    told = f" ({counted(more, 'more step')} in the page)" if more else ""
    parts = [said(f"{clip(case.title, TITLE)} "), *_links([other.ref for other in every]), said(": ")]
    return _bullet([*parts, *marked(clip(first.text, REASON)), said(told)] if told else [*parts, *marked(first.text)])


def _gap(gap: Gap) -> list[Element]:
    became = f"; {clip(gap.later, TITLE)}" if gap.later else ": no entry fits"
    return [said(f"“{clip(gap.question, WORDS)}”", bold=not gap.later), SPACE, _link(gap.ref), said(became)]


def _unhelpful(handoff: Handoff, word: Unhelpful) -> list[Element]:
    note = f": “{clip(word.note, WORDS)}”" if word.note.strip() else f", {wording.unquoted(word)}"
    by = f" by {wording.name(handoff, word.user)}{note}"
    return [said(word.entry or "no entry had fitted", code=bool(word.entry)), SPACE, _link(word.ref), said(by)]


def _blind(handoff: Handoff, item: Blind) -> list[Element]:
    when = "when this was made" if item.is_now else f"at the last try, {wording.at(handoff, item.at)}"
    case = [SPACE, _link(item.ref)] if item.ref else []
    return [said(clip(item.cluster, 100), code=True), *case, said(f", {when}: {clip(item.why, REASON)}")]


def _action(handoff: Handoff, action: Action) -> list[Element]:
    what = f"{wording.at(handoff, action.at)} {wording.name(handoff, action.actor)} {action.what}"
    where = f" on {clip(action.cluster, 100)}" if action.cluster else ""
    again = f" ({action.times} times)" if action.times > 1 else ""
    case = [SPACE, _link(action.ref)] if action.ref else []
    return [said(what), *case, *([said(f"{where}{again}")] if where or again else [])]


def _links(refs: Iterable[CaseRef], most: int = MOST_LINKS) -> list[Element]:
    every = list(refs)
    parts = [part for ref in every[:most] for part in (_link(ref), said(", "))][:-1]
    more = len(every) - most
    return [*parts, *([said(f" and {more} more")] if more > 0 else [])]


def _link(ref: CaseRef) -> Element:
    return link(ref.link, ref.id) if ref.link.startswith(("https://", "http://")) else said(ref.id, code=True)


def _title(title: str, question: str) -> str:
    if one_line(title):
        return clip(title, TITLE)
    return f"“{clip(question, WORDS)}”" if one_line(question) else "A question in a direct message"
