"""``netclinic database``: the tables of this version, how the database is, and backups of all that is stored."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.terminal.console import write_json
from bot.terminal.errors import OutOfReach, UsageProblem
from bot.terminal.help import Command, Group, examples
from bot.terminal.inputs import Target

if TYPE_CHECKING:
    from bot.app import App
    from bot.slack.queue.schema import QueueVersion
    from bot.store import Store
    from bot.store.status import StoreStatus

database = typer.Typer(cls=Group, no_args_is_help=True)
POLL = 1.0  # seconds between two looks of --wait
Output = Annotated[Literal["text", "json"], typer.Option("-o", "--output", help="text for people, json for programs")]
Archive = Annotated[Path, typer.Argument(metavar="FILE", help="the archive, a .tar.gz")]


@dataclass(frozen=True)
class State:
    """Tables and queue together."""

    store: "StoreStatus"
    queue: "QueueVersion"

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing yet."""
        return not self.store.stored and not self.queue.stored

    @property
    def is_up_to_date(self) -> bool:
        """Whether this version can serve with it as it is."""
        return self.store.stored == self.store.newest and self.queue.stored >= self.queue.newest

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        about = self.store
        return {
            "database": about.shown,
            "up_to_date": self.is_up_to_date,
            "tables": {"stored": about.stored or None, "newest": about.newest},
            "queue": {"stored": self.queue.stored or None, "newest": self.queue.newest},
            "bytes": about.bytes,
            "serving": [asdict(process) for process in about.serving],
        }


@database.command(cls=Command, epilog=examples("netclinic database status", "netclinic database status --wait 300"))
def status(
    wait: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=0, help="until its tables are those of this version; else exit code 1"),
    ] = 0,
    output: Output = "text",
) -> None:
    """Which version its tables and its queue have, how large it is, and who serves with it. Nothing is made."""
    app = _app()
    state, until = _state(app), time.monotonic() + wait
    while wait and not state.is_up_to_date and time.monotonic() < until:
        time.sleep(POLL)
        state = _state(app)
    if output == "json":
        write_json(state.to_json())
    else:
        _show(state)
    if wait and not state.is_up_to_date:
        raise typer.Exit(1)


@database.command(cls=Command, epilog=examples("netclinic database upgrade", "netclinic database upgrade --roles"))
def upgrade(
    roles: Annotated[
        bool,
        typer.Option("--roles", help="PostgreSQL: make the roles netclinic_bot and netclinic_auditor, or renew them"),
    ] = False,
    output: Output = "text",
) -> None:
    """Make the tables or bring them to this version, the queue's too; as the owner, before the new version serves."""
    from bot.slack.queue.schema import upgrade_queue
    from bot.store.migrating import migrate
    from bot.store.rights import grant_roles

    app = _app()
    store, before = _connect(app), _state(app)
    if roles and store.is_sqlite:
        raise UsageProblem(f"The database {store.shown} is SQLite, which has no roles: leave --roles out.")
    migrate(store, app.settings.data_dir)
    upgrade_queue(store, app.settings.data_dir)
    if roles:
        grant_roles(store)
    store.close()
    after = _state(app)
    changes = {"tables": [before.store.stored, after.store.stored], "queue": [before.queue.stored, after.queue.stored]}
    if before.is_up_to_date:
        said = "The tables are those of this version already."
    else:
        _record(app, "database upgrade", "database.upgraded", changes)
        said = f"The tables are at {after.store.stored}, the queue's at {after.queue.stored}."
    _tell(output, after.to_json(), f"{said} The roles have their rights." if roles else said)


