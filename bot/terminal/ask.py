"""Commands that read a cluster: ask, check, facts. They open it, go through the clinic, and show what came back.

``match``: words against entries, without a cluster.

Overviews: what ``check`` judged and what ``facts`` read, a row each.
"""

import asyncio
import contextlib
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from rich.console import Console

from bot.app import App
from bot.cluster.connection import NoClusterConfigured
from bot.cluster.facts import Fact, declared_facts, read_fact
from bot.cluster.reader import Cluster
from bot.cluster.requests import Observer
from bot.cluster.session import ClusterSession
from bot.diagnosis.answer import Answer
from bot.diagnosis.clinic import read_cluster_state
from bot.terminal.audited_command import auditing
from bot.terminal.console import say, show_table, write_json
from bot.terminal.errors import OutOfReach
from bot.terminal.inputs import Target, known_entries, lines_of_stdin, question_of
from bot.terminal.pages import show_report
from bot.terminal.progress import building, reading

if TYPE_CHECKING:
    from bot.audit import AuditContext, AuditLog
    from index.search import Index, Matches
from collections.abc import Iterable

from rich.text import Text

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Report, ReportDiagnosis, make_report
from bot.terminal.pages import show_cost, show_unread, verdict_word

ORDER = (Verdict.CONFIRMED, Verdict.SUSPECTED, Verdict.RULED_OUT, Verdict.ANSWERED)


def show_verdicts(console: Console, report: Report) -> None:
    """``check``: one row an entry, what needs a person first; what is for other clusters in one line."""
    elsewhere = [item for item in report.diagnoses if item.elsewhere]
    here = [item for item in report.diagnoses if not item.elsewhere]
    here.sort(key=lambda item: ORDER.index(item.verdict))
    if here:
        show_table(console, ("verdict", "entry", "reason"), map(_row, here))
    if elsewhere:
        console.print()
        say(console, f"Not for this cluster: {', '.join(item.entry for item in elsewhere)}")
    show_unread(console, report.unread)
    show_cost(console, report)


def _row(item: ReportDiagnosis) -> tuple[Text, str, str]:
    return Text(*verdict_word(item.verdict)), item.entry, item.reason


def show_facts(console: Console, facts: Iterable[Fact]) -> None:
    """``facts``: value, and the object that it was read from."""
    show_table(console, ("fact", "value (read from)"), [(fact.name, _told(fact)) for fact in facts])


def _told(fact: Fact) -> str:
    return f"unknown: {fact.reason}" if fact.value is None else f"{fact.value}  ({fact.source})"


async def ask_and_show(question: str, where: Target, namespace: str | None, output: str) -> None:
    """``ask``."""
    app, errors = App.from_environment(), Console(stderr=True)
    async with auditing(app, "ask", where) as begin:
        with building(errors) as tell:
            index = app.index(tell)
        trail = await begin(question=question, namespace=namespace)
        clinic = trail.clinic(app.clinic(index))
        with reading(errors) as observers:
            async with _maybe_cluster(app, where, trail, observers) as (cluster, why):
                answer = await clinic.ask(question, cluster, namespace)
        await trail.record_verdicts(answer)
    if why and answer.diagnoses:
        say(errors, why, style="yellow")
    if where.for_kubectl() and answer.diagnoses and output == "text":
        say(
            Console(),
            f"The commands below are for this cluster; before you copy one: {where.for_kubectl()}",
            style="yellow",
        )
    _show(answer, output, show_report)


async def check_and_show(entries: Sequence[str], where: Target, namespace: str | None, output: str) -> None:
    """``check``."""
    app, errors = App.from_environment(), Console(stderr=True)
    known_entries(app, entries)
    async with auditing(app, "check", where) as begin:
        trail = await begin(entries=list(entries), namespace=namespace)
        with reading(errors) as observers:
            async with where.open(app, trail, observers) as cluster:
                answer = await app.clinic().check(entries, cluster, namespace)
        if answer.cluster is not None and not answer.cluster.reachable:
            raise OutOfReach(f"Cluster {answer.cluster.context} could not be read: {answer.cluster.problem}.")
        await trail.record_verdicts(answer)
    _show(answer, output, show_verdicts)


