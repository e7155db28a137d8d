"""The page of a report: verdict, why, two pieces of evidence, steps, cause, and what else was seen.

``check``: each verdict with its reason; ``facts``: a row for each fact.

One entry in full, as ``knowledge show`` prints it: for any cluster, names in the commands left as capitals.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rich.console import Console
from rich.text import Text

from bot.cluster.facts import Fact
from bot.cluster.resources import is_denied
from bot.diagnosis.judge import Verdict
from bot.diagnosis.labels import ENGLISH, Labels
from bot.diagnosis.language import labels_for, labels_of
from bot.diagnosis.report import Report, ReportCluster, ReportDiagnosis, ReportEvidence, ReportFailing, ReportStep
from bot.diagnosis.wording import KNOWLEDGE_ALONE, explain_unmatched, looked_at, word_of
from bot.probes.findings import clip
from bot.terminal.console import heading, say, say_command, show_table
from bot.text import age, cost, counted, lasting, one_line
from knowledge.model import Condition, Entry, Group, Kind
from knowledge.rendering import RenderedStep, render, render_text

STYLES = {
    Verdict.CONFIRMED: "bold red",
    Verdict.SUSPECTED: "bold yellow",
    Verdict.RULED_OUT: "bold green",
    Verdict.ANSWERED: "bold cyan",
}
BY_NEED = (Verdict.CONFIRMED, Verdict.SUSPECTED, Verdict.RULED_OUT, Verdict.ANSWERED)  # of a person
ELSEWHERE_STYLE = "bold"
FIRST_EVIDENCE, MOST_EVIDENCE = 2, 5  # pieces: before the steps, and in all


def show_report(console: Console, report: Report) -> None:
    """Print the report; ages are counted by the cluster's clock, so that a replayed incident keeps them."""
    if report.cluster is not None:
        _show_cluster(console, report.cluster)
    if report.failing_first and show_failing(console, report):
        console.print()
    if not report.diagnoses:
        _show_unmatched(console, report)
        return
    _show_diagnoses(console, report)
    if report.failing_untold and not report.failing_first:
        console.print()
        show_failing(console, report)
    if report.was_read:
        show_unread(console, report.missed, labels_for(report))
        show_cost(console, report)


def _show_diagnoses(console: Console, report: Report) -> None:
    now, trouble = report.now, report.cluster.trouble if report.cluster else ""
    first, *others = report.diagnoses
    _show_headline(console, report)
    confirmed = [item for item in others if item.verdict is Verdict.CONFIRMED]
    also_seen = [item for item in confirmed if item.score is None]
    if first.score is None:
        say(console, labels_of(first).not_asked, style="bold")
    _show_diagnosis(console, first, now, trouble)
    if first.verdict is Verdict.RULED_OUT:
        console.print()
        labels = labels_of(first)
        say(console, labels.check_all if report.failing else f"{labels.no_other_fault} {labels.check_all}")
    for item in confirmed:
        if also_seen and item is also_seen[0]:
            heading(console, labels_of(first).also_seen, "bold underline")
        console.print()
        _show_diagnosis(console, item, now)
    _show_considered(console, [item for item in others if item not in confirmed], report.was_read)


def show_failing(console: Console, report: Report) -> bool:
    """What fails here, in the FAQ or not, as far as no diagnosis shows it; whether there is any."""
    if not report.failing_untold:
        return False
    say(console, labels_for(report).failing, style="bold red")
    for item in report.failing_untold:
        say(console, _failing_line(item, report.now), indent=2)
        say(console, item.message, indent=4)
        say_command(console, item.check, indent=4)
    if report.more_failing:
        say(console, f"and {counted(report.more_failing, 'more')}", indent=2, style="dim")
    return True


def _failing_line(item: ReportFailing, now: datetime) -> Text:
    return Text.assemble((item.object, "bold"), f", {lasting(item.since, now)}")


def _show_headline(console: Console, report: Report) -> None:
    """That what was asked about is well, and where it was looked."""
    if report.headline:
        say(console, report.headline, style="bold")
        _say_looked_at(console, report)
        console.print()


def _say_looked_at(console: Console, report: Report) -> None:
    if text := looked_at(report):
        say(console, text, style="dim")


def _show_unmatched(console: Console, report: Report) -> None:
    labels = labels_for(report)
    if report.headline:
        say(console, report.headline, style="bold")
    say(console, explain_unmatched(report), style="" if report.headline else "bold")
    _say_looked_at(console, report)
    say(console, f"{labels.say_what_fails} {labels.nearest}")
    show_unread(console, report.missed, labels)


