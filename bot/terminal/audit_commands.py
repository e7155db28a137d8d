"""``netclinic audit``: reading the audit log, proving it whole, giving it out, and taking old records out of it."""

from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.terminal import completion as complete
from bot.terminal.help import Command, Group, examples

if TYPE_CHECKING:
    from bot.app import App
    from bot.audit.filters import Filters
    from bot.audit.verify import Anchor
    from bot.store import Store

audit = typer.Typer(cls=Group, no_args_is_help=True)
Output = Annotated[Literal["text", "json"], typer.Option("-o", "--output", help="text or json")]
Since = Annotated[
    str, typer.Option(metavar="WHEN", help="from then on: 12h, 3d, 09:00, 2026-11-22 or a full RFC 3339 time")
]
Until = Annotated[str, typer.Option(metavar="WHEN", help="before then; a date means its end")]
Actor = Annotated[
    str, typer.Option(metavar="WHO", help="who: id or name of a Slack user or of a system's user, or its name@host")
]
Channel = Annotated[str, typer.Option(help="Slack channel, or the host of a terminal")]
Case = Annotated[str, typer.Option(help="a case's id")]
Cluster = Annotated[str, typer.Option(help="a context", autocompletion=complete.contexts)]
Action = Annotated[
    str,
    typer.Option(
        help="an action such as cluster.read, or its first word for all of a kind", autocompletion=complete.actions
    ),
]
Entry = Annotated[str, typer.Option(help="an entry's id", autocompletion=complete.entries)]
Utc = Annotated[bool, typer.Option("--utc/--local", help="the zone in which times are meant and shown")]


@audit.command(
    "list",
    cls=Command,
    epilog=examples(
        "netclinic audit list --since 12h --action cluster.read", "netclinic audit list --actor bob -o json"
    ),
)
def list_(
    since: Since = "",
    until: Until = "",
    actor: Actor = "",
    channel: Channel = "",
    case: Case = "",
    cluster: Cluster = "",
    action: Action = "",
    entry: Entry = "",
    limit: Annotated[str, typer.Option(metavar="N", help="at most so many, the newest")] = "50",
    utc: Utc = False,
    output: Output = "text",
) -> None:
    """The newest records that fit all that is given, newest first."""
    from bot.audit.reading import list_records
    from bot.terminal.audit_pages import show_records

    app = _app()
    zone = _zone(utc, app)
    filters = _filters(zone, since, until, actor, channel, case, cluster, action, entry, limit)
    show_records(list_records(_to_read(app), filters), filters, zone, output)


@audit.command(cls=Command, epilog=examples("netclinic audit show 42"))
def show(
    record: Annotated[str, typer.Argument(help="a record's number, or a request's id or how that begins")],
    utc: Utc = False,
    output: Output = "text",
) -> None:
    """One record in full, or all records of one request."""
    from bot.audit.reading import AmbiguousRequest, find_records
    from bot.terminal.audit_pages import show_in_full
    from bot.terminal.errors import UsageProblem

    app = _app()
    try:
        found = find_records(_to_read(app), record)
    except AmbiguousRequest as error:
        raise UsageProblem(str(error)) from None
    if not found:
        raise UsageProblem(f"There is no record or request {record!r}: `netclinic audit list` shows the newest.")
    show_in_full(found, _zone(utc, app), output)


@audit.command(
    cls=Command,
    epilog=examples("netclinic audit verify", "netclinic audit verify --anchor anchors.txt --archive 2026-08.jsonl"),
)
def verify(
    anchor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SEQ:HASH|FILE", help="SEQ:HASH as it was told outside, or a file with such lines; repeatable"
        ),
    ] = None,
    archive: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="an archive of pruned records; repeatable")
    ] = None,
    output: Output = "text",
) -> None:
    """Check every record: the first one changed, removed, inserted or moved is named. Exit code 1 if there is one."""
    from rich.console import Console

    from bot.audit.verify import verify as verify_log
    from bot.terminal.audit_pages import show_verified
    from bot.terminal.progress import counting

    anchors = [found for given in anchor or [] for found in _anchors(given)]
    store = _to_read(_app())
    with counting(Console(stderr=True), "verifying") as tell:
        verified = verify_log(store, anchors=anchors, archives=archive or [], progress=tell)
    show_verified(verified, output)
    if not verified.holds:
        raise typer.Exit(1)


