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
from bot.handoff.time_range import SpanError
from bot.terminal.audited_command import auditing
from bot.terminal.console import say, write_json
from bot.terminal.errors import UsageProblem
from bot.terminal.inputs import Target
from bot.terminal.progress import working

if TYPE_CHECKING:
    from bot.audit import AuditContext
    from bot.cluster.reader import Cluster


async def hand_off(words: str, where: Target, out: Path | None, output: str, *, recheck: bool) -> None:
    """Make a handoff of the span that the words name, and show it.

    Raises:
        UsageProblem: the words name no span that a handoff can be about.
        DatabaseError, AuditUnavailable: the database cannot be used; nothing was read.
    """
    app, errors = App.from_environment(), Console(stderr=True)
    async with auditing(app, "handoff", where) as begin:
        trail = await begin(span=words)
        with working(errors, "looking at the open cases again …"):
            looker = _looker(app, where, trail) if recheck else None
            kept = await _made(HandoffGenerator(app.store, looker), _wish(app, words, trail))
        counts = vars(kept.handoff.counts)
        await trail.record("handoff.made", outcome=kept.id, detail={"span": words, "counts": dict(counts)})
    _show(kept, out, output, errors)


async def show_again(id_: str, where: Target, out: Path | None, output: str) -> None:
    """Show a handoff exactly as it was made.

    Raises:
        UsageProblem: there is none of this id.
    """
    app, errors = App.from_environment(), Console(stderr=True)
    async with auditing(app, "handoff", where) as begin:
        await begin(show=id_)
        handoffs = Handoffs(app.store)
        found = handoffs.last() if id_.lower() == "last" else handoffs.get(id_)
        if found is None:
            newest = handoffs.last()
            hint = f"the newest is {newest.id}" if newest else "none was made yet: `netclinic handoff` makes one"
            raise UsageProblem(f"There is no handoff {id_!r}; {hint}.")
    _show(found, out, output, errors)


def _looker(app: App, where: Target, trail: "AuditContext") -> Rechecker:
    def open_cluster(name: str) -> contextlib.AbstractAsyncContextManager["Cluster"]:
        return app.open_named_cluster(name, trail, kubeconfig=where.kubeconfig)

    return Rechecker(app.clinic(), open_cluster, app.settings.handoff_deadline)


def _wish(app: App, words: str, trail: "AuditContext") -> HandoffRequest:
    zone = choose_zone(app.settings.time_zone)
    return HandoffRequest(key=uuid.uuid4().hex, words=words, now=datetime.now(UTC), zone=zone, made_by=trail.actor.name)


async def _made(maker: HandoffGenerator, wish: HandoffRequest) -> StoredHandoff:
    try:
        return await maker.make(wish)
    except SpanError as error:
        raise UsageProblem(str(error)) from error


def _show(kept: StoredHandoff, out: Path | None, output: str, errors: Console) -> None:
    if out is not None:
        _write(kept, out)
    if output == "json":
        write_json(kept.handoff.to_json())
    else:
        sys.stdout.write(kept.text)
    if out is not None:
        files = f"{page_name(kept.id)} and {picture_name(kept.id)}" if kept.picture else page_name(kept.id)
        say(errors, f"{files} written to {out}.", style="dim")
    else:
        say(
            errors,
            f"Kept as {kept.id}: --show {kept.id} shows it again, --out DIR writes page and picture.",
            style="dim",
        )


def _write(kept: StoredHandoff, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / page_name(kept.id)).write_text(kept.text, encoding="utf-8")
    if kept.picture:
        (out / picture_name(kept.id)).write_bytes(kept.picture)


def run_handoff(words: str, show: str, where: Target, out: Path | None, output: str, *, recheck: bool) -> None:
    """The command, one or the other."""
    if show and words:
        raise UsageProblem("--show shows a handoff as it was made: leave the span out.")
    asyncio.run(show_again(show, where, out, output) if show else hand_off(words, where, out, output, recheck=recheck))