def _show_cluster(console: Console, cluster: ReportCluster) -> None:
    if cluster.reachable:
        say(console, f"Cluster {cluster.name} · {cluster.traits}", style="dim")
    else:
        say(console, f"Cluster {cluster.name} {cluster.trouble.removeprefix('The cluster ')}", style="bold yellow")
        say(console, KNOWLEDGE_ALONE)
    console.print()


def _show_diagnosis(console: Console, item: ReportDiagnosis, now: datetime, trouble: str = "") -> None:
    """``trouble``: what the page has said of the cluster already."""
    labels = labels_of(item)
    _show_title(console, item)
    if item.kind is Kind.GUIDE:
        console.print()
        show_prose(console, item.cause)
        _show_readings(console, item)
    else:
        say(console, item.reason.removeprefix(trouble), indent=2)
        _show_question(console, item, indent=2)
        _show_evidence(console, labels.evidence, item.evidence[:FIRST_EVIDENCE], now)
    if item.verdict is Verdict.RULED_OUT:
        _show_more_evidence(console, item, now)
        return
    show_steps(console, labels.settle, item.settle, labels)
    show_cautions(console, item.caution, labels)
    show_steps(console, labels.steps_later if item.settle else labels.steps, item.steps, labels)
    show_steps(console, labels.prevent, item.prevent, labels)
    if item.kind is Kind.FAULT and item.cause:
        heading(console, labels.cause_if_so if item.verdict is Verdict.SUSPECTED else labels.cause)
        show_prose(console, item.cause)
    show_steps(console, labels.verify, item.verify, labels)
    _show_more_evidence(console, item, now)


def _show_question(console: Console, item: ReportDiagnosis, indent: int) -> None:
    if item.asks:
        say(console, Text.assemble((labels_of(item).to_settle, "bold"), item.asks), indent=indent)


def verdict_word(item: ReportDiagnosis) -> tuple[str, str]:
    """The word with its style."""
    return word_of(item).word, ELSEWHERE_STYLE if item.elsewhere else STYLES[item.verdict]


def _show_title(console: Console, item: ReportDiagnosis, indent: int = 0, weight: str = "bold") -> None:
    say(
        console,
        Text.assemble(verdict_word(item), "  ", (item.shown_title, weight), (f"  ({item.entry})", "dim")),
        indent=indent,
    )


def _show_readings(console: Console, item: ReportDiagnosis) -> None:
    """A guide's facts of this cluster, each with the object that it was read from."""
    if item.readings:
        heading(console, labels_of(item).readings)
    for reading in item.readings:
        say(console, reading.summary, indent=2)
        for check in reading.checks:
            say_command(console, check, indent=4)


def _show_more_evidence(console: Console, item: ReportDiagnosis, now: datetime) -> None:
    """What need not be read before the steps."""
    _show_evidence(console, labels_of(item).more_evidence, item.evidence[FIRST_EVIDENCE:MOST_EVIDENCE], now)
    if len(item.evidence) > MOST_EVIDENCE:
        say(console, f"and {len(item.evidence) - MOST_EVIDENCE} more; -o json holds all of it.", indent=2, style="dim")


def _show_evidence(console: Console, title: str, pieces: Sequence[ReportEvidence], now: datetime) -> None:
    if not pieces:
        return
    heading(console, title)
    for piece in pieces:
        say(console, Text.assemble((one_line(piece.object), "bold"), f", seen {age(piece.seen, now)}"), indent=2)
        say(console, clip(piece.excerpt), indent=4)
        say_command(console, piece.check, indent=4)


def show_prose(console: Console, text: str) -> None:
    """Paragraphs."""
    for number, paragraph in enumerate(text.strip().split("\n\n")):
        if number:
            console.print()
        say(console, paragraph, indent=2)


def show_steps(
    console: Console, title: str, steps: Sequence[ReportStep | RenderedStep], labels: Labels = ENGLISH
) -> None:
    """Numbered: the sentence, what it can hurt, and last the command to copy."""
    if not steps:
        return
    heading(console, title)
    for number, step in enumerate(steps, 1):
        say(console, step.text, indent=2 if number < 10 else 1, mark=f"{number}.")
        if step.caution:
            say(console, f"{labels.caution}{step.caution}", indent=5, style="yellow")
        say_command(console, step.command or "", indent=5)