@database.command(cls=Command, epilog=examples("netclinic database backup netclinic.tar.gz"))
def backup(file: Archive, output: Output = "text") -> None:
    """Write all that is stored to a new archive, the queue of accepted work with it; serving goes on meanwhile."""
    from bot.store.backup import make_backup

    app, path = _app(), file.absolute()
    store, state = _connect(app), _state(app)
    if state.is_empty:
        raise UsageProblem(f"The database {store.shown} holds nothing yet: there is nothing to back up.")
    can_record = state.store.stored == state.store.newest
    if can_record:  # before, so that the record is in the backup too
        _record(app, "database backup", "database.backed_up", {"file": str(path)})
    made = make_backup(store, app.settings.data_dir, path, tables=state.store.stored, queue=state.queue.stored)
    unrecorded = "" if can_record else " It is not in the audit log: the tables are of another version."
    size = path.stat().st_size
    _tell(output, {"file": str(path), "bytes": size, **asdict(made)}, f"{path} holds {size:,} bytes.{unrecorded}")


@database.command(cls=Command, epilog=examples("netclinic database restore netclinic.tar.gz --replace"))
def restore(
    file: Archive,
    replace: Annotated[bool, typer.Option("--replace", help="even where something is stored: it is put aside")] = False,
    output: Output = "text",
) -> None:
    """Put a backup in place of what is stored, while nobody serves; SQLite's files of before are kept beside."""
    from bot.store.backup import read_backup, restore_backup

    app = _app()
    store, state = _connect(app), _state(app)
    read_backup(file)
    _refuse_while_served(state)
    if not state.is_empty and not replace:
        raise UsageProblem(f"The database {store.shown} holds something: say --replace to put the backup in its place.")
    made = restore_backup(store, app.settings.data_dir, file)
    store.close()
    after = _state(app)
    said = f"The database is as it was at {made.made_at}."
    if after.store.stored == after.store.newest:  # the queue's are missing where nobody had served yet
        _record(app, "database restore", "database.restored", {"file": str(file), "made_at": made.made_at})
    else:
        said += " Its tables are of an older version: `netclinic database upgrade` brings them to this one."
    _tell(output, after.to_json(), said)


def _app() -> "App":
    from bot.app import App

    return App.from_environment()


def _connect(app: "App") -> "Store":
    from bot.store.opening import connect_store

    return connect_store(app.settings.database_url, app.settings.data_dir)


def _state(app: "App") -> State:
    from bot.slack.queue.schema import queue_version
    from bot.store.migrating import refuse_newer
    from bot.store.status import read_status

    store = _connect(app)
    try:
        about = read_status(store, app.settings.data_dir)
        if about.stored:
            refuse_newer(store)
        return State(about, queue_version(store, app.settings.data_dir))
    finally:
        store.close()


def _refuse_while_served(state: State) -> None:
    if state.store.serving:
        names = ", ".join(process.id for process in state.store.serving)
        raise OutOfReach(f"The database {state.store.shown} is served by {names}: stop that first, and wait 30 s.")


def _record(app: "App", command: str, action: str, detail: Mapping[str, Any]) -> None:
    import asyncio

    from bot.terminal.audited_command import audited_command

    async def record() -> None:
        async with audited_command(app, command, Target()) as begin:
            await (await begin()).record(action, detail=detail)

    asyncio.run(record())


def _tell(output: str, told: Mapping[str, Any], sentence: str) -> None:
    if output == "json":
        write_json(told)
    else:
        typer.echo(sentence)


def _show(state: State) -> None:
    from rich.console import Console

    from bot.terminal.console import show_table

    about = state.store
    serving = ", ".join(f"{process.id} ({process.seconds_silent:.0f} s ago)" for process in about.serving)
    rows = [
        ("database", about.shown),
        ("tables", _compared(about.stored, about.newest)),
        ("queue", _compared(str(state.queue.stored or ""), str(state.queue.newest))),
        ("size", f"{about.bytes / 1e6:.1f} MB"),
        ("serving", serving or "nobody"),
    ]
    show_table(Console(), ("", "what was found"), rows)


def _compared(stored: str, newest: str) -> str:
    if not stored:
        return "not made yet: `netclinic database upgrade` makes them, and so does `netclinic serve` where it may"
    if stored == newest:
        return f"{stored}, as this version has them"
    return f"{stored}: `netclinic database upgrade` brings them to {newest}"
