"""``check --all-contexts``: every cluster that may be asked about, side by side."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from bot.app import App
from bot.cluster.connection import contexts
from bot.fleet.check import FleetCheck
from bot.fleet.summary import MOST_TOLD, ClusterSummary, Health, headline, worst_first
from bot.settings import parse_list
from bot.terminal.audited_command import audited_command
from bot.terminal.console import say, write_json
from bot.terminal.errors import OutOfReach, UsageProblem
from bot.terminal.inputs import Target, known_entries
from bot.terminal.progress import reading
from bot.text import cost, counted

if TYPE_CHECKING:
    from bot.cluster.reader import Cluster

STYLES = {
    Health.FAILING: "bold red",
    Health.UNREACHABLE: "bold yellow",
    Health.UNCLEAR: "bold yellow",
    Health.WELL: "bold green",
}
WIDTH = max(map(len, Health)) + 2  # columns of the word before a cluster's name


async def check_all_and_show(entries: Sequence[str], target: Target, namespace: str | None, output: str) -> None:
    """``check --all-contexts``.

    Raises:
        UsageProblem: one cluster is named as well, or the kubeconfig names none.
        ConnectionSettingsError: there is no kubeconfig, or it cannot be read.
        OutOfReach: not one of the clusters could be read; what is shown says why.
    """
    if target.context is not None or target.recording is not None:
        raise UsageProblem("--all-contexts stands for every cluster: leave --context and --recording out.")
    app, errors = App.from_environment(), Console(stderr=True)
    known_entries(app, entries)
    names = cluster_names(app, target.kubeconfig)
    async with audited_command(app, "check", target) as begin:
        trail = await begin(entries=list(entries), namespace=namespace, clusters=names)
        with reading(errors) as observers:

            def open_cluster(name: str) -> "AbstractAsyncContextManager[Cluster]":
                return app.open_named_cluster(name, trail, observers, kubeconfig=target.kubeconfig)

            found = await FleetCheck(app.clinic(), open_cluster, trail).run(names, entries, namespace)
    if output == "json":
        write_json([each.to_json() for each in found])
    else:
        show_fleet(Console(), worst_first(found))
    if all(each.health is Health.UNREACHABLE for each in found):
        raise OutOfReach(f"Not one of {counted(len(found), 'cluster')} could be read.")


def cluster_names(app: App, kubeconfig: Path | None) -> list[str]:
    """The contexts that may be asked about: those of NETCLINIC_CLUSTERS, all of the kubeconfig where it is empty.

    Raises:
        UsageProblem: there is none.
        ConnectionSettingsError: there is no kubeconfig, or it cannot be read.
    """
    known = contexts(kubeconfig)
    names = list(dict.fromkeys(parse_list(app.settings.clusters) or known))
    if not names:
        raise UsageProblem("The kubeconfig holds no context: fetch it again, or name another one with --kubeconfig.")
    return names


def show_fleet(console: Console, found: Sequence[ClusterSummary]) -> None:
    """A line for what is well; below the others what is confirmed and what fails, as much as is read at a glance."""
    say(console, headline(found), style="bold")
    console.print()
    for each in found:
        _show_cluster(console, each)
    console.print()
    if any(each.health is not Health.WELL for each in found):
        say(console, "`netclinic check --context NAME` tells all of one.", style="dim")
    slowest = max(each.elapsed_ms for each in found)
    say(console, cost(sum(each.requests for each in found), sum(each.bytes for each in found), slowest), style="dim")


def _show_cluster(console: Console, each: ClusterSummary) -> None:
    word = Text(f"{each.health.upper():{WIDTH - 1}}", style=STYLES[each.health])
    about = " · ".join(filter(None, (each.traits, each.doubts))) if each.health is Health.WELL else each.sentence
    say(console, Text.assemble((each.name, "bold"), f"  {about}"), mark=word)
    told = list(each.told())[:MOST_TOLD]
    for what, why in told:
        say(console, Text(what, style="bold"), indent=WIDTH)
        say(console, why, indent=WIDTH + 2)
    if more := each.number_told - len(told):
        say(console, f"and {more} more", indent=WIDTH, style="dim")
