"""The subcommands of ``/netclinic``, a row each: help, dispatch and the nearest name all come from one table."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

from bot.cluster.connection import ConnectionSettingsError
from bot.cluster.facts import Fact, declared_facts, read_fact
from bot.cluster.session import ClusterSession
from bot.diagnosis.clinic import read_cluster_state
from bot.handoff.repository import StoredHandoff
from bot.slack.blocks.case import refusal_message
from bot.slack.blocks.elements import Message
from bot.slack.blocks.handoff import making_message
from bot.slack.blocks.overviews import (
    CaseRow,
    EntryRow,
    Subcommand,
    cases_message,
    clusters_message,
    entries_message,
    entry_message,
    facts_message,
    help_message,
    status_message,
)
from bot.slack.cluster_choice import UnknownCluster
from bot.slack.handlers.audit import run_audit
from bot.slack.handlers.case_service import case_row
from bot.slack.handlers.command import Command, ask, check, require_entry
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import UserError, run_reporting_errors
from bot.slack.handlers.fleet import fleet
from bot.slack.handlers.handoff import find_handoff, render_as_posted, validate_time_range
from bot.slack.handlers.visibility import channels_closed_to, find_open_cases
from bot.slack.jobs import HANDOFF, SHARE, HandoffOrder, SlashCommand
from bot.slack.permissions import Right
from bot.slack.queue.job import Job, Json
from knowledge.errors import nearest_name
from knowledge.model import Entry

MAX_ENTRIES = 8
LEAST_CHANCE = 0.01  # that the words are about an entry, below which it has nothing to do with them
_HANDOFF_ID = re.compile(r"(?:show\s+)?(HO-[A-Z2-7]+)", re.IGNORECASE)


async def entries(command: Command) -> None:
    """``entries [words]``: all, or the nearest to the words with their scores."""
    words, known = command.arguments.words, command.context.services.entries
    matcher = (await command.context.services.clinic()).matcher if words else None
    if matcher is None:
        rows = [EntryRow(entry.id, str(entry.kind), entry.title) for entry in known.values()]
    else:
        found = await asyncio.to_thread(matcher.match, words)
        pairs = [(known[item.entry_id], item.score) for item in found.matches]
        rows = [
            EntryRow(entry.id, str(entry.kind), entry.title_for(words), score)
            for entry, score in pairs
            if score * found.confidence >= LEAST_CHANCE or _bears(entry, words)
        ][:MAX_ENTRIES]
    await command.answer(entries_message(rows, words))


def _bears(entry: Entry, words: str) -> bool:
    """Whether the words stand in the entry's names: one alone may be too short to be about anything."""
    return words.lower() in f"{entry.id}\n{entry.title}\n{entry.title_zh}".lower()


async def show(command: Command) -> None:
    """``show <entry>``."""
    subcommand_names = command.arguments.words.split()
    if not subcommand_names:
        raise UserError("Name the entry: /netclinic show terway-mac-not-found; /netclinic entries names them all.")
    require_entry(command.context, subcommand_names[0])
    await command.answer(entry_message(command.context.services.entries[subcommand_names[0]]))


async def cases(command: Command) -> None:
    """``cases``: what is open."""
    context = command.context
    user, is_shared = command.slash.user, SHARE in command.arguments.flags
    found = await find_open_cases(context, user, command.slash.channel if is_shared else "")
    rows = [case_row(case) for case in found.shown]
    if is_shared:
        rows = await command.job.retry("names", lambda: _with_display_names(context, rows))
    await command.answer(cases_message(rows, context.now(), hidden=found.hidden))


async def _with_display_names(context: HandlerContext, rows: Sequence[CaseRow]) -> list[CaseRow]:
    """With names in place of ids: a list that is shown to a channel mentions nobody."""
    subcommand_names = await context.display_names({id_ for row in rows for id_ in (row.by, row.assignee) if id_})
    shown = [
        (row, subcommand_names.get(row.by, "somebody"), subcommand_names.get(row.assignee, "on-call")) for row in rows
    ]
    return [replace(row, by=by, assignee=assignee if row.assignee else "") for row, by, assignee in shown]


async def facts(command: Command) -> None:
    """``facts``: every fact that the cluster has."""
    name = await command.choose_cluster()
    if not name:
        raise UserError("No cluster is configured here: set KUBECONFIG where netclinic runs.")
    await command.answer_with(lambda: _render_facts(command, name), f"the facts of {name}")


