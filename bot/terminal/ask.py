"""Commands that read a cluster: ask, check, facts. They open it, go through the clinic, and show what came back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console

from bot.app import App
from bot.cluster.connection import NoClusterConfigured
from bot.cluster.facts import Fact, declared_facts, facts_here, read_fact
from bot.cluster.reader import Cluster
from bot.cluster.requests import Observer
from bot.cluster.session import ClusterSession
from bot.diagnosis.answer import Answer
from bot.diagnosis.clinic import read_cluster_state
from bot.diagnosis.report import Report, make_report
from bot.probes.metrics import NOT_CONFIGURED
from bot.terminal.audited_command import audited_command
from bot.terminal.console import say, write_json
from bot.terminal.errors import OutOfReach
from bot.terminal.inputs import Target, known_entries
from bot.terminal.pages import show_facts, show_report, show_verdicts
from bot.terminal.progress import building, reading

if TYPE_CHECKING:
    from bot.audit import AuditContext


async def ask_and_show(app: App, question: str, target: Target, namespace: str | None, output: str) -> None:
    """``ask``."""
    errors = Console(stderr=True)
    async with audited_command(app, "ask", target) as begin:
        with building(errors) as tell:
            index = app.index(tell)
        trail = await begin(question=question, namespace=namespace)
        clinic = trail.clinic(app.clinic(index))
        with reading(errors) as observers:
            async with _maybe_cluster(app, target, trail, observers) as (cluster, why):
                answer = await clinic.ask(question, cluster, namespace)
        await trail.record_verdicts(answer)
    if why and answer.diagnoses:
        say(errors, why, style="yellow")
    if target.for_kubectl() and answer.diagnoses and output == "text":
        say(
            Console(),
            f"The commands below are for this cluster; before you copy one: {target.for_kubectl()}",
            style="yellow",
        )
    _show(answer, output, show_report)


async def check_and_show(entries: Sequence[str], target: Target, namespace: str | None, output: str) -> None:
    """``check``."""
    app, errors = App.from_environment(), Console(stderr=True)
    known_entries(app, entries)
    async with audited_command(app, "check", target) as begin:
        trail = await begin(entries=list(entries), namespace=namespace)
        with reading(errors) as observers:
            async with target.open(app, trail, observers) as cluster:
                answer = await app.clinic().check(entries, cluster, namespace)
        if answer.cluster is not None and not answer.cluster.reachable:
            raise OutOfReach(f"Cluster {answer.cluster.context} could not be read: {answer.cluster.problem}.")
        await trail.record_verdicts(answer)
    _show(answer, output, show_verdicts)


async def facts_and_show(target: Target, output: str) -> None:
    """``facts``: every fact that this cluster has."""
    app, errors = App.from_environment(), Console(stderr=True)
    async with audited_command(app, "facts", target) as begin:
        trail = await begin()
        with reading(errors) as observers:
            async with target.open(app, trail, observers) as cluster:
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
        found = await asyncio.gather(*(read_fact(session, name) for name in facts_here(session, declared_facts())))
        return [fact for fact in found if fact.reason != NOT_CONFIGURED]


@contextlib.asynccontextmanager
async def _maybe_cluster(
    app: App, target: Target, audit: "AuditContext", observers: Sequence[Observer]
) -> AsyncIterator[tuple[Cluster | None, str]]:
    """The cluster, or none and why where nobody has configured one: knowledge alone is then still given."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            cluster = await stack.enter_async_context(target.open(app, audit, observers))
        except NoClusterConfigured as nothing:
            if target.context:
                raise
            yield None, str(nothing)
            return
        yield cluster, ""


def _show(answer: Answer, output: str, show: Callable[[Console, Report], None]) -> None:
    if output == "json":
        write_json(answer.to_json())
    else:
        show(Console(), make_report(answer))
