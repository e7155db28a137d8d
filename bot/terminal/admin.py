"""Commands for whoever runs netclinic: ``settings``, ``rbac``, ``index`` and ``serve``.

What they use is imported when they run: `settings` needs no cluster client, `rbac` no index.
"""

import logging
import os
import sys
import threading
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from bot.terminal.console import show_table, write_json
from bot.terminal.errors import OutOfReach, UsageProblem
from bot.terminal.help import Command, Group, examples
from bot.terminal.inputs import Target

index = typer.Typer(cls=Group, no_args_is_help=True)

if TYPE_CHECKING:
    from bot.slack.timing import Timing
    from index.search import IndexState


def show_settings(output: str) -> None:
    """A table, or a JSON list of ``{name, value, source, about}``; what is wrong is told after it.

    That is the first thing with which `serve` would end: of the settings, or of what they name.
    """
    from bot.app import App
    from bot.settings import shown_settings

    rows = shown_settings()
    if output == "json":
        write_json([asdict(row) for row in rows])
    else:
        from rich.console import Console

        cells = [(row.name, row.value or "-", row.source, row.about) for row in rows]
        show_table(Console(), ("setting", "value", "source", "about"), cells)
    for check in App.from_environment().start_checks():
        check.run()


def show_cluster_role(output: str) -> None:
    """As YAML to apply, or as one JSON object."""
    import yaml

    from bot.cluster.access import cluster_role
    from bot.probes import required_permissions
    from bot.prometheus.config import prometheuses
    from bot.settings import load_settings

    services = prometheuses(load_settings()).services()
    role = cluster_role(required_permissions(), [service.name for service in services])
    if output == "json":
        write_json(role)
    else:
        sys.stdout.write(yaml.safe_dump(role, sort_keys=False))


async def check_access(target: Target, output: str) -> None:
    """Which reads the API server refuses us, and the entries that this leaves undecidable."""
    from rich.console import Console

    from bot.app import App
    from bot.cluster.access import gaps, proxy_gap
    from bot.cluster.transport import ReadError
    from bot.probes import entries_measuring, entries_needing, required_permissions
    from bot.prometheus.config import prometheuses
    from bot.terminal.audited_command import audited_command

    app = App.from_environment()
    async with audited_command(app, "rbac --check", target) as begin:
        trail = await begin()
        async with target.open(app, trail) as opened, opened.reader(app.clinic().budget.for_everything()) as reader:
            try:
                found = await gaps(reader, required_permissions())
                endpoint = None if target.recording else prometheuses(app.settings).of(opened.context)
                service = endpoint.service if endpoint else None
                proxied = await proxy_gap(reader, service.namespace, service.name) if service else None
            except ReadError as error:
                raise OutOfReach(f"Cluster {opened.context} could not be asked: {error}.") from error
    rows = [(gap, entries_needing(app.entries.values(), gap.permission)) for gap in found]
    rows += [(proxied, entries_measuring(app.entries.values()))] if proxied else []
    if output == "json":
        write_json({"allowed": not rows, "missing": [{**gap.to_json(), "entries": ids} for gap, ids in rows]})
    elif rows:
        show_table(Console(), ("missing", "undecidable entries"), [(gap.shown(), ", ".join(ids)) for gap, ids in rows])
        sys.stdout.write("`netclinic rbac | kubectl apply -f -` makes the ClusterRole; bind it to netclinic's user.\n")
    else:
        sys.stdout.write(f"Cluster {opened.context} allows every read that netclinic makes.\n")


def show_ram_policy() -> None:
    """As one JSON object: RAM takes no other form."""
    from bot.cloud.policy import ram_policy
    from bot.probes import required_calls

    write_json(ram_policy(required_calls()))