def show_cautions(console: Console, texts: Sequence[str], labels: Labels = ENGLISH) -> None:
    """What holds for all of the steps: shown before the first of them."""
    if texts:
        heading(console, labels.before, "bold yellow")
    for text in texts:
        say(console, text, indent=3, mark="!", style="yellow")


def _show_considered(console: Console, items: Sequence[ReportDiagnosis], was_read: bool) -> None:
    """The rest in one line each; what does not even apply here in one line together."""
    elsewhere = [item for item in items if item.elsewhere]
    near = [item for item in items if not item.elsewhere]
    if items:
        heading(console, labels_of(items[0]).considered)
    for item in near:
        _show_title(console, item, indent=2, weight="")
        if was_read and item.verdict is not Verdict.ANSWERED:
            say(console, clip(item.reason), indent=4)
        _show_question(console, item, indent=4)
    if elsewhere:
        say(console, f"Not for this cluster: {', '.join(item.entry for item in elsewhere)}", indent=2)
    if near:
        say(console, "`netclinic knowledge show ENTRY` shows one in full.", indent=2, style="dim")


def show_unread(console: Console, unread: Sequence[str], labels: Labels = ENGLISH) -> None:
    """What could not be looked at, and why."""
    if not unread:
        return
    heading(console, labels.not_looked_at)
    for text in unread:
        say(console, clip(text), indent=2, mark="-")
    if any(map(is_denied, unread)):
        say(console, "`netclinic rbac` prints the ClusterRole that permits all of it.", indent=2, style="dim")


def show_cost(console: Console, report: Report) -> None:
    """What the answer took."""
    console.print()
    say(console, cost(report.requests, report.bytes, report.elapsed_ms), style="dim")


def show_verdicts(console: Console, report: Report) -> None:
    """``check``: the verdict on each fault and why, what needs a person first; the titles of what is for other
    clusters."""
    elsewhere = [item for item in report.diagnoses if item.elsewhere]
    here = [item for item in report.diagnoses if not item.elsewhere]
    here.sort(key=lambda item: BY_NEED.index(item.verdict))
    for item in here:
        _show_title(console, item, weight="" if item.verdict is Verdict.RULED_OUT else "bold")
        say(console, one_line(item.reason), indent=2)
    if elsewhere:
        heading(console, "Not for this cluster")
    for item in elsewhere:
        say(console, Text.assemble(item.shown_title, (f"  ({item.entry})", "dim")), indent=2)
    if report.failing_untold:
        console.print()
        show_failing(console, report)
    show_unread(console, report.missed, labels_for(report))
    show_cost(console, report)


def show_facts(console: Console, facts: Iterable[Fact]) -> None:
    """``facts``: value, and the object that it was read from."""
    show_table(console, ("fact", "value (read from)"), [(fact.name, _fact_value(fact)) for fact in facts])


def _fact_value(fact: Fact) -> str:
    return f"unknown: {fact.reason}" if fact.value is None else f"{fact.value}  ({fact.source})"


def show_entry(console: Console, entry: Entry) -> None:
    """Its texts, how it is confirmed, and on which recordings it is proved."""
    say(console, Text.assemble((entry.title, "bold"), f"  ({entry.id}, {entry.kind})"))
    if entry.headings:
        say(console, f"FAQ: {'; '.join(entry.headings)}", style="dim")
    console.print()
    show_prose(console, render_text(entry.cause, {}, {}))
    show_steps(console, "Settle it first", render(entry.settle, {}, {}))
    show_cautions(console, [render_text(text, {}, {}) for text in entry.caution])
    show_steps(console, "Steps", render(entry.steps, {}, {}))
    show_steps(console, "To prevent it", render(entry.prevent, {}, {}))
    show_steps(console, "Verify", render(entry.verify, {}, {}))
    _show_condition(console, "It applies where", entry.applies)
    _show_condition(console, "It is confirmed by", entry.confirmed_by)
    _show_condition(console, "Where the cloud is read, it is confirmed by", entry.confirmed_with_cloud)
    console.print()
    say(console, f"File: {entry.path}", style="dim")


def _show_condition(console: Console, title: str, condition: Condition | None) -> None:
    if condition is None:
        return
    heading(console, title)
    for depth, line in _lines(condition):
        say(console, line, indent=2 + 2 * depth)


def _lines(condition: Condition, depth: int = 0) -> Iterator[tuple[int, str]]:
    if not isinstance(condition, Group):
        yield depth, str(condition)
        return
    yield depth, f"{condition.quantifier} of:"
    for member in condition.members:
        yield from _lines(member, depth + 1)
