"""Lists: entries, facts, cases, clusters and the bot's state for slash commands; help; App Home.

An entry in full is for any cluster: names in its commands are left as capitals.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cluster.facts import Fact
from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import ReportStep
from bot.diagnosis.wording import WORDS
from bot.probes.findings import clip
from bot.slack.blocks.action_ids import HOME_RECHECK, OPEN_FORM
from bot.slack.blocks.diagnosis import render_caution, render_prose, render_step
from bot.slack.blocks.elements import (
    Block,
    Element,
    Message,
    Snippet,
    View,
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
    rich_text,
    text_run,
    time_line,
)
from bot.slack.blocks.limits import MOST_IN_MESSAGE, ElementGroup, count_fitting, pack_blocks, size, visible_texts
from bot.text import age, counted, plain
from knowledge.model import Entry, Step
from knowledge.rendering import render, render_text

LONGEST_NAME = 100
LONGEST_TITLE = 150
LONGEST_LINE = 400
COMMAND = "/netclinic"
MOST_CASES = 15
MOST_CLUSTERS = 30
MOST_RECENT = 10


@dataclass(frozen=True, kw_only=True)
class CaseRow:
    """A case, or one of its answers. ``outcome`` is a verdict or ``unmatched``; people are Slack ids."""

    id: str
    title: str
    outcome: str
    at: datetime
    cluster: str = ""
    by: str = ""
    link: str = ""
    state: str = "open"
    assignee: str = ""


@dataclass(frozen=True, kw_only=True)
class ClusterRow:
    """A cluster and whether it can be read; ``reachable`` is ``None`` where nobody has looked yet.

    ``gaps``: what it does not let us read, and what that leaves undecidable.
    """

    name: str
    reachable: bool | None = None
    traits: str = ""
    trouble: str = ""
    gaps: str = ""
    checked_at: datetime | None = None
    is_default: bool = False


def case_line(row: CaseRow, now: datetime) -> Element:
    """Verdict, title, cluster, age, and who is on it; the id leads to the thread."""
    name = link(row.link, row.id) if row.link else text_run(row.id, code=True)
    where = f" · {clip(row.cluster, LONGEST_NAME)}" if row.cluster else ""
    state = " · resolved" if row.state == "resolved" else ""
    title = clip(row.title, LONGEST_TITLE) or ("no entry fits" if row.outcome else "being looked at")
    parts = [name, text_run(f" {outcome_words(row.outcome)} ", bold=True), text_run(title)]
    parts.append(text_run(f"{where} · {age(row.at, now)}{state}"))
    if row.by:
        parts += [text_run(" · asked by "), mention(row.by)]
    if row.assignee:
        parts += [text_run(" · with "), mention(row.assignee)]
    return line(*parts)


def outcome_words(outcome: str) -> str:
    """A verdict with its mark; what has none in words."""
    if outcome in list(Verdict):
        word = WORDS[Verdict(outcome)]
        return f"{word.mark} {word.word}"
    return "? UNMATCHED" if outcome else "… NOT YET"


def cluster_line(row: ClusterRow, now: datetime) -> Element:
    """Whether it can be read, and what it is."""
    mark = {True: "✓", False: "✗", None: "?"}[row.reachable]
    words = {True: "can be read", False: "cannot be read", None: "not looked at yet"}[row.reachable]
    default = " (default)" if row.is_default else ""
    more = row.trouble or " · ".join(told for told in (row.traits, row.gaps) if told)
    when = f" · {age(row.checked_at, now)}" if row.checked_at else ""
    told = f" · {clip(more, LONGEST_LINE)}" if more else ""
    parts = [text_run(f"{mark} {clip(row.name, LONGEST_NAME)}", bold=True), text_run(f"{default} · {words}")]
    return line(*parts, text_run(f"{told}{when}" or "."))


@dataclass(frozen=True)
class EntryRow:
    """One entry in a list; ``score`` where words were given."""

    id: str
    kind: str
    title: str
    score: float | None = None


def entries_message(rows: Sequence[EntryRow], words: str = "") -> Message:
    """All entries, or those nearest to the words, best first."""
    shown = clip(words, 150)
    first = f"Entries nearest to “{shown}”" if words else counted(len(rows), "entry")
    lines = [line(text_run(row.id, code=True), text_run(f" {row.title} ({_entry_note(row)})")) for row in rows]
    none = "None fits these words." if words else "There is none."
    return list_message(first, lines, none, _entries_closing(rows, words), "entries")


def _entries_closing(rows: Sequence[EntryRow], words: str) -> str:
    """Where to go from here."""
    if rows:
        return "/netclinic show ENTRY shows one in full."
    return "/netclinic entries without words shows all of them." if words else ""


def _entry_note(row: EntryRow) -> str:
    return row.kind if row.score is None else f"{row.kind}, score {row.score:.2f}"


def facts_message(cluster: str, facts: Iterable[Fact], at: datetime) -> Message:
    """Each fact with the object that it was read from, or why it is unknown."""
    lines = [line(text_run(fact.name, code=True), text_run(f" {_fact_text(fact)}")) for fact in facts]
    title = f"Facts of cluster {clip(cluster, 100)}"
    return list_message(title, lines, "There is none.", time_line("Read", at), "facts")


def _fact_text(fact: Fact) -> str:
    return f"unknown: {clip(fact.reason)}" if fact.value is None else f"{clip(str(fact.value))} ({fact.source})"


def cases_message(rows: Sequence[CaseRow], now: datetime, *, hidden: int = 0) -> Message:
    """Cases, as they are given; ``hidden`` are those of channels that the reader cannot read."""
    number = len(rows) + hidden
    title = f"{counted(number, 'case')}" if number else "Cases"
    lines = [*(case_line(row, now) for row in rows), *_hidden_lines(hidden)]
    return list_message(title, lines, "None is open.", time_line("As of", now), "cases")


def _hidden_lines(hidden: int) -> list[Element]:
    """That there are more, and where: not what they are about."""
    return [line(text_run(hidden_cases(hidden)))] if hidden else []


def hidden_cases(number: int) -> str:
    """Cases whose threads the reader cannot read."""
    return f"{counted(number, 'more case')} in channels or direct messages that are not yours"


def clusters_message(rows: Sequence[ClusterRow], now: datetime) -> Message:
    """Which clusters there are, and whether they can be read."""
    lines = [cluster_line(row, now) for row in rows]
    title = f"{counted(len(rows), 'cluster')}" if rows else "Clusters"
    return list_message(title, lines, "None is configured: set KUBECONFIG.", time_line("As of", now), "clusters")


def status_message(rows: Sequence[tuple[str, str]], *, trouble: str = "") -> Message:
    """Names and values in a few words each; ``trouble`` is what needs a person, as a sentence."""
    lines = [
        line(text_run(f"{clip(name, 80)}: ", bold=True), text_run(clip(value, LONGEST_LINE))) for name, value in rows
    ]
    first = trouble or "netclinic is well."
    return list_message(clip(first, LONGEST_LINE), lines, "Nothing is known.", "", "status")


def list_message(
    title: str,
    lines: Iterable[Element],
    none: str,
    closing: str | Block,
    name: str,
    after: Sequence[ElementGroup] = (),
) -> Message:
    """As many lines as fit; the file holds them all where some do not. ``closing``: small print, or a block."""
    rows = list(lines)
    items: list[ElementGroup] = [[heading(title)], *([bullet_list([row])] for row in rows), *after]
    if not rows:
        items.insert(1, [line(text_run(none))])
    kept = count_fitting(items, MOST_IN_MESSAGE - LONGEST_LINE)
    left = len(items) - kept
    if left:
        items = [*items[:kept], [line(text_run(f"and {left} more lines, in the file below"))]]
    last = context(closing) if isinstance(closing, str) else closing
    blocks: list[Block] = [*pack_blocks(items), *([last] if closing else [])]
    whole = "\n".join(visible_texts([rows, list(after)])) if left else ""
    text = escape_mrkdwn(f"{title.rstrip('.')}. {none if not rows else ''}".strip())
    return Message(text, blocks, Snippet(f"{name}.txt", plain(f"{title}\n{whole}\n"), title) if left else None)


def entry_message(entry: Entry) -> Message:
    """Its cause, cautions and steps; a file holds it all where a message cannot."""
    faq = f" · FAQ: {'; '.join(entry.headings)}" if entry.headings else ""
    top = [header(entry.title), rich_text([line(text_run(entry.id, code=True), text_run(f" · {entry.kind}{faq}"))])]
    items = list(_entry_items(entry))
    blocks = pack_blocks(items)
    closing = context(f"/netclinic check {entry.id} judges it on a cluster")
    text = escape_mrkdwn(f"{entry.title} ({entry.kind}). {render_text(entry.cause, {}, {})[:300]}")
    if size([top, blocks]) <= MOST_IN_MESSAGE:
        return Message(text, [*top, *blocks, closing])
    kept = count_fitting(items, MOST_IN_MESSAGE - size(top))
    note: ElementGroup = [line(text_run(f"and {len(items) - kept} more, in the file below"))]
    whole = "\n".join(visible_texts([top, blocks]))
    return Message(
        text, [*top, *pack_blocks([*items[:kept], note]), closing], Snippet(f"{entry.id}.txt", whole, entry.title)
    )


def _entry_items(entry: Entry) -> Iterator[ElementGroup]:
    yield render_prose(render_text(entry.cause, {}, {}))
    yield from _step_items("Settle it first", entry.settle)
    if entry.caution:
        yield render_caution([render_text(text, {}, {}) for text in entry.caution])
    yield from _step_items("Steps", entry.steps)
    yield from _step_items("To prevent it", entry.prevent)
    yield from _step_items("Verify", entry.verify)


def _step_items(title: str, steps: Sequence[Step]) -> Iterator[ElementGroup]:
    shown = [ReportStep(**vars(step)) for step in render(steps, {}, {})]
    for number, step in enumerate(shown, 1):
        yield [*([heading(title)] if number == 1 else []), *render_step(step, number)]


@dataclass(frozen=True)
class Subcommand:
    """One word of the slash command. ``usage`` holds its arguments alone, e.g. ``<symptom>``; ``examples`` too."""

    name: str
    usage: str
    about: str
    examples: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """As it is typed."""
        return f"{COMMAND} {self.name} {self.usage}".rstrip()


def help_message(subcommands: Sequence[Subcommand], *, unknown: str = "") -> Message:
    """All of them; ``unknown`` is what was typed and is none of them."""
    first = [f"There is no {COMMAND} {clip(unknown, 80)}."] if unknown else []
    names = ", ".join(subcommand.name for subcommand in subcommands)
    items: list[ElementGroup] = [[line(text_run(first[0], bold=True))]] if first else []
    items += [list(_help_lines(subcommand)) for subcommand in subcommands]
    closing = "Answers are shown to you alone; --share shows them to the channel. Or mention me and say what you see."
    return Message(
        text=escape_mrkdwn(" ".join([*first, f"{COMMAND} takes: {names}."])),
        blocks=[*pack_blocks(items), rich_text([line(text_run(closing, italic=True))])],
    )


def _help_lines(subcommand: Subcommand) -> Iterator[Element]:
    yield line(text_run(subcommand.line, code=True), text_run(f"  {subcommand.about}"))
    for example in subcommand.examples:
        yield line(text_run("e.g. "), text_run(f"{COMMAND} {subcommand.name} {example}", code=True))


def home_view(
    open_cases: Sequence[CaseRow],
    clusters: Sequence[ClusterRow],
    recent: Sequence[CaseRow],
    now: datetime,
    *,
    hidden: int = 0,
) -> View:
    """Each list says how much more there is; ``hidden`` open cases are of channels that the reader cannot read."""
    row = [
        button(OPEN_FORM, "Ask a question", "home", style="primary"),
        button(HOME_RECHECK, "Look at the clusters again", "home"),
    ]
    blocks: list[Block] = [actions("home", row)]
    lines = [case_line(item, now) for item in open_cases]
    blocks += _home_list("Open cases", lines, MOST_CASES, "None is open.", hidden)
    blocks += _home_list(
        "Clusters", [cluster_line(item, now) for item in clusters], MOST_CLUSTERS, "None is configured."
    )
    blocks += _home_list("Lately diagnosed", [case_line(item, now) for item in recent], MOST_RECENT, "Nothing yet.")
    return {"type": "home", "blocks": [*blocks, time_line("As of", now)]}


def closed_home_view(sentence: str) -> View:
    """For somebody who may not ask: why, and nothing of cases and clusters."""
    return {"type": "home", "blocks": [rich_text([line(*inline_code_runs(sentence))])]}


def _home_list(title: str, lines: Sequence[Element], most: int, none: str, hidden: int = 0) -> Iterator[Block]:
    number = len(lines) + hidden
    yield header(f"{title} ({number})" if number else title)
    shown = list(lines[:most])
    if len(lines) > most:
        shown.append(line(text_run(f"and {len(lines) - most} more; /netclinic cases lists them")))
    shown += _hidden_lines(hidden)
    yield from pack_blocks([[bullet_list(shown)]]) if shown else pack_blocks([[line(text_run(none))]])
