"""Commands that read a cluster: ask, check, facts. They open it, go through the clinic, and show what came back."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.answer import Answer
from bot.app import App
from bot.clinic import Cluster, observe
from bot.cluster.connection import NoClusterConfigured
from bot.cluster.facts import declared_facts, fact_of
from bot.cluster.reader import Observer
from bot.cluster.view import View
from bot.terminal.failing import UsageProblem
from bot.terminal.pages import show_answer
from bot.terminal.printing import write_json
from bot.terminal.progress import building, reading
from bot.terminal.tables import show_facts, show_verdicts

Where = Mapping[str, Path | str | None]
LONGEST_QUESTION = 200_000  # characters: a pasted log is welcome, a memory dump is not


def question_of(symptom: str) -> str:
    """The question as it was typed, or from stdin.

    Raises:
        UsageProblem: it is empty or far too long.
    """
    text = sys.stdin.read(LONGEST_QUESTION + 1) if symptom == "-" else symptom
    if not text.strip():
        raise UsageProblem('The symptom is empty: say what is wrong, e.g. netclinic ask "pods stuck in ContainerCreating".')
    if len(text) > LONGEST_QUESTION:
        raise UsageProblem(f"The symptom is longer than {LONGEST_QUESTION:,} characters: paste the lines around the error.")
    return text


async def ask_and_show(question: str, where: Where, namespace: str | None, output: str) -> None:
    """``ask``."""
    app, errors = App.from_environment(), Console(stderr=True)
    with building(errors) as tell:
        index = app.index(tell)
    clinic = app.clinic(index)
    with reading(errors) as observers:
        async with _maybe_cluster(app, where, observers) as (cluster, why):
            answer = await clinic.ask(question, cluster, namespace)
    if why and answer.diagnoses:
        errors.print(why, style="yellow", markup=False, highlight=False)
    _show(answer, output, show_answer)


async def check_and_show(entries: Sequence[str], where: Where, namespace: str | None, output: str) -> None:
    """``check``."""
    app, errors = App.from_environment(), Console(stderr=True)
    known_entries(app, entries)
    with reading(errors) as observers:
        async with app.cluster(**given(where), observers=observers) as cluster:
            answer = await app.clinic().check(entries, cluster, namespace)
    if answer.cluster is not None and not answer.cluster.reachable:
        errors.print(f"Cluster {answer.cluster.context} could not be read: {answer.cluster.problem}.", markup=False)
    _show(answer, output, show_verdicts)


def known_entries(app: App, ids: Sequence[str]) -> None:
    """Refuse entries that do not exist, naming the nearest.

    Raises:
        UsageProblem: one is unknown.
    """
    import difflib

    for id_ in ids:
        if id_ not in app.entries:
            near = difflib.get_close_matches(id_, list(app.entries), n=1, cutoff=0.4)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise UsageProblem(f"There is no entry {id_!r}.{hint} `netclinic knowledge list` names them all.")


async def facts_and_show(where: Where, output: str) -> None:
    """``facts``: every fact that this cluster has."""
    app, errors = App.from_environment(), Console(stderr=True)
    budget = app.clinic().budget
    with reading(errors) as observers:
        async with app.cluster(**given(where), observers=observers) as cluster, cluster.reader(budget) as reader:
            view = View(reader)
            state = await observe(view, cluster.context)
            if not state.reachable:
                raise UsageProblem(f"Cluster {cluster.context} could not be read: {state.problem}.")
            found = await asyncio.gather(*(fact_of(view, name) for name in declared_facts()))
            await view.close()
    if output == "json":
        rows = {f.name: {"value": f.value, "source": f.source, "check": f.check, "reason": f.reason} for f in found}
        write_json({"context": cluster.context, "facts": rows})
        return
    other = "flannel." if any(f.name == "network_plugin" and f.value == "terway" for f in found) else "terway."
    show_facts(Console(), [fact for fact in found if fact.value is not None or not fact.name.startswith(other)])


@contextlib.asynccontextmanager
async def _maybe_cluster(
    app: App, where: Where, observers: Sequence[Observer]
) -> AsyncIterator[tuple[Cluster | None, str]]:
    """The cluster, or none and why where nobody has configured one: knowledge alone is then still given."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            opened = await stack.enter_async_context(app.cluster(**given(where), observers=observers))
        except NoClusterConfigured as nothing:
            if where["context"]:
                raise
            yield None, str(nothing)
            return
        yield opened, ""


def given(where: Where) -> dict[str, Any]:
    """What was given of kubeconfig, context and recording."""
    return {name: value for name, value in where.items() if value is not None}


def _show(answer: Answer, output: str, show: Callable[[Console, Answer], None]) -> None:
    if output == "json":
        write_json(answer.to_json())
    else:
        show(Console(), answer)
