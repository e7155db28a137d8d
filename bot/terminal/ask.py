"""Commands that read a cluster: ask, check, facts. They open it, go through the clinic, and show what came back."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

from rich.console import Console

from bot.app import App
from bot.cluster.connection import NoClusterConfigured
from bot.cluster.facts import Fact, declared_facts, fact_of
from bot.cluster.requests import Observer
from bot.cluster.view import View
from bot.diagnosis.answer import Answer
from bot.diagnosis.clinic import Cluster, observe
from bot.terminal.audited_command import auditing
from bot.terminal.console import say
from bot.terminal.errors import OutOfReach
from bot.terminal.naming import known_entries
from bot.terminal.overviews import show_facts, show_verdicts
from bot.terminal.pages import show_answer
from bot.terminal.printing import write_json
from bot.terminal.progress import building, reading
from bot.terminal.where import Where


async def ask_and_show(question: str, where: Where, namespace: str | None, output: str) -> None:
    """``ask``."""
    app, errors = App.from_environment(), Console(stderr=True)
    async with auditing(app, "ask", where) as begin:
        with building(errors) as tell:
            index = app.index(tell)
        trail = await begin(question=question, namespace=namespace)
        clinic = trail.clinic(app.clinic(index))
        with reading(errors) as observers:
            async with _maybe_cluster(app, where, observers) as (opened, why):
                answer = await clinic.ask(question, trail.cluster(opened) if opened else None, namespace)
        await trail.answered(answer)
    if why and answer.diagnoses:
        say(errors, why, style="yellow")
    if where.for_kubectl() and answer.diagnoses and output == "text":
        say(
            Console(),
            f"The commands below are for this cluster; before you copy one: {where.for_kubectl()}",
            style="yellow",
        )
    _show(answer, output, show_answer)


async def check_and_show(entries: Sequence[str], where: Where, namespace: str | None, output: str) -> None:
    """``check``."""
    app, errors = App.from_environment(), Console(stderr=True)
    known_entries(app, entries)
    async with auditing(app, "check", where) as begin:
        trail = await begin(entries=list(entries), namespace=namespace)
        with reading(errors) as observers:
            async with where.opened(app, observers) as cluster:
                answer = await app.clinic().check(entries, trail.cluster(cluster), namespace)
        if answer.cluster is not None and not answer.cluster.reachable:
            raise OutOfReach(f"Cluster {answer.cluster.context} could not be read: {answer.cluster.problem}.")
        await trail.answered(answer)
    _show(answer, output, show_verdicts)


async def facts_and_show(where: Where, output: str) -> None:
    """``facts``: every fact that this cluster has."""
    app, errors = App.from_environment(), Console(stderr=True)
    async with auditing(app, "facts", where) as begin:
        trail = await begin()
        with reading(errors) as observers:
            async with where.opened(app, observers) as cluster:
                found = await _facts(app, trail.cluster(cluster))
    if output == "json":
        rows = {f.name: {"value": f.value, "source": f.source, "check": f.check, "reason": f.reason} for f in found}
        write_json({"context": cluster.context, "facts": rows})
        return
    other = "flannel." if any(f.name == "network_plugin" and f.value == "terway" for f in found) else "terway."
    show_facts(Console(), [fact for fact in found if fact.value is not None or not fact.name.startswith(other)])


async def _facts(app: App, cluster: Cluster) -> Sequence[Fact]:
    async with cluster.reader(app.clinic().budget) as reader:
        view = View(reader)
        try:
            state = await observe(view, cluster.context)
            if not state.reachable:
                raise OutOfReach(f"Cluster {cluster.context} could not be read: {state.problem}.")
            return await asyncio.gather(*(fact_of(view, name) for name in declared_facts()))
        finally:
            await view.close()


@contextlib.asynccontextmanager
async def _maybe_cluster(
    app: App, where: Where, observers: Sequence[Observer]
) -> AsyncIterator[tuple[Cluster | None, str]]:
    """The cluster, or none and why where nobody has configured one: knowledge alone is then still given."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            opened = await stack.enter_async_context(where.opened(app, observers))
        except NoClusterConfigured as nothing:
            if where.context:
                raise
            yield None, str(nothing)
            return
        yield opened, ""


def _show(answer: Answer, output: str, show: Callable[[Console, Answer], None]) -> None:
    if output == "json":
        write_json(answer.to_json())
    else:
        show(Console(), answer)
