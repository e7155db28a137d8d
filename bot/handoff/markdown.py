"""The handoff as a Markdown page that reads well on its own. Text from outside is escaped: it formats nothing."""

import re
from collections.abc import Iterable, Iterator, Sequence

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
    UnreachableCluster,
)
from bot.probes.findings import clip
from bot.text import age, counted, one_line, plain, span

TITLE, REASON, EXCERPT, WORDS = 200, 280, 280, 240  # characters
MOST_LINKS, MOST_THREADS, MOST_SPACES = 12, 5, 5  # behind one cause, and behind cases that are alike
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&#])")
_AUTOLINK = re.compile(r"(?i)(https?)://")
_NO_URL = str.maketrans({" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "\\": "%5C"})


def render_markdown(handoff: Handoff, alt: str = "") -> str:
    """The page; ``alt`` is what the picture shows, in words, empty where there is no picture."""
    return "\n".join(_page(handoff, alt)) + "\n"


def picture_name(handoff_id: str) -> str:
    """The picture's file, beside the page's."""
    return f"{handoff_id}.png"


def page_name(handoff_id: str) -> str:
    """The page's file."""
    return f"{handoff_id}.md"


def _page(handoff: Handoff, alt: str) -> Iterator[str]:
    yield f"# {escape(wording.headline(handoff))}"
    yield ""
    yield f"{escape(wording.about(handoff))} · {handoff.id}"
    if handoff.is_empty:
        yield from ("", wording.EMPTY)
    if alt:
        yield from ("", f"![{escape(alt)}]({picture_name(handoff.id)})")
    counts = handoff.counts
    yield from _section(f"Open: {counts.open}", _open(handoff))
    yield from _section(f"Unexplained: {counts.unexplained + counts.unanswered}", _unexplained(handoff))
    yield from _section(f"Resolved: {counts.resolved}", _resolved(handoff))
    yield from _section("New causes", (_new(cause) for cause in handoff.new_causes))
    yield from _section("Seen more than once", (_repeated(cause) for cause in handoff.repeated))
    yield from _section(wording.SETTLE_TITLE, _settling(handoff))
    yield from _section(f"Questions that nothing answered at first: {counts.answered_late}", _late(handoff))
    yield from _section(f"Answers marked as no help: {counts.unhelpful}", _unhelpful(handoff))
    yield from _section("Clusters that cannot be read", (_blind(handoff, item) for item in handoff.blind))
    yield from _section(f"Actions taken: {counts.actions}", _actions(handoff))
    yield from ("", "---", "")
    yield f"_{' '.join(escape(text) for text in wording.footers(handoff))}_"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield from ("", f"## {title}", "", *found)


def _open(handoff: Handoff) -> Iterator[str]:
    for group in group_open_cases(handoff.open):
        yield from _open_group(handoff, group)
    more = handoff.counts.open_in_full - len(handoff.open)
    if more > 0:
        yield f"- {counted(more, 'more open case')}; `/netclinic cases` lists them."
    if handoff.counts.quiet:
        which = _links(handoff.quiet)
        yield f"- {counted(handoff.counts.quiet, 'open case')} that nobody has touched for a week; the newest: {which}"
    if handoff.guides:
        which = _links(handoff.guides)
        beyond = handoff.counts.guides - len(handoff.guides)
        yield f"- Not resolved, but answered by a guide: {which}{f' and {beyond} more' if beyond > 0 else ''}"


def _open_group(handoff: Handoff, group: Sequence[OpenCase]) -> Iterator[str]:
    case = representative(group)
    which = _link(case.ref) if len(group) == 1 else counted(len(group), "case")
    yield f"- **{_title(case.title, case.question)}** ({which}{_entry(case.entry)})"
    yield from _now(handoff, case)
    yield f"  - {_capital(wording.standing(case))}{_where(group)}; {_who(handoff, group)}."
    yield from _threads(handoff, group)
    if seen := latest_evidence(case):
        what = f"{escape(seen.object)}: {code(clip(seen.excerpt, EXCERPT))}"
        yield f"  - Last evidence, {age(seen.at, handoff.until)}: {what}"
        if seen.check:
            yield f"    {code(seen.check)}"
    if also := sorted({entry for other in group for entry in other.also}):
        yield f"  - Also confirmed then: {', '.join(map(code, also))}"


def _now(handoff: Handoff, case: OpenCase) -> Iterator[str]:
    if now := wording.state(handoff, case):
        yield f"  - **Now: {now}.** {escape(clip(wording.why(case), REASON))}".rstrip()


def _where(group: Sequence[OpenCase]) -> str:
    cluster, spaces = group[0].cluster, wording.places(group)
    told = f" on cluster {code(cluster)}" if cluster else ""
    if not spaces:
        return told
    more = f" and {len(spaces) - MOST_SPACES} more" if len(spaces) > MOST_SPACES else ""
    return f"{told}, namespace{'s' * (len(spaces) > 1)} {', '.join(map(code, spaces[:MOST_SPACES]))}{more}"


def _who(handoff: Handoff, group: Sequence[OpenCase]) -> str:
    up_to = "up to " if len(group) > 1 else ""
    open_for = span(group[-1].opened_at, handoff.until)
    return f"open for {up_to}{open_for}; on it: {escape(wording.on_it(handoff, group))}"


def _threads(handoff: Handoff, group: Sequence[OpenCase]) -> Iterator[str]:
    """Where there are several cases: the newest threads."""
    if len(group) > 1:
        which = _links([case.ref for case in group], MOST_THREADS)
        yield f"  - {_capital(wording.since_when(handoff, group))}; the newest first: {which}"


def _unexplained(handoff: Handoff) -> Iterator[str]:
    """What is open, and of which nobody knows the cause."""
    for group in group_open_cases(handoff.unexplained):
        case = representative(group)
        which = _link(case.ref) if len(group) == 1 else counted(len(group), "case")
        yield f"- **{_title('', case.question)}** ({which})"
        yield f"  - Cause unknown: {_ruled_out(case)}{_where(group)}; {_who(handoff, group)}."
        yield from _now(handoff, case)
        yield from _threads(handoff, group)
    more = handoff.counts.unexplained - len(handoff.unexplained)
    if more > 0:
        yield f"- {counted(more, 'more case')} of which only a cause was ruled out; `/netclinic cases` lists them."
    for gap in handoff.unanswered:
        yield f"- **“{escape(clip(gap.question, WORDS))}”** ({_asked(handoff, gap)}): no entry fits."
    yield from _more(handoff.counts.unanswered - len(handoff.unanswered))


def _ruled_out(case: OpenCase | ResolvedCase) -> str:
    return f"“{_title(case.title)}” ({code(case.entry)}) was ruled out"


def _asked(handoff: Handoff, gap: UnansweredQuestion) -> str:
    return f"{_link(gap.ref)}, {wording.at(handoff, gap.asked_at)}, {escape(wording.name(handoff, gap.asked_by))}"


def _more(number: int) -> Iterator[str]:
    if number > 0:
        yield f"- {number:,} more."


def _resolved(handoff: Handoff) -> Iterator[str]:
    for group in group_resolved_cases(handoff.resolved):
        yield f"- {_was(group)}, {_times(handoff, group)}"
    more = handoff.counts.resolved - len(handoff.resolved)
    if more > 0:
        yield f"- {more:,} more that were resolved earlier in this span."


def _was(group: Sequence[ResolvedCase]) -> str:
    """What it was, if that is known."""
    case = group[0]
    where = f" on {code(case.cluster)}" if case.cluster else ""
    if case.outcome == "ruled_out":
        return f"{_title('', case.question)} ({_link(case.ref)}): cause unknown, {_ruled_out(case)}{where}"
    number = f"{counted(len(group), 'case')}: " if len(group) > 1 else ""
    which = f"{number}{_links([case.ref for case in group], MOST_THREADS)}"
    verdict = wording.VERDICTS.get(case.outcome, case.outcome)
    return f"{_title(case.title, case.question)} ({which}{_entry(case.entry)}): {verdict}{where}"


def _times(handoff: Handoff, group: Sequence[ResolvedCase]) -> str:
    people = tuple(dict.fromkeys(case.resolved_by for case in group if case.resolved_by))
    by = f" by {escape(wording.names(handoff, people))}" if people else ""
    return f"{wording.times(group)}{by}."


def _new(cause: Cause) -> str:
    return (
        f"- {_title(cause.title)} ({code(cause.entry)}): confirmed here for the first time in {_links(cause.cases[:1])}"
    )


def _repeated(cause: Cause) -> str:
    where = f" on {', '.join(map(code, cause.clusters))}" if cause.clusters else ""
    return f"- {_title(cause.title)} ({code(cause.entry)}): {wording.how_often(cause)}{where}: {_links(cause.cases)}"


def _links(refs: Sequence[CaseRef], most: int = MOST_LINKS) -> str:
    more = len(refs) - most
    return ", ".join(map(_link, refs[:most])) + (f" and {more} more" if more > 0 else "")


def _settling(handoff: Handoff) -> Iterator[str]:
    for case, every in wording.unsettled(handoff):
        yield f"- {_title(case.title)} ({_links([other.ref for other in every])})"
        for number, step in enumerate(case.settle, 1):
            yield f"  {number}. {marked(step.text)}"
            if step.command:
                yield from ("", *_fenced(step.command, 5), "")


def _late(handoff: Handoff) -> Iterator[str]:
    for gap in handoff.answered_late:
        later = escape(clip(gap.later, TITLE))
        yield f"- “{escape(clip(gap.question, WORDS))}” ({_asked(handoff, gap)}); {later}"
    yield from _more(handoff.counts.answered_late - len(handoff.answered_late))


def _unhelpful(handoff: Handoff) -> Iterator[str]:
    for word in handoff.unhelpful:
        said = f": “{escape(clip(word.note, WORDS))}”" if word.note.strip() else f", {wording.unquoted(word)}"
        what = code(word.entry) if word.entry else "no entry had fitted"
        yield f"- {what} ({_link(word.ref)}): {escape(wording.name(handoff, word.user))}{said}"
    yield from _more(handoff.counts.unhelpful - len(handoff.unhelpful))


def _blind(handoff: Handoff, item: UnreachableCluster) -> str:
    when = "when this was made" if item.is_now else f"at the last try, {wording.at(handoff, item.at)}"
    case = f" ({_link(item.ref)})" if item.ref else ""
    return f"- {code(item.cluster)}{case}, {when}: {escape(clip(item.why, REASON))}"


def _actions(handoff: Handoff) -> Iterator[str]:
    earlier = handoff.counts.actions - len(handoff.actions)
    if earlier > 0:
        yield f"- {earlier:,} earlier ones; `netclinic audit list` has them all."
    for action in handoff.actions:
        yield f"- {wording.at(handoff, action.at)} {escape(wording.name(handoff, action.actor))} {_what(action)}"


def _what(action: Action) -> str:
    case = f" {_link(action.ref)}" if action.ref else ""
    where = f" on {code(action.cluster)}" if action.cluster else ""
    again = f" ({action.times} times)" if action.times > 1 else ""
    return f"{escape(action.what)}{case}{where}{again}"


def _title(title: str, question: str = "") -> str:
    """What it is; a case without an answer goes by its question."""
    if title.strip():
        return escape(clip(title, TITLE))
    return f"“{escape(clip(question, WORDS))}”" if question.strip() else "A question in a direct message"


def _entry(entry: str) -> str:
    return f", {code(entry)}" if entry else ""


def _link(ref: CaseRef) -> str:
    url = plain(ref.link).translate(_NO_URL)
    return f"[{escape(ref.id)}]({url})" if url.startswith(("https://", "http://")) else escape(ref.id)


def _fenced(text: str, indent: int) -> list[str]:
    """A command to copy, whole."""
    lines = plain(text).strip("\n").splitlines()
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [" " * indent + line for line in (fence, *lines, fence)]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def escape(text: str) -> str:
    """Text on one line that formats nothing and links nowhere."""
    return _AUTOLINK.sub(r"\1\\://", _SPECIAL.sub(r"\\\1", one_line(text)))


def marked(text: str) -> str:
    """A sentence of an entry: what stands between backticks is code."""
    runs = one_line(text).split("`")
    if len(runs) % 2 == 0:
        return escape(text)
    return "".join(code(run) if number % 2 and run else _kept(run) for number, run in enumerate(runs))


def _kept(run: str) -> str:
    """Escaped, with the blanks at its ends."""
    return f"{' ' * run[:1].isspace()}{escape(run)}{' ' * (run[-1:].isspace() and bool(run.strip()))}"


def code(text: str) -> str:
    """Text on one line as code, whatever backticks it holds."""
    line = one_line(text) or "-"
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"