async def check_cloud(target: Target, output: str) -> None:
    """Which calls Alibaba Cloud refuses us for want of a right, and the entries that ask for them."""
    from rich.console import Console

    from bot.app import App
    from bot.cluster.cloud_access import trials
    from bot.cluster.session import ClusterSession
    from bot.probes import entries_calling, required_calls
    from bot.terminal.audited_command import audited_command

    app = App.from_environment()
    async with audited_command(app, "ram --check", target) as begin:
        trail = await begin()
        async with (
            target.open(app, trail) as opened,
            opened.reader(app.clinic().budget.for_everything()) as reader,
            ClusterSession(reader) as session,
        ):
            if reader.cloud is None:
                raise UsageProblem(f"The cloud of {opened.context} is not asked: set NETCLINIC_CLOUD=on.")
            found = await trials(session, required_calls())
    rows = [(trial, entries_calling(app.entries.values(), trial.action)) for trial in found]
    if output == "json":
        allowed = all(trial.outcome == "granted" for trial in found)
        write_json({"allowed": allowed, "actions": [{**trial.to_json(), "entries": ids} for trial, ids in rows]})
        return
    cells = [(trial.outcome, trial.action.permission, trial.told, ", ".join(ids)) for trial, ids in rows]
    show_table(Console(), ("", "RAM action", "what was said", "entries that ask for it"), cells)
    if any(trial.outcome == "missing" for trial in found):
        sys.stdout.write("`netclinic ram` prints the policy: attach it to netclinic's RAM user or role.\n")


@index.command(cls=Command, epilog=examples("netclinic index build", "netclinic index build --anew"))
def build(
    anew: Annotated[
        bool,
        typer.Option(
            "--anew", help="learn again, too, what an index of nearly the same built-in entries has learned: minutes"
        ),
    ] = False,
) -> None:
    """Build the index now, so that the first question need not wait for it."""
    from rich.console import Console

    from bot.app import App
    from bot.terminal.progress import building

    app = App.from_environment()
    with building(Console(stderr=True)) as tell:
        app.index(tell, calibrate_anew=anew)
    state = app.index_state()
    sys.stdout.write(f"The index over {len(app.entries)} entries is ready in {state.folder}.\n{_told_of_added(state)}")


@index.command(cls=Command, epilog=examples("netclinic index status"))
def status() -> None:
    """Whether a fitting index is there, where, and whether all entries were learned."""
    from bot.app import App

    app = App.from_environment()
    state = app.index_state()
    if state.folder:
        sys.stdout.write(f"Index in {state.folder}: ready.\n{_told_of_added(state)}")
    else:
        word = "not built for the present entries and model: `netclinic index build` makes it"
        sys.stdout.write(f"Index in {app.index_folder}: {word}.\n")


def _told_of_added(state: "IndexState") -> str:
    """How entries that were not learned are found; empty where all were."""
    if not state.added:
        return ""
    from bot.probes.registry import some
    from bot.text import counted

    was = "was" if len(state.added) == 1 else "were"
    return (
        f"{counted(len(state.added), 'entry')} of yours ({some(state.added)}) {was} added to the index that came with "
        "netclinic: encoded, and told from the others, but how words and meaning are weighed was not learned anew. "
        "With the extra netclinic[build], `netclinic index build` learns from all of them.\n"
    )


def serve_slack(timing: "Timing | None" = None) -> None:
    """Serve until stopped; ``timing`` is production's where none is given."""
    import asyncio

    from bot.app import App
    from bot.slack.app import make_app
    from bot.slack.serve import INDEX_THREAD, serve

    config = App.from_environment().serve_config(make_app)
    asyncio.run(serve(replace(config, timing=timing) if timing else config))
    if any(thread.name == INDEX_THREAD for thread in threading.enumerate()):
        logging.shutdown()
        os._exit(0)  # the interpreter cannot end in order while the index is being read by native code


def check_serving(output: str) -> None:
    """A table of what was tested; the exit code is that serving would end with, 1 where it only lacks something."""
    import asyncio

    from rich.console import Console

    from bot.app import App
    from bot.slack.app import make_app
    from bot.slack.preflight import Check, check, exit_code
    from bot.terminal.audited_command import audited_command

    async def preflight() -> list[Check]:
        app = App.from_environment()
        async with audited_command(app, "serve --check", Target()) as begin:
            return await check(app.serve_config(make_app), begin)

    found = asyncio.run(preflight())
    if output == "json":
        write_json({"ok": all(item.ok for item in found), "checks": [item.to_json() for item in found]})
    else:
        rows = [("ok" if item.ok else "MISSING", item.name, item.told) for item in found]
        show_table(Console(), ("", "check", "what was found, and the way out"), rows)
        sys.stdout.write("All is well.\n" if all(item.ok for item in found) else "")
    raise typer.Exit(exit_code(found))