@audit.command(
    cls=Command,
    epilog=examples(
        "netclinic audit export --out audit.jsonl --since 30d", "netclinic audit export --format csv > audit.csv"
    ),
)
def export(
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="a new file; - for standard output")] = "-",
    form: Annotated[
        Literal["jsonl", "csv"], typer.Option("--format", help="jsonl: Kubernetes audit events; csv: a table")
    ] = "jsonl",
    since: Since = "",
    until: Until = "",
    actor: Actor = "",
    channel: Channel = "",
    case: Case = "",
    cluster: Cluster = "",
    action: Action = "",
    entry: Entry = "",
    utc: Utc = False,
) -> None:
    """Give the records that fit out, oldest first; that they were is recorded before."""
    from bot.terminal.audit_files import export_to

    app = _app()
    filters = _filters(_zone(utc, app), since, until, actor, channel, case, cluster, action, entry, "")
    export_to(app, out, form, filters)


@audit.command(
    cls=Command,
    epilog=examples(
        "netclinic audit prune --before 90d --archive 2026-08.jsonl", "netclinic audit prune --before 30d --only-words"
    ),
)
def prune(
    before: Annotated[str, typer.Option(metavar="WHEN", help="older than: 90d, 2026-08-01 or a full RFC 3339 time")],
    archive: Annotated[Path | None, typer.Option(metavar="FILE", help="a new file for what is removed")] = None,
    only_words: Annotated[
        bool, typer.Option("--only-words", help="erase people's own words and keep the records")
    ] = False,
    actor: Annotated[
        str, typer.Option(metavar="WHO", help="with --only-words: of this person alone: id, name or name@host")
    ] = "",
    utc: Utc = False,
) -> None:
    """Archive old records to a file and remove them, or erase people's words. The chain still verifies."""
    from bot.terminal.audit_files import prune_records, prune_words
    from bot.terminal.errors import UsageProblem
    from bot.time_expressions import MomentError, parse_moment

    if (archive is None) != only_words or (actor and not only_words):
        raise UsageProblem("Say either --archive FILE for records, or --only-words [--actor WHO] for people's words.")
    app = _app()
    try:
        moment = parse_moment(before, now=datetime.now(UTC), zone=_zone(utc, app))
    except MomentError as error:
        raise UsageProblem(str(error)) from None
    if archive is None:
        prune_words(app, moment, actor)
    else:
        prune_records(app, moment, archive)


def _app() -> "App":
    from bot.app import App

    return App.from_environment()


def _to_read(app: "App") -> "Store":
    from bot.store.read_only import open_to_read

    return open_to_read(app.settings.database_url, app.settings.data_dir)


def _zone(utc: bool, app: "App") -> tzinfo | None:
    """UTC, the settings' zone, or ``None`` for the system's own."""
    from bot.handoff.schedule import parse_zone

    name = app.settings.time_zone
    return UTC if utc else parse_zone(name) if name else None


def _filters(zone: tzinfo | None, *values: str) -> "Filters":
    from bot.audit.filters import FilterError, build_filters
    from bot.terminal.errors import UsageProblem

    names = ("since", "until", "actor", "channel", "case", "cluster", "action", "entry", "limit")
    try:
        return build_filters(dict(zip(names, values, strict=True)), zone=zone)
    except FilterError as error:
        raise UsageProblem(str(error)) from None


def _anchors(given: str) -> "list[Anchor]":
    from bot.audit.verify import parse_anchors
    from bot.terminal.errors import UsageProblem

    path = Path(given)
    try:
        found = parse_anchors(given) or parse_anchors(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError):
        found = []
    if not found:
        raise UsageProblem(f"{given!r} is no anchor (SEQ:HASH, 64 letters and digits) and no file that holds one.")
    return found
