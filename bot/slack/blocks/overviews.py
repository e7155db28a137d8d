"""Lists that slash commands answer with: entries, facts, verdicts, cases, clusters, the state of the bot."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cluster.facts import Fact
from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Told, ToldDiagnosis
from bot.probes.findings import clip
from bot.slack.blocks.cluster_status import texts
from bot.slack.blocks.elements import Element, bullets, context, escaped, heading, line, said
from bot.slack.blocks.limits import MOST_IN_MESSAGE, Item, fitting, packed
from bot.slack.blocks.lists import CaseRow, ClusterRow, case_line, cluster_line
from bot.slack.blocks.messages import Block, Message, Snippet
from bot.slack.blocks.secondary_findings import unread_items
from bot.text import WORDS, clock, cost, counted, plain

LONGEST = 400
ORDER = (Verdict.CONFIRMED, Verdict.SUSPECTED, Verdict.RULED_OUT, Verdict.ANSWERED)


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
    first = f"Entries nearest to “{shown}”" if words else counted(len(rows), "entry").replace("entrys", "entries")
    lines = [line(said(row.id, code=True), said(f" {row.title} ({_about(row)})")) for row in rows]
    return _listed(first, lines, "There is none.", "/netclinic show ENTRY shows one in full.", "entries")


def _about(row: EntryRow) -> str:
    return row.kind if row.score is None else f"{row.kind}, score {row.score:.2f}"


def facts_message(cluster: str, facts: Iterable[Fact], at: datetime) -> Message:
    """Each fact with the object that it was read from, or why it is unknown."""
    lines = [line(said(fact.name, code=True), said(f" {_fact(fact)}")) for fact in facts]
    return _listed(f"Facts of cluster {clip(cluster, 100)}", lines, "There is none.", f"Read {clock(at)}", "facts")


def _fact(fact: Fact) -> str:
    return f"unknown: {clip(fact.reason)}" if fact.value is None else f"{clip(str(fact.value))} ({fact.source})"


def cases_message(rows: Sequence[CaseRow], now: datetime) -> Message:
    """Cases, as they are given."""
    title = f"{counted(len(rows), 'case')}" if rows else "Cases"
    return _listed(title, [case_line(row, now) for row in rows], "None is open.", f"As of {clock(now)}", "cases")


def clusters_message(rows: Sequence[ClusterRow], now: datetime) -> Message:
    """Which clusters there are, and whether they can be read."""
    lines = [cluster_line(row, now) for row in rows]
    title = f"{counted(len(rows), 'cluster')}" if rows else "Clusters"
    return _listed(title, lines, "None is configured: set KUBECONFIG.", f"As of {clock(now)}", "clusters")


def status_message(rows: Sequence[tuple[str, str]], *, trouble: str = "") -> Message:
    """Names and values in a few words each; ``trouble`` is what needs a person, as a sentence."""
    lines = [line(said(f"{clip(name, 80)}: ", bold=True), said(clip(value, LONGEST))) for name, value in rows]
    first = trouble or "netclinic is well."
    return _listed(clip(first, LONGEST), lines, "Nothing is known.", "", "status")


def verdicts_message(told: Told) -> Message:
    """``check``: one line an entry that needs a person; what is ruled out and what is for other clusters by name."""
    here = sorted((item for item in told.diagnoses if not item.elsewhere), key=lambda item: ORDER.index(item.verdict))
    told_in_full = [item for item in here if item.verdict is not Verdict.RULED_OUT or len(here) == 1]
    number = sum(item.verdict is Verdict.CONFIRMED for item in here)
    where = f" on cluster {clip(told.cluster.name, 100)}" if told.cluster else ""
    first = f"{counted(number, 'fault')} confirmed{where}" if number else f"No fault is confirmed{where}"
    after = [*_named("Ruled out", [item for item in here if item not in told_in_full])]
    after += [*_named("Not for this cluster", [item for item in told.diagnoses if item.elsewhere]), *unread_items(told)]
    closing = cost(told.requests, told.bytes, told.elapsed_ms)
    return _listed(first, map(_verdict, told_in_full), "Nothing is suspected.", closing, "verdicts", after)


def _named(title: str, items: Sequence[ToldDiagnosis]) -> list[Item]:
    """What nobody has to look at now: ids alone; ``/netclinic check ENTRY`` says why."""
    names = ", ".join(item.entry for item in items)
    return [[line(said(f"{title} ({len(items)}): ", bold=True), said(names))]] if items else []


def _verdict(item: ToldDiagnosis) -> Element:
    word = WORDS[item.verdict]
    return line(
        said(f"{word.mark} {word.word} ", bold=True), said(item.entry, code=True), said(f" {clip(item.reason)}")
    )


def _listed(
    title: str, lines: Iterable[Element], none: str, closing: str, name: str, after: Sequence[Item] = ()
) -> Message:
    """As many lines as fit; the file holds them all where some do not."""
    rows = list(lines)
    items: list[Item] = [[heading(title)], *([bullets([row])] for row in rows), *after]
    if not rows:
        items.insert(1, [line(said(none))])
    kept = fitting(items, MOST_IN_MESSAGE - LONGEST)
    left = len(items) - kept
    if left:
        items = [*items[:kept], [line(said(f"and {left} more lines, in the file below"))]]
    blocks: list[Block] = [*packed(items), *([context(closing)] if closing else [])]
    whole = "\n".join(texts([rows, list(after)])) if left else ""
    text = escaped(f"{title.rstrip('.')}. {none if not rows else ''}".strip())
    return Message(text, blocks, Snippet(f"{name}.txt", plain(f"{title}\n{whole}\n"), title) if left else None)
