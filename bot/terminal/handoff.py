"""``handoff``: make one, or show one that was made, as a page on the screen and as files."""

import asyncio
import contextlib
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from bot.app import App
from bot.handoff.make import HandoffGenerator, HandoffRequest
from bot.handoff.markdown import page_name, picture_name
from bot.handoff.recheck import Rechecker
from bot.handoff.repository import Handoffs, StoredHandoff
from bot.handoff.schedule import choose_zone
from bot.handoff.silences import make_alertmanager
from bot.private_files import write_private_file
from bot.terminal.audited_command import audited_command
from bot.terminal.console import say, write_json
from bot.terminal.errors import UsageProblem
from bot.terminal.inputs import Target
from bot.terminal.progress import working

if TYPE_CHECKING:
    from bot.audit import AuditContext
    from bot.cluster.reader import Cluster


async def make_handoff(words: str, target: Target, out: Path | None, output: str, *, recheck: bool) -> None:
    """Make a handoff of the span that the words name, and show it.

    Raises:
        SpanError: the words name no span that a handoff can be about.
        DatabaseError, AuditUnavailable: the database cannot be used; nothing was read.
    """
    app, errors = App.from_environment(), Console(stderr=True)
    async with audited_command(app, "handoff", target) as begin:
        trail = await begin(span=words)
        with working(errors, "looking at the open cases again …"):
            rechecker = _rechecker(app, target, trail) if recheck else None
            stored = await HandoffGenerator(
                app.store, rechecker, alertmanager=make_alertmanager(app.settings.alertmanager_url)
            ).make(_request(app, words, trail))
        counts = vars(stored.handoff.counts)
        await trail.record("handoff.made", outcome=stored.id, detail={"span": words, "counts": dict(counts)})
    _show(stored, out, output, errors)


async def show_handoff(id_: str, target: Target, out: Path | None, output: str) -> None:
    """Show a handoff exactly as it was made.

    Raises:
        UsageProblem: there is none of this id.
    """
    app, errors = App.from_environment(), Console(stderr=True)
    async with audited_command(app, "handoff", target) as begin:
        await begin(show=id_)
        handoffs = Handoffs(app.store)
        found = handoffs.last() if id_.lower() == "last" else handoffs.get(id_)
        if found is None:
            newest = handoffs.last()
            hint = f"the newest is {newest.id}" if newest else "none was made yet: `netclinic handoff` makes one"
            raise UsageProblem(f"There is no handoff {id_!r}; {hint}.")
    _show(found, out, output, errors)


def _rechecker(app: App, target: Target, trail: "AuditContext") -> Rechecker:
    def open_cluster(name: str) -> contextlib.AbstractAsyncContextManager["Cluster"]:
        return app.open_named_cluster(name, trail, kubeconfig=target.kubeconfig)

    return Rechecker(app.clinic(), open_cluster, app.settings.handoff_deadline)


def _request(app: App, words: str, trail: "AuditContext") -> HandoffRequest:
    zone = choose_zone(app.settings.time_zone)
    return HandoffRequest(key=uuid.uuid4().hex, words=words, now=datetime.now(UTC), zone=zone, made_by=trail.actor.name)


def _show(stored: StoredHandoff, out: Path | None, output: str, errors: Console) -> None:
    if out is not None:
        _write(stored, out)
    if output == "json":
        write_json(stored.handoff.to_json())
    else:
        sys.stdout.write(stored.text)
    if out is not None:
        files = f"{page_name(stored.id)} and {picture_name(stored.id)}" if stored.picture else page_name(stored.id)
        say(errors, f"{files} written to {out}.", style="dim")
    else:
        say(
            errors,
            f"Kept as {stored.id}: --show {stored.id} shows it again, --out DIR writes page and picture.",
            style="dim",
        )


def _write(stored: StoredHandoff, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    write_private_file(out / page_name(stored.id), stored.text.encode())
    if stored.picture:
        write_private_file(out / picture_name(stored.id), stored.picture)


def run_handoff(words: str, show: str, target: Target, out: Path | None, output: str, *, recheck: bool) -> None:
    """The command, one or the other."""
    if show and words:
        raise UsageProblem("--show shows a handoff as it was made: leave the span out.")
    if show:
        asyncio.run(show_handoff(show, target, out, output))
    else:
        asyncio.run(make_handoff(words, target, out, output, recheck=recheck))
