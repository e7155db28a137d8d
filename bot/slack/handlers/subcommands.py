"""The subcommands of ``/netclinic``, a row each: help, dispatch and the nearest name all come from this table."""

import difflib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.slack.blocks.helping import Subcommand, help_message
from bot.slack.blocks.messages import Message
from bot.slack.handlers.audit import audit
from bot.slack.handlers.command import Command
from bot.slack.handlers.context import Desk
from bot.slack.handlers.handoff_command import handoff
from bot.slack.handlers.inspecting import facts, status, which_clusters
from bot.slack.handlers.reading import entries, list_cases, show
from bot.slack.handlers.refusal import guarded
from bot.slack.handlers.slash import ask, check
from bot.slack.queue.job import Deed


@dataclass(frozen=True)
class Row:
    """How a subcommand is shown, and who does it. ``run`` raises ``Refused`` with a sentence where it cannot."""

    shown: Subcommand
    run: Callable[[Command], Awaitable[None]]


async def help_(command: Command) -> None:
    """``help``."""
    await command.answer(help_of())


ROWS: tuple[Row, ...] = (
    Row(
        Subcommand(
            "ask",
            "<symptom> [cluster=NAME] [namespace=NS] [--share]",
            "diagnoses what you see",
            ("pods stuck in ContainerCreating since 10 min", "CoreDNS 重启后解析超时 cluster=prod-hz --share"),
        ),
        ask,
    ),
    Row(
        Subcommand("check", "[entry] [cluster=NAME]", "judges every fault, or one entry", ("terway-mac-not-found",)),
        check,
    ),
    Row(Subcommand("facts", "[cluster=NAME]", "what kind of cluster it is, each fact with its source"), facts),
    Row(Subcommand("entries", "[words]", "all entries, or those nearest to your words", ("hairpin",)), entries),
    Row(Subcommand("show", "<entry>", "one entry in full, its steps for any cluster", ("ipv6-no-egress",)), show),
    Row(Subcommand("cluster", "[name]", "which clusters there are, and whether they can be read"), which_clusters),
    Row(Subcommand("cases", "", "open cases, with links to their threads"), list_cases),
    Row(
        Subcommand(
            "handoff",
            "[12h | since 09:00 | last | HO-…]",
            "what the next engineer must know, posted; or one that was",
            ("12h", "since 09:00"),
        ),
        handoff,
    ),
    Row(
        Subcommand(
            "audit",
            "[filters] | show <record, request or case> | verify | export [filters]",
            "what was done, by whom, and proof that nobody changed the record of it",
            ("since 2h actor @bob", "show NC-7F3K2Q"),
        ),
        audit,
    ),
    Row(Subcommand("status", "", "how netclinic itself is"), status),
    Row(Subcommand("help", "", "this"), help_),
)


async def perform(desk: Desk, deed: Deed) -> None:
    """The handler of typed commands; an unknown one is answered with the nearest and help."""
    command = Command.of(desk, deed)
    name = command.typed.name

    async def act() -> None:
        await command.received()
        row = row_of(name) if name else None
        if row is None:
            await command.answer(help_of(name))
        else:
            await row.run(command)

    async def say(message: Message) -> None:
        await deed.step("say", lambda: command.last_word(message))

    await guarded(act, say, command.trail)


def names() -> list[str]:
    """All of them."""
    return [row.shown.name for row in ROWS]


def help_of(unknown: str = "") -> Message:
    """Help, made from the table; for an unknown name it says which is nearest."""
    if not unknown:
        return help_message([row.shown for row in ROWS])
    near = difflib.get_close_matches(unknown.lower(), names(), n=1, cutoff=0.5)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return help_message([row.shown for row in ROWS], unknown=f"{unknown[:40]}{hint}")


def row_of(name: str) -> Row | None:
    """The row of a name, in any letters."""
    return next((row for row in ROWS if row.shown.name == name.lower()), None)
