"""Subcommands that read what netclinic knows itself: entries and cases."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.slack.blocks.entries import entry_message
from bot.slack.blocks.lists import CaseRow
from bot.slack.blocks.overviews import EntryRow, cases_message, entries_message
from bot.slack.handlers.command import SHARE, Command
from bot.slack.handlers.context import Desk
from bot.slack.handlers.refusal import Refused
from bot.slack.handlers.rows import case_row
from bot.slack.handlers.slash import known_entry

NEAREST = 8


async def entries(command: Command) -> None:
    """``entries [words]``: all, or the nearest to the words with their scores."""
    await command.permitted()
    words, known = command.asked.words, command.desk.parts.entries
    matcher = (await command.desk.parts.clinic()).matcher if words else None
    if matcher is None:
        rows = [EntryRow(entry.id, str(entry.kind), entry.title) for entry in known.values()]
    else:
        found = (await asyncio.to_thread(matcher.match, words)).matches[:NEAREST]
        pairs = [(known[item.entry_id], item.score) for item in found]
        rows = [EntryRow(entry.id, str(entry.kind), entry.title, score) for entry, score in pairs]
    await command.answer(entries_message(rows, words))


async def show(command: Command) -> None:
    """``show <entry>``."""
    await command.permitted()
    names = command.asked.words.split()
    if not names:
        raise Refused("Name the entry: /netclinic show terway-mac-not-found; /netclinic entries names them all.")
    known_entry(command.desk, names[0])
    await command.answer(entry_message(command.desk.parts.entries[names[0]]))


async def list_cases(command: Command) -> None:
    """``cases``: what is open."""
    await command.permitted()
    desk = command.desk
    found = await desk.parts.store.run(desk.cases.opened, desk.parts.bot.team, command.typed.user, 50)
    rows = [case_row(case) for case in found]
    if SHARE in command.asked.flags:
        rows = await command.deed.waited("names", lambda: _by_name(desk, rows))
    await command.answer(cases_message(rows, desk.now()))


async def _by_name(desk: Desk, rows: Sequence[CaseRow]) -> list[CaseRow]:
    """With names in place of ids: a list that is shown to a channel mentions nobody."""
    names = await desk.names_of({id_ for row in rows for id_ in (row.by, row.assignee) if id_})
    shown = [(row, names.get(row.by, "somebody"), names.get(row.assignee, "on-call")) for row in rows]
    return [replace(row, by=by, assignee=assignee if row.assignee else "") for row, by, assignee in shown]