async def _render_facts(command: Command, name: str) -> Message:
    try:
        async with command.context.services.open_cluster(name, command.trail) as opened:
            budget = (await command.context.services.clinic()).budget
            async with opened.reader(budget) as reader, ClusterSession(reader) as session:
                state = await read_cluster_state(session, name)
                if not state.reachable:
                    why = f"Cluster {name} could not be read: {state.problem}."
                    return refusal_message(why, request=command.job.key)
                found = await asyncio.gather(*(read_fact(session, fact) for fact in declared_facts()))
                return facts_message(name, _without_other_plugin(found), session.now())
    except ConnectionSettingsError as error:
        return refusal_message(str(error), request=command.job.key)


def _without_other_plugin(found: Sequence[Fact]) -> list[Fact]:
    """Without the unknown facts of the network plugin that it has not."""
    other = "flannel." if any(f.name == "network_plugin" and f.value == "terway" for f in found) else "terway."
    return [fact for fact in found if fact.value is not None or not fact.name.startswith(other)]


async def clusters(command: Command) -> None:
    """``cluster [name]``: all that may be asked about, or one; looked at unless that was done within the minute."""
    context, wanted = command.context, command.arguments.words or command.arguments.cluster
    try:
        subcommand_names = await asyncio.to_thread(context.services.clusters.list_names)
        if wanted:
            choice = await asyncio.to_thread(context.services.clusters.choose, given=wanted)
            if isinstance(choice, UnknownCluster):
                raise UserError(choice.sentence)
            subcommand_names = tuple(name for name in subcommand_names if name.lower() == wanted.lower())
    except ConnectionSettingsError as error:
        raise UserError(str(error)) from error

    async def render() -> Message:
        rows = await context.cluster_status.refresh(subcommand_names, command.trail, context.services.clusters.default)
        return clusters_message(rows, context.now())

    await command.answer_with(render, "the clusters")


async def status(command: Command) -> None:
    """``status``: version, work under way, and whether the index is there."""
    parts = command.context.services
    count_running = {name: count for name, count in (await parts.queue.count_running()).items() if count}
    opened = await parts.store.run(command.context.cases.count_open, parts.bot.team)
    under_way = ", ".join(f"{count} {name}" for name, count in count_running.items())
    rows = [
        ("Version", version("netclinic")),
        ("Replica", parts.queue.worker.id),
        ("Database", parts.store.shown),
        ("Entries", str(len(parts.entries))),
        ("Under way", under_way or "nothing"),
        ("Open cases", str(opened)),
    ]
    await command.answer(status_message(rows))


async def handoff(command: Command) -> None:
    """``handoff [12h | since 09:00 | last | HO-…]``."""
    words = command.slash.text.strip()[len(command.slash.name) :].replace(f"--{SHARE}", " ").strip()
    if shown := _HANDOFF_ID.fullmatch(words):
        await command.answer(render_as_posted(await _find_readable_handoff(command, shown[1])))
        return
    channel = (await command.job.step("channel", lambda: _find_oncall_channel(command)))["id"]
    if not channel:
        name = command.context.services.settings.oncall_channel
        raise UserError(f"There is no channel {name} that I am in: correct NETCLINIC_ONCALL_CHANNEL, or invite me.")
    if why := await command.job.retry(
        "place", lambda: command.context.services.external_access.posting_refusal(channel)
    ):
        raise UserError(why.sentence, why.rule)
    await validate_time_range(command.context, words, channel, command.slash.user)
    place = "here" if channel == command.slash.channel else "in the on-call channel"
    await command.answer(making_message(words, place))
    slash = command.slash
    order = HandoffOrder(
        words=words, channel=channel, user=slash.user, asked_in=slash.channel, response_url=slash.response_url
    )

    async def accept() -> Json:
        await command.context.accept(HANDOFF, f"{command.job.key}:{HANDOFF.name}", order)

    await command.job.step("accept", accept)


async def _find_readable_handoff(command: Command, id_: str) -> StoredHandoff:
    """Raises ``UserError`` where there is none, or where it was posted is closed to them."""
    found = await find_handoff(command.context, id_)
    if found.channel and await channels_closed_to(command.context, [found.channel], command.slash.user):
        raise UserError(f"Handoff {found.id} was posted in a private channel: ask somebody there to invite you.")
    return found