async def facts_and_show(where: Target, output: str) -> None:
    """``facts``: every fact that this cluster has."""
    app, errors = App.from_environment(), Console(stderr=True)
    async with auditing(app, "facts", where) as begin:
        trail = await begin()
        with reading(errors) as observers:
            async with where.open(app, trail, observers) as cluster:
                found = await _facts(app, cluster)
    if output == "json":
        rows = {f.name: {"value": f.value, "source": f.source, "check": f.kubectl, "reason": f.reason} for f in found}
        write_json({"context": cluster.context, "facts": rows})
        return
    other = "flannel." if any(f.name == "network_plugin" and f.value == "terway" for f in found) else "terway."
    show_facts(Console(), [fact for fact in found if fact.value is not None or not fact.name.startswith(other)])


async def _facts(app: App, cluster: Cluster) -> Sequence[Fact]:
    async with cluster.reader(app.clinic().budget) as reader, ClusterSession(reader) as session:
        state = await read_cluster_state(session, cluster.context)
        if not state.reachable:
            raise OutOfReach(f"Cluster {cluster.context} could not be read: {state.problem}.")
        return await asyncio.gather(*(read_fact(session, name) for name in declared_facts()))


@contextlib.asynccontextmanager
async def _maybe_cluster(
    app: App, where: Target, audit: "AuditContext", observers: Sequence[Observer]
) -> AsyncIterator[tuple[Cluster | None, str]]:
    """The cluster, or none and why where nobody has configured one: knowledge alone is then still given."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            cluster = await stack.enter_async_context(where.open(app, audit, observers))
        except NoClusterConfigured as nothing:
            if where.context:
                raise
            yield None, str(nothing)
            return
        yield cluster, ""


def _show(answer: Answer, output: str, show: Callable[[Console, Report], None]) -> None:
    if output == "json":
        write_json(answer.to_json())
    else:
        show(Console(), make_report(answer))


SHOWN = 8
MOST_SUMMED = 20  # entries that the record of many lines counts


def match_and_show(text: str, output: str) -> None:
    """One result a text; ``-`` reads one a line from stdin.

    Raises:
        DatabaseError, AuditUnavailable: it could not be recorded.
    """
    question = "" if text == "-" else question_of(text)
    app = App.from_environment()
    with ThreadPoolExecutor(1) as pool:  # the database is opened meanwhile
        opening = pool.submit(lambda: app.audit)
        with building(Console(stderr=True)) as tell:
            index = app.index(tell)
        log = opening.result()

    def show(found: "Matches") -> None:
        if output == "json":
            write_json(_as_json(app, found))
        else:
            _show_matching(app, found)

    try:
        _match(index, question, _trail(log, question), show)
    finally:
        log.close()


def _match(index: "Index", question: str, trail: "AuditContext", show: Callable[["Matches"], None]) -> None:
    """One text is recorded with its scores before they are shown; lines of stdin, maybe thousands, in one sum."""
    if question:
        found = index.match(question)
        trail.log.append([trail.considered(found)])
        show(found)
        return
    best: Counter[str] = Counter()
    lines = 0
    try:
        for symptom in lines_of_stdin():
            lines += 1
            found = index.match(symptom)
            best.update(item.entry_id for item in found.matches[:1] if found.in_scope)
            show(found)
    finally:
        detail = {"lines": lines, "in_scope": best.total(), "best": dict(best.most_common(MOST_SUMMED))}
        trail.log.append([trail.draft("entries.considered", None, None, "", detail)])


def _trail(log: "AuditLog", question: str) -> "AuditContext":
    """The trail of this command, whose first records are stored."""
    from bot.audit import AuditContext
    from bot.terminal.audited_command import in_force, operating_system_user

    trail = AuditContext(log, operating_system_user(), uuid.uuid4().hex)
    asked = {"command": "match", **({"question": question} if question else {"lines of": "standard input"})}
    action = "question.received" if question else "command.received"
    log.append([in_force(trail), trail.draft(action, None, None, "", asked)])
    return trail


def _as_json(app: App, found: "Matches") -> dict[str, object]:
    matches = [
        {"entry": item.entry_id, "headings": list(app.entries[item.entry_id].headings), "score": item.score}
        for item in found.matches
    ]
    return {"text": found.text, "in_scope": found.in_scope, "confidence": found.confidence, "matches": matches}


def _show_matching(app: App, found: "Matches") -> None:
    console = Console()
    scope = "in scope" if found.in_scope else "not in scope: netclinic would not answer"
    say(console, f"{scope} (confidence {found.confidence:.2f})")
    rows = [(f"{item.score:.3f}", item.entry_id, app.entries[item.entry_id].title) for item in found.matches[:SHOWN]]
    show_table(console, ("score", "entry", "title"), rows)
