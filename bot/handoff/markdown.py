"""The handoff as a Markdown page that reads well on its own. Text from outside is escaped: it formats nothing."""

import re
from collections.abc import Iterable, Iterator

from bot.handoff.records import CaseRef, EvidenceRef, Handoff
from bot.handoff.sections import Aside, Cases, Item, Part, Problem, Section, Style, Text, make_sections
from bot.handoff.text import EMPTY, footnotes, headline, subtitle
from bot.probes.findings import clip
from bot.text import counted, one_line, plain, plural

TITLE, REASON, EXCERPT, QUESTION = 200, 280, 280, 240  # characters
MOST_LINKS, MOST_ALIKE, MOST_NAMESPACES = 12, 5, 5  # behind one cause, and behind cases that are alike
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&#])")
_AUTOLINK = re.compile(r"(?i)(https?)://")
_NO_URL = str.maketrans({" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "\\": "%5C"})


def render_markdown(handoff: Handoff, alt: str = "") -> str:
    """The page; ``alt`` is what the picture shows, in words, empty where there is no picture."""
    return "\n".join(_page_lines(handoff, alt)) + "\n"


def picture_name(handoff_id: str) -> str:
    """The picture's file, beside the page's."""
    return f"{handoff_id}.png"


def page_name(handoff_id: str) -> str:
    """The page's file."""
    return f"{handoff_id}.md"


def _page_lines(handoff: Handoff, alt: str) -> Iterator[str]:
    yield f"# {escape(headline(handoff))}"
    yield ""
    yield f"{escape(subtitle(handoff))} · {handoff.id}"
    if handoff.is_empty:
        yield from ("", EMPTY)
    if alt:
        yield from ("", f"![{escape(alt)}]({picture_name(handoff.id)})")
    for section in make_sections(handoff):
        yield from _section_lines(section)
    yield from ("", "---", "")
    yield f"_{' '.join(escape(text) for text in footnotes(handoff))}_"


def _section_lines(section: Section) -> Iterator[str]:
    yield from ("", f"## {section.heading}", "")
    for item in section.items:
        yield from _problem_lines(item) if isinstance(item, Problem) else _item_lines(item)


def _item_lines(item: Item) -> Iterator[str]:
    title = _render(item.title)
    title = f"**{title}**" if item.is_bold else title
    aside = _render_aside(item.aside) if item.aside else ""
    yield f"- {title}{aside}{_render(item.parts)}{'.' if item.is_sentence else ''}"
    for number, step in enumerate(item.steps, 1):
        yield f"  {number}. {code_between_backticks(step.text)}"
        if step.command:
            yield from ("", *_fence_lines(step.command, 5), "")


def _problem_lines(problem: Problem) -> Iterator[str]:
    cases = _link(problem.refs[0]) if len(problem.refs) == 1 else counted(len(problem.refs), "case")
    entry = f", {code(problem.entry)}" if problem.entry else ""
    facts = f"{_capital(_render(problem.verdict))}{_where(problem)}; open for {problem.since}"
    facts += f"; {problem.askers}" if problem.askers else ""
    lines = [f"  - {facts}; on it: {escape(problem.assignees)}."]
    lines.insert(problem.is_unexplained, _state_line(problem))
    yield f"- **{_render([problem.title])}** ({cases}{entry})"
    yield from filter(None, lines)
    if problem.next_step:
        yield f"  - Next: {code_between_backticks(problem.next_step.text)}"
    if problem.opened:
        links = _links(Cases(problem.refs, are_alike=True))
        yield f"  - {_capital(problem.opened)}; the newest first: {links}"
    if problem.evidence:
        yield from _evidence_lines(problem.evidence, problem.evidence_age)
    if problem.also:
        yield f"  - Also confirmed then: {', '.join(map(code, problem.also))}"


def _state_line(problem: Problem) -> str:
    if not problem.state:
        return ""
    return f"  - **Now: {problem.state}.** {escape(clip(problem.reason, REASON))}".rstrip()


def _evidence_lines(evidence: EvidenceRef, age: str) -> Iterator[str]:
    yield f"  - Last evidence, {age}: {escape(evidence.object)}: {code(clip(evidence.excerpt, EXCERPT))}"
    if evidence.check:
        yield f"    {code(evidence.check)}"


def _where(problem: Problem) -> str:
    cluster, namespaces = problem.cluster, problem.namespaces
    on_cluster = f" on cluster {code(cluster)}" if cluster else ""
    if not namespaces:
        return on_cluster
    shown = ", ".join(map(code, namespaces[:MOST_NAMESPACES]))
    more = f" and {len(namespaces) - MOST_NAMESPACES} more" if len(namespaces) > MOST_NAMESPACES else ""
    return f"{on_cluster}, {'namespace' if len(namespaces) == 1 else plural('namespace')} {shown}{more}"


def _render(parts: Iterable[Part | Aside]) -> str:
    return "".join(_render_part(part) for part in parts)


def _render_part(part: Part | Aside) -> str:
    if isinstance(part, Cases):
        return _links(part)
    return _render_aside(part) if isinstance(part, Aside) else _render_text(part)


def _render_aside(aside: Aside) -> str:
    """In parentheses: the cases and whatever else identifies the item."""
    cases = [f"{aside.words}{_links(aside.cases)}"] if aside.cases else []
    parts = [*cases, *map(_render_text, aside.details)]
    return f" ({', '.join(parts)})" if parts else ""


def _render_text(part: Text) -> str:
    match part.style:
        case Style.CODE | Style.COMMAND | Style.CLUSTER:
            return code(part.text)
        case Style.TITLE:
            return escape(clip(part.text, TITLE))
        case Style.QUESTION:
            return f"“{escape(clip(part.text, QUESTION))}”"
        case Style.REASON:
            return escape(clip(part.text, REASON))
        case Style.NOTE:
            return f"“{escape(part.text)}”"
        case Style.WORDS:
            return _escaped_run(part.text)


def _links(cases: Cases) -> str:
    most = MOST_ALIKE if cases.are_alike else MOST_LINKS
    more = len(cases.refs) - most
    return ", ".join(map(_link, cases.refs[:most])) + (f" and {more} more" if more > 0 else "")


def _link(ref: CaseRef) -> str:
    url = plain(ref.link).translate(_NO_URL)
    return f"[{escape(ref.id)}]({url})" if url.startswith(("https://", "http://")) else escape(ref.id)


def _fence_lines(text: str, indent: int) -> list[str]:
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


def code_between_backticks(text: str) -> str:
    """A sentence of an entry: what stands between backticks is code."""
    runs = one_line(text).split("`")
    if len(runs) % 2 == 0:
        return escape(text)
    return "".join(code(run) if number % 2 and run else _escaped_run(run) for number, run in enumerate(runs))


def _escaped_run(run: str) -> str:
    """Escaped, with the blanks at its ends."""
    return f"{' ' * run[:1].isspace()}{escape(run)}{' ' * (run[-1:].isspace() and bool(run.strip()))}"


def code(text: str) -> str:
    """Text on one line as code, whatever backticks it holds."""
    line = one_line(text) or "-"
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"