async def _find_oncall_channel(command: Command) -> Json:
    wanted = command.context.services.settings.oncall_channel
    found = await command.context.services.directory.find_channel(wanted) if wanted else command.slash.channel
    return {"id": found or ""}


@dataclass(frozen=True)
class SubcommandRow:
    """How a subcommand is shown, and who does it. ``run`` raises ``UserError`` with a sentence where it cannot.

    ``right`` is what it takes; ``None`` where it shows nothing, or where what it accepts is a question.
    """

    shown: Subcommand
    run: Callable[[Command], Awaitable[None]]
    right: Right | None = "ask"


async def show_help(command: Command) -> None:
    """``help``."""
    await command.answer(render_help())


SUBCOMMANDS: tuple[SubcommandRow, ...] = (
    SubcommandRow(
        Subcommand(
            "ask",
            "<symptom> [cluster=NAME] [namespace=NS] [--share]",
            "diagnoses what you see",
            ("pods stuck in ContainerCreating since 10 min", "CoreDNS 重启后解析超时 cluster=prod-hz --share"),
        ),
        ask,
        right=None,
    ),
    SubcommandRow(
        Subcommand("check", "[entry] [cluster=NAME]", "judges every fault, or one entry", ("terway-mac-not-found",)),
        check,
        right=None,
    ),
    SubcommandRow(Subcommand("fleet", "", "judges every fault on every cluster, side by side in short"), fleet),
    SubcommandRow(
        Subcommand("facts", "[cluster=NAME]", "what kind of cluster it is, each fact with its source"), facts
    ),
    SubcommandRow(
        Subcommand("entries", "[words]", "all entries, or those nearest to your words", ("hairpin",)), entries
    ),
    SubcommandRow(
        Subcommand("show", "<entry>", "one entry in full, its steps for any cluster", ("ipv6-no-egress",)), show
    ),
    SubcommandRow(Subcommand("cluster", "[name]", "which clusters there are, and whether they can be read"), clusters),
    SubcommandRow(Subcommand("cases", "", "open cases, with links to their threads"), cases),
    SubcommandRow(
        Subcommand(
            "handoff",
            "[12h | since 09:00 | last | HO-…]",
            "what the next engineer must know, posted; or one that was",
            ("12h", "since 09:00"),
        ),
        handoff,
    ),
    SubcommandRow(
        Subcommand(
            "audit",
            "[filters] | show <record, request or case> | verify | export [filters]",
            "what was done, by whom, and proof that nobody changed the record of it",
            ("since 2h actor @bob", "show NC-7F3K2Q"),
        ),
        run_audit,
        right="audit",
    ),
    SubcommandRow(Subcommand("status", "", "how netclinic itself is"), status),
    SubcommandRow(Subcommand("help", "", "this"), show_help, right=None),
)


async def run_subcommand(context: HandlerContext, job: Job, slash: SlashCommand) -> None:
    """The handler of typed commands; an unknown one is answered with the nearest and help."""
    command = Command.of(context, job, slash)
    name = command.slash.name

    async def act() -> None:
        await command.record_received()
        row = find_subcommand(name) if name else None
        if row is None:
            await command.answer(render_help(name))
            return
        if row.right:
            await command.require_permission(row.right)
        await row.run(command)

    async def say(message: Message) -> None:
        await job.step("say", lambda: command.end_with_error(message))

    await run_reporting_errors(act, say, command.trail)


def subcommand_names() -> list[str]:
    """All of them."""
    return [row.shown.name for row in SUBCOMMANDS]


def render_help(unknown: str = "") -> Message:
    """Help, made from the table; for an unknown name it says which is nearest."""
    if not unknown:
        return help_message([row.shown for row in SUBCOMMANDS])
    near = nearest_name(unknown.lower(), subcommand_names(), cutoff=0.5)
    hint = f" (did you mean {near}?)" if near else ""
    return help_message([row.shown for row in SUBCOMMANDS], unknown=f"{unknown[:40]}{hint}")


def find_subcommand(name: str) -> SubcommandRow | None:
    """The row of a name, in any letters."""
    return next((row for row in SUBCOMMANDS if row.shown.name == name.lower()), None)
