"""Subcommands that look at clusters and at netclinic itself, without a question: facts, cluster, status."""

import asyncio
from collections.abc import Sequence
from importlib.metadata import version

from bot.cluster.connection import ConnectionSettingsError
from bot.cluster.facts import Fact, declared_facts, fact_of
from bot.cluster.view import View
from bot.diagnosis.clinic import observe
from bot.slack.blocks.messages import Message
from bot.slack.blocks.overviews import clusters_message, facts_message, status_message
from bot.slack.blocks.refusals import refusal
from bot.slack.cluster_choice import Unknown
from bot.slack.handlers.command import Command
from bot.slack.handlers.refusal import Refused


async def facts(command: Command) -> None:
    """``facts``: every fact that the cluster has."""
    await command.permitted()
    name = await command.cluster()
    if not name:
        raise Refused("No cluster is configured here: set KUBECONFIG where netclinic runs.")
    await command.answer_with(lambda: _facts(command, name))


async def _facts(command: Command, name: str) -> Message:
    try:
        async with command.desk.parts.open_cluster(name, ()) as opened:
            budget = (await command.desk.parts.clinic()).budget
            async with command.trail.cluster(opened).reader(budget) as reader:
                view = View(reader)
                try:
                    state = await observe(view, name)
                    if not state.reachable:
                        return refusal(f"Cluster {name} could not be read: {state.problem}.", request=command.deed.key)
                    found = await asyncio.gather(*(fact_of(view, fact) for fact in declared_facts()))
                    return facts_message(name, _of_this_plugin(found), view.now())
                finally:
                    await view.close()
    except ConnectionSettingsError as error:
        return refusal(str(error), request=command.deed.key)


def _of_this_plugin(found: Sequence[Fact]) -> list[Fact]:
    """Without the unknown facts of the network plugin that it has not."""
    other = "flannel." if any(f.name == "network_plugin" and f.value == "terway" for f in found) else "terway."
    return [fact for fact in found if fact.value is not None or not fact.name.startswith(other)]


async def which_clusters(command: Command) -> None:
    """``cluster [name]``: all that may be asked about, or one; looked at unless that was done within the minute."""
    await command.permitted()
    desk, wanted = command.desk, command.asked.words or command.asked.cluster
    try:
        names = await asyncio.to_thread(desk.parts.clusters.known)
        if wanted:
            choice = await asyncio.to_thread(desk.parts.clusters.choose, given=wanted)
            if isinstance(choice, Unknown):
                raise Refused(choice.sentence)
            names = tuple(name for name in names if name.lower() == wanted.lower())
    except ConnectionSettingsError as error:
        raise Refused(str(error)) from error

    async def made() -> Message:
        rows = await desk.reach.look(names, command.trail, desk.parts.clusters.default)
        return clusters_message(rows, desk.now())

    await command.answer_with(made)


async def status(command: Command) -> None:
    """``status``: version, work under way, and whether the index is there."""
    await command.permitted()
    parts = command.desk.parts
    running = {name: count for name, count in (await parts.work.running()).items() if count}
    opened = await parts.store.run(command.desk.cases.opened, parts.bot.team, command.typed.user, 1000)
    under_way = ", ".join(f"{count} {name}" for name, count in running.items())
    rows = [
        ("Version", version("netclinic")),
        ("Replica", parts.work.replica.id),
        ("Database", parts.store.shown),
        ("Entries", str(len(parts.entries))),
        ("Under way", under_way or "nothing"),
        ("Open cases", str(len(opened))),
    ]
    await command.answer(status_message(rows))
